"""A small junction with synthetic vehicles and lamps, with defaults, for tests of judging and rules.

y=0.10 ┌────────────┐
       │  junction  │
y=0.40 └────────────┘
y=0.50   ══════════     stop line from x=0.25 to x=0.75
       │  approach  │   vehicles drive upwards
y=1.00 └────────────┘
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from detector.contract.camera import (
    Camera,
    JudgingSettings,
    Lamps,
    Lane,
    LaneDirection,
    NoStopZone,
    Signal,
    SolidLine,
    Sources,
)
from detector.judging.camera_judge import CameraJudge
from detector.judging.candidate import Candidate
from detector.judging.crossing import LaneGeometry, geometry_of
from detector.types import Crossing, Direction, Finding, LampReading, Track, TrackPoint
from models.types import Box, LampColour, Point, VehicleClass, VehicleDetection

Place = tuple[float, float]
Polygon = tuple[Place, ...]
Lights = Callable[[float], LampColour]

APPROACH: Polygon = ((0.125, 1.0), (0.875, 1.0), (0.75, 0.5), (0.25, 0.5))
JUNCTION: Polygon = ((0.125, 0.1), (0.875, 0.1), (0.875, 0.4), (0.125, 0.4))
STOP_LINE: tuple[Place, Place] = ((0.25, 0.5), (0.75, 0.5))
RIGHT_EXIT: Polygon = ((0.8, 0.3), (1.0, 0.3), (1.0, 0.5), (0.8, 0.5))
LINE_Y = 0.5
RED, YELLOW, GREEN = LampColour.RED, LampColour.YELLOW, LampColour.GREEN
OFF, UNKNOWN = LampColour.OFF, LampColour.UNKNOWN


def lane(
    *,
    lane_id: str = "L1",
    approach: Polygon = APPROACH,
    stop_line: tuple[Place, Place] = STOP_LINE,
    junction: Polygon = JUNCTION,
    free_on_red: tuple[Polygon, ...] = (),
    direction: LaneDirection | None = None,
) -> Lane:
    return Lane(
        id=lane_id,
        approach=approach,
        stop_line=stop_line,
        junction=junction,
        signal="S1",
        free_on_red=free_on_red,
        direction=direction,
    )


def mirrored(original: Lane) -> Lane:
    """The lane as it looks in a mirrored picture."""

    def flip(places: Sequence[Place]) -> Any:
        return tuple((1.0 - x, y) for x, y in places)

    return Lane(
        id=original.id,
        approach=flip(original.approach),
        stop_line=flip(original.stop_line),
        junction=flip(original.junction),
        signal=original.signal,
        free_on_red=tuple(flip(exit_) for exit_ in original.free_on_red),
    )


def geometry(**changes: Any) -> LaneGeometry:
    return geometry_of(lane(**changes))


def camera(
    *lanes: Lane,
    camera_id: str = "C1",
    judging: JudgingSettings | None = None,
    solid_lines: tuple[SolidLine, ...] = (),
    no_stop_zones: tuple[NoStopZone, ...] = (),
) -> Camera:
    return Camera(
        schema_=1,
        camera_id=camera_id,
        name="a junction",
        sources=Sources(main="main.mp4"),
        signals=(Signal(id="S1", lamps=Lamps(head=(0.9, 0.0, 0.95, 0.1))),),
        lanes=lanes or (lane(),),
        solid_lines=solid_lines,
        no_stop_zones=no_stop_zones,
        judging=judging or JudgingSettings(),
    )


def standing_on(x: float, y: float, *, width: float = 0.0625, height: float = 0.125) -> Box:
    """A box whose ground point is there."""
    return Box(left=x - width / 2, top=y - height, right=x + width / 2, bottom=y)


def seen(at_s: float, x: float, y: float, *, height: float = 0.125) -> TrackPoint:
    return TrackPoint(at_s=at_s, box=standing_on(x, y, height=height), score=0.9)


def track(
    *points: TrackPoint, track_id: int = 1, vehicle_class: VehicleClass = VehicleClass.MOTORBIKE
) -> Track:
    return Track(track_id=track_id, vehicle_class=vehicle_class, class_confidence=1.0, points=points)


def detection(
    x: float = 0.5,
    y: float = 0.75,
    *,
    width: float = 0.0625,
    height: float = 0.125,
    vehicle_class: VehicleClass = VehicleClass.MOTORBIKE,
    score: float = 0.9,
) -> VehicleDetection:
    return VehicleDetection(
        box=standing_on(x, y, width=width, height=height), vehicle_class=vehicle_class, score=score
    )


def lights(*stretches: tuple[LampColour, float]) -> Lights:
    """A signal that shows each colour from its moment on: `lights((GREEN, 0), (RED, 5))`."""

    def showing(at_s: float) -> LampColour:
        return [colour for colour, from_s in stretches if from_s <= at_s][-1]

    return showing


@dataclass(frozen=True, kw_only=True)
class Ride:
    """A vehicle that goes from place to place: (second, x, y) each, straight and steady between them."""

    way: tuple[tuple[float, float, float], ...]
    vehicle_class: VehicleClass = VehicleClass.MOTORBIKE
    width: float = 0.0625
    height: float = 0.125
    hidden: tuple[tuple[float, float], ...] = field(default=())

    def at(self, at_s: float) -> VehicleDetection | None:
        if any(start <= at_s < end for start, end in self.hidden):
            return None
        for (from_s, x0, y0), (to_s, x1, y1) in pairwise(self.way):
            if from_s <= at_s <= to_s:
                share = (at_s - from_s) / (to_s - from_s)
                place = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
                return detection(
                    *place, width=self.width, height=self.height, vehicle_class=self.vehicle_class
                )
        return None

    def mirrored(self) -> "Ride":
        return replace(self, way=tuple((at_s, 1.0 - x, y) for at_s, x, y in self.way))


def through(cross_s: float, *, x: float = 0.5, speed: float = 0.2) -> Ride:
    """A ride from the approach far into the junction, over the line at a moment, in shares per second."""
    lead_s = 0.45 / speed
    return Ride(way=((cross_s - lead_s, x, 0.95), (cross_s + 0.375 / speed, x, 0.125)))


def stops_over_line(cross_s: float, *, x: float = 0.5, until_s: float = 30.0) -> Ride:
    """A ride that crosses the line and stands between it and the junction."""
    return Ride(way=((cross_s - 2.25, x, 0.95), (cross_s + 0.25, x, 0.45), (until_s, x, 0.45)))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a whole run gave."""

    findings: tuple[Finding, ...]
    judge: CameraJudge

    @property
    def said(self) -> list[tuple[str, str]]:
        """Verdict and reason of each finding, in order."""
        return [(str(finding.verdict), finding.reason) for finding in self.findings]


