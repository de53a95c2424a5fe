"""Puts a camera's folder in order after a kill or a power cut: half segments are closed, unlisted ones listed.

A half segment is cut behind its last whole fragment; one without any is removed, and its time is a gap.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from detector.contract.packet import PacketClock
from detector.contract.recordings import (
    INDEX_FILE,
    PART_SUFFIX,
    RecordedSegment,
    is_segment_name,
    mime_codec,
    read_index,
)
from detector.recording.boxes import (
    CLOCK_HZ,
    MOVIE_HZ,
    SIDX_ROOM,
    Fragment,
    read_fragment,
    sidx_in_room,
    walk,
)
from detector.recording.motion import MotionMeter
from detector.recording.segment_file import list_segment

log = structlog.get_logger()

SAMPLE_ENTRIES = {b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """What was put in order."""

    closed: int = 0
    listed: int = 0
    removed: int = 0


def recover_camera(folder: Path) -> Recovered:
    """Put all days of a camera in order. Raises OSError when the disk takes nothing."""
    closed = listed = removed = 0
    for day in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        _mend_index(day / INDEX_FILE)
        known = {segment.name for segment in read_index(day / INDEX_FILE)}
        for path in sorted(day.iterdir()):
            is_part = path.name.endswith(PART_SUFFIX)
            name = path.name.removesuffix(PART_SUFFIX)
            if not is_segment_name(name) or (not is_part and name in known):
                continue
            segment = _told(path, name, is_part=is_part)
            if segment is None:
                path.unlink()
                removed += 1
                continue
            if is_part:
                path.rename(day / name)
            list_segment(day, segment)
            closed, listed = closed + is_part, listed + (not is_part)
    if closed or listed or removed:
        log.info("recordings_recovered", camera=folder.name, closed=closed, listed=listed, removed=removed)
    return Recovered(closed=closed, listed=listed, removed=removed)


def _mend_index(path: Path) -> None:
    """Take a torn last line off, so that the next one begins on its own."""
    if not path.exists():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


def _told(path: Path, name: str, *, is_part: bool) -> RecordedSegment | None:
    """The segment's line from its own boxes, its file cut behind the last whole fragment; None when there is none."""
    data = path.read_bytes()
    fragments, head_size, end = _whole_fragments(data)
    started_at = _moment_in(path.parent.name, name)
    if not fragments or started_at is None:
        return None
    if is_part:
        _close(path, data[:head_size], fragments, end)
    return _line(data[:head_size], name, started_at, fragments, size=end)


def _whole_fragments(data: bytes) -> tuple[list[Fragment], int, int]:
    fragments: list[Fragment] = []
    head_size = end = 0
    moof: bytes | None = None
    for kind, start, stop in walk(data):
        if kind == b"moof":
            moof = data[start - 8 : stop]
            head_size = head_size or start - 8
        elif kind == b"mdat" and moof is not None:
            try:
                fragments.append(read_fragment(moof, stop - start + 8))
            except (struct.error, IndexError):
                break
            moof, end = None, stop
    return fragments, head_size, end


def _close(path: Path, head: bytes, fragments: list[Fragment], end: int) -> None:
    length_ms = round(_length_s(fragments) * MOVIE_HZ)
    with path.open("r+b") as file:
        file.truncate(end)
        file.seek(head.index(b"mehd") + 8)
        file.write(struct.pack(">I", length_ms))
        file.seek(len(head) - SIDX_ROOM)
        file.write(sidx_in_room(fragments))


def _length_s(fragments: list[Fragment]) -> float:
    return (fragments[-1].begins_ticks + fragments[-1].length_ticks - fragments[0].begins_ticks) / CLOCK_HZ


def _line(
    head: bytes, name: str, started_at: datetime, fragments: list[Fragment], *, size: int
) -> RecordedSegment:
    entry = next(kind for kind in SAMPLE_ENTRIES if kind in head)
    width, height = struct.unpack_from(">HH", head, head.index(entry) + 4 + 24)
    meter = MotionMeter()
    pictures = [
        (ticks / CLOCK_HZ, is_key, size_bytes)
        for fragment in fragments
        for ticks, is_key, size_bytes in zip(fragment.shown_ticks, fragment.keys, fragment.sizes, strict=True)
    ]
    for at_s, is_key, size_bytes in pictures:
        meter.see(at_s, is_key=is_key, size=size_bytes)
    return RecordedSegment(
        name=name,
        started_at=started_at,
        duration_s=round(_length_s(fragments), 3),
        size_bytes=size,
        pictures=len(pictures),
        codec="h264" if SAMPLE_ENTRIES[entry] == "h264" else "hevc",
        mime_codec=mime_codec(head),
        width=width,
        height=height,
        keys_s=tuple(round(at_s, 3) for at_s, is_key, _ in pictures if is_key),
        motion=meter.end_segment(),
        follows=False,
        clock=PacketClock(source="machine"),
        recovered=True,
    )


def _moment_in(day: str, name: str) -> datetime | None:
    try:
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        hours, minutes, seconds, milliseconds = name[:2], name[2:4], name[4:6], name[6:9]
        return midnight + timedelta(
            hours=int(hours), minutes=int(minutes), seconds=int(seconds), milliseconds=int(milliseconds)
        )
    except ValueError:
        return None
