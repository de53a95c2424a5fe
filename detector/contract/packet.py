"""packet.json: what the detector says of one violation, and the manifest that seals its folder.

The only thing that passes from detector to service. Pydantic, because it crosses a machine boundary;
unknown keys are refused so that a newer writer is noticed. Boxes are [x, y, width, height] in shares.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from models.types import LampColour, PlateColour, PlateLayout, VehicleClass

PACKET_SCHEMA = 1
PACKET_FILE = "packet.json"
MANIFEST_FILE = "manifest.json"
SIGNATURE_FILE = "manifest.sig"
CLIP_FILE = "clip.mp4"
SCENE_FILES = ("scene_before.jpg", "scene_crossing.jpg", "scene_junction.jpg")
PLATE_FILE = "plate.jpg"

Share = Annotated[float, Field(ge=0, le=1)]
LooseShare = Annotated[float, Field(ge=-1, le=2)]
BoxShares = tuple[LooseShare, LooseShare, LooseShare, LooseShare]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Kind = Literal["red_light", "stop_line", "wrong_way", "wrong_lane", "illegal_stop"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PacketCamera(Strict):
    camera_id: Identifier
    name: str = Field(max_length=200)
    calibration_sha256: Sha256


class PacketClock(Strict):
    """Where the time of the act comes from; offset is camera minus machine, None when not measured."""

    source: Literal["rtcp", "container", "stated", "machine", "none"]
    offset_ms: float | None = None


class PacketVehicle(Strict):
    vehicle_class: VehicleClass
    class_confidence: Share
    track_id: int = Field(ge=0)
    box: BoxShares


class PacketSpan(Strict):
    colour: LampColour
    from_s: float
    to_s: float


class PacketSignal(Strict):
    """The governing signal around the act; `yellow_length_s` is None when no yellow was seen."""

    signal_id: str
    colour_at_crossing: LampColour
    red_elapsed_s: float | None
    yellow_length_s: float | None
    timeline: tuple[PacketSpan, ...]


class PacketTrackPoint(Strict):
    at_s: float
    box: BoxShares


class PacketCharacter(Strict):
    character: str = Field(min_length=1, max_length=1)
    confidence: Share


class PacketPlateRead(Strict):
    at_s: float
    box: BoxShares
    text: str = Field(max_length=16)
    confidence: Share


class PacketPlate(Strict):
    """The voted plate. `text` is None when it could not be read: such a case is still a case."""

    text: str | None = Field(max_length=16)
    confidence: Share
    verdict: Literal["sure", "doubtful", "unread"]
    reason: str
    layout: PlateLayout | None
    colour: PlateColour
    rows: tuple[tuple[PacketCharacter, ...], ...]
    reads: tuple[PacketPlateRead, ...]


class PacketRule(Strict):
    name: str
    version: str
    parameters: dict[str, float]


class PacketAct(Strict):
    """The stretch of time over which an act was seen that no single crossing makes, and the limits it was held to.

    wrong_way: from the arrow's head to its tail, `length_m` apart, slower than `least_kmh` would be no case.
    wrong_lane: last wholly in the one lane, first wholly in the other.
    illegal_stop: since when it stood, until when it was seen standing; `most_s` are allowed.
    """

    from_s: float
    to_s: float
    length_m: float | None = None
    least_kmh: float | None = None
    most_s: float | None = None


class PacketRun(Strict):
    """The only part that differs between two replays of the same footage."""

    run_id: str
    produced_at: AwareDatetime
    software_version: str


class PacketMarking(Strict):
    """What an officer marked in a recording. Seconds count from the first picture of the clip, as cross_s does."""

    mark_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    officer: str = Field(min_length=1, max_length=100)
    marked_at: AwareDatetime
    in_s: float
    out_s: float
    before_s: float
    junction_s: float
    light: LampColour
    """The lamp as the officer saw it; the machine read none."""
    plate: str | None = Field(default=None, max_length=16)
    """As the officer read it; None when it is left to the machine's reading."""
    note: str = Field(default="", max_length=500)


class ViolationPacket(Strict):
    """One violation, as the detector hands it over."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    violation_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    kind: Kind
    origin: Literal["detector", "officer"] = "detector"
    footage: Literal["live", "recorded", "rendered"]
    camera: PacketCamera
    lane_id: str
    """The lane; in a case of wrong_lane the solid line, of illegal_stop the zone."""
    committed_at: AwareDatetime | None
    """The moment of the act, UTC; None when the footage has no clock: such a case cannot be fined."""
    clock: PacketClock
    cross_s: float
    frame_number: int
    frame_sha256: Sha256
    """SHA-256 of the luma plane of the main-stream frame at the crossing: ties the case to the footage."""
    entered_junction_s: float | None
    analysed_fps: float
    vehicle: PacketVehicle
    signal: PacketSignal
    track: tuple[PacketTrackPoint, ...]
    plate: PacketPlate
    rule: PacketRule
    weights: dict[str, Sha256]
    gaps: tuple[tuple[float, float], ...] = ()
    clip_from_s: float | None = None
    """Where the clip's time 0 lies on the stream's clock; the key is left out where nobody told it."""
    act: PacketAct | None = None
    """Only of the kinds that are no crossing of a stop line; the key is left out of all others."""
    marking: PacketMarking | None = None
    """Only where origin is officer; the key is left out of all others."""
    run: PacketRun

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What a packet does not have is left out, as before the keys were known: older readers know none of them."""
        written: dict[str, Any] = handler(self)
        for name in ("act", "marking", "clip_from_s"):
            if getattr(self, name) is None:
                written.pop(name, None)
        return written


class Manifest(Strict):
    """Digest of every other file of the packet; signed with Ed25519 as the bytes on disk."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    violation_id: str
    camera_id: Identifier
    sequence: int = Field(ge=1)
    """1 for the first packet that this outbox wrote for the camera, then rising by one."""
    previous: Sha256 | None
    """SHA-256 of the previous packet's manifest.json of the same camera; None for the first."""
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """First 16 hex digits of the SHA-256 of the raw public key."""
    files: dict[str, Sha256]

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
