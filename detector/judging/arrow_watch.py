"""A track against the arrow of a lane that may be driven one way only.

share 1 ──▲── head      the lawful way is up; who is seen beyond the head first,
          │             then all the way down beyond the tail, drove against it
share 0 ──┴── tail
"""

from dataclasses import dataclass
from itertools import pairwise

from detector.contract.camera import Lane, LaneDirection
from detector.judging.act_candidates import SeenWhile, WrongWayCandidate
from detector.judging.geometry import inside, place_on_line, to_point
from detector.types import TrackPoint
from models.types import Box, Point

LONGEST_S = 30.0
"""Who takes longer over the arrow stands or is pushed; nothing is remembered for longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrowGeometry:
    """A lane's arrow, tail first, and the area that the lane is."""

    lane_id: str
    signal_id: str
    arrow: tuple[Point, Point]
    approach: tuple[Point, ...]
    direction: LaneDirection

    def place(self, point: TrackPoint) -> float:
        """Where the ground point is along the arrow: 0 at its tail, 1 at its head."""
        return place_on_line(point.box.ground, self.arrow)


def arrow_of(lane: Lane) -> ArrowGeometry | None:
    """The lane's arrow; None where none is drawn."""
    if lane.direction is None:
        return None
    tail, head = lane.direction.arrow
    return ArrowGeometry(
        lane_id=lane.id,
        signal_id=lane.signal,
        arrow=(to_point(tail), to_point(head)),
        approach=tuple(map(to_point, lane.approach)),
        direction=lane.direction,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AgainstArrow:
    """The points of a track over the whole arrow: the last beyond its head first, the first beyond its tail last."""

    points: tuple[TrackPoint, ...]
    places: tuple[float, ...]

    def moment(self, place: float) -> float:
        """When the track first went below a place on the arrow, interpolated between two frames."""
        steps = pairwise(zip(self.points, self.places, strict=True))
        (earlier, before), (later, after) = next(
            ((earlier, before), (later, after))
            for (earlier, before), (later, after) in steps
            if after <= place <= before and after < before
        )
        share = (before - place) / (before - after)
        return earlier.at_s + (later.at_s - earlier.at_s) * share


class ArrowWatch:
    """One track against one arrow, point after point; tells of it once."""

    def __init__(self, geometry: ArrowGeometry) -> None:
        self.geometry = geometry
        self._points: list[TrackPoint] = []
        self._places: list[float] = []
        self._was_told = False

    def add(self, point: TrackPoint) -> AgainstArrow | None:
        """Take the track's next point; its way against the arrow once it is complete."""
        place = self.geometry.place(point)
        if place >= 1.0:
            self._points, self._places = [point], [place]
            return None
        if not self._points or self._was_told:
            return None
        self._points.append(point)
        self._places.append(place)
        if place > 0.0:
            if point.at_s - self._points[0].at_s > LONGEST_S:
                self._points, self._places = [], []
            return None
        run = AgainstArrow(points=tuple(self._points), places=tuple(self._places))
        self._points, self._places = [], []
        self._was_told = self._drove_here(run)
        return run if self._was_told else None

    def _drove_here(self, run: AgainstArrow) -> bool:
        """Whether it was in this lane for the most part: others pass beside it, lawfully."""
        between = run.points[1:-1]
        here = sum(inside(point.box.ground, self.geometry.approach) for point in between)
        return bool(between) and here * 2 >= len(between)


def against(run: AgainstArrow, geometry: ArrowGeometry, seen: SeenWhile) -> WrongWayCandidate:
    """What the rule asks of a way against the arrow."""
    lowest, forwards = run.places[0], 0.0
    for place in run.places:
        lowest = min(lowest, place)
        forwards = max(forwards, place - lowest)
    return WrongWayCandidate(
        seen=seen,
        frames=len(run.points) - 2,
        longest_step_s=longest_step_s(run.points),
        forwards_share=forwards,
        stayed_in_lane=all(
            inside(place, geometry.approach)
            for point in run.points[1:-1]
            for place in _standing_on(point.box)
        ),
        length_m=geometry.direction.length_m,
        least_kmh=geometry.direction.least_kmh,
    )


def longest_step_s(points: tuple[TrackPoint, ...]) -> float:
    """The longest time between two of the points."""
    return max(later.at_s - earlier.at_s for earlier, later in pairwise(points))


def _standing_on(box: Box) -> tuple[Point, ...]:
    """The ends and the middle of the middle half of the lower edge."""
    return tuple(Point(x=box.left + box.width * share, y=box.bottom) for share in (0.25, 0.5, 0.75))
