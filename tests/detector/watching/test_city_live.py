"""Groups as processes over real RTSP: one is killed and comes back, its metrics tell, and the cases are all there."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from detector.contract.camera import Sources, load_camera
from detector.evidence.signing import load_or_create_signer
from fixtures.rtsp.server import RtspServer

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
NAME = "day_runners"
CAMERAS = ("north", "south")
MOST_WAIT_S = 150.0


def wait_until(done: Callable[[], bool], said: Path, *, within_s: float = MOST_WAIT_S) -> float:
    began_s = time.monotonic()
    while not done():
        assert time.monotonic() - began_s < within_s, said.read_text()[-3000:]
        time.sleep(0.1)
    return time.monotonic() - began_s


def prepared(folder: Path, server: RtspServer) -> list[str]:
    """Camera files of both cameras, a key and a token; the arguments that name them."""
    load_or_create_signer(folder / "keys")
    (folder / "keys" / "worker.token").write_text("token", encoding="ascii")
    arguments = ["--state", str(folder), "--service", f"http://127.0.0.1:{free_port()}"]
    for camera_id in CAMERAS:
        sources = Sources(main=server.url(f"{camera_id}/main"), sub=server.url(f"{camera_id}/sub"))
        changes = {"camera_id": camera_id, "sources": sources, "detector": "fast"}
        camera = load_camera(CLIPS / f"{NAME}.camera.json").model_copy(update=changes)
        path = folder / f"{camera_id}.json"
        path.write_text(camera.model_dump_json(by_alias=True), encoding="utf-8")
        arguments += ["--cameras", str(path)]
    return arguments


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def metrics(port: int) -> dict[tuple[str, str], float]:
    """By name and first label; empty while the door is closed."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).raise_for_status().text
    except httpx.HTTPError:
        return {}
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, next(iter(sample.labels.values()), "")): sample.value for sample in samples}


def children_of(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    found = {int(child) for child in listed}
    return {child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def test_a_killed_group_is_watched_again_within_seconds_and_no_case_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    mounts = {
        f"{camera_id}/{role}": CLIPS / f"{NAME}{end}"
        for camera_id in CAMERAS
        for role, end in (("main", ".mp4"), ("sub", ".sub.mp4"))
    }
    said, port = tmp_path / "said.txt", free_port()
    with RtspServer(mounts, loop=True) as server, said.open("ab") as out:
        command = [sys.executable, "-m", "ngatu", "watch", *prepared(tmp_path, server)]
        command += ["--groups", "2", "--metrics-port", str(port)]
        with subprocess.Popen(command, stdout=out, stderr=out) as watch:
            try:
                see_a_group_killed(watch.pid, port, tmp_path, said)
                watch.send_signal(signal.SIGTERM)
                assert watch.wait(60) == 0, said.read_text()[-3000:]
            finally:
                watch.kill()
    told = re.search(r"Stopped: cases written: (\d+)", said.read_text())
    assert told is not None
    written = [path.parent for path in tmp_path.glob("outbox/*/*/manifest.sig")]
    assert len(written) == len(set(written)) >= 2
    assert "rtsp://user" not in said.read_text()


def see_a_group_killed(pid: int, port: int, state: Path, said: Path) -> None:
    wait_until(lambda: playing(port) == set(CAMERAS), said)
    before = children_of(pid)
    assert len(before) == 2, "a process for each group"
    cores = os.sched_getaffinity(0)
    held = [os.sched_getaffinity(child) for child in before]
    assert all(len(own) == (1 if len(cores) <= 2 else len(cores)) for own in held), "a core for each group"
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    back_s = wait_until(lambda: len(children_of(pid) - {victim}) == 2, said)
    assert back_s < 5.0, "a new process for the dead one"
    wait_until(lambda: playing(port) == set(CAMERAS), said)
    assert "group_restarted" in said.read_text()
    wait_until(
        lambda: {path.parts[-3] for path in state.glob("outbox/*/*/manifest.sig")} == set(CAMERAS), said
    )
    told = metrics(port)
    assert told["ngatu_groups_given_up", ""] == 0
    assert told["ngatu_look_lag_seconds_count", ""] > 0
    assert (
        sum(value for (name, _), value in told.items() if name == "ngatu_camera_frames_inferred_total") > 10
    )


def playing(port: int) -> set[str]:
    told = metrics(port)
    return {
        camera_id for (name, camera_id), value in told.items() if name == "ngatu_camera_playing" and value
    }
