"""The stage of the city bench: cameras over RTSP, a service with its record, the watch; each a process of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks.city.footage import CityFootage
from benchmarks.demo_office import OFFICER, running_service
from detector.contract.camera import Camera, Sources
from detector.errors import EvidenceError
from detector.evidence.signing import load_or_create_signer
from fixtures.rtsp.server import RtspServer
from service.running import add_camera, add_person, add_worker

START_S = 90.0
PAGE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class CityCamera:
    """A camera of the city: which junction it shows, from which second of its round on."""

    camera: Camera
    footage: CityFootage
    phase_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedCase:
    """A case as the service has it."""

    camera_id: str
    kind: str
    plate: str | None
    committed_at: datetime | None
    detected_at: datetime


def city_cameras(
    footage: Sequence[CityFootage], count: int, *, phase_s: float | None = None
) -> tuple[CityCamera, ...]:
    """So many cameras, their moments spread evenly over the round, or all at one moment of it."""
    cameras = []
    for number in range(count):
        shown = footage[number % len(footage)]
        camera_id = f"city-{number + 1:02d}"
        cameras.append(
            CityCamera(
                camera=shown.camera.model_copy(update={"camera_id": camera_id, "name": f"Nút {number + 1}"}),
                footage=shown,
                phase_s=number * shown.round_s / count if phase_s is None else phase_s,
            )
        )
    return tuple(cameras)


@contextmanager
def on_air(cameras: Sequence[CityCamera]) -> Iterator[tuple[RtspServer, tuple[Camera, ...]]]:
    """The cameras as an RTSP server shows them, main and sub."""
    mounts = {
        f"{one.camera.camera_id}/{role}": path
        for one in cameras
        for role, path in (("main", one.footage.main), ("sub", one.footage.sub))
    }
    phases = {one.camera.camera_id: one.phase_s for one in cameras}
    with RtspServer(mounts, loop=True, phases=phases, light=True) as server:
        yield server, tuple(_shown(one.camera, server) for one in cameras)


def _shown(camera: Camera, server: RtspServer) -> Camera:
    sources = Sources(main=server.url(f"{camera.camera_id}/main"), sub=server.url(f"{camera.camera_id}/sub"))
    return camera.model_copy(update={"sources": sources})


def prepared_record(state: Path, cameras: Sequence[Camera]) -> str:
    """An empty record with an officer, a worker and the cameras; the officer's password."""
    password = secrets.token_urlsafe(12)
    add_person(state=state, name=OFFICER, role="reviewer", password=password)
    signer = load_or_create_signer(state / "keys")
    add_worker(state=state, key_id=signer.key_id, public_pem=signer.public_pem(), name="city")
    for camera in cameras:
        add_camera(state=state, camera=camera)
    return password


@contextmanager
def running_watch(
    state: Path, service_url: str, *, log: Path
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """`ngatu watch` over the registered cameras; the process and the port of its metrics. Raises EvidenceError."""
    port = _free_port()
    command = [sys.executable, "-m", "ngatu", "watch", "--state", str(state), "--service", service_url]
    command += ["--metrics-port", str(port)]
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=said, stderr=said, env={**os.environ, "NGATU_LOG": "warning"}
        )
        try:
            _wait_for_metrics(port, process, log)
            yield process, port
        finally:
            process.terminate()
            process.wait()


def _wait_for_metrics(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        except httpx.HTTPError:
            time.sleep(0.2)
            continue
        if "ngatu_group_cameras{" in text:
            return
        time.sleep(0.2)
    raise EvidenceError(f"{log}: the watch did not start; its last words are there")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def served_cases(url: str, password: str) -> list[ServedCase]:
    """All cases that the service has. Raises httpx.HTTPError."""
    found: list[ServedCase] = []
    with httpx.Client(base_url=url, timeout=30) as client:
        signed = client.post("/api/v1/session", json={"name": OFFICER, "password": password})
        signed.raise_for_status()
        before: int | None = None
        while True:
            query = {"limit": PAGE} | ({"before_id": before} if before is not None else {})
            page = client.get("/api/v1/cases", params=query).raise_for_status().json()
            found += [_case(line) for line in page["cases"]]
            before = page["next_before_id"]
            if before is None:
                return found


def _case(line: dict[str, str | None]) -> ServedCase:
    committed_at = line["committed_at"]
    return ServedCase(
        camera_id=str(line["camera_id"]),
        kind=str(line["kind"]),
        plate=line["plate"],
        committed_at=datetime.fromisoformat(committed_at) if committed_at else None,
        detected_at=datetime.fromisoformat(str(line["detected_at"])),
    )


__all__ = ["CityCamera", "ServedCase", "city_cameras", "on_air", "prepared_record", "running_service"]
