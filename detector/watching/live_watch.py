"""Watches live cameras side by side until told to stop: one thread a camera, one sender for all.

    camera ─▶ CameraPost (thread) ─┐
    camera ─▶ CameraPost (thread) ─┼─▶ STATE/outbox ─▶ OutboxSender (thread) ─▶ service
    camera ─▶ CameraPost (thread) ─┘

What is not sent when the watch stops stays in the outbox and is sent by the next one.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from types import FrameType

import httpx
import structlog

from detector.contract.camera import Camera
from detector.errors import DetectorError, KeyUnusable, SourceUnreadable, redact
from detector.evidence.outbox import OutboxSender, camera_folders, waiting_packets
from detector.evidence.packet_writer import PacketWriter
from detector.sources.feed import RING_S, FeedState
from detector.sources.live_feed import LiveFeed, open_live_feed
from detector.sources.translating import is_live
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes
from detector.watching.opening import open_eyes, open_signer, stamp
from detector.watching.shared_eyes import shared
from detector.watching.watcher import CameraWatcher

log = structlog.get_logger()

TOKEN_FILE = "worker.token"  # noqa: S105 - a file's name
OUTBOX = "outbox"
LOOK_ROUND_S = 1.0
REPORT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LASTED_S = 60.0
"""A watch that lived this long was no failure at its start: the next pause is the shortest again."""
STOP_WAIT_S = 30.0


class CameraPost:
    """One camera's thread: a watch over its live feed, begun anew whenever it breaks."""

    def __init__(self, camera: Camera, *, eyes: Eyes, writer: PacketWriter, run: RunStamp) -> None:
        self.camera_id = camera.camera_id
        self.restarts = 0
        self.cases = 0
        self._camera, self._eyes, self._writer, self._run = camera, eyes, writer, run
        self._stop = Event()
        self._feed: LiveFeed | None = None
        self._watcher: CameraWatcher | None = None
        self._told: FeedState | None = None
        self._dropped = 0
        self._frames_told, self._told_at_s = 0, time.monotonic()
        self._thread = Thread(target=self._keep_watching, name=f"watch {self.camera_id}", daemon=True)

    def start(self) -> None:
        """Begin to connect and watch."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up; what is pending is decided and written by the thread before it ends."""
        self._stop.set()
        if self._feed is not None:
            self._feed.stop()

    def wait_ended(self, timeout_s: float) -> bool:
        """Wait for the thread; whether it ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def tell_changes(self) -> None:
        """Log the camera's state when it changed, and what the watch was too slow for."""
        feed = self._feed
        if feed is None:
            return
        state, dropped = feed.state, feed.counts.dropped
        if state is not self._told:
            self._told = state
            log.info("camera_state_changed", camera_id=self.camera_id, state=str(state))
        if dropped > self._dropped:
            log.warning(
                "watch_packets_dropped",
                camera_id=self.camera_id,
                dropped=dropped - self._dropped,
                lag_s=round(feed.lag_s, 1),
            )
        self._dropped = dropped

    def report(self) -> None:
        """Log how the watch goes."""
        feed, watcher = self._feed, self._watcher
        if feed is None or watcher is None:
            return
        now_s = time.monotonic()
        fps = max(0, watcher.frames_analysed - self._frames_told) / max(now_s - self._told_at_s, 0.001)
        self._frames_told, self._told_at_s = watcher.frames_analysed, now_s
        log.info(
            "camera_watched",
            camera_id=self.camera_id,
            state=str(feed.state),
            analysed_fps=round(fps, 1),
            lag_s=round(feed.lag_s, 1),
            gaps=len(feed.gaps),
            dropped=feed.counts.dropped,
            reconnects=feed.counts.reconnects,
            unproved=watcher.unproved,
            unwritten=watcher.unwritten,
            restarts=self.restarts,
        )

    def _keep_watching(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            began_s = time.monotonic()
            self._watch_once()
            if self._stop.is_set():
                return
            self.restarts += 1
            pause_s = FIRST_PAUSE_S if time.monotonic() - began_s > LASTED_S else pause_s
            log.error("watch_begins_anew", camera_id=self.camera_id, pause_s=pause_s)
            self._stop.wait(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _watch_once(self) -> None:
        with open_live_feed(self._camera, ring_s=RING_S, reconnect=True) as feed:
            self._dropped = self._frames_told = 0
            self._watcher = CameraWatcher(
                self._camera, self._eyes, self._writer, self._run, keeps_unwritten=True
            )
            self._feed = feed
            if self._stop.is_set():
                feed.stop()
            self._watch_surviving(self._watcher, feed)

    def _watch_surviving(self, watcher: CameraWatcher, feed: LiveFeed) -> None:
        """Watch to the feed's end; whatever breaks ends this watch with a log line, never the thread."""
        try:
            for case in watcher.watch(feed):
                self.cases += 1
                violation_id, kind = case.packet.violation_id, case.packet.kind
                log.info("case_written", camera_id=self.camera_id, violation_id=violation_id, kind=kind)
        except DetectorError as error:
            log.error("watch_broke", camera_id=self.camera_id, reason=str(error))
        # The loop must survive. A foreign error's text may hold the camera's password: only its type is told.
        except Exception as error:  # noqa: BLE001
            log.error("watch_broke", camera_id=self.camera_id, error=type(error).__name__)


def watch_cameras(
    cameras: Sequence[Camera], *, state: Path, service_url: str, say: Callable[[str], None]
) -> None:
    """Watch until SIGINT or SIGTERM. Raises SourceError, EvidenceError or ModelError before it begins."""
    _refuse_unfit(cameras)
    outbox = state / OUTBOX
    token = worker_token(state)
    with httpx.Client() as client:
        sender = OutboxSender(outbox, service_url=service_url, token=token, client=client)
        writer = PacketWriter(outbox, open_signer(state))
        eyes, run = shared(open_eyes()), stamp()
        posts = [CameraPost(camera, eyes=eyes, writer=writer, run=run) for camera in cameras]
        with stopped_by_signals() as stop:
            say(f"Watching {len(posts)} cameras; packets go to {redact(service_url)}. Ctrl-C stops.")
            _run(posts, sender, stop)
    waiting = sum(len(waiting_packets(folder)) for folder in camera_folders(outbox))
    written = sum(post.cases for post in posts)
    say(f"Stopped: {written} cases written, {waiting} packets wait in {outbox} for the next watch.")


def _refuse_unfit(cameras: Sequence[Camera]) -> None:
    """Raises SourceUnreadable for what cannot be watched live."""
    if not cameras:
        raise SourceUnreadable(
            "no camera to watch: register one with ngatu camera add CAMERA.json, or name its file with --cameras"
        )
    known: set[str] = set()
    for camera in cameras:
        if camera.camera_id in known:
            raise SourceUnreadable(
                f"camera {camera.camera_id}: was named twice; give each camera an id of its own"
            )
        known.add(camera.camera_id)
        if camera.kind != "smart":
            raise SourceUnreadable(
                f"camera {camera.camera_id}: is a plain one; only smart cameras are judged"
            )
        for role, source in (("main", camera.sources.main), ("sub", camera.sources.sub)):
            if source is not None and not is_live(source):
                raise SourceUnreadable(
                    f"camera {camera.camera_id}: sources.{role} is no rtsp:// address; use ngatu replay for files"
                )


def worker_token(state: Path) -> str:
    """The token with which this worker sends; written when the worker is registered. Raises KeyUnusable."""
    path = state / "keys" / TOKEN_FILE
    what_to_do = f"register this worker with the service: ngatu worker add --state {state}"
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise KeyUnusable(f"{path}: there is no such file; {what_to_do}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{path}: cannot be read ({type(error).__name__}); {what_to_do}") from None
    if not token:
        raise KeyUnusable(f"{path}: is empty; {what_to_do}")
    return token


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that the first SIGINT or SIGTERM sets; a second one ends the process as usual."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    if current_thread() is not main_thread():
        yield stop
        return
    for number in before:
        signal.signal(number, heard)
    try:
        yield stop
    finally:
        restore()


def _run(posts: list[CameraPost], sender: OutboxSender, stop: Event) -> None:
    no_more = Event()
    sending = Thread(target=sender.run, args=(no_more,), name="outbox sender", daemon=True)
    sending.start()
    for post in posts:
        post.start()
    _look_round(posts, stop)
    hanging_up = [Thread(target=post.stop, daemon=True) for post in posts]
    for thread in hanging_up:
        thread.start()
    until_s = time.monotonic() + STOP_WAIT_S
    for post in posts:
        if not post.wait_ended(max(0.0, until_s - time.monotonic())):
            log.error("watch_did_not_end", camera_id=post.camera_id)
    no_more.set()
    sending.join(STOP_WAIT_S)


def _look_round(posts: list[CameraPost], stop: Event) -> None:
    """Tell what changed each second and how all goes each half minute, until told to stop."""
    next_report_s = time.monotonic() + REPORT_S
    while not stop.wait(LOOK_ROUND_S):
        for post in posts:
            post.tell_changes()
        if time.monotonic() >= next_report_s:
            next_report_s = time.monotonic() + REPORT_S
            for post in posts:
                post.report()
