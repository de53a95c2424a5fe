"""Evidence in a bucket: moto's server speaks S3 over HTTP, in a process of its own, as the service would meet one."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from service.application import create_application
from service.backup.restoring import restore
from service.backup.saving import save
from service.door import Record, get_now
from service.errors import NotFound
from service.evidence import bucket
from service.evidence.bucket import BucketStore
from service.evidence.opening import open_store
from service.evidence.store import EvidenceAway, EvidenceNotKept, PacketPlace
from service.settings import Settings
from tests.service.conftest import BEGIN, Service, prepare
from tests.service.packets import packet_of, sealed, zip_of

PLACE = PacketPlace(camera_id="le-loi", violation_id="v1")
FILES = {"manifest.json": b"seal", "clip.mp4": bytes(range(256)) * 4_000, "a.jpg": b"picture"}


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Server:
    """A server that listens, and its process."""

    url: str
    process: "subprocess.Popen[bytes]"


def start_server() -> S3Server:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while True:
        try:
            httpx.put(f"{url}/evidence", timeout=30).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.1)
        else:
            return S3Server(url=url, process=process)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    started = start_server()
    yield started
    started.process.terminate()
    started.process.wait(timeout=30)


@pytest.fixture
def settings(server: S3Server, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    return Settings(
        state=tmp_path / "state",
        s3_bucket="evidence",
        s3_endpoint=server.url,
        s3_prefix=request.node.name.split("[")[0],
        s3_key_id="key",
        s3_secret="secret",
    )


def put(store: BucketStore, files: dict[str, bytes], place: PacketPlace = PLACE) -> None:
    with store.prepare(files) as prepared:
        prepared.publish(place)


def opened(settings: Settings) -> BucketStore:
    store = open_store(settings)
    assert isinstance(store, BucketStore)
    return store


def test_files_come_back_byte_for_byte_and_are_fetched_once(settings: Settings) -> None:
    store = opened(settings)
    put(store, FILES)
    assert store.names_of("le-loi", "v1") == sorted(FILES)
    for name, data in FILES.items():
        assert store.path_of("le-loi", "v1", name).read_bytes() == data
    assert list(store.packets()) == [PLACE]
    assert store.free_bytes() > 0
    assert list(store.packets()) == [PLACE]


def test_what_an_unfinished_intake_left_behind_gives_way(settings: Settings) -> None:
    store = opened(settings)
    put(store, {**FILES, "b.jpg": b"of another packet"})
    assert store.path_of("le-loi", "v1", "a.jpg").read_bytes() == b"picture"
    put(store, {**FILES, "a.jpg": b"new"})
    assert store.names_of("le-loi", "v1") == sorted(FILES)
    assert store.path_of("le-loi", "v1", "a.jpg").read_bytes() == b"new"


def test_erased_is_gone_here_and_there(settings: Settings) -> None:
    store = opened(settings)
    put(store, FILES)
    store.path_of("le-loi", "v1", "a.jpg")
    assert store.erase("le-loi", "v1") == sorted(FILES)
    assert store.names_of("le-loi", "v1") == []
    assert list(store.packets()) == []
    with pytest.raises(NotFound):
        store.path_of("le-loi", "v1", "a.jpg")


@pytest.mark.parametrize("name", ["../clip.mp4", ".hidden", "no.jpg", "x" * 200])
def test_only_files_of_the_packet_are_given(settings: Settings, name: str) -> None:
    store = opened(settings)
    put(store, FILES)
    with pytest.raises(NotFound):
        store.path_of("le-loi", "v1", name)


def test_copies_make_room_for_each_other(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "MOST_CACHED_BYTES", len(FILES["clip.mp4"]) + 3)
    store = opened(settings)
    put(store, FILES)
    kept = [store.path_of("le-loi", "v1", name) for name in ("clip.mp4", "a.jpg")]
    assert [path.is_file() for path in kept] == [False, True]
    assert store.path_of("le-loi", "v1", "clip.mp4").read_bytes() == FILES["clip.mp4"]


def test_a_server_that_is_away_is_said_and_nothing_is_lost(settings: Settings, tmp_path: Path) -> None:
    own = start_server()
    away = settings.model_copy(update={"s3_endpoint": own.url})
    own.process.kill()
    own.process.wait(timeout=30)
    store = opened(away)
    with pytest.raises(
        EvidenceNotKept, match=r"^bucket evidence: evidence cannot be written .*sends it again$"
    ):
        put(store, FILES)
    with pytest.raises(EvidenceAway, match="cannot be read"):
        store.names_of("le-loi", "v1")
    with pytest.raises(EvidenceNotKept, match="check the server"):
        store.free_bytes()


def test_the_service_takes_packets_in_shows_and_saves_them(settings: Settings, tmp_path: Path) -> None:
    engine = prepare(settings.database_url)
    (settings.state / "keys").mkdir()
    record = Record(
        settings=settings, engine=engine, evidence=open_store(settings), secret=Fernet(Fernet.generate_key())
    )
    service = Service(record=record, app=create_application(record))
    service.app.dependency_overrides[get_now] = lambda: service.clock.now
    files = sealed(packet_of(1))
    assert service.send(zip_of(files)).status_code == 201
    client = service.client("reviewer")
    assert client.get("/api/v1/cases/1").json()["evidence"] == sorted(files)
    part = client.get("/api/v1/cases/1/evidence/clip.mp4", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, files["clip.mp4"][10:20])
    save(record, tmp_path / "backup", passphrase=None, at=BEGIN)
    record.evidence.erase("le-loi", f"{1:032x}")
    engine.dispose()
    shutil.rmtree(settings.state)
    restore(settings, tmp_path / "backup", passphrase=None)
    assert opened(settings).names_of("le-loi", f"{1:032x}") == sorted(files)
