"""`ngatu record` from its start to its end: which feeds, the recorder, its studio beside it, what is told."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import IO

import structlog

from detector.contract.camera import Camera
from detector.errors import SourceUnreadable
from detector.recording.feed_line import PlainFeed
from detector.recording.recorder import Recorder
from detector.recording.retention import Retention
from detector.sources.translating import is_live
from detector.watching.live_watch import stopped_by_signals

log = structlog.get_logger()

LOCK_FILE = ".recorder.lock"
STUDIO_PAUSE_S = 5.0
STUDIO_WAIT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingOrder:
    """What is to be recorded, and where."""

    cameras: Sequence[Camera]
    state: Path
    root: Path
    retention: Retention
    segment_s: float
    service_url: str


def record_cameras(order: RecordingOrder, *, say: Callable[[str], None]) -> None:
    """Record until SIGINT or SIGTERM. Raises SourceUnreadable before it begins, OSError for the folder."""
    feeds = plain_feeds(order.cameras)
    order.root.mkdir(parents=True, exist_ok=True)
    with hold_alone(order.root), _studio_beside(order):
        recorder = Recorder(feeds, order.root, retention=order.retention, segment_s=order.segment_s)
        with stopped_by_signals() as stop:
            say(f"Recording {len(feeds)} feeds to {order.root}. Ctrl-C stops.")
            recorder.run(stop)
    say(f"Stopped: {recorder.counts.segments} segments recorded.")


def plain_feeds(cameras: Sequence[Camera]) -> list[PlainFeed]:
    """What is recorded of each camera. Raises SourceUnreadable for what cannot be recorded."""
    if not cameras:
        raise SourceUnreadable(
            "no camera to record: register a plain one with ngatu camera add CAMERA.json, "
            "or name its file with --cameras"
        )
    known: set[str] = set()
    for camera in cameras:
        if camera.camera_id in known:
            raise SourceUnreadable(
                f"camera {camera.camera_id}: was named twice; give each camera an id of its own"
            )
        known.add(camera.camera_id)
        if not is_live(camera.sources.main):
            raise SourceUnreadable(
                f"camera {camera.camera_id}: sources.main is no rtsp:// address; only live feeds are recorded"
            )
    return [PlainFeed(camera_id=camera.camera_id, url=camera.sources.main) for camera in cameras]


def hold_alone(root: Path) -> IO[bytes]:
    """The recordings' folder for one recorder at a time. Raises SourceUnreadable."""
    file = (root / LOCK_FILE).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise SourceUnreadable(
            f"{root}: another recorder writes there; stop it first, or name another --recordings"
        ) from None
    return file


@contextmanager
def _studio_beside(order: RecordingOrder) -> Iterator[None]:
    """The studio in a process of its own, begun anew when it breaks."""
    stop = Event()
    keeper = Thread(target=_keep_studio, args=(order, stop), daemon=True, name="studio keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(STUDIO_WAIT_S)


def _keep_studio(order: RecordingOrder, stop: Event) -> None:
    # Imported here: the recorder itself needs none of what decodes.
    from detector.marking.studio import StudioOrder, serve_studio  # noqa: PLC0415

    studio = StudioOrder(
        cameras={camera.camera_id: camera for camera in order.cameras},
        root=order.root,
        state=order.state,
        service_url=order.service_url,
    )
    while not stop.is_set():
        process = get_context("spawn").Process(
            target=serve_studio, args=(studio,), kwargs={"parent": os.getpid()}, daemon=True, name="studio"
        )
        process.start()
        while process.is_alive() and not stop.wait(0.5):
            continue
        if stop.is_set():
            process.terminate()
            process.join(STUDIO_WAIT_S)
            return
        log.error("studio_begins_anew", exit_code=process.exitcode)
        stop.wait(STUDIO_PAUSE_S)
