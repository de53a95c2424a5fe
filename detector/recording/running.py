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
from detector.watching.register import refuse_named_twice

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedCameras:
    """`recorded`: what is to be recorded now. `known`: these, and those whose recordings are kept and may be marked."""

    recorded: tuple[Camera, ...]
    known: tuple[Camera, ...]


CameraList = Callable[[], ListedCameras]
"""Raises OSError while it cannot be told."""

LIST_S = 5.0
LOCK_FILE = ".recorder.lock"
STUDIO_PAUSE_S = 5.0
STUDIO_WAIT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingOrder:
    """What is to be recorded, and where."""

    cameras: ListedCameras
    state: Path
    root: Path
    retention: Retention
    segment_s: float
    service_url: str
    register: CameraList | None = None
    """Asked every few seconds which cameras are to be recorded now; None: always the same."""


def record_cameras(order: RecordingOrder, *, say: Callable[[str], None]) -> None:
    """Record until SIGINT or SIGTERM. Raises SourceUnreadable before it begins, OSError for the folder."""
    _refuse_none(order.cameras)
    feeds = plain_feeds(order.cameras.recorded)
    order.root.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(feeds, order.root, retention=order.retention, segment_s=order.segment_s)
    with hold_alone(order.root), _studio_beside(order, recorder), stopped_by_signals() as stop:
        say(f"Recording {len(feeds)} feeds to {order.root}. Ctrl-C stops.")
        recorder.run(stop)
    say(f"Stopped: {recorder.counts.segments} segments recorded.")


def plain_feeds(cameras: Sequence[Camera]) -> list[PlainFeed]:
    """What is recorded of each camera. Raises SourceUnreadable for what cannot be recorded."""
    refuse_named_twice(cameras)
    for camera in cameras:
        if not is_live(camera.sources.main):
            raise SourceUnreadable(
                f"camera {camera.camera_id}: sources.main is no rtsp:// address; only live feeds are recorded"
            )
    return [PlainFeed(camera_id=camera.camera_id, url=camera.sources.main) for camera in cameras]


def _refuse_none(cameras: ListedCameras) -> None:
    if not cameras.known:
        raise SourceUnreadable(
            "no camera to record: register a plain one with ngatu camera add CAMERA.json, "
            "or name its file with --cameras"
        )


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
def _studio_beside(order: RecordingOrder, recorder: Recorder) -> Iterator[None]:
    """The studio in a process of its own, begun anew when it breaks or the cameras changed; and who notices that."""
    stop = Event()
    beside = Beside(order, recorder, stop)
    threads = [
        Thread(target=beside.keep_studio, daemon=True, name="studio keeper"),
        Thread(target=beside.keep_listed, daemon=True, name="camera list"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(STUDIO_WAIT_S)


class Beside:
    """What goes on beside the recorder: its studio and its list of cameras."""

    def __init__(self, order: RecordingOrder, recorder: Recorder, stop: Event) -> None:
        self._order, self._recorder, self._stop = order, recorder, stop
        self._cameras = order.cameras
        self._changed = Event()

    def keep_listed(self) -> None:
        """Ask the register until told to stop; a register that is away, or knows no camera at all, changes nothing."""
        register = self._order.register
        while register is not None and not self._stop.wait(LIST_S):
            try:
                cameras = register()
                if cameras == self._cameras:
                    continue
                _refuse_none(cameras)
                feeds = plain_feeds(cameras.recorded)
            except (OSError, SourceUnreadable) as error:
                log.warning("camera_list_not_taken", reason=str(error))
                continue
            self._cameras = cameras
            self._recorder.set_feeds(feeds)
            self._changed.set()

    def keep_studio(self) -> None:
        # Imported here: the recorder itself needs none of what decodes.
        from detector.marking.studio import StudioOrder, serve_studio  # noqa: PLC0415

        while not self._stop.is_set():
            self._changed.clear()
            studio = StudioOrder(
                cameras={camera.camera_id: camera for camera in self._cameras.known},
                root=self._order.root,
                state=self._order.state,
                service_url=self._order.service_url,
            )
            process = get_context("spawn").Process(
                target=serve_studio,
                args=(studio,),
                kwargs={"parent": os.getpid()},
                daemon=True,
                name="studio",
            )
            process.start()
            while process.is_alive() and not self._changed.is_set() and not self._stop.wait(0.5):
                continue
            if self._stop.is_set() or self._changed.is_set():
                process.terminate()
                process.join(STUDIO_WAIT_S)
                continue
            log.error("studio_begins_anew", exit_code=process.exitcode)
            self._stop.wait(STUDIO_PAUSE_S)
