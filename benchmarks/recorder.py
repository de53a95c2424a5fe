"""What recording many feeds costs: a real RTSP server, the real command in a process of its own, its index counted.

The clip has a constant bit rate. Lost is what the camera's own clock and packet numbers say was sent and no file holds.
`late_s` tells how far the slowest feed was behind at the end: above a second or two, the server could not keep up.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np

from detector.contract.recordings import RecordedSegment, read_state, segments_between
from fixtures.rtsp.server import RtspServer

FPS, CLIP_S, GOP = 25, 20, 50
WIDTH, HEIGHT = 1280, 720
SEGMENT_S = 10
START_S = 120.0
STOP_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a process used at a moment."""

    at_s: float
    cpu_s: float
    memory_mb: int


def run(*, feeds: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Serve, record, count."""
    with TemporaryDirectory(prefix="ngatu-bench-") as folder:
        place = Path(folder)
        clip = make_clip(place / "feed.mp4", bits_per_s=2_000_000)
        mounts = {f"feed-{number:03d}/main": clip for number in range(feeds)}
        with RtspServer(mounts, loop=True) as server:
            say(f"{feeds} feeds are served; the recorder starts.")
            names = camera_files(place / "cameras", feeds, server)
            return _recorded(place, names, server.pid, seconds=seconds, say=say)


def _recorded(
    place: Path, names: list[Path], server_pid: int, *, seconds: float, say: Callable[[str], None]
) -> dict[str, Any]:
    root = place / "recordings"
    with recorder_process(place, root, names) as recorder:
        wait_recording(root, len(names), recorder)
        say("All are recorded; measuring begins.")
        pids = [recorder.pid, server_pid, *children_of(recorder.pid)]
        before = {pid: usage_of(pid) for pid in pids}
        time.sleep(seconds)
        after = {pid: usage_of(pid) for pid in pids}
        stopped_at = datetime.now(UTC)
    cores = {pid: cores_between(before[pid], after[pid]) for pid in pids}
    beside = set(pids) - {recorder.pid, server_pid}
    figures = counted(root, [path.stem for path in names], stopped_at)
    return {
        "feeds": len(names),
        "seconds": seconds,
        "recorder_cores": cores[recorder.pid],
        "server_cores": cores[server_pid],
        "memory_mb": after[recorder.pid].memory_mb,
        "studio_cores": round(sum(cores[pid] for pid in beside), 3),
        "studio_memory_mb": sum(after[pid].memory_mb for pid in beside),
        **figures,
    }


def make_clip(path: Path, *, bits_per_s: int) -> Path:
    """A moving picture of a constant bit rate, with a key frame every two seconds."""
    noise = np.random.default_rng(1)
    ground = noise.integers(0, 255, (HEIGHT // 8, WIDTH // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    rate = bits_per_s // 1000
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", bits_per_s
        stream.codec_context.gop_size = GOP
        stream.codec_context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "x264-params": f"nal-hrd=cbr:vbv-maxrate={rate}:vbv-bufsize={rate}:scenecut=0",
        }
        for number in range(CLIP_S * FPS):
            luma = np.roll(ground, number * 3, 1)
            luma[300:500, 400:800] = noise.integers(0, 60, (200, 400), dtype=np.uint8)
            planes = np.concatenate([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def camera_files(folder: Path, feeds: int, server: RtspServer) -> list[Path]:
    """A camera file for each feed."""
    folder.mkdir()
    paths = []
    for number in range(feeds):
        name = f"feed-{number:03d}"
        camera = {
            "schema": 1,
            "camera_id": name,
            "name": name,
            "kind": "plain",
            "sources": {"main": server.url(f"{name}/main"), "sub": None},
        }
        path = folder / f"{name}.json"
        path.write_text(json.dumps(camera), encoding="utf-8")
        paths.append(path)
    return paths


@contextmanager
def recorder_process(place: Path, root: Path, names: list[Path]) -> Iterator["subprocess.Popen[bytes]"]:
    """`ngatu record` on these cameras; stopped as an administrator stops it."""
    named = [argument for path in names for argument in ("--cameras", str(path))]
    command = [sys.executable, "-m", "ngatu", "record", *named, "--recordings", str(root)]
    command += ["--state", str(place / "state"), "--segment-seconds", str(SEGMENT_S), "--free-share", "0.01"]
    with (place / "recorder.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this project's own command
            command, stdout=log, stderr=log, env={**os.environ, "NGATU_LOG": "warning"}
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)


def wait_recording(root: Path, feeds: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until every feed is recorded. Raises RuntimeError when the recorder ends or some do not come."""
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s:
        state = read_state(root, now=datetime.now(UTC))
        recording = (
            [report for report in state.feeds.values() if report.state == "recording"] if state else []
        )
        if len(recording) == feeds:
            return
        if process.poll() is not None:
            raise RuntimeError("the recorder ended before it recorded; run it by hand to see why")
        time.sleep(0.2)
    raise RuntimeError(f"not all of {feeds} feeds were recorded after {START_S:.0f} s; is the machine busy?")


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run: the recorder's studio."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended just now
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def usage_of(pid: int) -> Usage:
    """What a process has used so far, by the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return Usage(
        at_s=time.monotonic(),
        cpu_s=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        memory_mb=int(found[1]) >> 10 if found else 0,
    )


def cores_between(before: Usage, after: Usage) -> float:
    """How much of a core was used in between."""
    return round((after.cpu_s - before.cpu_s) / (after.at_s - before.at_s), 3)


def counted(root: Path, cameras: list[str], stopped_at: datetime) -> dict[str, Any]:
    """What the index says: segments, and everything that is missing between a camera's first and last one."""
    now = datetime.now(UTC)
    lost_pictures = lost_segments = lost_packets = segments = size = 0
    lengths: list[float] = []
    late_s = 0.0
    for camera_id in cameras:
        found = [p.segment for p in segments_between(root, camera_id, now - timedelta(days=1), now)]
        segments += len(found)
        size += sum(segment.size_bytes for segment in found)
        lost_packets += sum(segment.lost_packets for segment in found)
        lost_segments += sum(not segment.follows for segment in found[1:]) + (not found)
        lost_pictures += _missing_pictures(found)
        lengths += [segment.duration_s for segment in found]
        late_s = max(late_s, (stopped_at - found[-1].ended_at).total_seconds()) if found else late_s
    return {
        "segments": segments,
        "lost_segments": lost_segments,
        "lost_pictures": lost_pictures,
        "lost_packets": lost_packets,
        "late_s": round(late_s, 1),
        "recorded_mb": size >> 20,
        "segment_s": round(mean(lengths), 2) if lengths else 0.0,
    }


def _missing_pictures(segments: list[RecordedSegment]) -> int:
    """Pictures that a camera's segments should hold by the camera's own clock, and do not."""
    return sum(max(0, round(segment.duration_s * FPS) - segment.pictures) for segment in segments)
