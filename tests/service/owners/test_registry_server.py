"""The HTTP registry against a real server on this machine: it answers, it is gone, it falls silent."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import ClassVar

import pytest

from service.owners import http_registry
from service.owners.http_registry import HttpRegistry
from service.owners.registry import RegistryFailed
from tests.service.owners.test_registries import at

ROW = {"plate": "63A12345", "owner_name": "Lê Thị An", "valid_from": "2020-01-01", "valid_to": None}


class Registry(BaseHTTPRequestHandler):
    """Knows one plate; falls silent when told."""

    silent: ClassVar[bool] = False
    released: ClassVar[Event] = Event()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.silent:
            self.released.wait(20)
            return
        rows = [ROW] if asked["plate"] == ROW["plate"] else []
        body = json.dumps({"registrations": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/owners"
    Registry.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_answers_is_silent_and_is_gone(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_registry, "TIMEOUT_S", 0.5)
    registry = HttpRegistry(address)
    assert registry.name == "http:127.0.0.1"
    assert [row.owner_name for row in registry.registrations_of("63A-123.45", at("2026-01-01"))] == [
        "Lê Thị An"
    ]
    assert registry.registrations_of("63A99999", at("2026-01-01")) == ()
    monkeypatch.setattr(Registry, "silent", True)
    with pytest.raises(RegistryFailed, match="does not answer"):
        registry.registrations_of("63A00001", at("2026-01-01"))


def test_a_server_that_is_not_there_is_a_clear_refusal() -> None:
    with pytest.raises(RegistryFailed, match="ConnectError"):
        HttpRegistry("http://127.0.0.1:1/owners").registrations_of("63A12345", at("2026-01-01"))
