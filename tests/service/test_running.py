"""The service as a person starts it: a real server, the first sign-in, and a packet to its paid fine over HTTP."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from service import running
from service.errors import BadInput, Conflict
from tests.service.conftest import camera_file
from tests.service.packets import WORKER_KEY_ID, WORKER_PEM, packet_of, sealed, zip_of

PASSWORD = "a password of some length"


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A server that listens, and what it said before it did."""

    url: str
    said: str


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    port = free_port()
    command = [
        sys.executable,
        "-W",
        "ignore",
        "ngatu.py",
        "serve",
        "--state",
        str(tmp_path),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline() + process.stdout.readline()
        transport = httpx.HTTPTransport(retries=8)  # waits 0.5, 1, 2 … s between tries to connect
        with httpx.Client(transport=transport) as client:
            client.get(f"http://127.0.0.1:{port}/health", timeout=60).raise_for_status()
        yield Running(url=f"http://127.0.0.1:{port}", said=said)
    finally:
        process.terminate()
        assert process.wait(timeout=30) in {0, -15}
        process.stdout.close()


@contextmanager
def signed_in(url: str, name: str, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        answer = client.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def test_from_the_first_start_to_a_paid_fine_over_http(server: Running) -> None:
    password = re.search(r"with the password (\S+) \(", server.said)
    assert password, server.said
    with signed_in(server.url, "admin", password.group(1)) as admin:
        camera = camera_file().model_dump(mode="json", by_alias=True)
        assert admin.post("/api/v1/cameras", json=camera).status_code == 201
        worker = {"name": "w", "key_id": WORKER_KEY_ID, "public_pem": WORKER_PEM}
        token = admin.post("/api/v1/workers", json=worker).json()["token"]
        hoa = {"name": "Hoa", "role": "reviewer", "password": PASSWORD}
        assert admin.post("/api/v1/people", json=hoa).status_code == 201
    just_now = datetime.now(UTC) - timedelta(
        minutes=1
    )  # the server has a real clock, and acts lapse after a year
    sent = httpx.post(
        f"{server.url}/api/v1/packets",
        content=zip_of(sealed(packet_of(committed_at=just_now.isoformat()))),
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert sent.status_code == 201, sent.text
    with signed_in(server.url, "Hoa", PASSWORD) as officer:
        way = f"/api/v1/cases/{sent.json()['case_id']}"
        for what in ("claim", "confirm"):
            assert officer.post(f"{way}/{what}").status_code == 200
        assert (
            officer.post(f"{way}/fine", json={"without_notice": "the owner came"}).json()["amount_vnd"]
            == 19_000_000
        )
        payment = {"amount_vnd": 19_000_000, "reference": "BANK-1"}
        assert officer.post(f"{way}/payments", json=payment).status_code == 201
        assert officer.get(way).json()["state"] == "paid"


def test_people_cameras_and_workers_are_added_from_the_command_line(tmp_path: Path) -> None:
    running.add_person(state=tmp_path, name="Hoa", role="reviewer", password=PASSWORD)
    with pytest.raises(Conflict, match="somebody has it already"):
        running.add_person(state=tmp_path, name="Hoa", role="reviewer", password=PASSWORD)
    with pytest.raises(BadInput, match="is none of"):
        running.add_person(state=tmp_path, name="Ho", role="king", password=PASSWORD)
    running.add_camera(state=tmp_path, camera=camera_file())
    token = running.add_worker(state=tmp_path, key_id=WORKER_KEY_ID, public_pem=WORKER_PEM, name="w")
    stored = tmp_path / "keys" / running.WORKER_TOKEN_FILE
    assert (stored.read_text(), stored.stat().st_mode & 0o077) == (token, 0)
    assert running.check_audit(state=tmp_path) == (True, "The audit trail is whole; entries: 3.")


def test_a_taken_port_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        command = [sys.executable, "ngatu.py", "serve", "--state", str(tmp_path / "s"), "--port", str(port)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert f"127.0.0.1:{port}: cannot listen there" in run.stderr
    assert "password" not in run.stdout
    assert not (tmp_path / "s").exists()


ASKERS = 12


def counted_by(port: int) -> set[int]:
    """What whoever answers says of all requests for /health, each asked on a connection of its own."""
    told, count = set(), 'ngatu_requests_total{method="GET",route="/health",status="200"} '
    for _ in range(ASKERS):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
        told.add(int(float(text.split(count)[1].split("\n")[0])))
    return told


def test_several_processes_serve_one_record(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-W",
        "ignore",
        "ngatu.py",
        "serve",
        "--state",
        str(tmp_path),
        "--port",
        str(port),
    ]
    environment = {**os.environ, "NGATU_PROCESSES": "2"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            assert {client.get("/health").status_code for _ in range(6)} == {200}
            for _ in range(ASKERS):
                assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=60).status_code == 200
            assert counted_by(port) == {6 + ASKERS}
        children = (
            Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        )
        assert len(children) >= 2
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
