"""Where recordings lie and what their index says: written by the recorder, read by the service. No pixels.

RECORDINGS/CAMERA_ID/2026-11-25/index.jsonl      one line a finished segment, days in UTC
RECORDINGS/CAMERA_ID/2026-11-25/081512345.mp4    a segment, named after its first picture: HHMMSS, milliseconds
RECORDINGS/CAMERA_ID/2026-11-25/….mp4.part       being written
RECORDINGS/state.json                            how each feed is doing, renewed every few seconds
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError

from detector.contract.packet import Identifier, PacketClock, Strict

INDEX_FILE = "index.jsonl"
STATE_FILE = "state.json"
PART_SUFFIX = ".part"
STATE_IS_OLD = timedelta(seconds=30)
"""A state file older than this: the recorder is not running."""
LONGEST_SEGMENT = timedelta(minutes=5)
LEAST_GAP_S = 1.0
MOTION_AT_MEDIAN = 20
"""A second whose pictures are as large as this camera's usually are has this density; 100 is the most."""
_BEGINS, _STAMP_LENGTH = b'"started_at":"', 19
_NAME_FORM = re.compile(r"\d{9}(_\d{1,3})?\.mp4")

SegmentName = Annotated[str, Field(pattern=rf"^{_NAME_FORM.pattern}$")]
FeedWord = Literal["connecting", "recording", "stalled", "refused", "unfit", "disk_full"]


class RecordedSegment(Strict):
    """One finished file of a feed: begins with a key frame, its own clock starts at 0."""

    name: SegmentName
    started_at: AwareDatetime
    duration_s: float = Field(gt=0, le=LONGEST_SEGMENT.total_seconds())
    size_bytes: int = Field(ge=0)
    pictures: int = Field(ge=1)
    codec: Literal["h264", "hevc"]
    mime_codec: str = Field(max_length=60)
    """For canPlayType, as avc1.64001f."""
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    keys_s: tuple[float, ...]
    """Where its key frames are."""
    motion: tuple[int, ...]
    """One number a second, 0 to 100: how large its pictures are beside the camera's usual ones."""
    follows: bool
    """Whether its first picture follows the last one of the segment before, with nothing between."""
    clock: PacketClock
    clock_step_s: float = 0.0
    """By how much the machine's clock was set between the segment before and this one."""
    lost_packets: int = Field(default=0, ge=0)
    recovered: bool = False
    """Was being written when the recorder ended, and was closed when it started again."""

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.duration_s)


class FeedReport(Strict):
    """How one feed is doing."""

    state: FeedWord
    since: AwareDatetime
    reason: str = Field(default="", max_length=500)
    """Why it is not recording, without credentials."""


class RecorderState(Strict):
    """What the recorder says of itself."""

    written_at: AwareDatetime
    disk_full: bool
    free_bytes: int
    feeds: dict[Identifier, FeedReport]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A stretch in which nothing was recorded."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedSegment:
    """A segment and where its file lies."""

    day: date
    segment: RecordedSegment
    path: Path


def day_folder(root: Path, camera_id: str, day: date) -> Path:
    """Where a camera's segments of a UTC day lie."""
    return root / camera_id / day.isoformat()


def segment_name(started_at: datetime) -> str:
    """The name of a segment, from the moment of its first picture."""
    moment = started_at.astimezone(UTC)
    return f"{moment:%H%M%S}{moment.microsecond // 1000:03d}.mp4"


def is_segment_name(name: str) -> bool:
    """Whether a file can be a segment; anything else in the folder is none of ours."""
    return _NAME_FORM.fullmatch(name) is not None


