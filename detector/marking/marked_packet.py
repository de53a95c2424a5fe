"""An officer's marking and the recording it was made in: in. The evidence packet in the outbox: out.

The same packet as the detector's, with the officer's marking in place of a judgement: what no machine saw is
UNKNOWN or None, never filled in.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from detector.contract.camera import Camera
from detector.contract.marking import Marking
from detector.contract.packet import (
    PLATE_FILE,
    SCENE_FILES,
    PacketCamera,
    PacketMarking,
    PacketRule,
    PacketRun,
    PacketSignal,
    PacketTrackPoint,
    PacketVehicle,
    ViolationPacket,
)
from detector.errors import GapInFootage
from detector.evidence.clip import clip_begins_s
from detector.evidence.packet_writer import PacketContents, PacketWriter, Picture
from detector.evidence.stills import Caption, DataBar, encode_picture, encode_still
from detector.judging.plate_vote import vote
from detector.marking.footage import Footage, open_footage, packets_between
from detector.marking.plate_in_box import plates_in_box
from detector.sources.decoding import Frame, luma_sha256
from detector.sources.packets import StreamPacket
from detector.types import Crossing, Direction, VotedPlate
from detector.watching.contents import FOOTAGE_TITLES, KIND_TITLES
from detector.watching.describing import RunStamp, packet_plate
from detector.watching.eyes import Eyes
from detector.watching.plates_of_track import PlateView
from detector.watching.violation_id import name_violation
from models.types import Box, LampColour, Point

MARGIN = timedelta(seconds=6)
RULE, RULE_VERSION = "officer", "1"
OF_NO_LANE = "-"
SCENE_TITLES = ("trước", "tại thời điểm vi phạm", "sau")
LIGHT_TITLES = {
    LampColour.RED: "đỏ",
    LampColour.YELLOW: "vàng",
    LampColour.GREEN: "xanh",
    LampColour.OFF: "tắt",
    LampColour.UNKNOWN: "không thấy",
}
MOST_PLATE_PICTURES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seconds:
    """The marked moments in seconds of the clip, whose first picture is 0."""

    in_s: float
    before_s: float
    crossing_s: float
    junction_s: float
    out_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sights:
    """What the recording shows of the act."""

    frames: tuple[Frame, Frame, Frame]
    crossing_sha256: str
    plates: tuple[PlateView, ...]
    voted: VotedPlate


def put_marked(
    marking: Marking,
    *,
    mark_id: str,
    camera: Camera,
    root: Path,
    eyes: Eyes,
    run: RunStamp,
    writer: PacketWriter,
) -> str:
    """Write the packet of a marked act; its violation's id. Raises GapInFootage where the recording has a hole."""
    from_at, until_at = marking.in_at - MARGIN, marking.out_at + MARGIN
    # The wider stretch finds the key frame before it. The stream's template lives as long as its file is open.
    with open_footage(root, camera.camera_id, from_at, until_at, around=marking.crossing_at) as footage:
        _refuse_holes(marking, footage)
        clip = _clip(footage, from_at, until_at)
        shift_s = clip[0].at_s
        seconds = _seconds(marking, footage, shift_s)
        sights = _look(marking, footage, seconds, shift_s, eyes)
        packet = _describe(
            marking,
            seconds,
            sights,
            mark_id=mark_id,
            camera=camera,
            footage=footage,
            eyes=eyes,
            run=run,
            clip_from_s=round((clip_begins_s(clip) or 0.0) - shift_s, 3),
        )
        contents = PacketContents(
            packet=packet,
            pictures=(*_scenes(packet, sights, camera, footage, shift_s), *_plate_pictures(sights.plates)),
            clip_info=footage.info,
            clip_packets=clip,
        )
        writer.put(contents)
    return packet.violation_id


def _refuse_holes(marking: Marking, footage: Footage) -> None:
    for what, moment in (("in", marking.in_at), ("out", marking.out_at)):
        second_s = footage.second_of(moment)
        if not -0.05 <= second_s <= footage.until_s + 0.05:
            raise GapInFootage(
                f"the recording is interrupted between the marked moments (at {what}); "
                "mark an act that is recorded without a hole"
            )


def _clip(footage: Footage, from_at: datetime, until_at: datetime) -> list[StreamPacket]:
    return packets_between(
        footage.packets,
        max(0.0, footage.second_of(from_at)),
        min(footage.until_s, footage.second_of(until_at)),
    )


def _seconds(marking: Marking, footage: Footage, shift_s: float) -> _Seconds:
    def second(moment: datetime) -> float:
        return round(footage.second_of(moment) - shift_s, 3)

    return _Seconds(
        in_s=second(marking.in_at),
        before_s=second(marking.before_at),
        crossing_s=second(marking.crossing_at),
        junction_s=second(marking.junction_at),
        out_s=second(marking.out_at),
    )


def _look(marking: Marking, footage: Footage, seconds: _Seconds, shift_s: float, eyes: Eyes) -> _Sights:
    moments = (seconds.before_s, seconds.crossing_s, seconds.junction_s)
    before, crossing, junction = (footage.frame_at(at_s + shift_s) for at_s in moments)
    seen = plates_in_box(footage, seconds.crossing_s + shift_s, _box(marking), eyes)
    plates = [replace(view, read=replace(view.read, at_s=view.read.at_s - shift_s)) for view in seen]
    return _Sights(
        frames=(before, crossing, junction),
        crossing_sha256=luma_sha256(crossing),
        plates=tuple(plates),
        voted=vote([view.read for view in plates]),
    )


