"""The signal timeline of a case as shapes for an SVG: lamp spans above, the vehicle's way over the stop line below.

    │ green │ yellow │ red ............................ │   spans of the governing signal
                     ├── red for 3.42 s ──┤                 from the onset to the crossing
    ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~╱~~~~~~~~~~       ground point against the stop line

Places are shares of the width in percent. Measured numbers only: nothing is drawn where nothing was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEAST_BEFORE_S, MOST_BEFORE_S, AFTER_S = 6.0, 12.0, 6.0
LEAD_IN_S = 4.0
COURSE_HEIGHT, COURSE_REACH = 60, 26
LEAST_LABELLED_PERCENT = 7.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LampBar:
    """One colour from `left` over `width` percent; a narrow one has no label."""

    colour: str
    left: float
    width: float

    @property
    def is_labelled(self) -> bool:
        return self.width >= LEAST_LABELLED_PERCENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A mark of the scale, in seconds from the crossing."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """All shapes. `course` is an SVG path in a box of 1000 by 60, None where the vehicle was not tracked."""

    bars: tuple[LampBar, ...]
    ticks: tuple[Tick, ...]
    crossing: float
    entry: float | None
    red_from: float | None
    red_began_in_view: bool
    course: str | None
    span_s: float
    """How many seconds the whole width is."""
    clip_at_s: float | None
    """How far from the left edge the clip's time 0 lies; None where the packet does not tell it."""
    crossing_at_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    start_s: float
    end_s: float

    def share(self, at_s: float) -> float:
        """Where a moment lies, 0…1; moments outside lie on the edge."""
        return (min(max(at_s, self.start_s), self.end_s) - self.start_s) / (self.end_s - self.start_s)

    def percent(self, at_s: float) -> float:
        return round(100 * self.share(at_s), 2)


def timeline_of(packet: dict[str, Any]) -> Timeline:
    """The timeline of a packet: from before the red onset, at most 12 s, to 6 s after the crossing."""
    cross_s, entry_s = float(packet["cross_s"]), packet["entered_junction_s"]
    red_s = packet["signal"]["red_elapsed_s"]
    before_s = min(max((red_s or 0.0) + LEAD_IN_S, LEAST_BEFORE_S), MOST_BEFORE_S)
    window = _Window(start_s=cross_s - before_s, end_s=cross_s + AFTER_S)
    first, last = int(-before_s) // 2 * 2, int(AFTER_S)
    seconds = [second for second in range(first, last, 2) if -before_s + 0.5 < second < AFTER_S - 0.5]
    return Timeline(
        bars=_bars(packet["signal"]["timeline"], window),
        ticks=tuple(Tick(at=window.percent(cross_s + second), label=_label(second)) for second in seconds),
        crossing=window.percent(cross_s),
        entry=None if entry_s is None else window.percent(entry_s),
        red_from=None if red_s is None else window.percent(cross_s - red_s),
        red_began_in_view=red_s is not None and red_s <= before_s,
        course=_course(packet, window),
        span_s=before_s + AFTER_S,
        clip_at_s=_clip_at_s(packet, window),
        crossing_at_s=before_s,
    )


def _clip_at_s(packet: dict[str, Any], window: _Window) -> float | None:
    # In what an officer marked, seconds count from the clip's first picture; older packets do not say where that is.
    clip_from_s = packet.get("clip_from_s", 0.0 if packet.get("marking") else None)
    return None if clip_from_s is None else round(clip_from_s - window.start_s, 3)


def _label(second: int) -> str:
    return "0 s" if second == 0 else f"{second:+d} s".replace("-", "−")


def _bars(spans: Sequence[dict[str, Any]], window: _Window) -> tuple[LampBar, ...]:
    return tuple(
        LampBar(
            colour=span["colour"],
            left=window.percent(span["from_s"]),
            width=round(window.percent(span["to_s"]) - window.percent(span["from_s"]), 2),
        )
        for span in spans
        if span["to_s"] > window.start_s and span["from_s"] < window.end_s
    )


def _course(packet: dict[str, Any], window: _Window) -> str | None:
    """The ground point's height over the stop line against time; forward is up, whichever way the camera looks."""
    seen = [point for point in packet["track"] if window.start_s <= point["at_s"] <= window.end_s]
    if len(seen) < 2:
        return None
    box = packet["vehicle"]["box"]
    ways = [box[1] + box[3] - (point["box"][1] + point["box"][3]) for point in seen]
    forward = 1 if ways[-1] >= ways[0] else -1
    reach = max(0.02, *(abs(way) for way in ways))
    places = (
        f"{1000 * window.share(point['at_s']):.1f},"
        f"{COURSE_HEIGHT / 2 - COURSE_REACH * forward * way / reach:.1f}"
        for point, way in zip(seen, ways, strict=True)
    )
    return "M" + " L".join(places)
