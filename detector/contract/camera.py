"""The camera file: where a camera's pictures come from and what in them is judged.

JSON at the edge, checked here once: shares inside 0…1, simple polygons, signals that exist.
`load_camera` turns every mistake into one CameraFileError that says which key of which file is wrong.
"""

import json
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from detector.contract.packet import Identifier, Share

CAMERA_SCHEMA = 1

Place = tuple[Share, Share]


class CameraFileError(ValueError):
    """A camera file that cannot be used: the message names the file, the key and what to change."""


def _turn(a: Place, b: Place, c: Place) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _edges_cross(a: Place, b: Place, c: Place, d: Place) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


LEAST_AREA = 1e-5
"""Of the picture: some 20 pixels of a 1920×1080 one."""


def _simple_polygon(places: tuple[Place, ...]) -> tuple[Place, ...]:
    if len(places) < 3:
        raise ValueError("a polygon needs at least three points")
    edges = list(zip(places, places[1:] + places[:1], strict=True))
    if any(_edges_cross(*first, *second) for first, second in combinations(edges, 2)):
        raise ValueError("the polygon crosses itself; put its points in order around the area")
    if abs(_area(places)) < LEAST_AREA:
        raise ValueError("the polygon has no area; its points lie on one line")
    return places


def _area(places: tuple[Place, ...]) -> float:
    """The signed area in shares, by the shoelace formula."""
    ends = zip(places, places[1:] + places[:1], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in ends) / 2


def _real_box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError("a lamp box is [x0, y0, x1, y1] with x0 < x1 and y0 < y1")
    return box


def known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones, a name too long
        raise ValueError(f"unknown timezone {name[:40]!r}; use a name such as Asia/Ho_Chi_Minh") from error
    return name


