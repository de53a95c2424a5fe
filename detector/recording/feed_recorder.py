"""One session of one feed: coded pictures in, finished segments out, cut at key frames. Decodes nothing.

pictures ─▶ a fragment (from key frame to key frame) ─▶ SegmentFile ─▶ (another thread finishes it)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from detector.contract.recordings import RecordedSegment, day_folder
from detector.recording.boxes import CLOCK_HZ, Sample
from detector.recording.heads import SegmentHead, make_head
from detector.recording.motion import MotionMeter
from detector.recording.segment_file import Circumstances, SegmentFile
from detector.recording.wall_clock import WallClock
from detector.sources.access_units import AccessUnit, AccessUnitReader

SEGMENT_S = 30.0
LEAST_FRAGMENT_S = 1.0
"""A camera may send key frames only: several of them share a fragment."""
FRAGMENT_S = 4.0
"""A longer way from key frame to key frame is written in pieces, so that little is lost and held in memory."""
MOST_FRAGMENT_BYTES = 4 << 20
MOST_LEAP_S = 5.0
"""A leap of the camera's own clock: the stretch before and after do not belong together."""
MOST_SEGMENT_S = 240.0
SETS_OF = {"h264": (7, 8), "hevc": (32, 33, 34)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A segment that has all its pictures, to be finished by somebody who may wait for the disk."""

    file: SegmentFile
    motion: tuple[int, ...]
    lost_packets: int

    def finish(self) -> RecordedSegment:
        """Raises OSError."""
        return self.file.finish(motion=self.motion, lost_packets=self.lost_packets)


class FeedRecorder:
    """Records one session. Every OSError means: the disk does not take it; stop and recover later."""

    def __init__(
        self,
        camera_id: str,
        root: Path,
        *,
        reader: AccessUnitReader,
        parameter_sets: tuple[bytes, ...],
        codec: str,
        clock: WallClock,
        meter: MotionMeter,
        on_ended: Callable[[Ended], None],
        segment_s: float = SEGMENT_S,
        clock_hz: int = CLOCK_HZ,
    ) -> None:
        self._camera_id, self._root = camera_id, root
        self._reader, self._codec, self._clock, self._meter = reader, codec, clock, meter
        self._sets = _by_kind(codec, parameter_sets)
        self._on_ended = on_ended
        self._segment_s = segment_s
        self._hz = clock_hz
        self._head: SegmentHead | None = None
        self._file: SegmentFile | None = None
        self._origin: int | None = None
        self._begun: int | None = None
        self._pending: list[AccessUnit] = []
        self._pending_bytes = 0
        self._last_ticks: int | None = None
        self._lost_before = 0
        self._follows = False
        self.pictures = 0
        self.before_key = 0
        """Pictures left out because no key frame had come."""

    def take(self, data: bytes) -> None:
        """Bytes as they came. Raises OSError, SourceUnreadable."""
        for unit in self._reader.take(data):
            self._take_unit(unit)

    def end(self) -> None:
        """The session is over: what came is kept. Raises OSError."""
        self._write_pending(self._after_last())
        self._end_segment()

    def abandon(self) -> None:
        """The disk takes nothing more: leave the file as it is, for the next start."""
        if self._file is not None:
            self._file.abandon()
            self._file = None
        self._pending, self._pending_bytes = [], 0

    def _take_unit(self, unit: AccessUnit) -> None:
        self._clock.arrived(unit.ticks)
        if self._last_ticks is not None and self._leaps(unit.ticks - self._last_ticks):
            self.end()
            self._follows = False
        self._last_ticks = unit.ticks
        if unit.is_key:
            self._take_key(unit)
        elif self._file is None:
            self.before_key += 1
            self._follows = False
            return
        elif self._is_long_enough(unit):
            self._write_pending(unit.ticks)
            if self._file.length_s >= MOST_SEGMENT_S:
                self._end_segment()  # a camera that sends no key frames: go on at its next one
                self._follows = False
                return
        self._pending.append(unit)
        self._pending_bytes += len(unit.sample)
        self.pictures += 1

    def _take_key(self, unit: AccessUnit) -> None:
        sets = self._sets | _by_kind(self._codec, unit.parameter_sets)
        changed = self._head is None or sets != self._sets
        is_over = changed or self._away_s(unit, self._begun) >= self._segment_s
        if (
            is_over
            or self._away_s(unit, self._pending[0].ticks if self._pending else None) >= LEAST_FRAGMENT_S
        ):
            self._write_pending(unit.ticks)
        if is_over:
            self._end_segment()
        if changed:
            self._head = make_head(self._codec, tuple(sets.values()), unit.sample, where=self._camera_id)
            self._sets = sets
        if self._file is None:
            self._begin_segment(unit)

    def _begin_segment(self, unit: AccessUnit) -> None:
        assert self._head is not None  # noqa: S101 - made with the first key frame
        begin = self._clock.begin(unit.ticks)
        self._origin, self._begun = None, unit.ticks
        self._file = SegmentFile(
            folder=day_folder(self._root, self._camera_id, begin.at.astimezone(UTC).date()),
            head=self._head,
            circumstances=Circumstances(
                started_at=begin.at,
                follows=self._follows,
                clock=self._clock.packet_clock(self._reader.report),
                clock_step_s=begin.step_s,
            ),
        )

    def _end_segment(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        motion = self._meter.end_segment()
        lost, self._lost_before = self._reader.lost_packets - self._lost_before, self._reader.lost_packets
        if not file.fragments:
            file.abandon()
            return
        self._follows = True
        self._on_ended(Ended(file=file, motion=motion, lost_packets=lost))

    def _write_pending(self, following: int) -> None:
        """The fragment that is whole now. Raises OSError."""
        units, self._pending, self._pending_bytes = self._pending, [], 0
        if not units or self._file is None:
            return
        if self._origin is None:
            self._origin = min(unit.ticks for unit in units)
        samples = [
            Sample(shown_ticks=self._on_clock(unit.ticks), is_key=unit.is_key, sample=unit.sample)
            for unit in units
        ]
        for unit, sample in zip(units, samples, strict=True):
            self._meter.see(sample.shown_ticks / CLOCK_HZ, is_key=unit.is_key, size=unit.coded_bytes)
        self._file.write(samples, following_ticks=self._on_clock(following))

    def _on_clock(self, ticks: int) -> int:
        away = ticks - (self._origin or 0)
        return away if self._hz == CLOCK_HZ else away * CLOCK_HZ // self._hz

    def _is_long_enough(self, unit: AccessUnit) -> bool:
        if not self._pending:
            return False
        away_s = self._away_s(unit, self._pending[0].ticks)
        return away_s >= FRAGMENT_S or self._pending_bytes >= MOST_FRAGMENT_BYTES

    def _away_s(self, unit: AccessUnit, ticks: int | None) -> float:
        return 0.0 if ticks is None else (unit.ticks - ticks) / self._hz

    def _leaps(self, away: int) -> bool:
        return abs(away) > MOST_LEAP_S * self._hz

    def _after_last(self) -> int:
        """When a picture behind the last one would have come."""
        ticks = sorted(unit.ticks for unit in self._pending)
        return ticks[-1] + (ticks[-1] - ticks[-2] if len(ticks) > 1 else self._hz // 25) if ticks else 0


def _by_kind(codec: str, sets: tuple[bytes, ...]) -> dict[tuple[int, int], bytes]:
    """Parameter sets by kind and place, in the order that a decoder wants them."""
    kinds = [(_kind_of(codec, piece), piece) for piece in sets]
    known = {(kind, 0): piece for kind, piece in kinds if kind in SETS_OF[codec]}
    return dict(sorted(known.items()))


def _kind_of(codec: str, piece: bytes) -> int:
    return piece[0] & 0x1F if codec == "h264" else piece[0] >> 1 & 0x3F
