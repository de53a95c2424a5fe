"""A camera that goes on and on: its clip again and again over real RTSP, whoever comes and goes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from fixtures.rtsp.server import RtspServer

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"


@contextmanager
def lasting_camera(clip: str, *, user: str, password: str) -> Iterator[RtspServer]:
    """The mounts cam/main and cam/sub; somebody always watches, as a recorder would, so both keep running."""
    mounts = {"cam/main": CLIPS / f"{clip}.mp4", "cam/sub": CLIPS / f"{clip}.sub.mp4"}
    stop = threading.Event()
    with RtspServer(mounts, loop=True, user=user, password=password) as server:
        watchers = [
            threading.Thread(target=_watch, args=(server.url(name), stop), daemon=True) for name in mounts
        ]
        for watcher in watchers:
            watcher.start()
        yield server
        stop.set()
    for watcher in watchers:
        watcher.join(20)


def _watch(url: str, stop: threading.Event) -> None:
    """Take packets until told to stop, or until the camera is gone."""
    try:
        with av.open(url, options={"rtsp_transport": "tcp"}, timeout=15) as stream:
            for _ in stream.demux(video=0):
                if stop.is_set():
                    return
    except av.FFmpegError:
        return