Polygon = Annotated[tuple[Place, ...], AfterValidator(_simple_polygon)]
LampBox = Annotated[tuple[Share, Share, Share, Share], AfterValidator(_real_box)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sources(_Part):
    """Main stream (full size, proves) and sub stream (small, is watched); paths, rtsp:// or rtsps:// URLs."""

    main: str = Field(min_length=1, max_length=2000)
    sub: str | None = Field(default=None, max_length=2000)


class Lamps(_Part):
    """Where a signal's lamps are: three boxes, or one `head` when they cannot be told apart."""

    red: LampBox | None = None
    yellow: LampBox | None = None
    green: LampBox | None = None
    head: LampBox | None = None

    @model_validator(mode="after")
    def _enough(self) -> "Lamps":
        if self.head is None and (self.red is None or self.green is None):
            raise ValueError("lamps needs either head, or at least red and green")
        return self


class Signal(_Part):
    id: Identifier
    lamps: Lamps


class LaneDirection(_Part):
    """The one way in which a lane may be driven: an arrow on the road and how long it is there, in metres.

    Who drives against the whole arrow, faster than `least_kmh` on average, drives the wrong way; slower is pushed.
    """

    arrow: tuple[Place, Place]
    length_m: float = Field(ge=5, le=60)
    least_kmh: float = Field(default=8.0, ge=6, le=50)

    @model_validator(mode="after")
    def _real_arrow(self) -> "LaneDirection":
        if self.arrow[0] == self.arrow[1]:
            raise ValueError("arrow needs two different points, from its tail to its head")
        return self


class Lane(_Part):
    """One judged lane: where vehicles come from, the line they must not cross on red, the zone behind it."""

    id: Identifier
    approach: Polygon
    stop_line: tuple[Place, Place]
    junction: Polygon
    signal: Identifier
    free_on_red: tuple[Polygon, ...] = ()
    direction: LaneDirection | None = None
    """Drawn only where the road is one-way, or signed against entry from this end: then wrong_way is judged."""

    @model_validator(mode="after")
    def _real_line(self) -> "Lane":
        if self.stop_line[0] == self.stop_line[1]:
            raise ValueError("stop_line needs two different points")
        return self


class SolidLine(_Part):
    """A solid line between two lanes of the same direction: nobody may change lanes over it."""

    id: Identifier
    line: tuple[Place, Place]

    @model_validator(mode="after")
    def _real_line(self) -> "SolidLine":
        if self.line[0] == self.line[1]:
            raise ValueError("line needs two different points")
        return self


class NoStopZone(_Part):
    """An area where nobody may stand for more than `most_s`: a zebra, the road beside a no-stopping sign.

    `signal`: whose queue may stand here; time counts only while it is green and its queue has had time to leave.
    """

    id: Identifier
    area: Polygon
    most_s: float = Field(ge=3, le=120)
    signal: Identifier | None = None


class JudgingSettings(_Part):
    """Values of the rules at this camera; they are written into every packet."""

    grace_s: float = Field(default=0.5, ge=0, le=5)
    lamp_debounce_s: float = Field(default=0.3, ge=0, le=3)
    least_analysed_fps: float = Field(default=5.0, ge=1, le=60)
    junction_deadline_s: float = Field(default=6.0, gt=0, le=60)


class Camera(_Part):
    """A calibrated camera."""

    schema_: Literal[1] = Field(alias="schema")
    camera_id: Identifier
    name: str = Field(min_length=1, max_length=200)
    kind: Literal["smart", "plain"] = "smart"
    sources: Sources
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Ho_Chi_Minh"
    signals: tuple[Signal, ...] = ()
    lanes: tuple[Lane, ...] = ()
    solid_lines: tuple[SolidLine, ...] = ()
    no_stop_zones: tuple[NoStopZone, ...] = ()
    ward: str | None = Field(default=None, max_length=100)
    footage: Literal["live", "recorded", "rendered"] | None = None
    started_at: AwareDatetime | None = None
    """For recorded or rendered footage without a clock of its own: the moment of its first picture."""
    judging: JudgingSettings = JudgingSettings()
    detector: Literal["fine", "fast"] = "fine"
    """fine: 640×384, 12 looks a second; fast: 416×256, 6 a second, for cameras close to their stop line."""
    calibration_picture: str | None = Field(default=None, max_length=200)
    """A picture of the scene as it was calibrated, beside the camera file: view drift is measured against it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="after")
    def _consistent(self) -> "Camera":
        signal_ids = [signal.id for signal in self.signals]
        for what, ids in (("signal", signal_ids), ("lane", [lane.id for lane in self.lanes])):
            if len(set(ids)) != len(ids):
                raise ValueError(f"two {what}s share an id")
        judged = [lane.id for lane in self.lanes] + [line.id for line in self.solid_lines]
        judged += [zone.id for zone in self.no_stop_zones]
        if len(set(judged)) != len(judged):
            raise ValueError("lanes, solid_lines and no_stop_zones need ids of their own: two share one")
        for lane in self.lanes:
            if lane.signal not in signal_ids:
                raise ValueError(f"lane {lane.id} names signal {lane.signal}, which is not in signals")
        for zone in self.no_stop_zones:
            if zone.signal is not None and zone.signal not in signal_ids:
                raise ValueError(
                    f"no-stop zone {zone.id} names signal {zone.signal}, which is not in signals"
                )
        if self.kind == "smart" and not self.lanes:
            raise ValueError("a smart camera needs at least one lane")
        return self

    @property
    def is_judged_on_green(self) -> bool:
        """Whether a rule watches vehicles whatever the lamps show: then the watch may not rest on green."""
        return bool(self.solid_lines or self.no_stop_zones or any(lane.direction for lane in self.lanes))

    def calibration_sha256(self) -> str:
        """Digest of what is judged: signals, lanes, lines, zones and settings, not the URLs.

        What is not drawn leaves no trace in it, so that a file from before a key was known keeps its digest.
        """
        judged = self.model_dump(mode="json", by_alias=True, include={"signals", "lanes", "judging"})
        for lane in judged["lanes"]:
            if lane["direction"] is None:
                del lane["direction"]
        for key in ("solid_lines", "no_stop_zones"):
            drawn = [part.model_dump(mode="json") for part in getattr(self, key)]
            judged |= {key: drawn} if drawn else {}
        return sha256(json.dumps(judged, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def parse_camera(data: Any, where: str) -> Camera:
    """Check a camera file's parsed JSON; `where` names it in the error. Raises CameraFileError."""
    if not isinstance(data, dict):
        raise CameraFileError(f"{where}: a camera file is a JSON object")
    schema = data.get("schema")
    if isinstance(schema, int) and schema > CAMERA_SCHEMA:
        raise CameraFileError(
            f"{where}: schema {schema} is newer than this version understands ({CAMERA_SCHEMA}); upgrade ngatu"
        )
    try:
        return Camera.model_validate(data)
    except ValidationError as error:
        raise CameraFileError(f"{where}: {_mistakes(error)}") from None


def load_camera(path: Path) -> Camera:
    """Read and check a camera file. Raises CameraFileError with one line that says what to change."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CameraFileError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, digits or brackets without end
        raise CameraFileError(f"{path}: is not JSON ({error}); check it with a JSON editor") from None
    return parse_camera(data, str(path))


def _mistakes(error: ValidationError) -> str:
    """All keys that are missing, else the first mistake. Input values are left out: one may hold a password."""
    mistakes = error.errors(include_url=False, include_input=False)
    missing = [_place(mistake) for mistake in mistakes if mistake["type"] == "missing"]
    told = missing or [_place(mistakes[0])]
    left = len(mistakes) - len(told)
    more = f" (and {left} more)" if left else ""
    if missing:
        return f"{', '.join(missing)}: Field required{more}; docs/camera-file.md says what each key holds"
    return f"{told[0]}: {mistakes[0]['msg'].removeprefix('Value error, ')}{more}"


def _place(mistake: ErrorDetails) -> str:
    return ".".join(str(part) for part in mistake["loc"]) or "file"
