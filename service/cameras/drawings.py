"""What an integrator draws on a camera's picture, and what is wrong with it, each point by a code and its place.

The page checks the same while it is drawn on (static/calibration_shapes.js); here nothing is believed.
A drawing without a problem is a camera file's signals, lanes, solid lines, no-stop zones and judging settings.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from detector.contract.camera import LEAST_AREA, JudgingSettings
from detector.contract.packet import Identifier
from service.cameras.shapes import Place, area, centre, crosses_itself, distance, places_along, turn

LANE_PROBLEMS = (
    "no_stop_line",
    "no_approach",
    "no_junction",
    "crosses_itself",
    "no_area",
    "outside_picture",
    "line_outside_lane",
    "same_side",
    "no_such_signal",
)
SIGNAL_PROBLEMS = ("no_lamps", "lamp_outside_picture", "lamp_no_area")
FURTHER_PROBLEMS = ("no_line", "arrow_outside_lane", "no_length", "no_least_speed", "no_longest_stop")
PROBLEMS = ("no_lane", "no_signal", "same_id", *LANE_PROBLEMS, *SIGNAL_PROBLEMS, *FURTHER_PROBLEMS)
PARTS = (
    "approach",
    "stop_line",
    "junction",
    "free_on_red",
    "red",
    "yellow",
    "green",
    "head",
    "direction",
    "solid_line",
    "no_stop_zone",
    "lane",
    "signal",
)
LENGTHS_M, SPEEDS_KMH, STOPS_S = (5, 60), (6, 50), (3, 120)
"""What may be said of an arrow and of a zone; the camera file has the same limits."""
NEAR_LANE = 0.05
"""A stop line belongs to its lane when at least half of it lies in the approach or this close to it."""
LooseNumber = Annotated[float, Field(ge=-3, le=4)]
LooseValue = Annotated[float, Field(ge=-1e6, le=1e6)]
LoosePlace = tuple[LooseNumber, LooseNumber]
LooseBox = tuple[LooseNumber, LooseNumber, LooseNumber, LooseNumber]
_MOST_POINTS, _MOST_SHAPES = 60, 24


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DraftLamps(_Draft):
    red: LooseBox | None = None
    yellow: LooseBox | None = None
    green: LooseBox | None = None
    head: LooseBox | None = None


class DraftSignal(_Draft):
    id: Identifier
    lamps: DraftLamps = DraftLamps()


class DraftDirection(_Draft):
    arrow: tuple[LoosePlace, ...] = Field(default=(), max_length=2)
    length_m: LooseValue | None = None
    least_kmh: LooseValue | None = 8.0


class DraftLine(_Draft):
    id: Identifier
    line: tuple[LoosePlace, ...] = Field(default=(), max_length=2)


class DraftZone(_Draft):
    id: Identifier
    area: tuple[LoosePlace, ...] = Field(default=(), max_length=_MOST_POINTS)
    most_s: LooseValue | None = None
    signal: str | None = Field(default=None, max_length=64)


class DraftLane(_Draft):
    id: Identifier
    approach: tuple[LoosePlace, ...] = Field(default=(), max_length=_MOST_POINTS)
    stop_line: tuple[LoosePlace, ...] = Field(default=(), max_length=2)
    junction: tuple[LoosePlace, ...] = Field(default=(), max_length=_MOST_POINTS)
    signal: str = Field(default="", max_length=64)
    free_on_red: tuple[Annotated[tuple[LoosePlace, ...], Field(max_length=_MOST_POINTS)], ...] = Field(
        default=(), max_length=_MOST_SHAPES
    )
    direction: DraftDirection | None = None


class Drawing(_Draft):
    """A drawing as it comes in: it may be unfinished or wrong."""

    signals: tuple[DraftSignal, ...] = Field(default=(), max_length=_MOST_SHAPES)
    lanes: tuple[DraftLane, ...] = Field(default=(), max_length=_MOST_SHAPES)
    judging: JudgingSettings = JudgingSettings()
    solid_lines: tuple[DraftLine, ...] = Field(default=(), max_length=_MOST_SHAPES)
    no_stop_zones: tuple[DraftZone, ...] = Field(default=(), max_length=_MOST_SHAPES)

    def to_camera_parts(self) -> dict[str, Any]:
        """The keys of a camera file that it fills."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong: `where` is a lane's or signal's id, `part` which of its shapes."""

    code: str
    where: str = ""
    part: str = ""


def problems_of(drawing: Drawing) -> list[Problem]:
    """All that keeps a drawing from being judged by; empty when nothing does."""
    problems = []
    if not drawing.signals:
        problems.append(Problem(code="no_signal"))
    if not drawing.lanes:
        problems.append(Problem(code="no_lane"))
    signal_ids = [signal.id for signal in drawing.signals]
    judged_ids = [lane.id for lane in drawing.lanes] + [line.id for line in drawing.solid_lines]
    judged_ids += [zone.id for zone in drawing.no_stop_zones]
    for part, ids in (("signal", signal_ids), ("lane", judged_ids)):
        problems += [
            Problem(code="same_id", where=one, part=part) for one, count in Counter(ids).items() if count > 1
        ]
    for signal in drawing.signals:
        problems += _of_signal(signal)
    for lane in drawing.lanes:
        problems += _of_lane(lane, signal_ids)
    for line in drawing.solid_lines:
        problems += _of_two_points(line.line, where=line.id, part="solid_line")
    for zone in drawing.no_stop_zones:
        problems += _of_zone(zone, signal_ids)
    return problems


