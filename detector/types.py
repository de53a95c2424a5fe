"""What one camera's watch passes from step to step: signal spans, tracks, crossings, findings.

Pure values: no pixels, no decoder, no clock. Times `*_s` are seconds on the camera's stream clock
(0 = the first picture of the stream); places are shares of the picture, as in models.types.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.types import Box, LampColour, PlateRead, Point, VehicleClass


@dataclass(frozen=True, kw_only=True, slots=True)
class LampReading:
    """One look at one signal."""

    signal_id: str
    at_s: float
    colour: LampColour


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalSpan:
    """A signal showed one colour from `from_s` (inclusive) to `to_s` (exclusive)."""

    signal_id: str
    colour: LampColour
    from_s: float
    to_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackPoint:
    """A vehicle as seen in one analysed frame."""

    at_s: float
    box: Box
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One vehicle over time; the id belongs to one camera. Points are in order of time."""

    track_id: int
    vehicle_class: VehicleClass
    class_confidence: float
    points: tuple[TrackPoint, ...]


class Direction(StrEnum):
    """Which way the line was crossed, seen from the approach."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """A track's ground point went over a stop line between two analysed frames, interpolated."""

    track_id: int
    lane_id: str
    direction: Direction
    cross_s: float
    place: Point
    box: Box
    """The vehicle's box at the crossing moment, interpolated."""
    seen_before_s: float | None = None
    """The last analysed frame before the step over the line; None when it is not known."""


class Verdict(StrEnum):
    """What the rules say of a crossing (words of the truth file)."""

    RED_LIGHT = "red_light"
    STOP_LINE = "stop_line"
    WRONG_WAY = "wrong_way"
    WRONG_LANE = "wrong_lane"
    ILLEGAL_STOP = "illegal_stop"
    LAWFUL = "lawful"
    ALREADY_OVER = "already_over"
    NOT_JUDGED = "not_judged"


CASE_VERDICTS = frozenset(
    {Verdict.RED_LIGHT, Verdict.STOP_LINE, Verdict.WRONG_WAY, Verdict.WRONG_LANE, Verdict.ILLEGAL_STOP}
)
"""The verdicts that make a case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """The stretch of time over which an act was seen that no single crossing makes, and the limits it was held to.

    wrong_way: from the arrow's head to its tail. wrong_lane: last wholly in one lane, first wholly in the other.
    illegal_stop: since when it stood, until when it was seen standing.
    """

    from_s: float
    to_s: float
    length_m: float | None = None
    least_kmh: float | None = None
    most_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a rule found for one track at one lane, line or zone; `reason` is a fixed word from the rule."""

    verdict: Verdict
    reason: str
    rule: str
    rule_version: str
    crossing: Crossing
    track: Track
    signal_id: str
    red_since_s: float | None
    entered_junction_s: float | None
    act: Act | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedPlateRead:
    """One reading of the track's plate in one main-stream frame."""

    at_s: float
    box: Box
    sharpness: float
    read: PlateRead
    character_px: float | None = None
    """Height of the plate's characters in the main stream; None when it is not known."""


class PlateVerdict(StrEnum):
    """How far the voted text can be trusted."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    UNREAD = "unread"


@dataclass(frozen=True, kw_only=True, slots=True)
class VotedPlate:
    """The vote over all readings of one track's plate; `winner` is None when nothing was read."""

    verdict: PlateVerdict
    winner: PlateRead | None
    reads: tuple[TimedPlateRead, ...]
    reason: str
