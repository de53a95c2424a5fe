"""A camera that goes on and on: its clip again and again over real RTSP, whoever comes and goes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av

from detector.calibrating.pictures import still_jpeg
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


@cache
def still_of_clip(clip: str = "day_runners") -> bytes:
    """The first picture of a clip as a JPEG."""
    with av.open(str(CLIPS / f"{clip}.mp4")) as opened:
        frame = next(opened.decode(video=0))
        return still_jpeg(frame.to_ndarray(format="bgr24"))
