"""Recordings made of a clip without a camera: the recorder's own files, begun at a chosen moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import av

from detector.contract.packet import PacketClock
from detector.contract.recordings import RecordedSegment, day_folder
from detector.recording.boxes import CLOCK_HZ, Sample
from detector.recording.heads import SegmentHead, make_head
from detector.recording.motion import MotionMeter
from detector.recording.segment_file import Circumstances, SegmentFile


def record_clip(
    root: Path,
    camera_id: str,
    clip: Path,
    *,
    started_at: datetime,
    segment_s: float = 10.0,
    follows: bool = False,
    clock_step_s: float = 0.0,
) -> list[RecordedSegment]:
    """A clip's own pictures as segments of a camera, from `started_at` on; the clock was set before the first."""
    made: list[RecordedSegment] = []
    meter = MotionMeter()
    groups = _groups(clip)
    head = _head(clip, groups[0][0][1])
    current: list[list[tuple[int, bytes, bool]]] = []
    for place, group in enumerate(groups):
        current.append(group)
        following = groups[place + 1][0][0] if place + 1 < len(groups) else group[-1][0] + CLOCK_HZ // 25
        if (following - current[0][0][0]) / CLOCK_HZ < segment_s and place + 1 < len(groups):
            continue
        begins_s = (current[0][0][0] - groups[0][0][0]) / CLOCK_HZ
        file = SegmentFile(
            folder=day_folder(
                root, camera_id, (started_at + timedelta(seconds=begins_s)).astimezone(UTC).date()
            ),
            head=head,
            circumstances=Circumstances(
                started_at=started_at + timedelta(seconds=begins_s),
                follows=follows or bool(made),
                clock=PacketClock(source="machine", offset_ms=-12.5),
                clock_step_s=0.0 if made else clock_step_s,
            ),
        )
        origin = current[0][0][0]
        for number, gop in enumerate(current):
            after = current[number + 1][0][0] if number + 1 < len(current) else following
            samples = [Sample(shown_ticks=t - origin, is_key=key, sample=data) for t, data, key in gop]
            for sample in samples:
                meter.see(sample.shown_ticks / CLOCK_HZ, is_key=sample.is_key, size=len(sample.sample))
            file.write(samples, following_ticks=after - origin)
        made.append(file.finish(motion=meter.end_segment(), lost_packets=0))
        current = []
    return made


def _groups(clip: Path) -> list[list[tuple[int, bytes, bool]]]:
    groups: list[list[tuple[int, bytes, bool]]] = []
    with av.open(str(clip)) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                if packet.is_keyframe:
                    groups.append([])
                ticks = round(packet.pts * packet.time_base * CLOCK_HZ)
                groups[-1].append((ticks, bytes(packet), packet.is_keyframe))
    return groups


def _head(clip: Path, key: bytes) -> SegmentHead:
    with av.open(str(clip)) as container:
        context = container.streams.video[0].codec_context
        extradata, codec = context.extradata or b"", context.name
    sets = _avcc_sets(extradata) if codec == "h264" else _hvcc_sets(extradata)
    return make_head(codec, sets, key, where="test")


def _avcc_sets(avcc: bytes) -> tuple[bytes, ...]:
    sets, place = [], 6
    for count in (avcc[5] & 0x1F, None):
        many = count if count is not None else avcc[place]
        place += 0 if count is not None else 1
        for _ in range(many):
            length = int.from_bytes(avcc[place : place + 2], "big")
            sets.append(avcc[place + 2 : place + 2 + length])
            place += 2 + length
    return tuple(sets)


def _hvcc_sets(hvcc: bytes) -> tuple[bytes, ...]:
    sets, place = [], 23
    for _ in range(hvcc[22]):
        count = int.from_bytes(hvcc[place + 1 : place + 3], "big")
        place += 3
        for _ in range(count):
            length = int.from_bytes(hvcc[place : place + 2], "big")
            sets.append(hvcc[place + 2 : place + 2 + length])
            place += 2 + length
    return tuple(sets)
