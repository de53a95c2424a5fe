"""`ngatu watch` against a real service and real RTSP: the same cases as from the file, and nothing lost or doubled."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from detector.watching.opening import replay_clip
from fixtures.rtsp.server import RtspServer
from ngatu import app
from service.running import add_person

CLIPS = Path(__file__).parents[1] / "fixtures" / "clips"
NAME = "day_runners"
PASSWORD = "a password of some length"
MOST_WAIT_S = 90.0


@pytest.fixture(scope="module")
def ids_from_file(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("replayed")
    result = replay_clip(
        CLIPS / f"{NAME}.mp4", camera_file=CLIPS / f"{NAME}.camera.json", out=folder / "out", state=folder
    )
    return {case.packet.violation_id for case in result.cases}


def camera_file(folder: Path, server: RtspServer, *, camera_id: str = "day-runners") -> Path:
    settings = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
    settings["camera_id"] = camera_id
    settings["sources"] = {"main": server.url("cam/main"), "sub": server.url("cam/sub")}
    path = folder / f"{camera_id}.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


def served() -> RtspServer:
    return RtspServer({"cam/main": CLIPS / f"{NAME}.mp4", "cam/sub": CLIPS / f"{NAME}.sub.mp4"})


def prepared(state: Path, *camera_files: Path) -> None:
    add_person(state=state, name="Hoa", role="reviewer", password=PASSWORD)
    for path in camera_files:
        assert CliRunner().invoke(app, ["camera", "add", str(path), "--state", str(state)]).exit_code == 0
    assert CliRunner().invoke(app, ["worker", "add", "--state", str(state)]).exit_code == 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def ngatu(*arguments: str, said_to: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One command as a process of its own; killed at the end if it still runs."""
    with said_to.open("ab") as said:
        process = subprocess.Popen([sys.executable, "-m", "ngatu", *arguments], stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def cases_at(port: int) -> list[str]:
    """The violation ids of the cases that the service has; none while it is down."""
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            client.post("/api/v1/session", json={"name": "Hoa", "password": PASSWORD}).raise_for_status()
            return [case["violation_id"] for case in client.get("/api/v1/cases").json()["cases"]]
    except httpx.HTTPError:
        return []


def wait_for_cases(port: int, expected: set[str], said: Path) -> list[str]:
    until_s = time.monotonic() + MOST_WAIT_S
    while (found := cases_at(port)) is not None and set(found) != expected:
        assert time.monotonic() < until_s, f"{found}, expected {expected}\n{said.read_text()[-3000:]}"
        time.sleep(0.5)
    return found


def waiting_in(state: Path) -> int:
    return len(list(state.glob("outbox/*/*/manifest.sig")))


def test_a_live_camera_gives_the_cases_of_its_file_once_though_the_service_was_down(
    tmp_path: Path, ids_from_file: set[str]
) -> None:
    state, said, port = tmp_path / "state", tmp_path / "said.txt", free_port()
    with served() as server:
        prepared(state, camera_file(tmp_path, server))
        with ngatu(
            "watch", "--state", str(state), "--service", f"http://127.0.0.1:{port}", said_to=said
        ) as watch:
            until_s = time.monotonic() + MOST_WAIT_S
            while waiting_in(state) < len(ids_from_file):
                assert time.monotonic() < until_s, said.read_text()[-3000:]
                assert watch.poll() is None, said.read_text()[-3000:]
                time.sleep(0.2)
            serve = ("serve", "--state", str(state), "--port", str(port))
            with ngatu(*serve, said_to=said):
                found = wait_for_cases(port, ids_from_file, said)
                assert sorted(found) == sorted(ids_from_file)
            with ngatu(*serve, said_to=said):
                assert sorted(wait_for_cases(port, ids_from_file, said)) == sorted(ids_from_file)
            watch.send_signal(signal.SIGTERM)
            assert watch.wait(30) == 0
    assert waiting_in(state) == 0
    words = said.read_text()
    assert (
        f"Stopped: cases written: {len(ids_from_file)}; packets that wait in {state / 'outbox'} for the next watch: 0."
        in words
    )
    assert "rtsp://user" not in words


def test_a_camera_that_cannot_be_reached_does_not_stop_another(
    tmp_path: Path, ids_from_file: set[str]
) -> None:
    state, said = tmp_path / "state", tmp_path / "said.txt"
    with served() as server:
        good = camera_file(tmp_path, server)
        dead = json.loads(good.read_text(encoding="utf-8"))
        dead["camera_id"], dead["sources"]["main"] = "dead", f"rtsp://u:secret@127.0.0.1:{free_port()}/main"
        (tmp_path / "dead.json").write_text(json.dumps(dead), encoding="utf-8")
        prepared(state, good)
        arguments = ("--cameras", str(tmp_path / "dead.json"), "--cameras", str(good))
        nowhere = f"http://127.0.0.1:{free_port()}"
        with ngatu("watch", *arguments, "--state", str(state), "--service", nowhere, said_to=said) as watch:
            until_s = time.monotonic() + MOST_WAIT_S
            while waiting_in(state) < len(ids_from_file):
                assert time.monotonic() < until_s, said.read_text()[-3000:]
                time.sleep(0.2)
            watch.send_signal(signal.SIGINT)
            assert watch.wait(40) == 0
    written = {path.parent.name for path in state.glob("outbox/*/*/manifest.sig")}
    assert written == ids_from_file
    assert "secret" not in said.read_text()


@pytest.mark.parametrize(
    ("what", "change", "words"),
    [
        ("no camera", "none", "no camera to watch: register one"),
        ("a file instead of a camera", "file", "use ngatu replay for files"),
        ("no token", "no token", "ngatu worker add --state"),
        ("no such camera file", "missing", "missing.json"),
    ],
)
def test_what_cannot_be_watched_is_said_in_one_line(
    tmp_path: Path, what: str, change: str, words: str
) -> None:
    state = tmp_path / "state"
    add_person(state=state, name="Hoa", role="reviewer", password=PASSWORD)
    live = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
    if change == "no token":
        live["sources"] = {"main": "rtsp://127.0.0.1/main", "sub": None}
    (tmp_path / "camera.json").write_text(json.dumps(live), encoding="utf-8")
    named = {"none": [], "missing": ["--cameras", str(tmp_path / "missing.json")]}
    arguments = named.get(change, ["--cameras", str(tmp_path / "camera.json")])
    run = subprocess.run(
        [sys.executable, "-m", "ngatu", "watch", *arguments, "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2, what
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
