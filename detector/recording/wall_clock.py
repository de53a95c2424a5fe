"""Which moment a segment begins at: arrivals and the camera's ticks in, the machine's wall time out.

The camera's ticks are even, arrivals are not (the recorder looks in a few times a second), and the machine's
clock may be set. So the earliest arrival counts, a segment follows the one before, and a step is told.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detector.contract.packet import PacketClock
from detector.sources.access_units import SenderReport

STEP_S = 1.0
MOST_LATE_S = 10.0
"""What arrives late is not younger: only a feed that lags further behind than this is set to its arrival."""
MOST_NUDGE_S = 0.02
"""The machine's and the camera's crystals drift apart by less than this in a segment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begin:
    """When a segment begins, and by how much the machine's clock had been set before it."""

    at: datetime
    step_s: float


class WallClock:
    """One session's moments; `ticks` are the camera's, unwrapped."""

    def __init__(
        self,
        clock_hz: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._hz = clock_hz
        self._monotonic, self._wall = monotonic, wall
        self._earliest_s: float | None = None
        self._lasting_s: float | None = None
        self._before: tuple[int, datetime] | None = None
        self._ahead_s: float | None = None

    def arrived(self, ticks: int) -> None:
        """A picture came just now."""
        offset_s = self._monotonic() - ticks / self._hz
        if self._earliest_s is None or offset_s < self._earliest_s:
            self._earliest_s = offset_s
        if self._lasting_s is None or offset_s < self._lasting_s:
            self._lasting_s = offset_s

    def begin(self, ticks: int) -> Begin:
        """The moment of a segment's first picture. Needs an arrival before."""
        offset_s = self._earliest_s if self._earliest_s is not None else 0.0
        now_at = datetime.fromtimestamp(self._wall(), UTC)
        told = now_at - timedelta(seconds=self._monotonic() - (ticks / self._hz + offset_s))
        # From here on only what comes now counts, so that a drift is followed.
        self._earliest_s, self._lasting_s = self._lasting_s, None
        ahead_s = self._wall() - self._monotonic()
        set_by_s = ahead_s - self._ahead_s if self._ahead_s is not None else 0.0
        self._ahead_s = ahead_s
        step_s = 0.0
        if self._before is not None:
            expected = self._before[1] + timedelta(seconds=(ticks - self._before[0]) / self._hz)
            told, step_s = _joined(told, expected, set_by_s)
        self._before = (ticks, told)
        return Begin(at=told, step_s=step_s)

    def moment(self, ticks: int) -> datetime | None:
        """The moment of a picture of the segment that was begun last."""
        if self._before is None:
            return None
        return self._before[1] + timedelta(seconds=(ticks - self._before[0]) / self._hz)

    def packet_clock(self, report: SenderReport | None) -> PacketClock:
        """Where the time comes from; the camera's own clock beside it where the camera tells it."""
        if report is None or self._before is None:
            return PacketClock(source="machine")
        ticks, at = self._before
        camera_s = report.camera_s + (ticks - report.ticks) / self._hz
        return PacketClock(source="machine", offset_ms=round((camera_s - at.timestamp()) * 1000, 1))


def _joined(told: datetime, expected: datetime, set_by_s: float) -> tuple[datetime, float]:
    """The moment of a segment that follows another, and the step between: of the clock, or of a feed far behind."""
    step_s = set_by_s if abs(set_by_s) > STEP_S else 0.0
    expected += timedelta(seconds=step_s)
    off_s = (told - expected).total_seconds()
    if abs(off_s) > MOST_LATE_S:
        return told, step_s + off_s
    return expected + timedelta(seconds=min(max(off_s, -MOST_NUDGE_S), MOST_NUDGE_S)), step_s
