"""When a track's ground point went over a lane's stop line, between two analysed frames.

         junction side                       + beyond
    ──────●═══════════════●────── stop line  0
          ↑ crossing: interpolated           − before
         approach side

A vehicle that stands on the line trembles over it: a crossing counts only once the ground point is clearly beyond,
by a share of the vehicle's height, and only when it was clearly before the line at first.
"""

from dataclasses import dataclass

from detector.contract.camera import Lane
from detector.judging.geometry import (
    along,
    centre_of,
    crossing_share,
    distance_from,
    inside,
    place_on_line,
    to_point,
)
from detector.types import Crossing, Direction, TrackPoint
from models.types import Box, Point

CLEAR_SHARE = 0.06
"""Of the box's height: how far the ground point must be from the line to count as before or beyond it."""
LINE_MARGIN = 0.02
"""Share of the stop line's length by which a crossing may miss its painted ends."""
WHOLE_SHARE = 0.35
"""Of the ground point's way over the line: how far the box's upper edge must have gone with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneGeometry:
    """A lane's line and areas as points; `towards` is the sign of `distance_from` on the junction side."""

    lane_id: str
    signal_id: str
    approach: tuple[Point, ...]
    line: tuple[Point, Point]
    junction: tuple[Point, ...]
    free_exits: tuple[tuple[Point, ...], ...]
    towards: float

    def beyond(self, point: Point) -> float:
        """Distance beyond the line, in shares; positive on the junction side."""
        return distance_from(point, self.line) * self.towards


def geometry_of(lane: Lane) -> LaneGeometry:
    """The lane as the judge needs it."""
    line = (to_point(lane.stop_line[0]), to_point(lane.stop_line[1]))
    junction = tuple(map(to_point, lane.junction))
    return LaneGeometry(
        lane_id=lane.id,
        signal_id=lane.signal,
        approach=tuple(map(to_point, lane.approach)),
        line=line,
        junction=junction,
        free_exits=tuple(tuple(map(to_point, exit_)) for exit_ in lane.free_on_red),
        towards=1.0 if distance_from(centre_of(junction), line) > 0 else -1.0,
    )


class LineWatch:
    """One track against one lane's line, point after point; its memory does not grow."""

    def __init__(self, lane: LaneGeometry, track_id: int) -> None:
        self.lane = lane
        self._track_id = track_id
        self._last: TrackPoint | None = None
        self._clear_side = 0
        self._step: Crossing | None = None
        self.points_in_approach = 0
        """Analysed frames in which the vehicle was clearly before the line, inside the approach."""
        self._last_before: TrackPoint | None = None

    def add(self, point: TrackPoint) -> Crossing | None:
        """Take the track's next point; a crossing once the vehicle is clearly on the other side.

        Its moment is that of the last step over the line, FORWARD when it leads to the junction side.
        """
        last, self._last = self._last, point
        side = side_of(point, self.lane)
        if side < 0 and inside(point.box.ground, self.lane.approach):
            self.points_in_approach += 1
        if side < 0:
            self._last_before = point
        if last is not None:
            self._step = self._step_over(last, point) or self._step
        came_from, self._clear_side = self._clear_side, side or self._clear_side
        if not (side and came_from):
            return None
        # A step that led nowhere, or was told already, must not answer for another way around the line's ends.
        step, self._step = self._step, None
        return step if side != came_from else None

    def moved_whole(self, now: TrackPoint) -> bool:
        """Whether the whole box went over the line, and not just its lower edge as others hid the wheels.

        A vehicle seen from 6 m up that drives away lifts its upper edge by about three quarters of its lower one's way.
        """
        before = self._last_before
        if before is None:
            return False
        ground_way = self.lane.beyond(now.box.ground) - self.lane.beyond(before.box.ground)
        upper_way = self.lane.beyond(_upper(now.box)) - self.lane.beyond(_upper(before.box))
        return upper_way >= WHOLE_SHARE * ground_way

    def _step_over(self, earlier: TrackPoint, later: TrackPoint) -> Crossing | None:
        lane = self.lane
        share = crossing_share(earlier.box.ground, later.box.ground, lane.line)
        if share is None:
            return None
        place = along(earlier.box.ground, later.box.ground, share)
        if not -LINE_MARGIN <= place_on_line(place, lane.line) <= 1 + LINE_MARGIN:
            return None
        forward = lane.beyond(later.box.ground) > lane.beyond(earlier.box.ground)
        return Crossing(
            track_id=self._track_id,
            lane_id=lane.lane_id,
            direction=Direction.FORWARD if forward else Direction.BACKWARD,
            cross_s=earlier.at_s + (later.at_s - earlier.at_s) * share,
            place=place,
            seen_before_s=earlier.at_s,
            box=_between(earlier.box, later.box, share),
        )


def side_of(point: TrackPoint, lane: LaneGeometry) -> int:
    """+1 clearly on the junction side of the line, -1 clearly before it, 0 on it."""
    beyond = lane.beyond(point.box.ground)
    if abs(beyond) < CLEAR_SHARE * point.box.height:
        return 0
    return 1 if beyond > 0 else -1


def _upper(box: Box) -> Point:
    return Point(x=box.centre.x, y=box.top)


def _between(first: Box, second: Box, share: float) -> Box:
    upper = along(Point(x=first.left, y=first.top), Point(x=second.left, y=second.top), share)
    lower = along(Point(x=first.right, y=first.bottom), Point(x=second.right, y=second.bottom), share)
    return Box(left=upper.x, top=upper.y, right=lower.x, bottom=lower.y)
