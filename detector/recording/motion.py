"""Where something moves, told by the sizes of the coded pictures: moving things cost bits. Decodes nothing.

A second's density is the size of its predicted pictures beside the median second of the last minutes, so a
busy camera and a quiet one are told alike. A camera with constant bit rate hides much of it.
"""

from collections import deque
from statistics import median

from detector.contract.recordings import MOTION_AT_MEDIAN

MEDIAN_OF_S = 300
LEAST_KNOWN_S = 5
MOST = 100


class MotionMeter:
    """One camera's usual second; takes pictures in order, gives a segment's densities when it ends."""

    def __init__(self) -> None:
        self._usual: deque[float] = deque(maxlen=MEDIAN_OF_S)
        self._second = 0
        self._bytes, self._pictures = 0, 0
        self._means: list[float] = []

    def see(self, at_s: float, *, is_key: bool, size: int) -> None:
        """One picture at its second of the segment; key frames say nothing about motion."""
        while at_s >= self._second + 1:
            self._end_second()
        if not is_key:
            self._bytes += size
            self._pictures += 1

    def end_segment(self) -> tuple[int, ...]:
        """The densities of the segment's seconds."""
        if self._pictures or not self._means:
            self._end_second()
        usual = median(self._usual) if len(self._usual) >= LEAST_KNOWN_S else 0.0
        means, self._means, self._second = self._means, [], 0
        if usual <= 0:
            return tuple(MOTION_AT_MEDIAN if mean else 0 for mean in means)
        return tuple(min(MOST, round(MOTION_AT_MEDIAN * mean / usual)) for mean in means)

    def _end_second(self) -> None:
        mean = self._bytes / self._pictures if self._pictures else 0.0
        if mean:
            self._usual.append(mean)
        self._means.append(mean)
        self._second += 1
        self._bytes = self._pictures = 0
