"""What a probe measured of one camera. Pure values; None or an empty tuple where nothing could be measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.types import LampColour


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamMeasure:
    """One stream as it came; the key-frame interval is the longest one, None when fewer than two came."""

    codec: str
    width: int
    height: int
    fps: float
    key_frame_interval_s: float | None = None
    bits_per_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateMeasure:
    """A plate found on a vehicle close to the stop line, in main-stream pixels."""

    width_px: float
    height_px: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalMeasure:
    """How often each colour was read at one signal, and whether a whole cycle was seen (red begun twice)."""

    signal_id: str
    reads: Mapping[LampColour, int]
    saw_full_cycle: bool

    def share(self, colour: LampColour) -> float:
        """Of all reads; 0 when there was none."""
        return self.reads.get(colour, 0) / max(1, sum(self.reads.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraMeasure:
    """All that a probe of `footage_s` seconds saw."""

    camera_id: str
    footage_s: float
    main: StreamMeasure
    sub: StreamMeasure | None
    clock_source: str
    clock_offset_ms: float | None
    sub_offset_s: float | None
    """By how much the sub stream's pictures are behind the main stream's, by what they show."""
    gaps: int
    signals: tuple[SignalMeasure, ...]
    plates: tuple[PlateMeasure, ...]
    vehicles_at_line: int
    horizon: float | None
    """Where motorbikes would shrink to nothing, in picture heights from the top edge; negative is above the picture."""
    moved: float | None = None
    """How far the drawn places moved since calibration, in picture widths; None when it cannot be told."""
    has_calibration_picture: bool = False
