"""Gathers the evidence of one proved finding: packet, three stills with their data bars, plates, clip.

Still texts are Vietnamese, as the notice to the owner is. Judges nothing, writes nothing.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from detector.contract.camera import Camera
from detector.contract.packet import PLATE_FILE, SCENE_FILES, Kind, PacketAct, ViolationPacket
from detector.evidence.clip import clip_begins_s
from detector.evidence.packet_writer import PacketContents, Picture
from detector.evidence.stills import Caption, DataBar, encode_picture, encode_still
from detector.judging.plate_vote import vote
from detector.judging.timeline import SignalTimeline
from detector.sources.decoding import Frame
from detector.sources.feed import CameraFeed
from detector.types import Finding
from detector.watching.describing import RunStamp, describe, moment_of
from detector.watching.plates_of_track import PlateView
from detector.watching.proving import CLIP_MARGIN_S, Proof
from models.types import LampColour

KIND_TITLES: dict[Kind, str] = {
    "red_light": "Vượt đèn đỏ",
    "stop_line": "Dừng đè vạch dừng khi đèn đỏ",
    "wrong_way": "Đi ngược chiều",
    "wrong_lane": "Chuyển làn qua vạch liền",
    "illegal_stop": "Dừng, đỗ nơi không được dừng",
}
AT_STOP_LINE = ("trước vạch dừng", "tại vạch dừng", "trong nút giao")
SCENE_TITLES: dict[Kind, tuple[str, str, str]] = {
    "red_light": AT_STOP_LINE,
    "stop_line": AT_STOP_LINE,
    "wrong_way": ("ở đầu mũi tên chiều đi", "giữa đoạn đường", "ở cuối đoạn đường"),
    "wrong_lane": ("trong làn cũ", "trên vạch liền", "trong làn mới"),
    "illegal_stop": ("đang dừng", "hết thời gian cho phép", "vẫn đang dừng"),
}
PLACE_LABELS: dict[Kind, str] = {"wrong_lane": "Vạch", "illegal_stop": "Khu vực"}
FOOTAGE_TITLES = {"live": "", "recorded": " · cảnh ghi lại", "rendered": " · CẢNH DỰNG, KHÔNG PHẢI THẬT"}
MOST_PLATE_PICTURES = 4


def gather(
    finding: Finding,
    proof: Proof,
    *,
    camera: Camera,
    feed: CameraFeed,
    timeline: SignalTimeline,
    weights: dict[str, str],
    run: RunStamp,
) -> PacketContents:
    """Everything that the evidence packet of this finding holds."""
    plate = vote([view.read for view in proof.plates])
    cross_s = finding.crossing.cross_s
    clip = feed.ring.between(cross_s - CLIP_MARGIN_S, cross_s + CLIP_MARGIN_S)
    packet = describe(
        finding,
        proof,
        plate,
        camera=camera,
        feed=feed,
        timeline=timeline,
        weights=weights,
        run=run,
        clip_from_s=clip_begins_s(clip),
    )
    frames = (proof.before, proof.crossing, proof.junction)
    scenes = [
        Picture(
            name=name, jpeg=encode_still(frame.picture, _bar(packet, camera, feed, timeline, frame, title))
        )
        for name, frame, title in zip(SCENE_FILES, frames, SCENE_TITLES[packet.kind], strict=True)
    ]
    return PacketContents(
        packet=packet,
        pictures=(*scenes, *_plate_pictures(proof.plates)),
        clip_info=feed.main_info,
        clip_packets=clip,
    )


def _plate_pictures(plates: Sequence[PlateView]) -> list[Picture]:
    """The surest plate as plate.jpg, further ones numbered."""
    best = sorted(plates, key=lambda view: (-view.read.read.confidence, view.read.at_s))[:MOST_PLATE_PICTURES]
    names = (PLATE_FILE, *(f"plate_{number}.jpg" for number in range(2, MOST_PLATE_PICTURES + 1)))
    return [
        Picture(name=name, jpeg=encode_picture(view.picture)) for name, view in zip(names, best, strict=False)
    ]


def _bar(
    packet: ViolationPacket,
    camera: Camera,
    feed: CameraFeed,
    timeline: SignalTimeline,
    frame: Frame,
    title: str,
) -> DataBar:
    colour = timeline.colour_at(frame.at_s)
    red_since_s = timeline.red_since(frame.at_s)
    return DataBar(
        title=f"{KIND_TITLES[packet.kind]} · {camera.name} · {title}{FOOTAGE_TITLES[packet.footage]}",
        lamp=colour.value,
        captions=(
            Caption(label=PLACE_LABELS.get(packet.kind, "Làn"), value=packet.lane_id),
            Caption(label="Thời điểm", value=_local_time(camera, feed, frame)),
            Caption(label="Giây trong cảnh quay", value=_seconds(frame.at_s)),
            Caption(label="Khung hình", value=str(frame.number)),
            Caption(label="Đèn", value=_LAMP_TITLES[colour]),
            *(_act_captions(packet.act) if packet.act else _red_captions(packet, frame, red_since_s)),
            Caption(label="Lệch đồng hồ", value=_offset(packet.clock.offset_ms)),
            Caption(label="Mã vi phạm", value=packet.violation_id),
        ),
    )


def _red_captions(packet: ViolationPacket, frame: Frame, red_since_s: float | None) -> tuple[Caption, ...]:
    red_for_s = frame.at_s - red_since_s if red_since_s is not None else None
    return (
        Caption(label="Đỏ đã", value=_seconds(red_for_s)),
        Caption(label="Vàng trước đó", value=_seconds(packet.signal.yellow_length_s)),
    )


def _act_captions(act: PacketAct) -> tuple[Caption, ...]:
    """What was measured of an act that no single moment shows."""
    lasted_s = act.to_s - act.from_s
    if act.length_m is not None:
        kmh = act.length_m / lasted_s * 3.6
        value = f"{act.length_m:.1f} m / {lasted_s:.2f} s = {kmh:.1f} km/h".replace(".", ",")
        return (Caption(label="Đi ngược", value=value),)
    if act.most_s is not None:
        value = f"{_seconds(lasted_s)} (được phép {_seconds(act.most_s)})"
        return (Caption(label="Đã dừng", value=value),)
    return (Caption(label="Qua vạch trong", value=_seconds(lasted_s)),)


_LAMP_TITLES = {
    LampColour.RED: "đỏ",
    LampColour.YELLOW: "vàng",
    LampColour.GREEN: "xanh",
    LampColour.OFF: "tắt",
    LampColour.UNKNOWN: "không rõ",
}


def _local_time(camera: Camera, feed: CameraFeed, frame: Frame) -> str:
    moment = moment_of(feed.clock, frame.at_s)
    if moment is None:
        return "không rõ"
    return moment.astimezone(ZoneInfo(camera.timezone)).strftime("%d/%m/%Y %H:%M:%S.%f")[:-3]


def _seconds(value: float | None) -> str:
    return "không đo" if value is None else f"{value:.2f} s".replace(".", ",")


def _offset(offset_ms: float | None) -> str:
    return "không đo" if offset_ms is None else f"{offset_ms:+.0f} ms"