def run(
    *rides: Ride,
    showing: Lights,
    until_s: float = 30.0,
    fps: float = 8.0,
    watched_by: Camera | None = None,
    gaps: Sequence[tuple[float, float]] = (),
) -> Outcome:
    """Judge synthetic footage from 0 to `until_s`, frame by frame, and finish."""
    judge = CameraJudge(watched_by or camera())
    for gap in gaps:
        judge.note_gap(*gap)
    findings: list[Finding] = []
    for number in range(int(until_s * fps) + 1):
        at_s = number / fps
        reading = LampReading(signal_id="S1", at_s=at_s, colour=showing(at_s))
        found = [vehicle for ride in rides if (vehicle := ride.at(at_s)) is not None]
        findings += judge.look(at_s, [reading], found)
    findings += judge.finish()
    return Outcome(findings=tuple(findings), judge=judge)


def candidate(**changes: Any) -> Candidate:
    """A crossing that is a plain red-light case, unless something is changed."""
    crossing = Crossing(
        track_id=1,
        lane_id="L1",
        direction=Direction.FORWARD,
        cross_s=10.0,
        place=Point(x=0.5, y=LINE_Y),
        box=standing_on(0.5, LINE_Y),
    )
    plain = Candidate(
        crossing=crossing,
        track=track(seen(9.0, 0.5, 0.7), seen(11.0, 0.5, 0.3)),
        signal_id="S1",
        points_in_approach=10,
        colour_at_crossing=RED,
        red_since_s=5.0,
        over_line_at_onset=False,
        entered_junction_s=10.5,
        colour_at_entry=RED,
        took_free_exit=False,
        moved_whole=True,
        stopped=False,
        analysed_fps=10.0,
        gaps=(),
        settings=JudgingSettings(),
    )
    return replace(plain, **changes)
