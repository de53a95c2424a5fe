"""How the watch of one camera goes, in plain values that cross processes; what metrics and reports are made of."""

from dataclasses import dataclass, field

DEGRADED_LAG_S = 5.0
DEGRADED_FOR_S = 300.0
"""A camera is degraded while footage was missed within the last minutes, or it is watched this late."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraHealth:
    """One camera at one moment; counts are since its watch began."""

    camera_id: str
    state: str
    """connecting, playing, stalled, refused or ended: the worse of its streams."""
    gear: str
    """listening: only key frames are decoded; watching: every frame is."""
    is_degraded: bool
    lag_s: float
    """Seconds of video that came and are not watched yet."""
    ring_s: float
    ring_bytes: int
    analysed_fps: float
    """Looks a second since the last report; few while listening."""
    frames_decoded: int
    frames_analysed: int
    frames_inferred: int
    gaps: int
    gap_s: float
    dropped: int
    reconnects: int
    restarts: int
    cases: int
    unproved: int
    unwritten: int
    lost: int
    clock_offset_ms: float | None
    not_judged: dict[str, int]
    view: str = "unknown"
    """unknown, fit, or moved: then the camera has stopped judging."""
    view_moved: float | None = None
    """How far the drawn places moved at most, in picture widths, when it was compared last."""
    view_jpeg: bytes = field(default=b"", repr=False)
    """In the one report behind the moment when it was found moved: what the camera shows, with the drawing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupHealth:
    """One group of cameras at one moment."""

    group_id: str
    cameras: tuple[CameraHealth, ...]
    cpu_s: float
    """Processor time that the group's process used so far, user and system."""
    resident_bytes: int
    inference_queue: int
    """Frames that waited for the detector in the last round."""
    proofs_waiting: int
    lags_s: tuple[float, ...]
    """How late each look since the last report was: packet came → judged."""
