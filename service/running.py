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
from sqlalchemy.orm import Session

from detector.contract.camera import Camera
from service import people
from service.application import create_application
from service.audit import first_broken_entry
from service.cameras import registering, versions
from service.database import transaction
from service.door import Record
from service.errors import BadInput, Conflict, NotFound
from service.metrics import shared_counts
from service.publishing.running import delivering
from service.record_opening import begun_record, kept_record
from service.state_lock import hold_state
from service.tables import AuditEntry, CameraRow, Person
from service.upkeep import kept_up

WHO = "command line"
WORKER_TOKEN_FILE = "worker.token"  # noqa: S105 - a file's name


def serve(*, state: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until stopped; the first start makes an administrator and says the password once."""
    _check_free(host, port)
    with begun_record(state) as record:
        in_use = hold_state(state, shared=True)
        with transaction(record.engine) as session:
            _add_first_person(session, say)
    say(f"Ngã Tư is at http://{host}:{port}")
    with in_use, kept_up(record.engine), delivering(record):
        _run_server(record, host=host, port=port)


def _add_first_person(session: Session, say: Callable[[str], None]) -> None:
    if session.scalar(select(func.count(Person.id))):
        return
    password = secrets.token_urlsafe(12)
    people.add_person(
        session, name="admin", role="admin", password=password, at=datetime.now(UTC), who="system"
    )
    say(f"First start: sign in as admin with the password {password} (it is not shown again).")


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


def add_person(
    *,
    state: Path,
    name: str,
    role: str,
    password: str,
    ward: str | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Add somebody who may sign in. Raises BadInput, Conflict."""
    with begun_record(state, say=say) as record, transaction(record.engine) as session:
        people.add_person(
            session, name=name, role=role, password=password, ward=ward, at=datetime.now(UTC), who=WHO
        )


def add_camera(*, state: Path, camera: Camera, say: Callable[[str], None] | None = None) -> None:
    """Register a camera or bring it up to date. Raises BadInput for an address that no feed may have."""
    registering.check_live_sources(camera, at_the_machine=True)
    with begun_record(state, say=say) as record, transaction(record.engine) as session:
        registering.register_camera(session, camera, secret=record.secret, at=datetime.now(UTC), who=WHO)


def disable_camera(*, state: Path, camera_id: str, why: str | None) -> None:
    """Let nobody judge or record a camera. Raises NotFound, Conflict."""
    with kept_record(state) as record, transaction(record.engine) as session:
        row = _camera_row(session, camera_id)
        versions.take_out_of_force(session, row, why=why, at=datetime.now(UTC), who=WHO)


def enable_camera(*, state: Path, camera_id: str, why: str | None) -> None:
    """Let a plain camera be recorded, a smart one be judged as it was last. Raises NotFound, Conflict, NotFit."""
    with kept_record(state) as record, transaction(record.engine) as session:
        row, at = _camera_row(session, camera_id), datetime.now(UTC)
        if row.kind == "plain":
            registering.record_again(session, row, why=why, at=at, who=WHO)
            return
        if row.enabled_at is not None:
            raise Conflict(f"camera {camera_id}: is judged already")
        if row.calibration_version is None:
            raise Conflict(
                f"camera {camera_id}: nothing is drawn on it; register its file with ngatu camera add"
            )
        version = versions.get_version(session, camera_id, row.calibration_version)
        versions.put_in_force(session, row, version, why=why, at=at, who=WHO)


def _camera_row(session: Session, camera_id: str) -> CameraRow:
    row = session.get(CameraRow, camera_id, with_for_update=True)
    if row is None:
        raise NotFound(f"camera {camera_id}: there is none")
    return row


class SmartCameras:
    """The register as a running watch asks it; the record stays open meanwhile."""

    def __init__(self, *, state: Path) -> None:
        with kept_record(state) as self._record:
            pass  # asked again and again from now on, each time for itself

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
        with kept_record(state) as self._record:
            pass  # asked again and again from now on, each time for itself

    def cameras(self, *, recorded: bool) -> tuple[Camera, ...]:
        """The plain cameras, or those that are to be recorded now. Raises OSError while the database is away."""
        with _asked(), transaction(self._record.engine, only_reads=True) as session:
            return registering.plain_cameras(session, secret=self._record.secret, recorded=recorded)


def add_worker(
    *, state: Path, key_id: str, public_pem: str, name: str, say: Callable[[str], None] | None = None
) -> str:
    """Register a worker's key; its token, also written to STATE/keys for workers on this machine."""
    with begun_record(state, say=say) as record, transaction(record.engine) as session:
        token = people.register_worker(
            session, name=name, key_id=key_id, public_pem=public_pem, at=datetime.now(UTC)
        )
    path = record.settings.keys_folder / WORKER_TOKEN_FILE
    path.touch(mode=0o600)
    path.write_text(token, encoding="ascii")
    return token


def check_audit(*, state: Path) -> tuple[bool, str]:
    """Whether the audit trail is whole, and a line that says so."""
    with kept_record(state) as record, transaction(record.engine) as session:
        broken = first_broken_entry(session)
        entries = session.scalar(select(func.count(AuditEntry.id)))
    if broken is None:
        return True, f"The audit trail is whole; entries: {entries}."
    return (
        False,
        f"The audit trail is broken at entry {broken}: it was altered or removed. Compare with a backup.",
    )
