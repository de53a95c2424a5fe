"""Puts a stream's timestamps in order: ticks as the container gave them in, sound 90 kHz ticks out.

Cameras send missing, equal, and backward timestamps. Each repair is counted; none is silent.
"""

from dataclasses import dataclass

from detector.sources.packets import CLOCK_HZ

FAR_BACK_TICKS = CLOCK_HZ
"""Without decoding times, a picture shown this much before the last one is a jump, not reordering."""


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

    def place(self, pts: int | None, dts: int | None) -> Ticks:
        """The packet's own times where they are sound, else one frame after the packet before it."""
        if pts is None and dts is None:
            self.missing += 1
            ticks = self._after_last()
        else:
            ticks = self._shifted(pts, dts)
        self._last = ticks
        return ticks

    def lead_in(self, following: Ticks, count: int) -> list[Ticks]:
        """Times for `count` packets without any at the start, counted back from the first that has one."""
        self.missing += count
        back = [(count - place) * self._step for place in range(count)]
        return [Ticks(pts=following.pts - ticks, dts=following.dts - ticks) for ticks in back]

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
