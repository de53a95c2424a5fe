"""A machine is lost and comes back from its backup: the same figures, ledger, audit trail, keys and evidence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.api import period
from service.application import open_record
from service.audit import first_broken_entry
from service.backup.chest import DamagedBackup
from service.backup.restoring import check_backup, restore
from service.backup.saving import MANIFEST, runs_in, save
from service.cases.queries import Figures, figures
from service.database import transaction
from service.door import Record
from service.errors import BadInput, Conflict
from service.settings import Settings
from service.tables import AuditEntry, Base, Case
from tests.service.conftest import BEGIN, Service, build, people_and_keys

PASSPHRASE = "four words of nobody"
NewUrl = Callable[[], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """All that must be the same afterwards."""

    rows: dict[str, list[tuple[Any, ...]]]
    figures: Figures
    keys: dict[str, bytes]
    evidence: dict[str, str]
    camera_source: str


@pytest.fixture
def new_url(kind_of_database: str, request: pytest.FixtureRequest) -> NewUrl | None:
    """Makes URLs of empty PostgreSQL databases; None for SQLite, which lies in the state."""
    if kind_of_database == "sqlite":
        return None
    return request.getfixturevalue("postgres_server").new_database  # type: ignore[no-any-return]


def settings_in(state: Path, new_url: NewUrl | None) -> Settings:
    return Settings(state=state, database=None if new_url is None else new_url())


@pytest.fixture
def office(tmp_path: Path, new_url: NewUrl | None) -> Service:
    """A record with people, cameras, packets, a reject, a fine and a payment."""
    record = open_record(settings_in(tmp_path / "state", new_url))
    with transaction(record.engine) as session:
        people_and_keys(session)
    service = build(record.engine, tmp_path / "unused")
    service.app.state.record = record
    service = Service(record=record, app=service.app)
    for number in (1, 2, 3):
        service.new_case(number)
    client = service.client("supervisor")
    for case_id in (1, 2):
        assert client.post(f"/api/v1/cases/{case_id}/claim").status_code == 200
    assert client.post("/api/v1/cases/1/reject", json={"reason": "test"}).status_code == 200
    assert client.post("/api/v1/cases/2/confirm").status_code == 200
    assert client.post("/api/v1/cases/2/fine", json={"without_notice": "the owner came"}).status_code == 201
    paid = client.post("/api/v1/cases/2/payments", json={"amount_vnd": 1_000_000, "reference": "B-1"})
    assert paid.status_code == 201
    return service


def told_of(record: Record) -> Told:
    with transaction(record.engine, only_reads=True) as session:
        rows = {}
        for table in Base.metadata.sorted_tables:
            if table.name not in {"case_count", "stale_figure", "day_figure"}:
                query = select(table).order_by(*table.primary_key.columns)
                rows[table.name] = [tuple(row) for row in session.execute(query)]
        caller = Service(record=record, app=None).caller("auditor")  # type: ignore[arg-type]
        found = figures(session, *period(date(2020, 1, 1), date(2030, 1, 1)), caller)
        source = record.secret.encrypt(b"any").decode()
    folder = record.settings.evidence_folder
    return Told(
        rows=rows,
        figures=found,
        keys={path.name: path.read_bytes() for path in record.settings.keys_folder.iterdir()},
        evidence={
            str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
        camera_source=record.secret.decrypt(source.encode()).decode(),
    )


def lose_the_machine(record: Record) -> None:
    record.engine.dispose()  # type: ignore[union-attr]
    shutil.rmtree(record.settings.state)


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])
def test_a_lost_machine_comes_back_whole(
    office: Service, tmp_path: Path, new_url: NewUrl | None, passphrase: str | None
) -> None:
    before = told_of(office.record)
    saved = save(office.record, tmp_path / "backup", passphrase=passphrase, at=BEGIN)
    assert (saved.manifest.packets, saved.new_packets, saved.manifest.without_evidence) == (3, 3, 0)
    lose_the_machine(office.record)
    settings = settings_in(tmp_path / "new machine", new_url)
    restored = restore(settings, tmp_path / "backup", passphrase=passphrase)
    assert (restored.cases, restored.packets) == (3, 3)
    record = open_record(settings)
    assert told_of(record) == before
    assert before.figures.fined == 1
    assert len(before.evidence) > 15
    with transaction(record.engine) as session:
        assert first_broken_entry(session) is None
    service = Service(record=record, app=build(record.engine, tmp_path / "unused").app)
    service.app.state.record = record
    service.new_case(4)
    assert service.client("supervisor").post("/api/v1/cases/4/claim").status_code == 200
    record.engine.dispose()  # type: ignore[union-attr]


def test_a_backup_of_one_kind_of_database_restores_into_the_other(
    office: Service, tmp_path: Path, new_url: NewUrl | None, request: pytest.FixtureRequest
) -> None:
    before = told_of(office.record)
    save(office.record, tmp_path / "backup", passphrase=None, at=BEGIN)
    server = request.getfixturevalue("postgres_server")
    settings = settings_in(tmp_path / "other", server.new_database if new_url is None else None)
    restore(settings, tmp_path / "backup", passphrase=None)
    record = open_record(settings)
    assert told_of(record) == before
    record.engine.dispose()  # type: ignore[union-attr]
    office.record.engine.dispose()  # type: ignore[union-attr]


def test_what_comes_in_during_a_backup_is_in_the_next_one(
    office: Service, tmp_path: Path, new_url: NewUrl | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told_of(office.record)
    names_of = office.record.evidence.names_of
    came_in: list[int] = []

    def while_saving(camera_id: str, violation_id: str) -> list[str]:
        if not came_in:
            came_in.append(office.new_case(9))
        return names_of(camera_id, violation_id)

    monkeypatch.setattr(office.record.evidence, "names_of", while_saving)
    first = save(office.record, tmp_path / "backup", passphrase=None, at=BEGIN)
    after = told_of(office.record)
    second = save(office.record, tmp_path / "backup", passphrase=None, at=BEGIN + timedelta(days=1))
    assert came_in
    assert (first.manifest.packets, second.manifest.packets, second.new_packets) == (3, 4, 1)
    lose_the_machine(office.record)
    for run, expected in ((first.run.name, before), (None, after)):
        settings = settings_in(tmp_path / f"machine {run}", new_url)
        restore(settings, tmp_path / "backup", passphrase=None, run_name=run)
        record = open_record(settings)
        assert told_of(record) == expected
        record.engine.dispose()  # type: ignore[union-attr]


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "salt")


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])
def test_any_damaged_or_missing_file_is_refused_with_one_line_and_nothing_is_made(
    office: Service, tmp_path: Path, new_url: NewUrl | None, passphrase: str | None
) -> None:
    folder = tmp_path / "backup"
    save(office.record, folder, passphrase=passphrase, at=BEGIN)
    office.record.engine.dispose()  # type: ignore[union-attr]
    settings = settings_in(tmp_path / "new", new_url)
    for path in files_in(folder):
        whole = path.read_bytes()
        middle = len(whole) // 2
        for damaged in (whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], whole[:-1], None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            if path.name == MANIFEST and damaged is not None and _still_reads(damaged, whole):
                continue
            if damaged is None and path.name.startswith("passphrase-check"):
                continue
            with pytest.raises((DamagedBackup, BadInput)) as refused:
                restore(settings, folder, passphrase=passphrase)
            assert "\n" not in str(refused.value)
            assert not settings.evidence_folder.exists()
            assert not settings.keys_folder.exists()
        path.write_bytes(whole)
    assert restore(settings, folder, passphrase=passphrase).packets == 3


def _still_reads(damaged: bytes, whole: bytes) -> bool:
    """Whether a damaged manifest says the same of what it seals: white space, or a letter of the time."""
    try:
        told, meant = json.loads(damaged), json.loads(whole)
    except ValueError:
        return False
    sealing = ("format", "revision", "encrypted", "rows", "audit_sha256", "packets", "files_sha256")
    return all(told.get(name) == meant[name] for name in sealing)


def test_another_passphrase_opens_nothing(office: Service, tmp_path: Path, new_url: NewUrl | None) -> None:
    save(office.record, tmp_path / "backup", passphrase=PASSPHRASE, at=BEGIN)
    settings = settings_in(tmp_path / "new", new_url)
    with pytest.raises(BadInput, match="has another passphrase"):
        restore(settings, tmp_path / "backup", passphrase="a guess")
    with pytest.raises(BadInput, match="is encrypted; give its passphrase"):
        restore(settings, tmp_path / "backup", passphrase=None)
    with pytest.raises(BadInput, match="has another passphrase"):
        save(office.record, tmp_path / "backup", passphrase="a guess", at=BEGIN + timedelta(days=1))
    stored = b"".join(path.read_bytes() for path in files_in(tmp_path / "backup"))
    assert b"le-loi" not in stored.replace(b"evidence/le-loi/", b"")
    assert b"picture scene" not in stored
    office.record.engine.dispose()  # type: ignore[union-attr]


def test_a_state_in_use_or_filled_is_not_overwritten(
    office: Service, tmp_path: Path, new_url: NewUrl | None
) -> None:
    before = told_of(office.record)
    save(office.record, tmp_path / "backup", passphrase=None, at=BEGIN)
    with pytest.raises(Conflict, match="is there already"):
        restore(office.record.settings, tmp_path / "backup", passphrase=None)
    if new_url is not None:
        elsewhere = Settings(state=tmp_path / "new", database=office.record.settings.database)
        with pytest.raises(Conflict, match="holds a record already"):
            restore(elsewhere, tmp_path / "backup", passphrase=None)
    assert told_of(office.record) == before
    office.record.engine.dispose()  # type: ignore[union-attr]


def test_old_backups_go_and_take_evidence_that_none_needs_with_them(
    office: Service, tmp_path: Path, new_url: NewUrl | None
) -> None:
    folder = tmp_path / "backup"
    save(office.record, folder, passphrase=None, at=BEGIN)
    office.record.evidence.erase("le-loi", f"{1:032x}")
    save(office.record, folder, passphrase=None, at=BEGIN + timedelta(days=1))
    assert len(list((folder / "evidence").rglob("*.tar"))) == 3
    known = [run.name for run in runs_in(folder)]
    third = save(office.record, folder, passphrase=None, at=BEGIN + timedelta(days=2), keep=1)
    assert [run.name for run in runs_in(folder)] == [third.run.name]
    assert third.run.name not in known
    check_backup(folder)
    office.record.engine.dispose()  # type: ignore[union-attr]


def test_a_folder_without_a_backup_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no finished backup"):
        check_backup(tmp_path)


def test_the_record_that_is_saved_is_every_table_of_the_database(
    office: Service, tmp_path: Path, new_url: NewUrl | None
) -> None:
    saved = save(office.record, tmp_path / "backup", passphrase=None, at=BEGIN)
    left_out = {table.name for table in Base.metadata.sorted_tables} - set(saved.manifest.rows)
    assert left_out == {"case_count", "stale_figure", "day_figure"}
    assert saved.manifest.rows[AuditEntry.__tablename__] > saved.manifest.rows[Case.__tablename__]
    office.record.engine.dispose()  # type: ignore[union-attr]
