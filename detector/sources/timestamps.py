"""Puts a stream's timestamps in order: ticks as the container gave them in, sound 90 kHz ticks out.

Cameras send missing, equal, and backward timestamps. Each repair is counted; none is silent.
"""

from dataclasses import dataclass, replace

from detector.sources.packets import CLOCK_HZ

FAR_BACK_TICKS = CLOCK_HZ
"""Without decoding times, a picture shown this much before the last one is a jump, not reordering."""


HEAD_PACKETS = 8
"""So many first packets are looked at together: more than a camera reorders."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawTicks:
    """A packet's times as they came, in 1/90000 s; None where none came."""

    pts: int | None
    dts: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticks:
    """When a packet is shown and decoded, in 1/90000 s."""

    pts: int
    dts: int


class TimestampRepair:
    """Makes the timestamps of one session complete and rising in decoding order."""

    def __init__(self, fps: float) -> None:
        self._step = round(CLOCK_HZ / fps)
        self._last: Ticks | None = None
        self._shift = 0
        self.missing = 0
        self.backward = 0

    def complete(self, head: list[RawTicks]) -> list[RawTicks]:
        """Fill what the first packets lack, from those behind them.

        Over RTSP the first packet often comes without times, and reordered pictures without decoding times.
        """
        first_known = next((place for place, raw in enumerate(head) if raw.pts is not None), None)
        if first_known:
            self.missing += first_known
            lead = self._lead(min(raw.pts for raw in head if raw.pts is not None), first_known)
            head = [RawTicks(pts=pts, dts=None) for pts in lead] + head[first_known:]
        return self._with_dts(head)

    def _lead(self, earliest: int, count: int) -> list[int]:
        """Showing times of the packets before the first known one.

        FFmpeg calls a session's first packet 0: when counting back ends near it, 0 is exact.
        """
        first = earliest - count * self._step
        if abs(first) < self._step / 2:
            return [earliest * place // count for place in range(count)]
        return [first + place * self._step for place in range(count)]

    def place(self, raw: RawTicks) -> Ticks:
        """The packet's own times where they are sound, else one frame after the packet before it."""
        if raw.pts is None and raw.dts is None:
            self.missing += 1
            ticks = self._after_last()
        else:
            ticks = self._shifted(raw.pts, raw.dts)
        self._last = ticks
        return ticks

    def _with_dts(self, head: list[RawTicks]) -> list[RawTicks]:
        known = next((place for place, raw in enumerate(head) if raw.dts is not None), 0)
        known_dts = head[known].dts if head else None
        if known_dts is None:
            return head
        filled = []
        for place, raw in enumerate(head[:known]):
            counted_back = known_dts - (known - place) * self._step
            dts = counted_back if raw.pts is None else min(counted_back, raw.pts)
            filled.append(replace(raw, dts=dts))
        return filled + head[known:]

    def _shifted(self, pts: int | None, dts: int | None) -> Ticks:
        if pts is None:
            self.missing += 1
            pts = dts
        assert pts is not None  # noqa: S101 - one of the two was there
        last = self._last
        if last is None:
            return Ticks(pts=pts, dts=dts if dts is not None else pts)
        if self._is_backward(pts, dts, last):
            self.backward += 1
            self._shift = last.dts + self._step - (dts if dts is not None else pts)
        shown = pts + self._shift
        return Ticks(pts=shown, dts=dts + self._shift if dts is not None else max(shown, last.dts + 1))

    def _is_backward(self, pts: int, dts: int | None, last: Ticks) -> bool:
        if dts is not None:
            return dts + self._shift <= last.dts
        shown = pts + self._shift
        return shown == last.pts or shown < last.dts - FAR_BACK_TICKS

    def _after_last(self) -> Ticks:
        if self._last is None:
            return Ticks(pts=0, dts=0)
        return Ticks(pts=self._last.pts + self._step, dts=self._last.dts + self._step)
