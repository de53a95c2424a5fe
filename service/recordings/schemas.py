"""What goes over the wire about recordings, markings and patrols."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from detector.contract.marking import Light, PlateText, Vehicle
from detector.contract.packet import BoxShares, Kind

CameraId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class SegmentOut(BaseModel):
    """One recorded file."""

    url: str
    started_at: datetime
    duration_s: float
    mime_codec: str
    width: int
    height: int
    fps: float
    motion: tuple[int, ...]
    clock_step_s: float
    recovered: bool
    lost_packets: int


class GapOut(BaseModel):
    """A stretch in which nothing was recorded."""

    from_at: datetime
    until_at: datetime


class RecordingOut(BaseModel):
    """What there is of a camera in a period; `feed` is how it is doing now, None when no recorder runs."""

    segments: list[SegmentOut]
    gaps: list[GapOut]
    feed: str | None


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlateIn(_In):
    """Whose plate is to be read: the box at a moment."""

    at: AwareDatetime
    box: BoxShares


class PlateOut(BaseModel):
    """What the reader suggests; the officer decides."""

    text: str | None
    confidence: float
    verdict: str
    picture: str | None


class MarkIn(_In):
    """A violation as an officer marked it."""

    camera_id: CameraId
    kind: Kind
    vehicle_class: Vehicle
    light: Light
    in_at: AwareDatetime
    before_at: AwareDatetime
    crossing_at: AwareDatetime
    junction_at: AwareDatetime
    out_at: AwareDatetime
    box: BoxShares
    plate: PlateText | None = None
    note: str = Field(default="", max_length=500)


class MarkOut(BaseModel):
    """What became of a marking; `problem` is in the reader's language."""

    mark_id: str
    camera_id: str
    kind: str
    crossing_at: datetime
    state: str
    """asked, made, case or refused."""
    problem: str | None
    case_id: int | None


class PatrolIn(_In):
    """A new patrol."""

    name: str = Field(min_length=1, max_length=100)
    camera_ids: list[CameraId] = Field(min_length=1, max_length=200)
    from_at: AwareDatetime
    until_at: AwareDatetime


class ProgressIn(_In):
    """How far a camera of a patrol was looked through."""

    camera_id: CameraId
    seen_until: AwareDatetime


class PatrolCameraOut(BaseModel):
    """One camera of a patrol."""

    camera_id: str
    name: str
    seen_until: datetime | None
    who: str | None
    share: float
    """How much of the period was looked through, 0 to 1."""


class PatrolOut(BaseModel):
    """A patrol and how far it is."""

    id: int
    name: str
    from_at: datetime
    until_at: datetime
    closed_at: datetime | None
    cameras: list[PatrolCameraOut]
