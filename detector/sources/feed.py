"""One camera's feed: frames to watch, in order of time, while the main stream stays compressed in the ring.

    main ──demux──▶ ring of compressed packets ─────────────▶ (the prover decodes what it needs)
    sub  ──demux──▶ decode ──▶ frames to watch        sub is null: the main stream is decoded instead

Files are read as fast as the consumer goes (file_feed), cameras as they send (live). Judges nothing.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from detector.contract.camera import Camera
from detector.contract.packet import PacketClock
from detector.sources.backlog import Queued
from detector.sources.decoding import Frame
from detector.sources.packets import StreamInfo
from detector.sources.ring import PacketRing
from detector.sources.translating import is_live

RING_S = 30.0


class FeedState(StrEnum):
    """How a stream is doing; a feed is as well as the worse of its streams."""

    CONNECTING = "connecting"
    PLAYING = "playing"
    STALLED = "stalled"
    """Connected once, nothing comes or no connection; tried again with growing pauses."""
    REFUSED = "refused"
    """Wrong user or password; tried again only after long pauses."""
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedClock:
    """When stream second 0 was (UTC, None when unknown), how that is known, camera minus machine in ms."""

    started_at: datetime | None
    clock: PacketClock


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedCounts:
    """What happened to a feed so far, in numbers."""

    frames: int = 0
    main_packets: int = 0
    damaged: int = 0
    """Packets or frames that came broken."""
    timestamps_missing: int = 0
    timestamps_backward: int = 0
    dropped: int = 0
    """Watch packets dropped because the consumer was too slow."""
    reconnects: int = 0
    clock_steps: int = 0


class CameraFeed(Protocol):
    """What a watch needs of a feed, whether it is a file or a camera."""

    @property
    def camera_id(self) -> str: ...

    @property
    def ring(self) -> PacketRing: ...

    def __iter__(self) -> Iterator[Frame]:
        """Every frame of the watched stream, decoded; a watch that decodes only what it needs uses `take`."""
        ...

    def take(self, timeout_s: float) -> Queued | None:
        """The next compressed packet of the watched stream; None when none came in time.

        Raises SourceError when the feed is over because it failed.
        """
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        ...

    def refuse(self, frame: Frame) -> None:
        """A decoded frame has not the size that its session states. Raises PictureSizeChanged for a file."""
        ...

    def finish(self, frames: int) -> None:
        """The watch is over, so many frames were decoded of it.

        Raises NoPictures for a file without any, and what ended a stream that was not to be connected again.
        """
        ...

    @property
    def main_info(self) -> StreamInfo:
        """The main stream; raises GapInFootage while a camera never connected."""
        ...

    @property
    def watch_info(self) -> StreamInfo: ...

    @property
    def main_until_s(self) -> float:
        """Up to where the ring holds the main stream."""
        ...

    @property
    def clock(self) -> FeedClock: ...

    @property
    def state(self) -> FeedState: ...

    @property
    def counts(self) -> FeedCounts: ...

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Stretches of stream time in which nothing came or something was dropped: from_s, to_s."""
        ...


@contextmanager
def open_feed(
    camera: Camera, *, base_dir: Path, ring_s: float = RING_S, reconnect: bool = True
) -> Iterator[CameraFeed]:
    """Open a camera's feed. Relative paths are relative to `base_dir`. Raises SourceError.

    `reconnect` counts for cameras: False ends the feed when the camera ends the stream, and makes its
    errors raise; True never gives up, and shows its state.
    """
    opened: AbstractContextManager[CameraFeed]
    if is_live(camera.sources.main):
        from detector.sources.live_feed import open_live_feed  # noqa: PLC0415 - imports this module's words

        opened = open_live_feed(camera, ring_s=ring_s, reconnect=reconnect)
    else:
        from detector.sources.file_feed import open_file_feed  # noqa: PLC0415

        opened = open_file_feed(camera, base_dir=base_dir, ring_s=ring_s)
    with opened as feed:
        yield feed