def _of_signal(signal: DraftSignal) -> Iterator[Problem]:
    lamps = signal.lamps
    if lamps.head is None and (lamps.red is None or lamps.green is None):
        yield Problem(code="no_lamps", where=signal.id)
    for part in ("red", "yellow", "green", "head"):
        box = getattr(lamps, part)
        if box is None:
            continue
        if not all(0 <= value <= 1 for value in box):
            yield Problem(code="lamp_outside_picture", where=signal.id, part=part)
        elif not (box[0] < box[2] and box[1] < box[3]):
            yield Problem(code="lamp_no_area", where=signal.id, part=part)


def _of_lane(lane: DraftLane, signal_ids: Sequence[str]) -> Iterator[Problem]:
    if lane.signal not in signal_ids:
        yield Problem(code="no_such_signal", where=lane.id)
    if len(lane.stop_line) < 2 or lane.stop_line[0] == lane.stop_line[1]:
        yield Problem(code="no_stop_line", where=lane.id, part="stop_line")
    elif not _is_in_picture(lane.stop_line):
        yield Problem(code="outside_picture", where=lane.id, part="stop_line")
    faulty = set()
    shapes = [("approach", lane.approach), ("junction", lane.junction)]
    for part, polygon in [*shapes, *(("free_on_red", exit_) for exit_ in lane.free_on_red)]:
        code = _fault_of_polygon(part, polygon)
        if code:
            faulty.add(part)
            yield Problem(code=code, where=lane.id, part=part)
    if len(lane.stop_line) == 2 and not faulty & {"approach", "junction"}:
        yield from _of_line(lane)
    if lane.direction is not None:
        yield from _of_direction(lane.direction, lane, is_lane_sound="approach" not in faulty)


def _of_direction(direction: DraftDirection, lane: DraftLane, *, is_lane_sound: bool) -> Iterator[Problem]:
    faults = list(_of_two_points(direction.arrow, where=lane.id, part="direction"))
    yield from faults
    if not faults and is_lane_sound and any(distance(p, lane.approach) > NEAR_LANE for p in direction.arrow):
        yield Problem(code="arrow_outside_lane", where=lane.id, part="direction")
    if not _is_between(direction.length_m, LENGTHS_M):
        yield Problem(code="no_length", where=lane.id, part="direction")
    if not _is_between(direction.least_kmh, SPEEDS_KMH):
        yield Problem(code="no_least_speed", where=lane.id, part="direction")


def _of_two_points(line: Sequence[Place], *, where: str, part: str) -> Iterator[Problem]:
    if len(line) < 2 or line[0] == line[1]:
        yield Problem(code="no_line", where=where, part=part)
    elif not _is_in_picture(line):
        yield Problem(code="outside_picture", where=where, part=part)


def _of_zone(zone: DraftZone, signal_ids: Sequence[str]) -> Iterator[Problem]:
    code = _fault_of_polygon("no_stop_zone", zone.area)
    if code:
        yield Problem(code=code, where=zone.id, part="no_stop_zone")
    if not _is_between(zone.most_s, STOPS_S):
        yield Problem(code="no_longest_stop", where=zone.id, part="no_stop_zone")
    if zone.signal is not None and zone.signal not in signal_ids:
        yield Problem(code="no_such_signal", where=zone.id)


def _is_between(value: float | None, limits: tuple[float, float]) -> bool:
    return value is not None and limits[0] <= value <= limits[1]


def _fault_of_polygon(part: str, polygon: Sequence[Place]) -> str:
    if len(polygon) < 3:
        return f"no_{part}" if part in {"approach", "junction"} else "no_area"
    if not _is_in_picture(polygon):
        return "outside_picture"
    if crosses_itself(polygon):
        return "crosses_itself"
    return "no_area" if area(polygon) < LEAST_AREA else ""


def _of_line(lane: DraftLane) -> Iterator[Problem]:
    along = places_along(lane.stop_line, 11)
    if sum(distance(place, lane.approach) <= NEAR_LANE for place in along) * 2 < len(along):
        yield Problem(code="line_outside_lane", where=lane.id, part="stop_line")
        return
    first, second = lane.stop_line
    before, behind = (turn(first, second, centre(polygon)) for polygon in (lane.approach, lane.junction))
    if before * behind >= 0 and first != second:
        yield Problem(code="same_side", where=lane.id, part="junction")


def _is_in_picture(places: Sequence[Place]) -> bool:
    return all(0 <= value <= 1 for place in places for value in place)