def read_index(
    path: Path, *, from_at: datetime | None = None, until_at: datetime | None = None
) -> Iterator[RecordedSegment]:
    """The segments of a day in the order in which they were recorded; a torn last line is left out.

    With moments: those that begin between them, told by the lines' text before they are parsed.
    """
    first, last = _stamp(from_at, "0"), _stamp(until_at, "9")
    try:
        lines = path.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return
    for line in lines:
        begins = line[(place := line.find(_BEGINS) + len(_BEGINS)) : place + _STAMP_LENGTH]
        if not first <= begins <= last:
            continue
        try:
            yield RecordedSegment.model_validate_json(line)
        except ValidationError:
            continue  # torn by a power cut: the recorder writes the segment anew when it starts again


def _stamp(moment: datetime | None, other: str) -> bytes:
    """A moment's whole second as index lines begin with it: they compare as texts do."""
    return (moment.astimezone(UTC).isoformat()[:_STAMP_LENGTH] if moment else other).encode("ascii")


def segments_between(
    root: Path, camera_id: str, from_at: datetime, until_at: datetime
) -> list[PlacedSegment]:
    """The segments that show something of a stretch, in order of time."""
    found = segments_as_recorded(root, camera_id, from_at, until_at)
    return sorted(found, key=lambda placed: placed.segment.started_at)


def segments_as_recorded(
    root: Path, camera_id: str, from_at: datetime, until_at: datetime
) -> list[PlacedSegment]:
    """The same one after the other as they were recorded: where the clock was set back, time goes back too."""
    first, last = (from_at - LONGEST_SEGMENT).astimezone(UTC).date(), until_at.astimezone(UTC).date()
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    return [
        PlacedSegment(day=day, segment=segment, path=day_folder(root, camera_id, day) / segment.name)
        for day in days
        for segment in read_index(
            day_folder(root, camera_id, day) / INDEX_FILE,
            from_at=from_at - LONGEST_SEGMENT,
            until_at=until_at,
        )
        if segment.started_at < until_at and segment.ended_at > from_at
    ]


def gaps_between(
    segments: Iterable[RecordedSegment], from_at: datetime, until_at: datetime
) -> tuple[Gap, ...]:
    """The stretches of a period without a picture, by the segments in it, which are in order of time."""
    edges = [(from_at, from_at), *((s.started_at, s.ended_at) for s in segments), (until_at, until_at)]
    gaps, reached = [], from_at
    for (_, ended_at), (started_at, _) in pairwise(edges):
        reached = max(reached, ended_at)
        if (min(started_at, until_at) - reached).total_seconds() >= LEAST_GAP_S:
            gaps.append(Gap(from_at=reached, until_at=min(started_at, until_at)))
    return tuple(gaps)


def recorded_days(root: Path, camera_id: str) -> list[date]:
    """The UTC days of which a camera has recordings, oldest first."""
    folder = root / camera_id
    if not folder.is_dir():
        return []
    days = []
    for entry in folder.iterdir():
        try:
            days.append(date.fromisoformat(entry.name))
        except ValueError:
            continue
    return sorted(days)


def read_state(root: Path, *, now: datetime) -> RecorderState | None:
    """What the recorder last said; None when it does not run (it says something every few seconds)."""
    try:
        state = RecorderState.model_validate(json.loads((root / STATE_FILE).read_bytes()))
    except (OSError, ValueError):
        return None
    return state if abs(now - state.written_at) < STATE_IS_OLD else None


def mime_codec(head: bytes) -> str:
    """The codec as browsers name it (RFC 6381, ISO/IEC 14496-15 annex E), from a segment's head."""
    avc = head.find(b"avcC")
    if avc >= 0:
        return "avc1." + head[avc + 5 : avc + 8].hex()
    hevc = head.find(b"hvcC")
    if hevc < 0:
        return "unknown"
    profile, level = head[hevc + 5], head[hevc + 16]
    flags = int(f"{int.from_bytes(head[hevc + 6 : hevc + 10], 'big'):032b}"[::-1], 2)
    space, tier = "ABC"[(profile >> 6) - 1] if profile >> 6 else "", "H" if profile >> 5 & 1 else "L"
    return f"hvc1.{space}{profile & 0x1F}.{flags:X}.{tier}{level}.B0"
