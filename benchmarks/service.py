"""How quick the service is with a full record: a real server in a process of its own, asked over HTTP.

A user asks, reads for a second, asks again; twenty do so at once. Times are from the request to the last byte.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.demo_office import wait_for_service
from benchmarks.service_content import packet_content
from benchmarks.service_rows import Record, fill_record
from detector.contract.packet import CLIP_FILE, MANIFEST_FILE, PACKET_FILE, SCENE_FILES, SIGNATURE_FILE
from detector.contract.sealing import canonical_json, key_id_of
from service.application import open_record
from service.door import SESSION_COOKIE
from service.settings import Settings

READS_S = 1.0
PACKETS = 120
CREATED = HTTPStatus.CREATED
SENDERS = 4
WARMING = 24
"""Packets before those that are timed: a running service has compiled its statements."""
PACKET_BYTES = 3_000_000
FIGURES_TIMES = 5
YEAR = {"from_on": "2025-11-25", "to_on": "2026-11-24"}
START_S = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A running service."""

    url: str
    pid: int

    def peak_memory_mb(self) -> int:
        """The most memory that the server's processes have had in use, added up."""
        found = (re.search(r"VmHWM:\s+(\d+) kB", _told(pid, "status")) for pid in self._pids())
        return sum(int(each[1]) >> 10 for each in found if each)

    def used_cpu_s(self) -> float:
        """Processor time that the server's processes have used so far, on all cores; the database's is not in it."""
        ticks = 0
        for pid in self._pids():
            fields = _told(pid, "stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _pids(self) -> list[int]:
        return [self.pid, *map(int, _told(self.pid, f"task/{self.pid}/children").split())]


def _told(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")


@dataclass(kw_only=True, slots=True)
class Times:
    """Milliseconds of every question by its kind."""

    ms: dict[str, list[float]] = field(default_factory=dict)

    def p95(self, name: str) -> float:
        return round(statistics.quantiles(self.ms[name], n=20)[-1], 1)


def run(*, cases: int, seconds: float, database: str | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill an empty record, serve it, ask. `database` is an empty one's URL; None: SQLite in a temporary folder."""
    with TemporaryDirectory() as folder:
        settings = Settings(state=Path(folder), database=database)
        say(f"Writing {cases} cases …")
        opened = open_record(settings)
        record = fill_record(opened.engine, cases=cases, secret=opened.secret)  # type: ignore[arg-type]
        opened.engine.dispose()  # type: ignore[union-attr]
        with served(settings) as server:
            return {
                "cases": cases,
                "database": _kind(settings),
                **_measure(server, record, cases, seconds, say),
            }


def _measure(
    server: Server, record: Record, cases: int, seconds: float, say: Callable[[str], None]
) -> dict[str, Any]:
    for _, path in _asked(1):  # a running service has compiled its pages
        _get(server, record.cookies[0], path, {})
    say(f"{len(record.cookies)} users for {seconds:.0f} s …")
    idle_s = server.used_cpu_s()
    times = _users(server, record, cases, seconds)
    questions = sum(len(each) for each in times.ms.values())
    cpu_ms = (server.used_cpu_s() - idle_s) * 1000 / questions
    say("Figures of a year …")
    idle_s = server.used_cpu_s()
    figures = [
        _timed(lambda: _get(server, record.cookies[0], "/api/v1/figures", YEAR)) for _ in range(FIGURES_TIMES)
    ]
    figures_cpu_ms = (server.used_cpu_s() - idle_s) * 1000 / FIGURES_TIMES
    say(f"{PACKETS} packets of {PACKET_BYTES / 1e6:.0f} MB …")
    packets = [sealed_packet(record, number) for number in range(PACKETS)]
    disk_per_s = _disk_alone(packets)
    _intake(server, record, [sealed_packet(record, PACKETS + number) for number in range(WARMING)])
    idle_s = server.used_cpu_s()
    intake_per_s = _intake(server, record, packets)
    packet_cpu_ms = (server.used_cpu_s() - idle_s) * 1000 / PACKETS
    say("Export of all cases …")
    before_mb = server.peak_memory_mb()
    rows, export_s = _export(server, record.cookies[0])
    return {
        "queue_p95_ms": times.p95("queue"),
        "case_p95_ms": times.p95("case"),
        "queue_page_p95_ms": times.p95("queue_page"),
        "case_page_p95_ms": times.p95("case_page"),
        "questions": questions,
        "question_p50_ms": round(statistics.median(ms for each in times.ms.values() for ms in each), 1),
        "question_cpu_ms": round(cpu_ms, 1),
        "intake_per_s": round(intake_per_s, 1),
        "disk_alone_per_s": round(disk_per_s, 1),
        "intake_share_of_disk": round(intake_per_s / disk_per_s, 2),
        "packet_cpu_ms": round(packet_cpu_ms, 1),
        "figures_ms": round(statistics.median(figures), 1),
        "figures_cpu_ms": round(figures_cpu_ms, 1),
        "export_rows_per_s": round(rows / export_s),
        "export_added_peak_mb": server.peak_memory_mb() - before_mb,
        "server_peak_mb": server.peak_memory_mb(),
    }


def _users(server: Server, record: Record, cases: int, seconds: float) -> Times:
    until = time.monotonic() + seconds
    times = Times()

    def use(number: int) -> None:
        chance = Random(number)
        time.sleep(chance.random() * READS_S)
        with httpx.Client(
            base_url=server.url, cookies={SESSION_COOKIE: record.cookies[number]}, timeout=60
        ) as client:
            while time.monotonic() < until:
                for name, path in _asked(1 + chance.randrange(cases)):
                    begun = time.perf_counter()
                    client.get(path).raise_for_status()
                    times.ms.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
                    time.sleep(READS_S)

    with ThreadPoolExecutor(len(record.cookies)) as pool:
        list(pool.map(use, range(len(record.cookies))))
    return times


def _asked(case: int) -> tuple[tuple[str, str], ...]:
    return (
        ("queue", "/api/v1/cases?state=detected&state=in_review"),
        ("case", f"/api/v1/cases/{case}"),
        ("queue_page", "/queue"),
        ("case_page", f"/cases/{case}"),
    )


def _intake(server: Server, record: Record, packets: list[bytes]) -> float:
    """Packets taken in per second. Senders use the standard library's client, which costs them next to nothing."""
    headers = {"Authorization": f"Bearer {record.worker_token}", "Content-Type": "application/zip"}
    place = urlsplit(server.url)

    def send(sender: int) -> None:
        with closing(HTTPConnection(str(place.hostname), place.port, timeout=120)) as connection:
            for data in packets[sender::SENDERS]:
                connection.request("POST", "/api/v1/packets", data, headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != CREATED:
                    raise RuntimeError(f"a packet was answered with {answer.status}: {said[:200]!r}")

    return _per_second(send)


def _disk_alone(packets: list[bytes]) -> float:
    """What the disk does by itself: as many bytes, each packet one file, flushed, from as many threads."""
    with TemporaryDirectory() as folder:

        def write(sender: int) -> None:
            for number, data in enumerate(packets[sender::SENDERS]):
                with (Path(folder) / f"{sender}-{number}").open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())

        return _per_second(write)


def _per_second(send: Callable[[int], None]) -> float:
    begun = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    return PACKETS / (time.monotonic() - begun)


def sealed_packet(record: Record, number: int) -> bytes:
    """A sealed packet of 3 MB; its pictures and clip are noise of that size."""
    shares = {CLIP_FILE: 0.7, **dict.fromkeys(SCENE_FILES, 0.09), "plate.jpg": 0.03}
    noise = Random(number)
    files = {name: noise.randbytes(int(share * PACKET_BYTES)) for name, share in shares.items()}
    return seal_files(record, number, files)


def seal_files(record: Record, number: int, files: dict[str, bytes], **changes: Any) -> bytes:
    """A sealed packet with these pictures and this clip."""
    violation_id = sha256(f"intake {number}".encode()).hexdigest()[:32]
    camera_id = record.camera_ids[number % SENDERS]
    content = {**packet_content(violation_id, camera_id, datetime.now(UTC)), **changes}
    files = {**files, PACKET_FILE: canonical_json(content)}
    manifest = {
        "schema": 1, "violation_id": violation_id, "camera_id": camera_id, "sequence": 1, "previous": None,
        "key_id": key_id_of(record.worker_key.public_key()),
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
    }  # fmt: skip
    files[MANIFEST_FILE] = canonical_json(manifest)
    files[SIGNATURE_FILE] = record.worker_key.sign(files[MANIFEST_FILE])
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _export(server: Server, cookie: str) -> tuple[int, float]:
    begun, rows = time.monotonic(), 0
    address = f"{server.url}/api/v1/cases/export?format=jsonl"
    with httpx.stream("GET", address, cookies={SESSION_COOKIE: cookie}, timeout=600) as answer:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            rows += piece.count(b"\n")
    return rows, time.monotonic() - begun


def _get(server: Server, cookie: str, path: str, query: dict[str, str]) -> None:
    httpx.get(
        f"{server.url}{path}", params=query, cookies={SESSION_COOKIE: cookie}, timeout=120
    ).raise_for_status()


def _timed(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1000


@contextmanager
def served(settings: Settings) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ngatu", "serve", "--state", str(settings.state), "--port", str(port)]
    environment = {**os.environ, **({"NGATU_DATABASE": settings.database} if settings.database else {})}
    process = subprocess.Popen(  # noqa: S603 - this program itself
        command, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_service(url, process, within_s=START_S)
        yield Server(url=url, pid=process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _kind(settings: Settings) -> str:
    return settings.database_url.partition(":")[0].partition("+")[0]
