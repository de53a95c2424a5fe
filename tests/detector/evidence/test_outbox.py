"""The outbox against the real service over HTTP: what is acknowledged leaves, nothing is lost, nothing comes twice."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from detector.contract.packet import PACKET_FILE
from detector.contract.sealing import canonical_json
from detector.errors import EvidenceError
from detector.evidence.outbox import REFUSED, SendCounts, send_refused_again
from detector.evidence.packet_writer import SENT
from service.running import add_camera, add_worker
from tests.detector.evidence.builders import SIGNER, Footage, violation_id
from tests.detector.evidence.sending import Outbox, Service, camera_named


@pytest.fixture
def service(tmp_path: Path) -> Service:
    state = tmp_path / "service"
    for camera_id in ("cam-1", "cam-2"):
        add_camera(state=state, camera=camera_named(camera_id))
    token = add_worker(state=state, key_id=SIGNER.key_id, public_pem=SIGNER.public_pem(), name="test")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    return Service(state=state, port=port, token=token)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def outbox(tmp_path: Path, footage: Footage, client: httpx.Client) -> Outbox:
    return Outbox(folder=tmp_path / "outbox", footage=footage, client=client)


def ids(*numbers: int) -> list[str]:
    return [violation_id(number) for number in numbers]


def test_what_the_service_acknowledged_leaves_in_the_order_in_which_it_was_written(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(3, 1, 2)
    with service.up():
        assert outbox.sender(service.url, service.token).send_waiting() == SendCounts(acknowledged=3)
    assert service.cases() == service.taken == ids(3, 1, 2)
    assert outbox.waiting() == []


def test_sent_packets_may_be_kept_beside_the_outbox(service: Service, outbox: Outbox) -> None:
    outbox.put(1)
    with service.up():
        outbox.sender(service.url, service.token, keep_sent=True).send_waiting()
    assert outbox.waiting() == []
    assert (outbox.folder / SENT / "cam-1" / violation_id(1) / PACKET_FILE).is_file()


def test_while_the_service_is_down_packets_stay_and_are_sent_later_in_order(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(2, 1)
    sender = outbox.sender(service.url, service.token)
    with capture_logs() as logs:
        assert sender.send_waiting() == SendCounts(held=2)
    assert [entry["event"] for entry in logs] == ["packet_held"]
    outbox.put(3)
    with service.up():
        assert sender.send_waiting() == SendCounts(held=3), "it pauses after a failure"
        outbox.now_s += 1.0
        assert sender.send_waiting() == SendCounts(acknowledged=3)
    assert service.cases() == ids(2, 1, 3)


def test_pauses_grow_while_the_service_is_down_and_end_with_it(service: Service, outbox: Outbox) -> None:
    outbox.put(1)
    sender = outbox.sender(service.url, service.token)
    tries = 0
    for second in range(200):
        outbox.now_s = float(second)
        with capture_logs() as logs:
            sender.send_waiting()
        tries += len(logs)
    assert 6 <= tries <= 14
    with service.up():
        outbox.now_s += 60.0
        assert sender.send_waiting().acknowledged == 1


def altered(outbox: Outbox) -> None:
    path = outbox.folder / "cam-1" / violation_id(1) / PACKET_FILE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def with_a_link(outbox: Outbox) -> None:
    (outbox.folder / "cam-1" / violation_id(1) / "more.jpg").symlink_to("/etc/hostname")


def from_the_future(outbox: Outbox) -> None:
    folder = outbox.folder / "cam-1" / violation_id(1)
    path = folder / PACKET_FILE
    packet = json.loads(path.read_text(encoding="utf-8"))
    packet["schema"] = 99
    reseal(folder, packet)


def reseal(folder: Path, packet: dict[str, Any]) -> None:
    (folder / PACKET_FILE).write_bytes(canonical_json(packet))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][PACKET_FILE] = sha256(canonical_json(packet)).hexdigest()
    sealed = canonical_json(manifest)
    (folder / "manifest.json").write_bytes(sealed)
    (folder / "manifest.sig").write_bytes(SIGNER.sign(sealed))


@pytest.mark.parametrize(
    ("change", "says"),
    [(altered, PACKET_FILE), (with_a_link, "more.jpg: is no plain file"), (from_the_future, "schema")],
)
def test_a_refused_packet_is_put_aside_with_the_reason_and_the_others_go_on(
    service: Service, outbox: Outbox, change: Callable[[Outbox], None], says: str
) -> None:
    outbox.put(1, 2)
    change(outbox)
    with service.up():
        counts = outbox.sender(service.url, service.token).send_waiting()
    assert counts == SendCounts(acknowledged=1, refused=1)
    assert says in outbox.reason(1)
    assert service.cases() == ids(2)
    assert outbox.waiting() == []


def test_packets_of_an_unknown_camera_are_put_aside_until_it_is_registered(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(1, camera_id="cam-9")
    with service.up():
        sender = outbox.sender(service.url, service.token)
        assert sender.send_waiting() == SendCounts(refused=1)
        assert "ngatu camera add" in outbox.reason(1, "cam-9")
        add_camera(state=service.state, camera=camera_named("cam-9"))
        assert send_refused_again(outbox.folder) == 1
        assert sender.send_waiting() == SendCounts(acknowledged=1)
    assert service.cases() == ids(1)
    assert not list((outbox.folder / REFUSED).glob("*/*"))


def test_a_wrong_token_keeps_every_packet(service: Service, outbox: Outbox) -> None:
    outbox.put(1, 2)
    outbox.put(3, camera_id="cam-2")
    with service.up(), capture_logs() as logs:
        assert outbox.sender(service.url, "another-token").send_waiting() == SendCounts(held=3)
    assert len(service.taken) == 1, "a wrong token is not tried with each packet"
    assert "another-token" not in str(logs)
    assert outbox.waiting() == ids(1, 2)


def test_a_service_that_breaks_off_after_storing_gets_the_packet_again_as_one_case(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(1, 2)
    service.after_storing = lambda count: count == 1
    sender = outbox.sender(service.url, service.token)
    with service.up():
        assert sender.send_waiting() == SendCounts(held=2)
        assert service.cases() == ids(1), "it was stored"
        assert outbox.waiting() == ids(1, 2), "and is kept, for it was not acknowledged"
        outbox.now_s += 1.0
        assert sender.send_waiting() == SendCounts(acknowledged=2)
    assert service.cases() == ids(1, 2)


SENDING = """
import sys, httpx
from pathlib import Path
from detector.evidence.outbox import OutboxSender
with httpx.Client() as client:
    OutboxSender(Path(sys.argv[1]), service_url=sys.argv[2], token=sys.argv[3], client=client).send_waiting()
