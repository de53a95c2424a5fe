"""What service and worker say to each other about camera jobs: looks at a feed that a person asked for.

The service sees no pixels: a worker takes a job over HTTP, does it, and sends pictures and a result back.
Boxes are [x0, y0, x1, y1] and places [x, y], in shares of the picture.
"""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from detector.contract.packet import Identifier, Kind, LooseShare
from models.types import LampColour, VehicleClass

JobKind = Literal["still", "probe", "dry_run", "watch_along", "live", "discover", "profiles"]
"""live: pictures without judging, for `seconds` or until nobody looks any more; 0 seconds: one picture."""
FailureCode = Literal[
    "refused",
    "unreachable",
    "stalled",
    "no_pictures",
    "codec",
    "size_changed",
    "no_device",
    "broke",
    "stopped",
]
MOST_JOB_S = 600.0
MOST_PICTURE_BYTES = 1_400_000
"""A JPEG in base64 stays below the service's limit for a body."""
STILL = "still.jpg"
LIVE = "live.jpg"
REFERENCE = "reference.jpg"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Device(_Wire):
    """An ONVIF device to ask; the password travels to the worker only."""

    address: str = Field(min_length=1, max_length=300)
    user: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=200)


class JobAsked(_Wire):
    """One job as a worker gets it. `camera` is a camera file with its sources; without lanes its kind is plain."""

    job_id: int
    kind: JobKind
    camera: dict[str, Any] | None = None
    seconds: float = Field(default=10.0, ge=0, le=MOST_JOB_S)
    device: Device | None = None
    has_reference: bool = False
    """Whether the service keeps a calibration picture of this camera, to measure drift against."""


class TakeIn(_Wire):
    """A worker asks for a job and waits up to `wait_s` for one."""

    wait_s: float = Field(default=20.0, ge=0, le=25)


class SeenSignal(_Wire):
    signal_id: Identifier
    colour: LampColour


class SeenTrack(_Wire):
    """A vehicle that is followed now; `path` holds its last ground points, the newest last."""

    track_id: int
    vehicle_class: VehicleClass
    box: tuple[LooseShare, LooseShare, LooseShare, LooseShare]
    path: tuple[tuple[LooseShare, LooseShare], ...] = ()


class SeenFrame(_Wire):
    """What the judge sees in one picture, to be drawn over it."""

    at_s: float
    of_s: float
    signals: tuple[SeenSignal, ...] = ()
    tracks: tuple[SeenTrack, ...] = ()
    cases: int = 0


class FrameIn(_Wire):
    """A live picture on its way to the page that watches along; without a picture it is a sign of life."""

    frame: SeenFrame
    jpeg_base64: str | None = Field(default=None, max_length=2_000_000)


class FrameAnswer(_Wire):
    """Whether somebody still wants the job."""

    go_on: bool


class Stream(_Wire):
    codec: str
    width: int
    height: int
    fps: float


class StillResult(_Wire):
    main: Stream


class FitnessCheck(_Wire):
    name: str
    measured: str
    grade: Literal["good", "weak", "unfit", "unmeasured"]
    advice: str = ""


class ProbeResult(_Wire):
    """The fitness of a camera, as `ngatu check` tells it; `moved` is its drift in picture widths."""

    fit: bool
    score: int
    checks: tuple[FitnessCheck, ...]
    moved: float | None = None
    main: Stream


class WouldBeCase(_Wire):
    """What the calibration under test would have made a case of. No plate text: no case, no personal data."""

    kind: Kind
    lane_id: str
    cross_s: float
    at: AwareDatetime | None
    vehicle_class: VehicleClass
    red_for_s: float | None
    plate: Literal["sure", "doubtful", "unread"]
    pictures: tuple[str, ...]


class DryRunResult(_Wire):
    """`not_judged` counts crossings that made no case by `verdict:reason`."""

    footage_s: float
    frames_analysed: int
    cases: tuple[WouldBeCase, ...]
    not_judged: dict[str, int]
    unproved: int
    gaps: int


class FoundDevice(_Wire):
    address: str
    name: str = ""
    hardware: str = ""
    location: str = ""


class StreamProfile(_Wire):
    """One stream that an ONVIF device offers; the address carries no user and no password."""

    name: str
    codec: str
    width: int
    height: int
    fps: float
    url: str


class DoneIn(_Wire):
    """The end of a job: a result, or what went wrong in one redacted line."""

    result: dict[str, Any] = Field(default_factory=dict)
    failure: FailureCode | None = None
    failure_text: str = Field(default="", max_length=1000)
