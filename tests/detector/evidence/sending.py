"""What the outbox's tests run: the real service on a port of its own, and an outbox whose clock the test holds."""

import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import uvicorn
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.contract.camera import Camera, parse_camera
from detector.evidence.outbox import REFUSED, OutboxSender, waiting_packets
from detector.evidence.packet_writer import PacketWriter
from service.application import create_application, open_record
from service.settings import Settings
from service.tables import Case
from tests.detector.evidence.builders import SIGNER, Footage, contents_of, violation_id

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def camera_named(camera_id: str) -> Camera:
    zone = [[0, 0.2], [1, 0.2], [1, 0.4]]
    lane = {"id": "L1", "approach": zone, "stop_line": [[0, 0.5], [1, 0.5]], "junction": zone, "signal": "S1"}
    camera = {
        "schema": 1,
        "camera_id": camera_id,
        "name": "made in a test",
        "sources": {"main": "rtsp://10.0.0.7/main", "sub": None},
        "signals": [{"id": "S1", "lamps": {"head": [0.1, 0.1, 0.2, 0.2]}}],
        "lanes": [lane],
    }
    return parse_camera(camera, "test")


@dataclass
class Service:
    """The real service on a fixed port, that can stop, start, and break off after it stored a packet."""

    state: Path
    port: int
    token: str
    taken: list[str] = field(default_factory=list)
    """The violation ids in the order in which they were sent."""
    after_storing: Callable[[int], bool] = lambda _count: False
    """Told how many packets came; True breaks the connection off instead of answering."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def up(self) -> Iterator[None]:
        record = open_record(Settings(state=self.state))
        app = create_application(record)

        async def breaking_off(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            kept: list[Message] = []

            async def keep(message: Message) -> None:
                kept.append(message)

            await app(scope, receive, keep)
            self.taken.append(dict(scope["headers"])[b"idempotency-key"].decode())
            if self.after_storing(len(self.taken)):
                headers = [(b"content-length", b"999")]
                kept = [
                    {"type": "http.response.start", "status": 201, "headers": headers},
                    {"type": "http.response.body", "body": b"{"},
                ]
            for message in kept:
                await send(message)

        config = uvicorn.Config(breaking_off, port=self.port, log_level="critical", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            thread.join()
            record.engine.dispose()

    def cases(self) -> list[str]:
        """The violation ids of all cases, as often as they are there."""
        record = open_record(Settings(state=self.state))
        with Session(record.engine) as session:
            found = list(session.scalars(select(Case.violation_id).order_by(Case.id)))
        record.engine.dispose()
        return found


@dataclass
class Outbox:
    """An outbox with packets 1, 2, … of each camera named, and senders whose clock the test holds."""

    folder: Path
    footage: Footage
    client: httpx.Client
    now_s: float = 0.0

    def put(self, *numbers: int, camera_id: str = "cam-1") -> None:
        writer = PacketWriter(self.folder, SIGNER)
        for number in numbers:
            writer.put(contents_of(self.footage, number, camera_id=camera_id))

    def sender(self, url: str, token: str, *, keep_sent: bool = False) -> OutboxSender:
        return OutboxSender(
            self.folder,
            service_url=url,
            token=token,
            client=self.client,
            keep_sent=keep_sent,
            clock=lambda: self.now_s,
        )

    def waiting(self, camera_id: str = "cam-1") -> list[str]:
        return [path.name for path in waiting_packets(self.folder / camera_id)]

    def reason(self, number: int, camera_id: str = "cam-1") -> str:
        aside = self.folder / REFUSED / camera_id
        assert (aside / violation_id(number)).is_dir()
        return (aside / f"{violation_id(number)}.reason.txt").read_text(encoding="utf-8")
