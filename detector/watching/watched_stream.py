"""The watched stream, decoded only as far as it is looked at: packets in, frames out.

    listening   K . . . . K . . . . K . .     K is decoded, . is only kept
    rewinding             K . . . . K         everything since the key frame before the last one is decoded
    watching                          . . .   everything is decoded

Looks at no picture and decides nothing: see detector.watching.camera_watch.
"""

from collections.abc import Callable

from detector.sources.backlog import Queued
from detector.sources.decoding import Frame, FrameDecoder
from detector.sources.packets import StreamInfo

RAREST_KEY_S = 2.5
"""Key frames that come less often than this tell too late that the lights changed: such a stream is never rested."""


class WatchedStream:
    """One camera's watched stream. `refuse` is told of a frame that has not its session's size."""

    def __init__(self, refuse: Callable[[Frame], None]) -> None:
        self._refuse = refuse
        self._session: int | None = None
        self._info: StreamInfo | None = None
        self._decoder: FrameDecoder | None = None
        self._peeker: FrameDecoder | None = None
        self._previous: list[Queued] = []
        self._current: list[Queued] = []
        """Packets since the last key frame, and those since the key frame before it."""
        self._given_s = float("-inf")
        self._key_gap_s = float("inf")
        self.frames = 0
        self.damaged = 0

    @property
    def fps(self) -> float:
        """Frames per second of the session; 25 before the first."""
        return self._info.fps if self._info else 25.0

    @property
    def has_many_keys(self) -> bool:
        """Whether key frames come often enough to tell by them alone that the lights change."""
        return self._key_gap_s <= RAREST_KEY_S

    def begins_anew(self, queued: Queued) -> bool:
        """Whether the packet is the first of a new session; what was kept of the old one is forgotten then."""
        if queued.session == self._session:
            return False
        self._session, self._info = queued.session, queued.info
        self._decoder = self._peeker = None
        self._previous, self._current = [], []
        self._key_gap_s = float("inf")
        return True

    def keep(self, queued: Queued) -> None:
        """Every packet is kept until the key frame after the next one has come."""
        if queued.packet.is_key:
            if self._current:
                self._key_gap_s = queued.packet.at_s - self._current[0].packet.at_s
            self._previous, self._current = self._current, []
        self._current.append(queued)

    def peek(self, queued: Queued) -> Frame | None:
        """The kept packet's picture when it is a key frame, decoded by itself; the stream rests otherwise."""
        self._decoder = None
        if not queued.packet.is_key:
            return None
        if self._peeker is None:
            self._peeker = FrameDecoder(queued.info)
        frame = self._peeker.alone(queued.packet)
        self._note_damage(self._peeker)
        return frame if frame is not None and self._is_sound(frame, queued.info) else None

    def rewind(self) -> list[Frame]:
        """Every frame since the key frame before the last one that was not given out yet."""
        self._decoder = None
        return [frame for queued in (*self._previous, *self._current) for frame in self.decode(queued)]

    def decode(self, queued: Queued) -> list[Frame]:
        """The frames that the packet completes, those that were given out before left out."""
        if self._decoder is None:
            self._decoder = FrameDecoder(queued.info)
        frames = self._decoder.decode(queued.packet)
        self._note_damage(self._decoder)
        return self._new(frames)

    def flush(self) -> list[Frame]:
        """The frames still held back for reordering; nothing is decoded behind them."""
        return self._new(self._decoder.flush()) if self._decoder is not None else []

    def given(self, frame: Frame) -> None:
        """The frame was looked at: it is not given out again."""
        self._given_s = max(self._given_s, frame.at_s)

    def _new(self, frames: list[Frame]) -> list[Frame]:
        info = self._info
        fresh = [
            frame
            for frame in frames
            if frame.at_s > self._given_s and info is not None and self._is_sound(frame, info)
        ]
        for frame in fresh:
            self.given(frame)
        return fresh

    def _is_sound(self, frame: Frame, info: StreamInfo) -> bool:
        self.frames += 1
        if (frame.video.width, frame.video.height) == (info.width, info.height):
            return True
        self._refuse(frame)
        return False

    def _note_damage(self, decoder: FrameDecoder) -> None:
        self.damaged += decoder.damaged
        decoder.damaged = 0
