"""The end of a recording that is being written, for a browser to play: files in, bytes and their places out.

    head  fragment  fragment  fragment …        NAME.mp4.part grows by whole fragments, is renamed to NAME.mp4
          ▲ who joins begins with the last one that starts with a key picture

Bytes are handed on as they are: the service sees no pictures.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from detector.contract.recordings import PART_SUFFIX, day_folder, is_segment_name

MOST_BYTES = 8 << 20
FRESH = timedelta(seconds=30)
"""An unfinished file that did not grow for so long is no live picture."""
_KEY_FLAGS = 0x02000000
_HEADER = struct.Struct(">I4s")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """How far a browser has read: a segment by day and name, and a number of bytes."""

    segment: str
    offset: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tail:
    """What comes next. `is_begun`: it begins with a segment's head; `next` is where the following bytes begin."""

    data: bytes
    next: Place
    is_begun: bool
    began_at: datetime


def newest_tail(root: Path, camera_id: str, *, now: datetime) -> Tail | None:
    """Head and last fragment that starts with a key picture; None while nothing is being written."""
    for path in _newest_files(root, camera_id, now):
        try:
            with path.open("rb") as file:
                found = _last_key_piece(file)
        except FileNotFoundError:
            continue  # was finished, and renamed, right now
        if found is not None:
            data, end = found
            return _told(path, data, end, is_begun=True)
    return None


def _last_key_piece(file: BinaryIO) -> tuple[bytes, int] | None:
    boxes = list(_boxes(file))
    moofs = [(begin, end) for kind, begin, end in boxes if kind == b"moof"]
    last = max((end for kind, _, end in boxes if kind == b"mdat"), default=0)
    keys = [begin for begin, end in moofs if begin < last and _begins_with_key(file, begin, end)]
    if not keys:
        return None
    return _read(file, 0, moofs[0][0]) + _read(file, keys[-1], last - keys[-1]), last


def tail_after(root: Path, camera_id: str, place: Place, *, now: datetime) -> Tail | None:
    """What was written since; the next segment once this one is over. None while nothing new came."""
    path = _path_of(root, camera_id, place.segment)
    part = path.with_name(path.name + PART_SUFFIX)
    for candidate in (part, path):
        try:
            with candidate.open("rb") as file:
                data = _read(file, place.offset, MOST_BYTES)
        except FileNotFoundError:
            continue
        if data:
            return _told(candidate, data, place.offset + len(data), is_begun=False)
        if candidate == part:
            return None
    newest = next(iter(_newest_files(root, camera_id, now)), None)
    if newest is None or (newest.parent.name, newest.name) <= (part.parent.name, part.name):
        return None
    try:
        file = newest.open("rb")
    except FileNotFoundError:
        return None  # was finished, and renamed, right now: it is there at the next question
    with file:
        end = max((end for kind, _, end in _boxes(file) if kind == b"mdat"), default=0)
        data = _read(file, 0, end)
    return _told(newest, data, end, is_begun=True) if data else None


def began_at(segment: str) -> datetime:
    """When a segment's first picture was, by its day and name."""
    day, name = segment.split("/")
    at = datetime.strptime(f"{day} {name[:6]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC)
    return at + timedelta(milliseconds=int(name[6:9]))


def is_segment(text: str) -> bool:
    """Whether a text names a segment and nothing else on the disk."""
    day, _, name = text.partition("/")
    try:
        datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return is_segment_name(name)


def _path_of(root: Path, camera_id: str, segment: str) -> Path:
    day, name = segment.split("/")
    return root / camera_id / day / name


def _newest_files(root: Path, camera_id: str, now: datetime) -> list[Path]:
    """What is being written, and what was finished right before it; nothing where neither is fresh."""
    today = now.astimezone(UTC).date()
    found: list[Path] = []
    for day in (today, today - timedelta(days=1)):
        folder = day_folder(root, camera_id, day)
        parts, whole = sorted(folder.glob(f"*.mp4{PART_SUFFIX}")), sorted(folder.glob("*.mp4"))
        found += [*reversed(parts[-1:]), *reversed(whole[-1:])]
    oldest_s = now.timestamp() - FRESH.total_seconds()
    return [path for path in found[:2] if _written_s(path) > oldest_s]


def _written_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # was finished, and renamed, right now
        return 0.0


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """The whole boxes of a file: kind, begin, end."""
    size_all = file.seek(0, 2)
    begin = 0
    while size_all - begin >= _HEADER.size:
        file.seek(begin)
        size, kind = _HEADER.unpack(file.read(_HEADER.size))
        if size < _HEADER.size or begin + size > size_all:
            return
        yield kind, begin, begin + size
        begin += size


def _begins_with_key(file: BinaryIO, begin: int, end: int) -> bool:
    moof = _read(file, begin, end - begin)
    trun = moof.find(b"trun")
    # kind, version and flags, count, data offset; then of the first picture: duration, size, flags
    return trun >= 0 and struct.unpack_from(">I", moof, trun + 24)[0] == _KEY_FLAGS


def _read(file: BinaryIO, begin: int, size: int) -> bytes:
    file.seek(begin)
    return file.read(size)


def _told(path: Path, data: bytes, offset: int, *, is_begun: bool) -> Tail:
    segment = f"{path.parent.name}/{path.name.removesuffix(PART_SUFFIX)}"
    return Tail(
        data=data, next=Place(segment=segment, offset=offset), is_begun=is_begun, began_at=began_at(segment)
    )