def _describe(
    marking: Marking,
    seconds: _Seconds,
    sights: _Sights,
    *,
    mark_id: str,
    camera: Camera,
    footage: Footage,
    eyes: Eyes,
    run: RunStamp,
    clip_from_s: float,
) -> ViolationPacket:
    clock = footage.segments[0].segment.clock
    return ViolationPacket(
        violation_id=_name(marking, sights.crossing_sha256),
        kind=marking.kind,
        origin="officer",
        footage=camera.footage or "live",
        camera=PacketCamera(
            camera_id=camera.camera_id, name=camera.name, calibration_sha256=camera.calibration_sha256()
        ),
        lane_id=OF_NO_LANE,
        committed_at=_milliseconds(marking.crossing_at),
        clock=clock,
        cross_s=seconds.crossing_s,
        frame_number=round(seconds.crossing_s * footage.info.fps),
        frame_sha256=sights.crossing_sha256,
        entered_junction_s=None,
        analysed_fps=0.0,
        vehicle=PacketVehicle(
            vehicle_class=marking.vehicle_class, class_confidence=1.0, track_id=0, box=marking.box
        ),
        signal=PacketSignal(
            signal_id=OF_NO_LANE,
            colour_at_crossing=LampColour.UNKNOWN,
            red_elapsed_s=None,
            yellow_length_s=None,
            timeline=(),
        ),
        track=(PacketTrackPoint(at_s=seconds.crossing_s, box=marking.box),),
        plate=packet_plate(sights.voted),
        rule=PacketRule(name=RULE, version=RULE_VERSION, parameters={}),
        weights=eyes.checksums,
        clip_from_s=clip_from_s,
        marking=PacketMarking(
            mark_id=mark_id,
            officer=marking.officer,
            marked_at=marking.marked_at,
            in_s=seconds.in_s,
            out_s=seconds.out_s,
            before_s=seconds.before_s,
            junction_s=seconds.junction_s,
            light=marking.light,
            plate=marking.plate,
            note=marking.note,
        ),
        run=PacketRun(
            run_id=run.run_id, produced_at=datetime.now(UTC), software_version=run.software_version
        ),
    )


def _name(marking: Marking, frame_sha256: str) -> str:
    box = _box(marking)
    crossing = Crossing(
        track_id=0,
        lane_id=RULE,
        direction=Direction.FORWARD,
        cross_s=0.0,
        place=Point(x=box.centre.x, y=box.bottom),
        box=box,
    )
    return name_violation(
        camera_id=marking.camera_id, kind=marking.kind, frame_sha256=frame_sha256, crossing=crossing
    )


def _box(marking: Marking) -> Box:
    left, top, width, height = marking.box
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def _scenes(
    packet: ViolationPacket, sights: _Sights, camera: Camera, footage: Footage, shift_s: float
) -> list[Picture]:
    return [
        Picture(
            name=name, jpeg=encode_still(frame.picture, _bar(packet, camera, footage, frame, shift_s, title))
        )
        for name, frame, title in zip(SCENE_FILES, sights.frames, SCENE_TITLES, strict=True)
    ]


def _bar(
    packet: ViolationPacket, camera: Camera, footage: Footage, frame: Frame, shift_s: float, title: str
) -> DataBar:
    marking = packet.marking
    assert marking is not None  # noqa: S101 - written above
    moment = footage.moment_of(frame.at_s).astimezone(ZoneInfo(camera.timezone))
    offset = packet.clock.offset_ms
    return DataBar(
        title=f"{KIND_TITLES[packet.kind]} · {camera.name} · {title}{FOOTAGE_TITLES[packet.footage]}",
        lamp=marking.light.value,
        captions=(
            Caption(label="Cán bộ đánh dấu", value=marking.officer),
            Caption(label="Thời điểm", value=moment.strftime("%d/%m/%Y %H:%M:%S.%f")[:-3]),
            Caption(label="Giây trong đoạn phim", value=f"{frame.at_s - shift_s:.2f} s".replace(".", ",")),
            Caption(label="Khung hình", value=str(round((frame.at_s - shift_s) * footage.info.fps))),
            Caption(label="Đèn, theo cán bộ", value=LIGHT_TITLES[marking.light]),
            Caption(label="Đồng hồ camera lệch", value="không đo" if offset is None else f"{offset:+.0f} ms"),
            Caption(label="Mã vi phạm", value=packet.violation_id),
        ),
    )


def _plate_pictures(plates: tuple[PlateView, ...]) -> list[Picture]:
    best = sorted(plates, key=lambda view: (-view.read.read.confidence, view.read.at_s))[:MOST_PLATE_PICTURES]
    names = (PLATE_FILE, *(f"plate_{number}.jpg" for number in range(2, MOST_PLATE_PICTURES + 1)))
    return [
        Picture(name=name, jpeg=encode_picture(view.picture)) for name, view in zip(names, best, strict=False)
    ]


def _milliseconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