"""


def test_a_sender_killed_before_it_heard_the_answer_loses_and_doubles_nothing(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(1, 2, 3)
    command = [sys.executable, "-c", SENDING, str(outbox.folder), service.url, service.token]
    with service.up(), subprocess.Popen(command) as sending:

        def kill_at_the_second(count: int) -> bool:
            if count == 2:
                sending.kill()
            return False

        service.after_storing = kill_at_the_second
        assert sending.wait(60) == -9
        assert outbox.waiting() == ids(2, 3)
        assert outbox.sender(service.url, service.token).send_waiting() == SendCounts(acknowledged=2)
    assert service.taken == ids(1, 2, 2, 3)
    assert service.cases() == ids(1, 2, 3)


def test_what_was_acknowledged_when_the_machine_went_down_is_cleared_away(
    service: Service, outbox: Outbox
) -> None:
    outbox.put(1, 2)
    camera = outbox.folder / "cam-1"
    (camera / violation_id(1)).rename(camera / f".acknowledged-{violation_id(1)}")
    with service.up():
        assert outbox.sender(service.url, service.token).send_waiting() == SendCounts(acknowledged=1)
    assert not list(camera.glob(".acknowledged-*"))
    outbox.put(3)
    manifest = json.loads((camera / violation_id(3) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sequence"] == 3, "the chain goes on"


def test_one_camera_s_unreadable_packet_does_not_hold_another_camera(
    service: Service, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.put(1)
    outbox.put(2, camera_id="cam-2")
    whole = Path.read_bytes

    def broken_disk(path: Path) -> bytes:
        if "cam-1" in path.parts and path.suffix == ".jpg":
            raise OSError(5, "Input/output error")
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", broken_disk)
    with service.up():
        sender = outbox.sender(service.url, service.token)
        assert sender.send_waiting() == SendCounts(acknowledged=1, held=1)
        monkeypatch.undo()
        outbox.now_s += 1.0
        assert sender.send_waiting() == SendCounts(acknowledged=1)
    assert service.cases() == ids(2, 1)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Something that answers every request the same way, service or not."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("what", "status", "body"),
    [
        ("another web page", 200, b"<html>welcome</html>"),
        ("another packet's name", 200, b'{"violation_id": "00"}'),
        ("JSON that is no object", 201, b"[]"),
        ("bytes that are no text", 200, b"\xff\xfe"),
        ("moved away", 301, b""),
        ("not found", 404, b"nothing here"),
        ("too many requests", 429, b"slow down"),
        ("a fault", 500, b"oh"),
        ("a proxy without its service", 502, b"bad gateway"),
    ],
)
def test_an_answer_that_acknowledges_nothing_keeps_the_packet(
    outbox: Outbox, what: str, status: int, body: bytes
) -> None:
    outbox.put(1)
    with answering(status, body) as url:
        assert outbox.sender(url, "token").send_waiting() == SendCounts(held=1), what
    assert outbox.waiting() == ids(1)


def test_a_packet_that_conflicts_again_and_again_is_put_aside(outbox: Outbox) -> None:
    outbox.put(1)
    with answering(409, b"shows another frame") as url:
        sender = outbox.sender(url, "token")
        for _ in range(4):
            assert sender.send_waiting() == SendCounts(held=1)
            outbox.now_s += 60.0
        assert sender.send_waiting() == SendCounts(refused=1)
    assert "shows another frame" in outbox.reason(1)


def test_the_loop_sends_until_told_to_stop_and_survives_a_broken_pass(
    service: Service, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.evidence.outbox.POLL_S", 0.01)
    outbox.put(1)
    sender, stop, passes = outbox.sender(service.url, service.token), Event(), 0
    send_waiting = sender.send_waiting

    def broken_once(stop: Event | None = None) -> SendCounts:
        nonlocal passes
        passes += 1
        outbox.now_s += 60.0
        if passes == 1:
            raise RuntimeError(service.token)
        return send_waiting(stop)

    monkeypatch.setattr(sender, "send_waiting", broken_once)
    with service.up(), capture_logs() as logs:
        thread = Thread(target=sender.run, args=(stop,))
        thread.start()
        until_s = time.monotonic() + 60
        while outbox.waiting():
            assert time.monotonic() < until_s
            time.sleep(0.01)
        stop.set()
        thread.join()
    assert service.cases() == ids(1)
    assert logs[0]["event"] == "outbox_pass_failed"
    assert service.token not in str(logs)


@pytest.mark.parametrize("url", ["", "somewhere", "ftp://host", "http://", "http://host:port"])
def test_an_address_that_is_none_is_one_clear_line(outbox: Outbox, url: str) -> None:
    with pytest.raises(EvidenceError, match=r"write http://HOST:PORT"):
        outbox.sender(url, "token")
