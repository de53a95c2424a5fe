"""Plane geometry of drawings, in shares of the picture (x right, y down). Places in, numbers and yes or no out."""

import math
from collections.abc import Sequence
from itertools import combinations, pairwise

Place = tuple[float, float]


def turn(a: Place, b: Place, c: Place) -> float:
    """Twice the signed area of the triangle a, b, c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def edges_of(polygon: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Its sides, the closing one too."""
    return [*pairwise(polygon), (polygon[-1], polygon[0])]


def crosses_itself(polygon: Sequence[Place]) -> bool:
    """Whether two sides cross; sides that only touch do not."""
    return any(_cross(first, second) for first, second in combinations(edges_of(polygon), 2))


def _cross(first: tuple[Place, Place], second: tuple[Place, Place]) -> bool:
    (a, b), (c, d) = first, second
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0


def area(polygon: Sequence[Place]) -> float:
    """Of the picture, by the shoelace formula."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges_of(polygon))) / 2


def is_inside(place: Place, polygon: Sequence[Place]) -> bool:
    """Even-odd rule."""
    within = False
    for a, b in edges_of(polygon):
        if (a[1] > place[1]) != (b[1] > place[1]):
            within ^= place[0] < a[0] + (place[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    return within


def distance(place: Place, polygon: Sequence[Place]) -> float:
    """How far a place lies from a polygon; 0 inside it."""
    if is_inside(place, polygon):
        return 0.0
    return min(_from_edge(place, *edge) for edge in edges_of(polygon))


def _from_edge(place: Place, a: Place, b: Place) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else ((place[0] - a[0]) * dx + (place[1] - a[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    return math.hypot(place[0] - a[0] - along * dx, place[1] - a[1] - along * dy)


def places_along(line: Sequence[Place], count: int) -> list[Place]:
    """Places evenly spread over a line, both ends among them."""
    (x0, y0), (x1, y1) = line
    shares = [step / (count - 1) for step in range(count)]
    return [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in shares]


def centre(polygon: Sequence[Place]) -> Place:
    """The mean of the corners, by which the judge tells the sides of a line."""
    return sum(p[0] for p in polygon) / len(polygon), sum(p[1] for p in polygon) / len(polygon)
