"""One segment on the disk while it is written: fragments are appended, then it is finished and renamed.

A recorder that is killed leaves NAME.mp4.part with whole fragments: see recovering.
"""

import os
import struct
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from detector.contract.packet import PacketClock
from detector.contract.recordings import (
    INDEX_FILE,
    PART_SUFFIX,
    RecordedSegment,
    segment_name,
)
from detector.evidence.chain import flush_folder
from detector.recording.boxes import (
    CLOCK_HZ,
    MOVIE_HZ,
    SIDX_ROOM,
    Fragment,
    Sample,
    fragment_bytes,
    sidx_in_room,
)
from detector.recording.heads import SegmentHead


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What is known of a segment beside its pictures."""

    started_at: datetime
    follows: bool
    clock: PacketClock
    clock_step_s: float


@dataclass(kw_only=True)
class SegmentFile:
    """An open segment. Every write may raise OSError; what was written before stays whole."""

    folder: Path
    head: SegmentHead
    circumstances: Circumstances
    part: Path = field(init=False)
    fragments: list[Fragment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.part = _free_name(self.folder, segment_name(self.circumstances.started_at))
        self._handle = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        self._size = 0
        try:
            self._append(self.head.head)
        except OSError:
            self.abandon()
            raise

    @property
    def length_s(self) -> float:
        """Seconds of whole fragments."""
        if not self.fragments:
            return 0.0
        last, first = self.fragments[-1], self.fragments[0]
        return (last.begins_ticks + last.length_ticks - first.begins_ticks) / CLOCK_HZ

    def write(self, samples: list[Sample], *, following_ticks: int) -> None:
        """Append one fragment, whole or not at all. Raises OSError."""
        data, fragment = fragment_bytes(
            samples, number=len(self.fragments) + 1, following_ticks=following_ticks
        )
        self._append(data)
        self.fragments.append(fragment)

    def finish(
        self, *, motion: tuple[int, ...], lost_packets: int, recovered: bool = False
    ) -> RecordedSegment:
        """Fill in length and index, bring it down to the disk under its own name, list it. Raises OSError."""
        length_ms = round(self.length_s * MOVIE_HZ)
        os.pwrite(self._handle, struct.pack(">I", length_ms), self.head.length_at)
        os.pwrite(self._handle, sidx_in_room(self.fragments), len(self.head.head) - SIDX_ROOM)
        os.fdatasync(self._handle)
        os.close(self._handle)
        path = self.part.with_suffix("")
        self.part.rename(path)
        segment = self._told(path.name, motion, lost_packets, recovered=recovered)
        list_segment(self.folder, segment)
        return segment

    def abandon(self) -> None:
        """Close it as it is; what is whole in it is found by the next start."""
        os.close(self._handle)
        if not self.fragments:
            self.part.unlink(missing_ok=True)

    def _told(
        self, name: str, motion: tuple[int, ...], lost_packets: int, *, recovered: bool
    ) -> RecordedSegment:
        keys = [
            round(ticks / CLOCK_HZ, 3)
            for fragment in self.fragments
            for ticks, is_key in zip(fragment.shown_ticks, fragment.keys, strict=True)
            if is_key
        ]
        return RecordedSegment(
            name=name,
            started_at=self.circumstances.started_at,
            duration_s=round(self.length_s, 3),
            size_bytes=self._size,
            pictures=sum(len(fragment.sizes) for fragment in self.fragments),
            codec="h264" if self.head.codec == "h264" else "hevc",
            mime_codec=self.head.mime_codec,
            width=self.head.width,
            height=self.head.height,
            keys_s=tuple(keys),
            motion=motion,
            follows=self.circumstances.follows,
            clock=self.circumstances.clock,
            clock_step_s=round(self.circumstances.clock_step_s, 3),
            lost_packets=lost_packets,
            recovered=recovered,
        )

    def _append(self, data: bytes) -> None:
        place = 0
        try:
            while place < len(data):
                place += os.write(self._handle, memoryview(data)[place:])
        except OSError:
            os.ftruncate(self._handle, self._size)
            os.lseek(self._handle, self._size, os.SEEK_SET)
            raise
        self._size += len(data)


def list_segment(folder: Path, segment: RecordedSegment) -> None:
    """Append a segment to its day's index, in one write. Raises OSError."""
    line = segment.model_dump_json().encode() + b"\n"
    handle = os.open(folder / INDEX_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        before = os.fstat(handle).st_size
        if os.write(handle, line) != len(line):
            os.ftruncate(handle, before)
            raise OSError(28, "No space left on device", str(folder / INDEX_FILE))
        os.fdatasync(handle)
    finally:
        os.close(handle)
    flush_folder(folder)


def _free_name(folder: Path, name: str) -> Path:
    """A name that nothing has: a clock that is set back gives a moment twice."""
    stem = name.removesuffix(".mp4")
    for tail in ("", *(f"_{number}" for number in range(1, 1000))):
        path = folder / f"{stem}{tail}.mp4"
        part = path.with_name(path.name + PART_SUFFIX)
        if not path.exists() and not part.exists():
            return part
    raise OSError(17, "a thousand segments of one millisecond", str(folder))
