"""What goes over the wire of cameras, their calibration and their jobs. Addresses go in, never out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from detector.contract.assist import MOST_JOB_S, Device, JobKind
from detector.contract.camera import known_zone
from detector.contract.packet import Identifier
from service.cameras.drawings import Drawing
from service.schemas import Text

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class FeedIn(_Wire):
    """A feed to register. User and password may be in the addresses, or apart."""

    name: Text = Field(min_length=1, max_length=200)
    main: Text = Field(min_length=1, max_length=2000)
    sub: Text | None = Field(default=None, max_length=2000)
    user: Text = Field(default="", max_length=100)
    password: Text = Field(default="", max_length=200)
    ward: Text | None = Field(default=None, max_length=100)
    kind: Literal["smart", "plain"] = "smart"
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Ho_Chi_Minh"
    camera_id: Identifier | None = None


class FeedEdit(_Wire):
    """What is to change of a feed; addresses only when they are given."""

    name: Text = Field(default="", min_length=1, max_length=200)
    ward: Text | None = Field(default=None, max_length=100)
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    main: Text | None = Field(default=None, min_length=1, max_length=2000)
    sub: Text | None = Field(default=None, max_length=2000)
    user: Text = Field(default="", max_length=100)
    password: Text = Field(default="", max_length=200)


class FeedOut(_Wire):
    camera_id: str
    name: str
    ward: str | None
    kind: str
    latitude: float | None
    longitude: float | None


class CalibrationIn(_Wire):
    drawing: Drawing
    note: Text = Field(default="", max_length=300)
    picture_id: int | None = Field(default=None, ge=1, le=2**31 - 1)


class VersionOut(_Wire):
    version: int
    made_by: str
    made_at: datetime
    note: str
    sha256: str
    picture_id: int | None
    fitness: dict[str, Any]
    fitness_at: datetime | None


class CalibrationOut(VersionOut):
    """One version with its drawing; `in_force` is the version that workers judge by."""

    drawing: dict[str, Any]
    in_force: int | None


class EnableIn(_Wire):
    """Without a fitness that says fit, `why` must say why it is enabled all the same."""

    why: Text | None = Field(default=None, max_length=500)


class JobIn(_Wire):
    """A look to ask for. `drawing` tries a drawing that is not saved, `version` a saved one."""

    kind: JobKind
    seconds: float = Field(default=10.0, ge=0, le=MOST_JOB_S)
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    drawing: Drawing | None = None
    device: Device | None = None


class JobOut(_Wire):
    """How a job stands; `worker_seen` says whether any worker asked for work in the last minute."""

    id: int
    kind: str
    camera_id: str | None
    version: int | None
    state: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    progress: dict[str, Any]
    result: dict[str, Any]
    failure: str | None
    failure_text: str
    pictures: dict[str, int]
    worker_seen: bool


class LineFault(_Wire):
    """What is wrong with one line of a file, by a code; `value` is what stands there, never an address."""

    line: int
    code: str
    value: str


class ImportOut(_Wire):
    """With a fault in any line nothing is changed."""

    added: int
    changed: int
    unchanged: int
    faults: list[LineFault]
