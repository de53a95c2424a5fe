"""How the watch of cameras goes, as a worker tells the service every few seconds; a picture only of a moved view."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from detector.contract.packet import Identifier

FeedWord = Literal["connecting", "playing", "stalled", "refused", "ended"]
ViewWord = Literal["unknown", "fit", "moved"]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Measure = Annotated[float, Field(ge=0, le=1e9)]
MOST_CAMERAS = 500
MOST_VIEW_BYTES = 700_000


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WatchedCamera(_Wire):
    """One watched camera at one moment; counts are since its watch began."""

    camera_id: Identifier
    state: FeedWord
    gear: Literal["listening", "watching"]
    is_degraded: bool
    lag_s: Measure
    analysed_fps: Measure
    gaps: Count
    gap_s: Measure
    dropped: Count
    reconnects: Count
    restarts: Count
    cases: Count
    unproved: Count
    unwritten: Count
    lost: Count
    clock_offset_ms: Annotated[float, Field(ge=-1e12, le=1e12)] | None = None
    view: ViewWord = "unknown"
    view_moved: Measure | None = None
    """How far the drawn places moved at most, as a share of the picture's width; None when it was not measured."""
    view_jpeg_base64: str | None = Field(default=None, max_length=MOST_VIEW_BYTES * 4 // 3 + 4)
    """What the camera shows now, with the drawing as it was and where it lies now; once, when the view moved."""


class HealthIn(_Wire):
    """What one worker watches now."""

    cameras: tuple[WatchedCamera, ...] = Field(max_length=MOST_CAMERAS)
