"""Checks a backup and restores it into an empty state: all of it is read and found good before anything is made.

A restore that fails half-way takes away what it made.
"""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.contract.packet import MANIFEST_FILE
from service.audit import GENESIS, first_broken_entry
from service.backup.chest import Chest, DamagedBackup, digest_of_file, open_chest
from service.backup.rows import read_rows
from service.backup.saving import (
    EVIDENCE,
    FILES,
    FORMAT,
    KEYS,
    MANIFEST,
    RECORD,
    Manifest,
    read_list,
    runs_in,
)
from service.database import migrate, open_database, transaction
from service.errors import BadInput, Conflict
from service.evidence.opening import open_store
from service.evidence.store import PacketPlace
from service.settings import Settings
from service.state_lock import hold_state
from service.tables import AuditEntry, Case, Person
from service.upkeep import sum_up

EVIDENCE_DEPTH = 3
FORMS_OF_DAMAGE = (
    EOFError,
    gzip.BadGzipFile,
    tarfile.TarError,
    UnicodeDecodeError,
    KeyError,
    ValueError,
    TypeError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What came back."""

    run: Path
    cases: int
    audit_entries: int
    packets: int


def check_backup(folder: Path, run_name: str | None = None) -> tuple[Path, Manifest]:
    """Read every file of a backup, the newest unless one is named. Raises BadInput, DamagedBackup."""
    run = newest_or(folder, run_name)
    manifest = read_manifest(run)
    listing = run / FILES
    if not listing.is_file() or digest_of_file(listing) != manifest.files_sha256:
        raise DamagedBackup(f"{listing}: is not the list that {MANIFEST} seals; take another backup")
    for name, digest in read_list(listing):
        path = folder / name
        if not path.is_file():
            raise DamagedBackup(f"{path}: is missing from the backup; take another one")
        if digest_of_file(path) != digest:
            raise DamagedBackup(f"{path}: was altered or is damaged; take another backup")
    return run, manifest


def restore(
    settings: Settings, folder: Path, *, passphrase: str | None, run_name: str | None = None
) -> Restored:
    """Restore a backup into a state that holds nothing yet. Raises BadInput, Conflict, DamagedBackup."""
    run, manifest = check_backup(folder, run_name)
    if manifest.encrypted and passphrase is None:
        raise BadInput(f"{run}: is encrypted; give its passphrase")
    chest = open_chest(folder, passphrase if manifest.encrypted else None)
    _refuse_used(settings)
    settings.state.mkdir(parents=True, exist_ok=True)
    with _all_or_nothing(settings), hold_state(settings.state, shared=False):
        packets = _restore_checked(settings, chest, run, manifest)
    rows = manifest.rows
    return Restored(
        run=run, cases=rows[Case.__tablename__], audit_entries=rows[AuditEntry.__tablename__], packets=packets
    )


def _restore_checked(settings: Settings, chest: Chest, run: Path, manifest: Manifest) -> int:
    _migrate_to(settings, run, manifest.revision)
    engine = open_database(settings.database_url)
    try:
        with transaction(engine) as session:
            _refuse_filled(session, settings)
            _read_record(session, chest, run, manifest)
            packets = _restore_evidence(chest, run, settings)
            if packets != manifest.packets:
                raise DamagedBackup(f"{run}: holds {packets} packets, {MANIFEST} says {manifest.packets}")
            _restore_keys(chest, run, settings.keys_folder)
        migrate(settings.database_url)
        sum_up(engine)
    finally:
        engine.dispose()
    return packets


@contextmanager
def _all_or_nothing(settings: Settings) -> Iterator[None]:
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            shutil.rmtree(settings.evidence_folder, ignore_errors=True)
            shutil.rmtree(settings.keys_folder, ignore_errors=True)
            for name in ("ngatu.db", "ngatu.db-wal", "ngatu.db-shm"):
                (settings.state / name).unlink(missing_ok=True)


def _migrate_to(settings: Settings, run: Path, revision: str) -> None:
    try:
        migrate(settings.database_url, revision)
    except CommandError:
        raise BadInput(
            f"{run}: was made by a newer version (tables {revision}); upgrade ngatu first"
        ) from None


def newest_or(folder: Path, run_name: str | None) -> Path:
    """The backup of that name, else the newest. Raises BadInput."""
    runs = runs_in(folder)
    if not runs:
        raise BadInput(f"{folder}: holds no finished backup; name the folder that ngatu backup was given")
    if run_name is None:
        return runs[-1]
    found = [run for run in runs if run.name == run_name]
    if not found:
        raise BadInput(
            f"{folder}: has no backup {run_name}; there are: {', '.join(run.name for run in runs)}"
        )
    return found[0]


def read_manifest(run: Path) -> Manifest:
    """What a backup says of itself. Raises BadInput, DamagedBackup."""
    try:
        manifest = Manifest(**json.loads((run / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise DamagedBackup(f"{run / MANIFEST}: cannot be read; take another backup") from None
    if manifest.format != FORMAT:
        raise BadInput(
            f"{run}: format {manifest.format} is not the one this version reads ({FORMAT}); upgrade ngatu"
        )
    return manifest


def _refuse_used(settings: Settings) -> None:
    used = [settings.keys_folder, settings.state / "ngatu.db"]
    used += [settings.evidence_folder] if settings.evidence_folder.is_dir() else []
    for path in used:
        if path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise Conflict(f"{path}: is there already; restore into an empty --state, or move it away first")


def _refuse_filled(session: Session, settings: Settings) -> None:
    if session.scalar(select(func.count()).select_from(Person.__table__)):
        raise Conflict(
            f"{_without_password(settings)}: holds a record already; restore into an empty database"
        )


def _read_record(session: Session, chest: Chest, run: Path, manifest: Manifest) -> None:
    """All rows, and the proof that they are the ones that were saved."""
    with chest.reading(f"{run.name}/{RECORD}") as source:
        try:
            with gzip.GzipFile(fileobj=source, mode="rb") as lines:  # type: ignore[call-overload]
                rows = read_rows(session, lines)
        except FORMS_OF_DAMAGE as error:
            raise DamagedBackup(f"{run / RECORD}: cannot be read ({error}); take another backup") from None
    if rows != manifest.rows:
        raise DamagedBackup(
            f"{run / RECORD}: holds other numbers of rows than {MANIFEST} says; take another backup"
        )
    last = session.scalars(select(AuditEntry.sha256).order_by(AuditEntry.id.desc()).limit(1)).first()
    broken = first_broken_entry(session)
    if broken is not None or (last or GENESIS) != manifest.audit_sha256:
        raise DamagedBackup(f"{run / RECORD}: its audit trail is not whole (entry {broken or 'last'})")


def _restore_evidence(chest: Chest, run: Path, settings: Settings) -> int:
    store, packets = open_store(settings), 0
    for stored, _ in read_list(run / FILES):
        if not stored.startswith(f"{EVIDENCE}/"):
            continue
        _, camera_id, packed = _parts(stored)
        violation_id, _, digest = packed.partition(".tar")[0].rpartition("-")
        files = _unpack(chest, f"{EVIDENCE}/{camera_id}/{violation_id}-{digest}.tar")
        if sha256(files.get(MANIFEST_FILE, b"")).hexdigest()[:12] != digest:
            raise DamagedBackup(f"{stored}: holds another packet than the case's; take another backup")
        with store.prepare(files) as prepared:
            prepared.publish(PacketPlace(camera_id=camera_id, violation_id=violation_id))
        packets += 1
    return packets


def _parts(stored: str) -> list[str]:
    """The folders and the name of a file of evidence; a list may come from anywhere."""
    parts = stored.split("/")
    if len(parts) != EVIDENCE_DEPTH or any(not part or part.startswith(".") for part in parts):
        raise DamagedBackup(f"{FILES}: {stored!r} is no file of a backup")
    return parts


def _restore_keys(chest: Chest, run: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, data in _unpack(chest, f"{run.name}/{KEYS}").items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(data)


def _unpack(chest: Chest, name: str) -> dict[str, bytes]:
    """The files of an archive; names with folders, links and the like are no files of ours."""
    with chest.reading(name) as source:
        data = source.read()
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            entries = [entry for entry in archive.getmembers() if entry.isfile() and "/" not in entry.name]
            return {entry.name: file.read() for entry in entries if (file := archive.extractfile(entry))}
    except FORMS_OF_DAMAGE as error:
        raise DamagedBackup(f"{name}: cannot be read ({error}); take another backup") from None


def _without_password(settings: Settings) -> str:
    return settings.database_url.rpartition("@")[2]
