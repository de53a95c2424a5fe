"""A track beside a solid line between two lanes: wholly on one side, over it, wholly on the other.

  −1   │   +1       lower edge of the box, from corner to corner
●────● │            wholly in the left lane
    ●──┼─●          on the line
       │ ●────●     wholly in the right lane, for as long as it stays there
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from detector.contract.camera import SolidLine
from detector.judging.act_candidates import LaneChangeCandidate, SeenWhile
from detector.judging.arrow_watch import longest_step_s
from detector.judging.geometry import crossing_share, distance_from, place_on_line, to_point
from detector.types import TrackPoint
from models.types import Box, Point

CLEAR_SHARE = 0.1
"""Of the box's width: how far both lower corners must be from the line to be wholly beside it."""
STAY_S = 3.0
"""Who is back within this time swerved."""
UNDECIDED_S = 6.0
"""Who is on the line again for so long has not stayed in the other lane."""
LONGEST_S = 20.0
"""Who rides on the line for longer than this is nowhere."""

Line = tuple[Point, Point]


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneChange:
    """A way over the line: the last point wholly before it first, the first wholly beyond it last."""

    points: tuple[TrackPoint, ...]
    frames_before: int
    frames_after: int
    seconds_after: float
    came_back: bool


@dataclass(kw_only=True, slots=True)
class _Over:
    """A track that is wholly beyond the line, and may come back."""

    side: int
    points: tuple[TrackPoint, ...]
    frames_before: int
    frames_after: int = 1
    last_s: float

    def told(self, *, came_back: bool) -> LaneChange:
        return LaneChange(
            points=self.points,
            frames_before=self.frames_before,
            frames_after=self.frames_after,
            seconds_after=self.last_s - self.points[-1].at_s,
            came_back=came_back,
        )


def line_of(line: SolidLine) -> Line:
    """The line's two ends as points."""
    return to_point(line.line[0]), to_point(line.line[1])


class SolidLineWatch:
    """One track beside one line, point after point; tells of it once."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._side = 0
        self._frames = 0
        self._way: list[TrackPoint] = []
        self._over: _Over | None = None
        self._was_told = False

    @property
    def is_over(self) -> bool:
        """Whether it is beyond the line now and not told yet: its track is still needed."""
        return self._over is not None

    def add(self, point: TrackPoint) -> LaneChange | None:
        """Take the track's next point; its change of lanes once it is known whether it stayed."""
        if self._was_told:
            return None
        if not 0.0 <= place_on_line(point.box.ground, self.line) <= 1.0:
            change = self.end()
            self._side, self._frames, self._way = 0, 0, []
            return change
        side = side_of_line(point.box, self.line)
        if self._over is not None:
            return self._stay(self._over, point, side)
        self._approach(point, side)
        return None

    def end(self) -> LaneChange | None:
        """The track ended or passed the line's end: what it did, when it was over the line."""
        if self._over is None:
            return None
        return self._tell(self._over.told(came_back=False))

    def _stay(self, over: _Over, point: TrackPoint, side: int) -> LaneChange | None:
        if side == -over.side:
            return self._tell(over.told(came_back=True))
        if side == over.side:
            over.frames_after += 1
            over.last_s = point.at_s
        if over.last_s - over.points[-1].at_s >= STAY_S:
            return self._tell(over.told(came_back=False))
        if point.at_s - over.points[-1].at_s >= UNDECIDED_S:
            return self._tell(over.told(came_back=True))
        return None

    def _tell(self, change: LaneChange) -> LaneChange:
        self._over, self._was_told = None, True
        return change

    def _approach(self, point: TrackPoint, side: int) -> None:
        if side == self._side or (side and not self._side):
            if side:
                self._side, self._frames, self._way = side, self._frames + 1, [point]
            return
        self._way.append(point)
        if side:
            self._over = _Over(
                side=side, points=tuple(self._way), frames_before=self._frames, last_s=point.at_s
            )
        elif point.at_s - self._way[0].at_s > LONGEST_S:
            self._side, self._frames, self._way = 0, 0, []


def side_of_line(box: Box, line: Line) -> int:
    """-1 or +1 when the whole lower edge is clearly on that side, else 0."""
    corners = (Point(x=box.left, y=box.bottom), Point(x=box.right, y=box.bottom))
    near, far = sorted(distance_from(corner, line) for corner in corners)
    clear = CLEAR_SHARE * box.width
    return 1 if near > clear else -1 if far < -clear else 0


def step_over_s(points: tuple[TrackPoint, ...], line: Line) -> float:
    """When the ground point went over the line for the last time, interpolated between two frames.

    The points begin on one side of the line and end on the other.
    """
    steps = [
        (earlier, later, share)
        for earlier, later in pairwise(points)
        if (share := crossing_share(earlier.box.ground, later.box.ground, line)) is not None
    ]
    earlier, later, share = steps[-1]
    return earlier.at_s + (later.at_s - earlier.at_s) * share


def change_of(change: LaneChange, line: Line, seen: SeenWhile) -> LaneChangeCandidate:
    """What the rule asks of a change of lanes."""
    first, last = change.points[0].box, change.points[-1].box
    shape = (first.width / first.height) / (last.width / last.height)
    across = abs(distance_from(last.ground, line) - distance_from(first.ground, line))
    (a, b) = line
    way = (last.ground.x - first.ground.x, last.ground.y - first.ground.y)
    length = math.hypot(b.x - a.x, b.y - a.y)
    forth = abs(way[0] * (b.x - a.x) + way[1] * (b.y - a.y)) / length
    return LaneChangeCandidate(
        seen=seen,
        frames_before=change.frames_before,
        frames_after=change.frames_after,
        seconds_after=change.seconds_after,
        came_back=change.came_back,
        longest_step_s=longest_step_s(change.points),
        widest_step=max(_widths_aside(pair, line) for pair in pairwise(change.points)),
        shape_change=max(shape, 1.0 / shape),
        along_share=forth / across,
    )


def _widths_aside(pair: tuple[TrackPoint, TrackPoint], line: Line) -> float:
    earlier, later = pair
    aside = distance_from(later.box.ground, line) - distance_from(earlier.box.ground, line)
    return abs(aside) / later.box.width
