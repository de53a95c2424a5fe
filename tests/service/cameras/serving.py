"""A served service with the real clock, an integrator who asks it, and a worker that assists in a thread."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import uvicorn

from detector.calibrating.assisting import assist
from detector.watching.eyes import Eyes
from service.door import CSRF_HEADER, SESSION_COOKIE, get_now
from tests.service.conftest import CSRF, WORKER_TOKEN, Service, build, prepare

MOST_WAIT_S = 90.0
LOCAL_FEEDS = "NGATU_LOCAL_FEEDS"
ENDED = ("done", "failed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A service on a free port."""

    url: str
    service: Service

    def integrator(self) -> "Integrator":
        client = httpx.Client(base_url=self.url, timeout=30)
        client.cookies.set(SESSION_COOKIE, "token of integrator")
        client.headers[CSRF_HEADER] = CSRF
        return Integrator(client)


class Integrator:
    """Somebody who asks for looks over HTTP and waits for them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def registers(self, **feed: Any) -> str:
        answer = self.client.post("/api/v1/feeds", json=feed)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["camera_id"])

    def asks(self, camera_id: str, kind: str, **body: Any) -> int:
        answer = self.client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": kind} | body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def asks_network(self, kind: str, **body: Any) -> int:
        answer = self.client.post("/api/v1/camera-jobs", json={"kind": kind} | body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def looks_at(self, job_id: int) -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/camera-jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def waits_for(self, job_id: int, *states: str) -> dict[str, Any]:
        until_s = time.monotonic() + MOST_WAIT_S
        while (job := self.looks_at(job_id))["state"] not in (states or ENDED):
            assert time.monotonic() < until_s, job
            time.sleep(0.1)
        return job


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A real server over a fresh SQLite record; its feeds may come from this machine."""
    before = os.environ.get(LOCAL_FEEDS)
    os.environ[LOCAL_FEEDS] = "true"
    engine = prepare(f"sqlite:///{folder / 'ngatu.db'}")
    service = build(engine, folder)
    del service.app.dependency_overrides[get_now]
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(service.app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until_s = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until_s, "the server did not start"
            time.sleep(0.02)
        yield Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}", service=service)
        server.should_exit = True
        thread.join(timeout=30)
    engine.dispose()
    os.environ.pop(LOCAL_FEEDS)
    if before is not None:
        os.environ[LOCAL_FEEDS] = before


@contextmanager
def assisting(url: str, *, eyes: Eyes | None = None, token: str = WORKER_TOKEN) -> Iterator[None]:
    """A worker that does jobs meanwhile."""
    stop = Event()
    thread = Thread(target=assist, args=(url, token, stop), kwargs={"eyes": eyes}, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=40)
    assert not thread.is_alive(), "the worker did not stop"
