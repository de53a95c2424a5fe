"""Recorded footage as a feed: main and sub files on one clock that starts with their first pictures.

Before a frame of t seconds is handed out, every main packet up to t is in the ring. Asks no wall clock.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from detector.contract.camera import Camera
from detector.contract.packet import PacketClock
from detector.errors import NoPictures, PictureSizeChanged, SourceUnreadable, redact
from detector.sources.backlog import Queued
from detector.sources.decoding import Frame, FrameDecoder
from detector.sources.feed import CameraFeed, FeedClock, FeedCounts, FeedState
from detector.sources.gaps import GapFinder
from detector.sources.packets import StreamInfo, StreamPacket
from detector.sources.reading import StreamReader
from detector.sources.ring import PacketRing
from detector.sources.translating import is_live

LEAST_YEAR = 2000
"""Containers without a clock say 1904 or 1970."""


class FileFeed:
    """Recorded footage of one camera; iterate once."""

    def __init__(
        self, camera: Camera, *, main: StreamReader, sub: StreamReader | None, ring_s: float
    ) -> None:
        self.camera_id = camera.camera_id
        self.ring = PacketRing(most_s=ring_s)
        self.clock = _clock_of(camera, main)
        self.main_until_s = 0.0
        self.state = FeedState.CONNECTING
        self._main = main
        self._sub = sub
        self.is_over = False
        self._decoder = FrameDecoder(self.watch_info)
        self._watched = (sub or main).packets()
        self._main_left = main.packets() if sub is not None else None
        """What was not read yet of a main file that is not itself watched."""
        self._gaps = GapFinder()
        self._main_gaps = GapFinder()
        self._frames = 0
        self._main_packets = 0

    @property
    def main_info(self) -> StreamInfo:
        return self._main.info

    @property
    def watch_info(self) -> StreamInfo:
        return (self._sub or self._main).info

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        return tuple(sorted({*self._gaps.gaps, *self._main_gaps.gaps}))

    @property
    def counts(self) -> FeedCounts:
        readers = [reader for reader in (self._main, self._sub) if reader is not None]
        return FeedCounts(
            frames=self._frames,
            main_packets=self._main_packets,
            damaged=self._decoder.damaged + sum(reader.damaged for reader in readers),
            timestamps_missing=sum(reader.repair.missing for reader in readers),
            timestamps_backward=sum(reader.repair.backward for reader in readers),
        )

    def __iter__(self) -> Iterator[Frame]:
        while not self.is_over:
            queued = self.take(0.0)
            if queued is not None:
                yield from self._counted(self._decoder.decode(queued.packet))
        yield from self._counted(self._decoder.flush())
        self.finish(self._frames)

    def take(self, timeout_s: float) -> Queued | None:
        """The next packet of the watched file; the main stream up to it is in the ring then."""
        self.state = FeedState.PLAYING
        packet = next(self._watched, None)
        if packet is None:
            self.is_over = True
            for left in self._main_left or ():
                self._keep(left)
            return None
        if self._main_left is None:
            self._keep(packet)
        else:
            self._keep_until(packet.at_s)
        self._gaps.see(packet.decode_s, self.watch_info.fps)
        return Queued(session=1, info=self.watch_info, packet=packet)

    def finish(self, frames: int) -> None:
        self.state = FeedState.ENDED
        if not frames:
            where = redact((self._sub or self._main).url)
            raise NoPictures(f"{where}: no picture in it can be decoded; play it to see, and copy it again")

    def refuse(self, frame: Frame) -> None:
        """A calibration fits one picture: always raises PictureSizeChanged."""
        info = self.watch_info
        raise PictureSizeChanged(
            f"{redact((self._sub or self._main).url)}: the picture changes from {info.width}×{info.height} to "
            f"{frame.video.width}×{frame.video.height} at {frame.at_s:.1f} s; split the recording there: "
            "a calibration fits one picture"
        )

    def _counted(self, frames: list[Frame]) -> Iterator[Frame]:
        info = self.watch_info
        for frame in frames:
            if (frame.video.width, frame.video.height) != (info.width, info.height):
                self.refuse(frame)
            self._frames += 1
            yield frame

    def _keep_until(self, at_s: float) -> None:
        main = self._main_left
        while main is not None and self.main_until_s <= at_s and (packet := next(main, None)) is not None:
            self._keep(packet)

    def _keep(self, packet: StreamPacket) -> None:
        self.ring.put(packet)
        self._main_packets += 1
        self._main_gaps.see(packet.decode_s, self.main_info.fps)
        self.main_until_s = max(self.main_until_s, packet.decode_s)


@contextmanager
def open_file_feed(camera: Camera, *, base_dir: Path, ring_s: float) -> Iterator[CameraFeed]:
    """Open recorded footage; relative paths are relative to `base_dir`. Raises SourceError."""
    with ExitStack() as stack:
        main = stack.enter_context(StreamReader(_path(camera.sources.main, base_dir)))
        sub = None
        if camera.sources.sub is not None:
            if is_live(camera.sources.sub):
                raise SourceUnreadable(
                    f"{camera.camera_id}: main is a file and sub a camera; name two files, or two streams"
                )
            sub = stack.enter_context(StreamReader(_path(camera.sources.sub, base_dir)))
        yield FileFeed(camera, main=main, sub=sub, ring_s=ring_s)


def _path(source: str, base_dir: Path) -> str:
    return source if "://" in source else str(base_dir / source)


def _clock_of(camera: Camera, main: StreamReader) -> FeedClock:
    if camera.started_at is not None:
        return FeedClock(started_at=camera.started_at.astimezone(UTC), clock=PacketClock(source="stated"))
    recorded_at = _moment(main.recorded_at)
    if recorded_at is not None:
        return FeedClock(started_at=recorded_at, clock=PacketClock(source="container"))
    return FeedClock(started_at=None, clock=PacketClock(source="none"))


def _moment(stated: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stated or "")
    except ValueError:
        return None
    if moment.year < LEAST_YEAR:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
