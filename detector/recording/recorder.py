"""Records many feeds in one thread: looks into every socket a few times a second, so that few, large reads do.

    sockets ─▶ FeedLine × N ─▶ SegmentFile ─▶ finisher (thread: index, flush, rename) ─▶ index.jsonl
                                              housekeeping: retention, disk full, state.json

Reads whole quarter seconds at once: what 141 feeds cost is told in docs/decisions.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import structlog

from detector.contract.recordings import STATE_FILE, RecordedSegment, RecorderState
from detector.recording.feed_line import FeedLine, PlainFeed
from detector.recording.feed_recorder import SEGMENT_S, Ended
from detector.recording.recovering import recover_camera
from detector.recording.retention import Disk, Retention, disk_of, let_go, today_utc
from detector.sources.live import Patience

log = structlog.get_logger()

POLL_S = 0.25
FIRST_POLL_S = 0.02
LEAST_PAUSE_S = 0.005
STATE_EVERY_S = 2.0
RETENTION_EVERY_S = 30.0
DISK_EVERY_S = 5.0
CALLERS = 16
LEAST_FREE_BYTES = 64 << 20
"""Below this nothing is written: the machine needs the rest for itself."""
FINISH_WAIT_S = 60.0


@dataclass(kw_only=True, slots=True)
class RecorderCounts:
    """What was recorded so far."""

    segments: int = 0
    bytes_read: int = 0
    latest_round_s: float = 0.0
    """The longest time between two looks into the sockets."""


class Recorder:
    """Records until told to stop. Feeds that cannot be recorded say why in state.json."""

    def __init__(
        self,
        feeds: Sequence[PlainFeed],
        root: Path,
        *,
        retention: Retention,
        patience: Patience | None = None,
        segment_s: float = SEGMENT_S,
        disk: Callable[[Path], Disk] = disk_of,
        today: Callable[[], date] = today_utc,
        on_segment: Callable[[str, RecordedSegment], None] = lambda _camera, _segment: None,
    ) -> None:
        self._root, self._retention, self._disk, self._today = root, retention, disk, today
        self._on_segment = on_segment
        self._patience, self._segment_s = patience or Patience(), segment_s
        self._wanted: Sequence[PlainFeed] | None = None
        self._callers = ThreadPoolExecutor(CALLERS, thread_name_prefix="caller")
        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="finisher")
        self._finishing: list[Future[None]] = []
        self.counts = RecorderCounts()
        self.is_disk_full = False
        self.lines = [self._line(feed) for feed in feeds]

    def _line(self, feed: PlainFeed) -> FeedLine:
        return FeedLine(
            feed,
            self._root,
            patience=self._patience,
            callers=self._callers,
            on_ended=self._finish_later,
            segment_s=self._segment_s,
        )

    def set_feeds(self, feeds: Sequence[PlainFeed]) -> None:
        """Record these from the next look on; may be called from any thread."""
        self._wanted = tuple(feeds)

    def run(self, stop: Event) -> None:
        """Record until told to stop; what is open then is finished."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._recover()
        before_s = time.monotonic()
        due = {"state": 0.0, "retention": 0.0, "disk": 0.0}
        while not stop.is_set():
            now_s = time.monotonic()
            self.counts.latest_round_s = max(self.counts.latest_round_s, now_s - before_s)
            before_s = now_s
            self._take_up_feeds()
            if not self.is_disk_full:
                self._look_round(now_s)
            self._keep_house(now_s, due)
            poll_s = FIRST_POLL_S if any(line.is_new(now_s) for line in self.lines) else POLL_S
            stop.wait(max(LEAST_PAUSE_S, poll_s - (time.monotonic() - now_s)))
        self._end()

    def _take_up_feeds(self) -> None:
        """What is no longer wanted is finished and hung up, what is new is called."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        gone = [line for line in self.lines if line.feed not in wanted]
        known = {line.feed for line in self.lines}
        fresh = [feed for feed in wanted if feed not in known]
        self.lines = [line for line in self.lines if line not in gone]
        try:
            for line in gone:
                line.hang_up()
                log.info("feed_left", camera_id=line.camera_id)
            for feed in fresh:
                # Behind what is still being finished of the same camera under another address.
                self._finisher.submit(recover_camera, self._root / feed.camera_id).result(FINISH_WAIT_S)
                log.info("feed_came", camera_id=feed.camera_id)
        except OSError as error:
            self._stop_for_disk(error)
        self.lines += [self._line(feed) for feed in fresh]

    def _look_round(self, now_s: float) -> None:
        try:
            for line in self.lines:
                self.counts.bytes_read += line.look(now_s)
            self._look_at_finished()
        except OSError as error:
            self._stop_for_disk(error)

    def _keep_house(self, now_s: float, due: dict[str, float]) -> None:
        if now_s >= due["retention"]:
            due["retention"] = now_s + RETENTION_EVERY_S
            # By the finisher: it alone writes indexes.
            self._finisher.submit(self._let_go)
            self._stop_without_room()
        if self.is_disk_full and now_s >= due["disk"]:
            due["disk"] = now_s + DISK_EVERY_S
            self._try_again()
        if now_s >= due["state"]:
            due["state"] = now_s + STATE_EVERY_S
            self.write_state()

    def _recover(self) -> None:
        for line in self.lines:
            recover_camera(self._root / line.camera_id)

    def _finish_later(self, ended: Ended) -> None:
        self._finishing.append(self._finisher.submit(self._finish, ended))

    def _finish(self, ended: Ended) -> None:
        """In the finisher's thread: it may wait for the disk."""
        camera_id = ended.file.folder.parent.name
        segment = ended.finish()
        self.counts.segments += 1
        self._on_segment(camera_id, segment)

    def _look_at_finished(self) -> None:
        """Raises the OSError that a finish met."""
        done, self._finishing = (
            [future for future in self._finishing if future.done()],
            [future for future in self._finishing if not future.done()],
        )
        for future in done:
            future.result()

    def _stop_for_disk(self, error: OSError) -> None:
        """Nothing more can be written: close everything, say so, wait."""
        self.is_disk_full = True
        why = error.strerror or str(error)
        reason = f"{self._root}: the disk takes nothing more ({why}); free space, or keep fewer days"
        log.error("recording_stopped_for_disk", reason=reason)
        for line in self.lines:
            line.abandon("disk_full", reason)
        self.write_state()

    def _try_again(self) -> None:
        """Make room; go on once there is some, after the half segments are put in order."""
        try:
            self._settle_finishing()
            self._finisher.submit(self._let_go).result()
            if self._disk(self._root).free_bytes < LEAST_FREE_BYTES:
                return
            self._recover()
        except OSError as error:
            log.warning("disk_still_full", reason=error.strerror or str(error))
            return
        self.is_disk_full = False
        log.info("recording_goes_on")

    def _settle_finishing(self) -> None:
        finishing, self._finishing = self._finishing, []
        for future in finishing:
            if (failed := future.exception(FINISH_WAIT_S)) is not None:
                log.warning("segment_not_finished", error=type(failed).__name__)

    def _let_go(self) -> None:
        try:
            let_go(self._root, self._retention, today=self._today(), disk=self._disk(self._root))
        except OSError as error:
            log.error("retention_failed", reason=error.strerror or str(error))

    def _stop_without_room(self) -> None:
        try:
            free_bytes = self._disk(self._root).free_bytes
        except OSError as error:
            log.error("disk_not_seen", reason=error.strerror or str(error))
            return
        if not self.is_disk_full and free_bytes < LEAST_FREE_BYTES:
            self._stop_for_disk(OSError(28, "less than 64 MB are free"))

    def write_state(self) -> None:
        """Say how each feed is doing; a disk that takes not even this is told in the log."""
        try:
            state = RecorderState(
                written_at=datetime.now(UTC),
                disk_full=self.is_disk_full,
                free_bytes=self._disk(self._root).free_bytes,
                feeds={line.camera_id: line.report for line in self.lines},
            )
            unfinished = self._root / f".{STATE_FILE}.new"
            unfinished.write_text(state.model_dump_json(), encoding="utf-8")
            unfinished.replace(self._root / STATE_FILE)
        except OSError as error:
            log.warning("state_not_written", reason=error.strerror or str(error))

    def _end(self) -> None:
        try:
            for line in self.lines:
                line.hang_up()
        except OSError as error:
            self._stop_for_disk(error)
        self._settle_finishing()
        self._finisher.shutdown()
        self._callers.shutdown(wait=False, cancel_futures=True)
        (self._root / STATE_FILE).unlink(missing_ok=True)
