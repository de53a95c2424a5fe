"""What the command line asks of the service: serve it, add people and cameras, check the audit trail."""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from detector.contract.camera import Camera
from service import people
from service.application import create_application, open_record
from service.audit import first_broken_entry
from service.cameras import registering
from service.database import transaction
from service.door import Record
from service.errors import BadInput
from service.metrics import shared_counts
from service.publishing.running import delivering
from service.settings import Settings
from service.state_lock import hold_state
from service.tables import AuditEntry, Person
from service.upkeep import kept_up

WORKER_TOKEN_FILE = "worker.token"  # noqa: S105 - a file's name


def open_state(state: Path) -> Record:
    """The record under a state folder."""
    try:
        return open_record(Settings(state=state))
    except DBAPIError as error:
        raise BadInput(
            f"{state}: the record cannot be opened ({error.orig}); check --state, its rights and the space on its disk"
        ) from None


def serve(*, state: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until stopped; the first start makes an administrator and says the password once."""
    _check_free(host, port)
    record = open_state(state)
    in_use = hold_state(state, shared=True)
    with transaction(record.engine) as session:
        if not session.scalar(select(func.count(Person.id))):
            password = secrets.token_urlsafe(12)
            people.add_person(
                session, name="admin", role="admin", password=password, at=datetime.now(UTC), who="system"
            )
            say(f"First start: sign in as admin with the password {password} (it is not shown again).")
    say(f"Ngã Tư is at http://{host}:{port}")
    with in_use, kept_up(record.engine), delivering(record):
        _run_server(record, host=host, port=port)


def _run_server(record: Record, *, host: str, port: int) -> None:
    """One process, or several that take turns in accepting; each of those opens the record for itself."""
    processes = record.settings.processes
    if processes == 1:
        uvicorn.run(
            create_application(record), host=host, port=port, log_level="warning", server_header=False
        )
        return
    os.environ["NGATU_STATE"] = str(record.settings.state)
    with shared_counts():
        uvicorn.run(
            "service.serving:application", factory=True, workers=processes, host=host, port=port, log_level="warning",
            server_header=False,
        )  # fmt: skip


def _check_free(host: str, port: int) -> None:
    """Before the one-time password is said: it is of no use when the service then cannot listen. Raises BadInput."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise BadInput(
                f"{host}:{port}: cannot listen there ({error}); stop what listens, or name another with --port"
            ) from None


def add_person(*, state: Path, name: str, role: str, password: str, ward: str | None = None) -> None:
    """Add somebody who may sign in. Raises BadInput, Conflict."""
    with transaction(open_state(state).engine) as session:
        people.add_person(
            session,
            name=name,
            role=role,
            password=password,
            ward=ward,
            at=datetime.now(UTC),
            who="command line",
        )


def add_camera(*, state: Path, camera: Camera) -> None:
    """Register a camera or bring it up to date."""
    record = open_state(state)
    with transaction(record.engine) as session:
        registering.register_camera(
            session, camera, secret=record.secret, at=datetime.now(UTC), who="command line"
        )


class SmartCameras:
    """The register as a running watch asks it; the record stays open meanwhile."""

    def __init__(self, *, state: Path) -> None:
        self._record = open_state(state)

    def cameras(self) -> tuple[Camera, ...]:
        """The smart cameras that workers may judge now. Raises OSError while the database is away."""
        with _asked(), transaction(self._record.engine, only_reads=True) as session:
            return registering.smart_cameras(session, secret=self._record.secret)

    def picture(self, camera: Camera) -> bytes | None:
        """The picture that the calibration in force was drawn on. Raises OSError while the database is away."""
        with _asked(), transaction(self._record.engine, only_reads=True) as session:
            return registering.calibration_picture(session, camera.camera_id)


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise OSError(f"the record does not answer ({type(error).__name__})") from None


class PlainCameras:
    """The register as a running recorder asks it."""

    def __init__(self, *, state: Path) -> None:
        self._record = open_state(state)

    def cameras(self, *, recorded: bool) -> tuple[Camera, ...]:
        """The plain cameras, or those that are to be recorded now. Raises OSError while the database is away."""
        with _asked(), transaction(self._record.engine, only_reads=True) as session:
            return registering.plain_cameras(session, secret=self._record.secret, recorded=recorded)


def add_worker(*, state: Path, key_id: str, public_pem: str, name: str) -> str:
    """Register a worker's key; its token, also written to STATE/keys for workers on this machine."""
    record = open_state(state)
    with transaction(record.engine) as session:
        token = people.register_worker(
            session, name=name, key_id=key_id, public_pem=public_pem, at=datetime.now(UTC)
        )
    path = record.settings.keys_folder / WORKER_TOKEN_FILE
    path.touch(mode=0o600)
    path.write_text(token, encoding="ascii")
    return token


def check_audit(*, state: Path) -> tuple[bool, str]:
    """Whether the audit trail is whole, and a line that says so."""
    settings = Settings(state=state)
    if settings.database is None and not (state / "ngatu.db").is_file():
        raise BadInput(f"{state}: holds no record (ngatu.db); name the service's folder with --state")
    with transaction(open_state(state).engine) as session:
        broken = first_broken_entry(session)
        entries = session.scalar(select(func.count(AuditEntry.id)))
    if broken is None:
        return True, f"The audit trail is whole: {entries} entries."
    return (
        False,
        f"The audit trail is broken at entry {broken}: it was altered or removed. Compare with a backup.",
    )
