"""What was seen in the last seconds, kept so that a plate is never bound to a neighbour's vehicle."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

from models.types import Box, VehicleDetection


class RecentSights:
    """All vehicle boxes of the analysed frames of the last `most_s` seconds."""

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._sights: deque[tuple[float, tuple[Box, ...]]] = deque()

    def add(self, at_s: float, detections: Sequence[VehicleDetection]) -> None:
        """Remember one analysed frame and forget those too old."""
        self._sights.append((at_s, tuple(detection.box for detection in detections)))
        while self._sights[0][0] < at_s - self._most_s:
            self._sights.popleft()

    def snapshot(self) -> "RecentSights":
        """What is known now, for another thread."""
        kept = RecentSights(self._most_s)
        kept._sights = deque(self._sights)
        return kept

    def boxes_at(self, at_s: float) -> tuple[Box, ...]:
        """The boxes of the analysed frame nearest to a moment; empty when there is none."""
        if not self._sights:
            return ()
        after = bisect_left(self._sights, at_s, key=lambda sight: sight[0])
        near = [self._sights[i] for i in (after - 1, after) if 0 <= i < len(self._sights)]
        return min(near, key=lambda sight: abs(sight[0] - at_s))[1]
