"""A map without tiles: cameras where they hang, wards as the areas around their cameras. Rows in, places out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.cameras.states import CameraState

WIDTH, HEIGHT, MARGIN = 1200.0, 620.0, 70.0
LEAST_APART = 30.0
ROUNDS = 8
FEW_STREETS = 0.02
"""Degrees: what the map shows around a camera that is alone."""
Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One camera on the map."""

    camera: CameraState
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WardArea:
    """A ward: the outline of its marks, and where its name stands."""

    name: str
    outline: tuple[Place, ...]
    x: float
    y: float

    @property
    def points(self) -> str:
        """As SVG writes it."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.outline)


@dataclass(frozen=True, kw_only=True, slots=True)
class Projection:
    """A plane that keeps the city's form: degrees in, places on the map out, and back again in the browser."""

    squeeze: float
    """How much narrower a degree of longitude is here than one of latitude."""
    least_x: float
    least_y: float
    scale: float
    left: float
    top: float

    def place(self, latitude: float, longitude: float) -> Place:
        """Where a position lies on the map."""
        x, y = longitude * self.squeeze, -latitude
        return self.left + (x - self.least_x) * self.scale, self.top + (y - self.least_y) * self.scale


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraMap:
    """What is drawn; cameras without a position are listed beside it."""

    marks: tuple[Mark, ...]
    wards: tuple[WardArea, ...]
    unplaced: tuple[CameraState, ...]
    projection: Projection | None
    """None where no camera has a position."""


def camera_map(cameras: Sequence[CameraState]) -> CameraMap:
    """Place the cameras; those too close to be told apart are pushed a little from each other."""
    placed = [one for one in cameras if one.row.latitude is not None and one.row.longitude is not None]
    flat = [(one.row.latitude or 0.0, one.row.longitude or 0.0) for one in placed]
    projection = _projection(flat) if flat else None
    places = _apart([projection.place(*place) for place in flat]) if projection else []
    marks = tuple(Mark(camera=one, x=x, y=y) for one, (x, y) in zip(placed, places, strict=True))
    wards = sorted({mark.camera.row.ward for mark in marks if mark.camera.row.ward})
    return CameraMap(
        marks=marks,
        wards=tuple(_area(ward, [m for m in marks if m.camera.row.ward == ward]) for ward in wards),
        unplaced=tuple(one for one in cameras if one not in placed),
        projection=projection,
    )


def _projection(flat: Sequence[Place]) -> Projection:
    """All positions (latitude, longitude) inside the margins; one alone in the middle of a few streets."""
    squeeze = math.cos(math.radians(sum(place[0] for place in flat) / len(flat)))
    xs, ys = [place[1] * squeeze for place in flat], [-place[0] for place in flat]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    rooms = ((WIDTH - 2 * MARGIN, wide), (HEIGHT - 2 * MARGIN, high))
    scale = min((room / span for room, span in rooms if span), default=(WIDTH - 2 * MARGIN) / FEW_STREETS)
    left, top = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2
    return Projection(squeeze=squeeze, least_x=min(xs), least_y=min(ys), scale=scale, left=left, top=top)


def _apart(places: list[Place]) -> list[Place]:
    moved = list(places)
    for _ in range(ROUNDS):
        for first, (x0, y0) in enumerate(moved):
            for second in range(first + 1, len(moved)):
                x1, y1 = moved[second]
                gap = math.hypot(x1 - x0, y1 - y0)
                if gap < LEAST_APART:
                    moved[second] = _pushed((x0, y0), (x1, y1), gap, turn=second)
    return [(_inside(x, WIDTH), _inside(y, HEIGHT)) for x, y in moved]


def _pushed(away_from: Place, place: Place, gap: float, *, turn: int) -> Place:
    angle = turn * 2.4 if gap < 0.01 else math.atan2(place[1] - away_from[1], place[0] - away_from[0])
    push = (LEAST_APART - gap) * 0.6
    return place[0] + math.cos(angle) * push, place[1] + math.sin(angle) * push


def _inside(value: float, most: float) -> float:
    return min(most - 24.0, max(24.0, value))


def _area(ward: str, marks: Sequence[Mark]) -> WardArea:
    outline = _hull([(mark.x, mark.y) for mark in marks])
    top = min(y for _, y in outline)
    middle = sum(x for x, _ in outline) / len(outline)
    return WardArea(name=ward, outline=outline, x=middle, y=max(18.0, top - 34.0))


def _hull(places: Sequence[Place]) -> tuple[Place, ...]:
    """The convex outline (Andrew's monotone chain)."""
    ordered = sorted(set(places))
    if len(ordered) < 3:
        return tuple(ordered)
    lower, upper = _half(ordered), _half(ordered[::-1])
    return (*lower[:-1], *upper[:-1])


def _half(ordered: Sequence[Place]) -> list[Place]:
    chain: list[Place] = []
    for x, y in ordered:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain
