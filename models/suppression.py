"""Keeps one box per thing: plain non-maximum suppression and the double boxes of riders.

In: boxes as N×4 corners (left, top, right, bottom, any one unit) with scores. Out: places to keep,
best first. Never looks at pixels or classes by name.
"""

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.floating]
INSIDE_SHARE = 0.85
"""A box is inside another when this share of its area is."""
SIDE_BY_SIDE_SHARE = 0.3
"""Two boxes stand side by side when their common width is less than this share of the narrower one."""


def order_by_score(corners: Corners, scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Places, best score first; equal scores go from left to right and from top to bottom."""
    return np.lexsort((corners[:, 3], corners[:, 2], corners[:, 1], corners[:, 0], -scores))


def suppress(corners: Corners, scores: NDArray[np.floating], *, most_overlap: float) -> list[int]:
    """Places of the boxes whose intersection over union with each better box is ≤ `most_overlap`."""
    rest = order_by_score(corners, scores)
    areas = _areas(corners)
    kept: list[int] = []
    while rest.size:
        best = int(rest[0])
        kept.append(best)
        shared = _shared(corners[best], corners[rest[1:]])
        union = areas[best] + areas[rest[1:]] - shared
        rest = rest[1:][shared <= most_overlap * union]
    return kept


def without_doubles(corners: Corners, scores: NDArray[np.floating], kept: list[int]) -> list[int]:
    """Of boxes of one kind in `kept`, drop those that show the same thing a second time.

    A box inside a larger one goes (bike in rider-with-bike), unless the larger one is much less
    sure (under half the score) or lies around two that stand side by side: then the larger one goes.
    """
    gone: set[int] = set()
    for large in sorted(kept, key=lambda place: -_area(corners[place])):
        inner = [p for p in kept if p != large and p not in gone and _is_inside(corners[p], corners[large])]
        if not inner:
            continue
        sure = [p for p in inner if scores[p] >= 0.5 * scores[large]]
        if _any_side_by_side(corners[sure]) or scores[large] < 0.5 * max(scores[p] for p in inner):
            gone.add(large)
        else:
            gone.update(inner)
    return [place for place in kept if place not in gone]


def _areas(corners: Corners) -> Corners:
    areas: Corners = np.maximum(corners[:, 2:] - corners[:, :2], 0).prod(axis=1)
    return areas


def _area(box: Corners) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _shared(box: Corners, others: Corners) -> Corners:
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared: Corners = np.maximum(width, 0) * np.maximum(height, 0)
    return shared


def _is_inside(small: Corners, large: Corners) -> bool:
    if _area(small) >= _area(large):
        return False
    return float(_shared(large, small[None])[0]) >= INSIDE_SHARE * _area(small)


def _any_side_by_side(boxes: Corners) -> bool:
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            common = min(one[2], other[2]) - max(one[0], other[0])
            if common < SIDE_BY_SIDE_SHARE * min(one[2] - one[0], other[2] - other[0]):
                return True
    return False
