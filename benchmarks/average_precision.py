"""Average precision at half overlap (AP50) of scored boxes against true ones, in numpy.

In: per picture the found and the true boxes of one class. Out: the area under precision over recall,
read at 101 places as COCO does. Never looks at pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.types import Box

LEAST_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredBox:
    """A box as a network gives it."""

    box: Box
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureOfClass:
    """What one picture holds of one class; boxes over a `disregarded` one count neither way."""

    found: tuple[ScoredBox, ...]
    true: tuple[Box, ...]
    disregarded: tuple[Box, ...] = ()


def average_precision(pictures: Sequence[PictureOfClass]) -> float | None:
    """AP50 over all pictures; None when no picture holds the class."""
    wanted = sum(len(picture.true) for picture in pictures)
    if not wanted:
        return None
    hits = [hit for picture in pictures for hit in _hits(picture)]
    hits.sort(key=lambda hit: -hit[0])
    right = np.array([is_right for _, is_right in hits], dtype=float)
    return _area(np.cumsum(right), wanted)


def _hits(picture: PictureOfClass) -> list[tuple[float, bool]]:
    """Score and rightness of each found box: each true box is given to the best box that reaches it."""
    free = list(picture.true)
    hits = []
    for seen in sorted(picture.found, key=lambda one: -one.score):
        best = max(free, key=seen.box.overlap, default=None)
        if best is not None and seen.box.overlap(best) >= LEAST_OVERLAP:
            free.remove(best)
            hits.append((seen.score, True))
        elif not any(seen.box.overlap(other) >= LEAST_OVERLAP for other in picture.disregarded):
            hits.append((seen.score, False))
    return hits


def _area(right: NDArray[np.float64], wanted: int) -> float:
    """`right`: how many of the first 1, 2, 3 … boxes are right."""
    if not right.size:
        return 0.0
    reached = right / wanted
    recall = np.concatenate([[0.0], reached, [reached[-1] + 1e-9, 1.0 + 1e-9]])
    precision = np.concatenate([[1.0], right / np.arange(1, right.size + 1), [0.0, 0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.linspace(0, 1, 101)
    return float(np.trapezoid(np.interp(places, recall, envelope), places))
