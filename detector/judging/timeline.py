"""One signal over time: single lamp readings in, spans of one colour out.

A colour holds once it was read for `debounce_s`; it is then dated back to its first reading, so an onset is never
late. Short stretches of unknown or dark (a passing truck, LED flicker, a dead yellow lamp) do not end a colour.

    readings  G G G Y G G G . . R R R R        . = unknown or off
    signal    ─────green───────┃────red────    the lone Y is noise, red begins at its first reading
"""

from bisect import bisect_right
from dataclasses import replace

from detector.types import LampReading, SignalSpan
from models.types import LampColour

BRIDGE_S = 1.5
"""Unknown or dark for less than this between two readings of one colour is taken as that colour."""
GREEN_BRIDGE_S = 2.8
"""Green that is green again within this time was green all along: yellow alone lasts three seconds."""
NEXT_S = 0.5
"""A colour lasts until the next one's first reading when no more than this lies between; else nobody knows."""
HORIZON_S = 180.0
LIT = {LampColour.RED, LampColour.YELLOW, LampColour.GREEN}


class SignalTimeline:
    """What one signal showed, as far back as `HORIZON_S`."""

    def __init__(self, signal_id: str, debounce_s: float) -> None:
        self._signal_id = signal_id
        self._debounce_s = debounce_s
        self._spans: list[SignalSpan] = []
        self._candidate: list[LampReading] = []
        self._last_read_s: float | None = None

    def add(self, reading: LampReading) -> None:
        """Take the next reading; readings come in order of time."""
        current = self._spans[-1] if self._spans else None
        if self._was_away(reading, current):
            self._note_unread(reading.at_s)
            current = self._spans[-1] if self._spans else None
        self._last_read_s = reading.at_s
        if current is not None and reading.colour is current.colour:
            self._candidate.clear()
            self._spans[-1] = replace(current, to_s=reading.at_s)
            return
        if self._candidate and not _belong_together(self._candidate[-1].colour, reading.colour):
            self._candidate.clear()
        self._candidate.append(reading)
        if self._holds(reading.at_s):
            self._begin(reading.at_s)

    def _was_away(self, reading: LampReading, current: SignalSpan | None) -> bool:
        """Whether nobody looked for so long that another colour may have come and gone."""
        if self._last_read_s is None:
            return False
        stays_green = current is not None and current.colour is reading.colour is LampColour.GREEN
        bridged_s = GREEN_BRIDGE_S if stays_green and not self._candidate else BRIDGE_S
        return reading.at_s - self._last_read_s > bridged_s

    def _note_unread(self, until_s: float) -> None:
        """Nobody looked for a while (the camera was away): whatever was shown meanwhile is unknown."""
        self._candidate.clear()
        if self._spans:
            last = self._spans[-1]
            self._spans.append(replace(last, colour=LampColour.UNKNOWN, from_s=last.to_s, to_s=until_s))

    def _holds(self, now_s: float) -> bool:
        first = self._candidate[0]
        needed = self._debounce_s if first.colour in LIT else BRIDGE_S
        return len(self._candidate) >= 2 and now_s - first.at_s >= needed

    def _begin(self, now_s: float) -> None:
        first = self._candidate[0]
        alike = all(reading.colour is first.colour for reading in self._candidate)
        colour = first.colour if alike else LampColour.UNKNOWN
        if self._spans:
            self._spans[-1] = replace(self._spans[-1], to_s=self._end_of_last(first))
        self._spans.append(
            SignalSpan(signal_id=self._signal_id, colour=colour, from_s=first.at_s, to_s=now_s)
        )
        self._candidate.clear()
        while self._spans[0].to_s < now_s - HORIZON_S:
            self._spans.pop(0)

    def _end_of_last(self, first: LampReading) -> float:
        """A colour lasts until the next one's first reading, unless darkness or doubt came between them."""
        last = self._spans[-1]
        return first.at_s if first.at_s - last.to_s <= NEXT_S else last.to_s

    def colour_at(self, at_s: float) -> LampColour:
        """The colour at a moment; UNKNOWN outside of what was seen."""
        span = self._span_at(at_s)
        return span.colour if span else LampColour.UNKNOWN

    def red_since(self, at_s: float) -> float | None:
        """When the red that holds at a moment began; None when it is not red.

        When the watch began in red this is its first reading: the red is at least that old.
        """
        return self.lit_since(at_s, LampColour.RED)

    def lit_since(self, at_s: float, colour: LampColour) -> float | None:
        """When the span of that colour which holds at a moment began; None when another one holds."""
        span = self._span_at(at_s)
        return span.from_s if span and span.colour is colour else None

    def last_red_onset_before(self, at_s: float) -> float | None:
        """The onset of the last red that began at or before a moment; None when none is remembered."""
        onsets = [
            span.from_s for span in self._spans if span.colour is LampColour.RED and span.from_s <= at_s
        ]
        return onsets[-1] if onsets else None

    def yellow_length(self, red_since_s: float) -> float | None:
        """How long yellow was shown right before a red; None when no yellow was seen there."""
        before = [span for span in self._spans if span.from_s < red_since_s]
        if before and before[-1].colour is LampColour.YELLOW:
            return before[-1].to_s - before[-1].from_s
        return None

    def spans(self, from_s: float, to_s: float) -> tuple[SignalSpan, ...]:
        """What was seen in a stretch of time, cut to it."""
        return tuple(
            replace(span, from_s=max(span.from_s, from_s), to_s=min(span.to_s, to_s))
            for span in self._spans
            if span.from_s < to_s and span.to_s > from_s
        )

    def _span_at(self, at_s: float) -> SignalSpan | None:
        place = bisect_right(self._spans, at_s, key=lambda span: span.from_s) - 1
        if place < 0:
            return None
        span = self._spans[place]
        is_last = place == len(self._spans) - 1
        return span if at_s <= span.to_s + (BRIDGE_S if is_last else 0.0) else None


def _belong_together(one: LampColour, other: LampColour) -> bool:
    """Whether two readings may make one span: one colour, or both without light (a lamp that dies flickers so)."""
    return one is other or (one not in LIT and other not in LIT)
