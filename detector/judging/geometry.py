"""Lines and areas in the picture, in shares (x right, y down). Crossing is an affine matter: shares do."""

import math
from collections.abc import Sequence

from models.types import Point


def to_point(place: tuple[float, float]) -> Point:
    """A place of the camera file."""
    return Point(x=place[0], y=place[1])


def turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of the triangle: positive when c lies right of a→b as seen (y points down)."""
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a simple polygon (even-odd rule)."""
    within = False
    for a, b in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (a.y > point.y) != (b.y > point.y):
            at_x = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)
            within ^= point.x < at_x
    return within


def centre_of(polygon: Sequence[Point]) -> Point:
    """The mean of the corners."""
    return Point(x=sum(p.x for p in polygon) / len(polygon), y=sum(p.y for p in polygon) / len(polygon))


def along(a: Point, b: Point, share: float) -> Point:
    """The point that lies `share` of the way from a to b."""
    return Point(x=a.x + (b.x - a.x) * share, y=a.y + (b.y - a.y) * share)


def crossing_share(from_: Point, to: Point, line: tuple[Point, Point]) -> float | None:
    """Where from_→to meets the line through `line`, as a share 0…1 of the step; None when it does not."""
    before, after = turn(*line, from_), turn(*line, to)
    if before == after or (before > 0) == (after > 0):
        return None
    return before / (before - after)


def place_on_line(point: Point, line: tuple[Point, Point]) -> float:
    """The point's projection on the line as a share: 0 at its first end, 1 at its second."""
    a, b = line
    dx, dy = b.x - a.x, b.y - a.y
    return ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy)


def distance_from(point: Point, line: tuple[Point, Point]) -> float:
    """Signed distance from the line through two points, in shares; the sign is that of `turn`."""
    a, b = line
    return turn(a, b, point) / math.hypot(b.x - a.x, b.y - a.y)
