"""The database goes away, the disk runs full: a clear refusal, nothing half done, and the packet is taken later."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select, text

from service.audit import first_broken_entry
from service.database import transaction
from service.evidence.folder import PreparedFolder
from service.tables import Case
from tests.service.conftest import Service, build, prepare
from tests.service.packets import packet_of, sealed, zip_of
from tests.service.postgres_server import PostgresServer, temporary_server

Answered = tuple[int, str]


def packet(number: int) -> bytes:
    return zip_of(sealed(packet_of(number)))


def sent(service: Service, number: int) -> Answered:
    answer = service.send(packet(number))
    return answer.status_code, answer.json().get("detail", "")


def assert_whole(service: Service, cases: int) -> None:
    """So many cases, each with all its evidence, an unbroken trail, and nothing left lying about."""
    folder = service.record.settings.evidence_folder
    with transaction(service.record.engine, only_reads=True) as session:
        found = session.scalars(select(Case.violation_id)).all()
        assert first_broken_entry(session) is None
    assert len(found) == cases
    for violation_id in found:
        assert len(service.record.evidence.names_of("le-loi", violation_id)) == 8
    assert [path.name for path in folder.rglob(".*")] == []


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with temporary_server() as server:
        yield server


def test_while_postgresql_is_away_packets_are_refused_and_none_is_lost(
    own_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = prepare(own_server.new_database())
    service = build(engine, tmp_path)
    assert sent(service, 1)[0] == 201
    publish = PreparedFolder.publish

    def publish_and_lose_the_database(self: PreparedFolder, place: object) -> None:
        publish(self, place)  # type: ignore[arg-type]
        own_server.stop()

    with monkeypatch.context() as patched:
        patched.setattr(PreparedFolder, "publish", publish_and_lose_the_database)
        status, said = sent(service, 2)
    assert (status, said) == (503, "the database does not answer; nothing was changed, try again in a minute")
    assert sent(service, 3)[0] == 503
    assert service.client().get("/health").status_code == 503
    assert service.client("reviewer").get("/api/v1/cases").status_code == 503
    own_server.start()
    assert [sent(service, number)[0] for number in (1, 2, 3, 3)] == [200, 201, 201, 200]
    assert_whole(service, cases=3)
    assert service.client().get("/health").status_code == 200
    engine.dispose()


@pytest.mark.parametrize("at_file", [1, 5, 8, 9])
def test_a_disk_that_fills_up_under_the_evidence_leaves_nothing(
    committed: Service, monkeypatch: pytest.MonkeyPatch, at_file: int
) -> None:
    assert sent(committed, 1)[0] == 201
    calls: list[int] = []

    def full(_handle: int) -> None:
        calls.append(1)
        if len(calls) == at_file:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("service.evidence.folder.os.fsync", full)
        status, said = sent(committed, 2)
    assert status == 507
    assert "No space left on device" in said
    assert "the worker sends it again" in said
    assert_whole(committed, cases=1)
    assert [sent(committed, number)[0] for number in (2, 2)] == [201, 200]
    assert_whole(committed, cases=2)


def test_a_disk_that_fills_up_under_sqlite_changes_nothing(tmp_path: Path) -> None:
    engine = prepare(f"sqlite:///{tmp_path / 'ngatu.db'}")
    service = build(engine, tmp_path)
    assert sent(service, 1)[0] == 201
    with_room = bound_by(engine, lambda pages: pages)
    found = [sent(service, number) for number in range(2, 40)]
    refused = [number for number, (status, _) in enumerate(found, start=2) if status != 201]
    assert refused
    assert {found[number - 2] for number in refused} == {
        (507, "the disk of the record is full; nothing was changed, free space and try again")
    }
    with transaction(engine, only_reads=True) as session:
        assert session.scalar(select(func.count(Case.id))) == 39 - len(refused)
    with_room()
    assert {sent(service, number)[0] for number in refused} == {201}
    assert_whole(service, cases=39)
    engine.dispose()


def bound_by(engine: Engine, limit: Callable[[int], int]) -> Callable[[], None]:
    """Let SQLite take no page more than it has now, for every new connection; the answer takes the bound away."""
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    def bind(connection: object, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit(pages)}")  # type: ignore[attr-defined]

    event.listen(engine, "connect", bind)
    engine.dispose()

    def free() -> None:
        event.remove(engine, "connect", bind)
        engine.dispose()

    return free
