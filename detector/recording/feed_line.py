"""One feed over its whole life: calls the camera, records while it plays, waits and calls again.

Its socket is looked into a few times a second by one thread for all feeds; only the calling happens elsewhere.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from detector.contract.recordings import FeedReport, FeedWord
from detector.errors import CodecUnknown, SourceError, SourceRefused, SourceStalled, SourceUnreadable, redact
from detector.recording.feed_recorder import SEGMENT_S, Ended, FeedRecorder
from detector.recording.motion import MotionMeter
from detector.recording.wall_clock import WallClock
from detector.sources.access_units import AccessUnitReader
from detector.sources.live import Patience
from detector.sources.rtsp_session import OpenedFeed, open_feed, received

log = structlog.get_logger()

NEW_S = 3.0
NOTHING_CAME = "nothing came for a while; check that the camera is on, and the network"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainFeed:
    """What the recorder must know of a camera."""

    camera_id: str
    url: str = field(repr=False)


class FeedLine:
    """A feed and its state. All methods but the calling run in the recorder's one thread."""

    def __init__(
        self,
        feed: PlainFeed,
        root: Path,
        *,
        patience: Patience,
        callers: Executor,
        on_ended: Callable[[Ended], None],
        segment_s: float = SEGMENT_S,
    ) -> None:
        self.feed, self.camera_id = feed, feed.camera_id
        self._url, self._root, self._patience, self._callers = feed.url, root, patience, callers
        self._on_ended, self._segment_s = on_ended, segment_s
        self._meter = MotionMeter()
        self._call: Future[OpenedFeed] | None = None
        self._opened: OpenedFeed | None = None
        self._recorder: FeedRecorder | None = None
        self._next_call_s = 0.0
        self._heard_s = self._kept_alive_s = self._connected_s = 0.0
        self._failures = 0
        self.sessions = 0
        self.report = FeedReport(state="connecting", since=datetime.now(UTC))

    def look(self, now_s: float) -> int:
        """Do what is due; the bytes that came. Raises OSError of the disk only."""
        if self._opened is not None:
            return self._read(now_s)
        if self._call is not None:
            if self._call.done():
                self._answered(self._call, now_s)
        elif now_s >= self._next_call_s:
            self._call = self._callers.submit(open_feed, self._url, timeout_s=self._patience.stall_s)
        return 0

    def is_new(self, now_s: float) -> bool:
        """Whether it was connected just now: its first pictures' arrival tells the moment of all later ones."""
        return self._opened is not None and now_s - self._connected_s < NEW_S

    def hang_up(self) -> None:
        """Stop recording; what came is kept. Raises OSError of the disk."""
        self._close()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.end()

    def abandon(self, word: FeedWord, reason: str) -> None:
        """Stop at once, because the disk takes nothing more."""
        self._close()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.abandon()
        self._tell(word, reason)
        self._next_call_s = 0.0

    def _close(self) -> None:
        if self._call is not None and not self._call.cancel():
            self._call.add_done_callback(_close_answered)
        self._call = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _answered(self, call: "Future[OpenedFeed]", now_s: float) -> None:
        self._call = None
        try:
            opened = call.result()
        except SourceError as error:
            self._failed(error, now_s)
            return
        self._opened = opened
        self._recorder = FeedRecorder(
            self.camera_id,
            self._root,
            reader=AccessUnitReader(codec=opened.track.codec, channel=opened.channel),
            parameter_sets=opened.track.parameter_sets,
            codec=opened.track.codec,
            clock=WallClock(opened.track.clock_hz),
            meter=self._meter,
            on_ended=self._on_ended,
            segment_s=self._segment_s,
            clock_hz=opened.track.clock_hz,
        )
        self._heard_s = self._kept_alive_s = self._connected_s = now_s
        self._take(opened.early, now_s)

    def _read(self, now_s: float) -> int:
        """All that waits in the socket."""
        opened, came = self._opened, 0
        assert opened is not None  # noqa: S101 - asked by look
        try:
            if now_s - self._kept_alive_s > opened.keep_alive_s:
                self._kept_alive_s = now_s
                opened.keep_alive()
            data = received(opened.connection)
        except OSError as error:
            data, why = b"", error.strerror or type(error).__name__
        else:
            why = "it hung up"
        if data is None:
            if now_s - self._heard_s > self._patience.stall_s:
                self._lost(
                    SourceStalled(f"{redact(self._url)}: {NOTHING_CAME}"),
                    now_s,
                )
            return 0
        if not data:
            self._lost(SourceUnreadable(f"{redact(self._url)}: the connection ended ({why})"), now_s)
            return 0
        came = len(data)
        self._take(data, now_s)
        return came

    def _take(self, data: bytes, now_s: float) -> None:
        recorder = self._recorder
        if not data or recorder is None:
            return
        try:
            recorder.take(data)
        except SourceUnreadable as error:
            self._lost(error, now_s)
            return
        self._heard_s = now_s
        if recorder.pictures and self.report.state != "recording":
            self.sessions += 1
            self._failures = 0
            self._tell("recording", "")

    def _lost(self, error: SourceError, now_s: float) -> None:
        self.hang_up()
        self._failed(error, now_s)

    def _failed(self, error: SourceError, now_s: float) -> None:
        self._next_call_s = now_s + self._patience.pause_s(self._failures, error)
        self._failures += 1
        word: FeedWord = "stalled"
        if isinstance(error, SourceRefused):
            word = "refused"
        elif isinstance(error, CodecUnknown):
            word = "unfit"
        self._tell(word, str(error))

    def _tell(self, word: FeedWord, reason: str) -> None:
        if self.report.state != word:
            log.info("feed_state_changed", camera_id=self.camera_id, state=word, reason=reason)
            self.report = FeedReport(state=word, since=datetime.now(UTC), reason=reason[:500])
        elif self.report.reason != reason[:500]:
            self.report = self.report.model_copy(update={"reason": reason[:500]})


def _close_answered(call: "Future[OpenedFeed]") -> None:
    """A camera that answers after nobody wants it any more."""
    if not call.cancelled() and call.exception() is None:
        call.result().close()
