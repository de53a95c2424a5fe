"""The first version's record under today's code: brought forward whole, every case, all money, every packet."""

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from cryptography.fernet import Fernet
from sqlalchemy import Boolean, Connection, Engine, MetaData, create_engine, text

from detector.evidence.verifying import verify_command
from detector.rejudging.rejudge import rejudge
from detector.rejudging.rule_version import rules_from
from service.application import create_application
from service.audit import first_broken_entry
from service.cameras.registering import smart_cameras
from service.database import MIGRATIONS, migrate, open_database, transaction
from service.door import Record, get_now
from service.evidence.folder import FolderStore
from service.settings import Settings
from tests.service.conftest import Service

FIRST = Path(__file__).with_name("first_version")
SAID: dict[str, Any] = json.loads((FIRST / "said.json").read_text(encoding="utf-8"))
PERIOD = {"from_on": "2026-11-01", "to_on": "2026-11-30"}
LATER = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


def write_first_record(url: str) -> None:
    """The first version's tables, as its migration makes them, with its rows."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "0001")
    engine = create_engine(url)
    rows: dict[str, list[dict[str, Any]]] = json.loads((FIRST / "rows.json").read_text(encoding="utf-8"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET TIME ZONE 'UTC'"))
        known = MetaData()
        known.reflect(connection)
        for table in known.sorted_tables:
            if table.name != "alembic_version":
                _insert(connection, table.name, rows[table.name], known)
    engine.dispose()


def _insert(connection: Connection, table: str, rows: list[dict[str, Any]], known: MetaData) -> None:
    columns = known.tables[table].columns
    for row in rows:
        values = {
            name: bool(value) if isinstance(columns[name].type, Boolean) else value
            for name, value in row.items()
        }
        named = ", ".join(f":{name}" for name in values)
        connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({named})"), values)
    if connection.dialect.name == "postgresql" and "id" in columns and table != "audit_entry":
        counted = f"pg_get_serial_sequence('{table}', 'id')"
        connection.execute(text(f"SELECT setval({counted}, {max(row['id'] for row in rows)})"))


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    with zipfile.ZipFile(FIRST / "evidence.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "evidence"


@pytest.fixture
def engine(new_database_url: str) -> Iterator[Engine]:
    """The first version's database, brought forward by today's migrations."""
    write_first_record(new_database_url)
    migrate(new_database_url)
    engine = open_database(new_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def upgraded(engine: Engine, evidence: Path) -> Service:
    """Today's service over the first version's record; the people of then are still signed in."""
    record = Record(
        settings=Settings(state=evidence.parent),
        engine=engine,
        evidence=FolderStore(evidence),
        secret=Fernet((FIRST / "service.key").read_bytes().strip()),
    )
    service = Service(record=record, app=create_application(record))
    service.clock.now = LATER
    service.app.dependency_overrides[get_now] = lambda: service.clock.now
    return service


def test_every_case_and_all_money_is_as_the_first_version_said(upgraded: Service) -> None:
    officer = upgraded.client("reviewer")
    for said in SAID["cases"]:
        now = officer.get(f"/api/v1/cases/{said['id']}").json()
        assert {name: now[name] for name in said} == said
    now = officer.get("/api/v1/figures", params=PERIOD).json()
    for name in ("detected", "fined", "fined_vnd", "paid_vnd", "by_state", "by_kind", "reject_reasons"):
        assert now[name] == SAID["figures"][name], name


def test_the_audit_trail_is_still_whole_and_camera_addresses_open(upgraded: Service) -> None:
    with transaction(upgraded.record.engine) as session:
        assert first_broken_entry(session) is None
        cameras = smart_cameras(session, secret=upgraded.record.secret)
    assert {camera.sources.main for camera in cameras} == {"rtsp://eye:s3cret@10.0.0.7/main"}


def test_work_goes_on_where_it_stopped(upgraded: Service) -> None:
    officer = upgraded.client("reviewer")
    paid = officer.post("/api/v1/cases/2/payments", json={"amount_vnd": 300_000, "reference": "BANK-3"})
    assert paid.status_code == 201, paid.text
    assert officer.get("/api/v1/cases/2").json()["state"] == "paid"
    for step in ("claim", "confirm"):
        assert officer.post(f"/api/v1/cases/4/{step}").status_code == 200
        upgraded.clock.now += timedelta(minutes=1)
    assert officer.post("/api/v1/cases/4/fine", json={"without_notice": "the owner came"}).status_code == 201
    assert upgraded.new_case(9) == 5


def test_every_evidence_file_is_served_and_a_packet_sent_again_is_known(
    upgraded: Service, evidence: Path
) -> None:
    officer = upgraded.client("reviewer")
    folder = next(evidence.rglob("packet.json")).parent
    for number, case in enumerate(SAID["cases"], start=1):
        stored = evidence / case["camera_id"] / case["violation_id"] / "clip.mp4"
        assert officer.get(f"/api/v1/cases/{number}/evidence/clip.mp4").content == stored.read_bytes()
    again = evidence.parent / "again.zip"
    with zipfile.ZipFile(again, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert upgraded.send(again.read_bytes()).status_code == 200


def test_the_first_packets_verify_with_todays_checker_and_can_be_judged_again(evidence: Path) -> None:
    said: list[str] = []
    assert verify_command([evidence / "le-loi"], public_key=FIRST / "worker.pub", say=said.append) == 0
    assert "good: 4 packets" in said[0]
    cases = rejudge([evidence], rules=rules_from(None), changes=())
    assert [case.was for case in cases] == ["red_light", "stop_line", "red_light", "red_light"]
    assert all(case.now is not None for case in cases if case.was == "red_light")


def test_a_changed_byte_in_a_first_packet_is_still_found(evidence: Path) -> None:
    clip = next(evidence.rglob("clip.mp4"))
    clip.write_bytes(clip.read_bytes()[:-1] + b"!")
    said: list[str] = []
    assert verify_command([clip.parent], public_key=FIRST / "worker.pub", say=said.append) == 1
    assert "clip.mp4: was altered" in said[0]


def test_bringing_it_forward_twice_changes_nothing(engine: Engine, new_database_url: str) -> None:
    before = _counts(engine)
    migrate(new_database_url)
    assert _counts(engine) == before


def _counts(engine: Engine) -> dict[str, int]:
    known = MetaData()
    known.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one()
            for table in known.sorted_tables
        }
