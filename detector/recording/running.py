"""`ngatu record` from its start to its end: which feeds, the recorder, what is told at the end."""

import fcntl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from detector.contract.camera import Camera
from detector.errors import SourceUnreadable
from detector.recording.feed_line import PlainFeed
from detector.recording.recorder import Recorder
from detector.recording.retention import Retention
from detector.sources.translating import is_live
from detector.watching.live_watch import stopped_by_signals

LOCK_FILE = ".recorder.lock"


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
    with hold_alone(order.root):
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
