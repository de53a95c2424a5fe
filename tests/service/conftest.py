"""The record for tests, on SQLite and on PostgreSQL: what a test writes is rolled back at its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from detector.contract.camera import Camera, parse_camera
from service.application import create_application
from service.cameras.registering import register_camera
from service.database import migrate, open_database, transaction
from service.door import CSRF_HEADER, SESSION_COOKIE, Record, get_now
from service.evidence.folder import FolderStore
from service.papers.tables import Paper
from service.people import ROLES, Caller, add_person, digest
from service.settings import Settings
from service.tables import Person, SignIn, Worker
from tests.service.packets import WORKER_KEY_ID, WORKER_PEM, packet_of, sealed, zip_of
from tests.service.postgres_server import PostgresServer, temporary_server

BEGIN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
WARD = "Phường 1"
PASSWORD = "ten or more letters"
WORKER_TOKEN = "token of the worker"
CSRF = "csrf of the tests"
SECRET = Fernet(Fernet.generate_key())


def camera_file(camera_id: str = "le-loi", ward: str | None = WARD) -> Camera:
    """A small valid camera whose source has a password."""
    return parse_camera(
        {
            "schema": 1,
            "camera_id": camera_id,
            "name": f"Camera {camera_id}",
            "ward": ward,
            "sources": {"main": "rtsp://eye:s3cret@10.0.0.7/main", "sub": None},
            "signals": [{"id": "S1", "lamps": {"head": [0.1, 0.1, 0.2, 0.2]}}],
            "lanes": [
                {
                    "id": "L1",
                    "approach": [[0, 0.9], [1, 0.9], [1, 1]],
                    "stop_line": [[0, 0.5], [1, 0.5]],
                    "junction": [[0, 0.2], [1, 0.2], [1, 0.4]],
                    "signal": "S1",
                }
            ],
        },
        "test",
    )


@dataclass
class Clock:
    """The time of the tests; moves only when told."""

    now: datetime = BEGIN

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Service:
    """A service under test and people to use it."""

    record: Record
    app: FastAPI
    clock: Clock = field(default_factory=Clock)

    def client(self, role: str | None = None) -> TestClient:
        """A browser in which somebody of the role is signed in; `other-reviewer` and `far-reviewer` exist too."""
        client = TestClient(self.app)
        if role is not None:
            client.cookies.set(SESSION_COOKIE, f"token of {role}")
            client.headers[CSRF_HEADER] = CSRF
        return client

    def caller(self, name: str = "reviewer") -> Caller:
        with transaction(self.record.engine) as session:
            person = session.query(Person).filter_by(name=name).one()
            return Caller(
                person_id=person.id, name=person.name, role=person.role, ward=person.ward, csrf=CSRF
            )

    def send(self, data: bytes, token: str = WORKER_TOKEN):  # type: ignore[no-untyped-def]
        """Send a packet as the worker does."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/zip"}
        return TestClient(self.app).post("/api/v1/packets", content=data, headers=headers)

    def new_case(self, number: int = 1, **changes: object) -> int:
        """The id of a fresh case."""
        answer = self.send(zip_of(sealed(packet_of(number, **changes))))
        assert answer.status_code == 201, answer.text
        return int(answer.json()["case_id"])

    def numbered_notice(self, case_id: int) -> int:
        """A notice of the case in the register, written straight into it; it cannot be printed."""
        with transaction(self.record.engine) as session:
            paper = Paper(
                kind="notice", year=2026, number=900 + case_id, case_id=case_id, issued_at=self.clock.now,
                plate="63A12345", vehicle_class="car", content_encrypted="-",
            )  # fmt: skip
            session.add(paper)
            session.flush()
            return paper.id


def people_and_keys(session: Session) -> None:
    """One person of each role, another reviewer, one of another ward; a worker; two cameras."""
    names = [(role, role, None) for role in ROLES]
    names += [("other-reviewer", "reviewer", WARD), ("far-reviewer", "reviewer", "Phường 9")]
    add_person(session, name="first", role="admin", password=PASSWORD, at=BEGIN, who="tests")
    session.flush()
    password_hash = session.query(Person).filter_by(name="first").one().password_hash
    for name, role, ward in names:
        person = Person(name=name, role=role, ward=ward, password_hash=password_hash, failures=0, active=True)
        session.add(person)
        session.flush()
        session.add(
            SignIn(
                token_sha256=digest(f"token of {name}"),
                person_id=person.id,
                csrf=CSRF,
                expires_at=BEGIN + timedelta(days=3650),
            )
        )
    session.add(
        Worker(key_id=WORKER_KEY_ID, name="worker", public_pem=WORKER_PEM, token_sha256=digest(WORKER_TOKEN))
    )
    for camera in (camera_file(), camera_file("far-away", ward="Phường 9")):
        register_camera(session, camera, secret=SECRET, at=BEGIN, who="tests")


def prepare(url: str) -> Engine:
    """A database with tables and people."""
    migrate(url)
    engine = open_database(url)
    with transaction(engine) as session:
        people_and_keys(session)
    return engine


def build(bind: Engine | Connection, folder: Path) -> Service:
    """A service on a database or on one connection that will be rolled back."""
    record = Record(
        settings=Settings(state=folder),
        engine=bind,
        evidence=FolderStore(folder / "evidence"),
        secret=SECRET,
    )
    service = Service(record=record, app=create_application(record))
    service.app.dependency_overrides[get_now] = lambda: service.clock.now
    return service


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with temporary_server() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def kind_of_database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_database_url(kind_of_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database that a test may commit to."""
    if kind_of_database == "sqlite":
        return f"sqlite:///{tmp_path / 'ngatu.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def committed(new_database_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service whose database commits, for tests with several connections."""
    engine = prepare(new_database_url)
    yield build(engine, tmp_path)
    engine.dispose()


@pytest.fixture(scope="session")
def shared_engine(
    kind_of_database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    if kind_of_database == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'ngatu.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.new_database()
    engine = prepare(url)
    yield engine
    engine.dispose()


@pytest.fixture
def service(shared_engine: Engine, tmp_path: Path) -> Iterator[Service]:
    """A service on both databases; everything is rolled back at the end of the test."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        yield build(connection, tmp_path)
        outer.rollback()


@pytest.fixture
def session_here(service: Service) -> Iterator[Callable[[], Session]]:
    """Sessions on the service's database, for looking behind its back."""
    opened: list[Session] = []

    def open_session() -> Session:
        session = Session(service.record.engine, join_transaction_mode="create_savepoint")
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        session.close()
