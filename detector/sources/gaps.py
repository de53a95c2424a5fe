"""Finds the holes in a stream of times: moments in, stretches without a picture out. Knows no clock."""

GAP_S = 0.5
GAP_FRAMES = 4.0
MOST_GAPS = 1000


class GapFinder:
    """Remembers the stretches in which no picture came; the newest 1,000 of them."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._gaps: list[tuple[float, float]] = []

    def see(self, at_s: float, fps: float) -> None:
        """A picture of a stream of `fps` came; after a long pause the pause is a gap."""
        least_s = max(GAP_S, GAP_FRAMES / fps)
        if self._last_s is not None and at_s - self._last_s > least_s:
            self.add(self._last_s, at_s)
        self._last_s = at_s

    def restart(self, at_s: float) -> None:
        """A picture came, and what lies before it was left out on purpose."""
        self._last_s = at_s

    def add(self, from_s: float, to_s: float) -> None:
        """A stretch that is known to be missing."""
        self._gaps.append((from_s, to_s))
        del self._gaps[:-MOST_GAPS]

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """All stretches so far, from_s and to_s, as they were found."""
        return tuple(self._gaps)
