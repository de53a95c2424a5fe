"""Makes a backup while the service runs: the record as it was at one moment, the evidence of its cases, the keys.

FOLDER/evidence/CAMERA/VIOLATION-….tar   the files of a packet; written once, later backups only refer to it
FOLDER/RUN/record.jsonl.gz, keys.tar     one backup; files.sha256 lists all it needs, manifest.json seals the list
"""

import gzip
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import GENESIS
from service.backup.chest import Chest, Sink, naming, open_chest
from service.backup.rows import revision_of, write_rows
from service.database import reading
from service.door import Record
from service.errors import NotFound
from service.tables import AuditEntry, Case

FORMAT = 1
MANIFEST, FILES = "manifest.json", "files.sha256"
RECORD, KEYS = "record.jsonl.gz", "keys.tar"
EVIDENCE = "evidence"
RUN_FORM = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a backup holds and what must be found again after it was restored."""

    format: int
    made_at: str
    revision: str
    encrypted: bool
    rows: dict[str, int]
    audit_sha256: str
    """The seal of the last audit entry: through it, of the whole trail."""
    packets: int
    without_evidence: int
    """Cases that have no files: demo cases, and those that retention has been at."""
    files_sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A finished backup; `new_packets` were not in the folder before."""

    run: Path
    manifest: Manifest
    new_packets: int


def save(
    record: Record, folder: Path, *, passphrase: str | None, at: datetime, keep: int | None = None
) -> Saved:
    """Make a backup in `folder`. With `keep`, only so many backups stay, and evidence that none of them needs goes."""
    chest = open_chest(folder, passphrase)
    name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    known = _known_files(folder)
    listed: dict[str, str] = {}
    with reading(record.engine) as session:
        with chest.writing(f"{name}/{RECORD}") as sink, _packed(sink) as packed:
            rows = write_rows(session, packed.write)
        _note(listed, chest, f"{name}/{RECORD}", sink)
        new, missing = _save_evidence(session, record, chest, known, listed)
        with chest.writing(f"{name}/{KEYS}") as sink:
            _pack_folder(record.settings.keys_folder, sink)
        _note(listed, chest, f"{name}/{KEYS}", sink)
        last = session.scalars(select(AuditEntry.sha256).order_by(AuditEntry.id.desc()).limit(1)).first()
        manifest = Manifest(
            format=FORMAT,
            made_at=at.isoformat(),
            revision=revision_of(session),
            encrypted=passphrase is not None,
            rows=rows,
            audit_sha256=last or GENESIS,
            packets=rows[Case.__tablename__] - missing,
            without_evidence=missing,
            files_sha256=_write_list(folder / name / FILES, listed),
        )
    _write_whole(folder / name / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    if keep is not None:
        _forget_old(folder, keep)
    return Saved(run=folder / name, manifest=manifest, new_packets=new)


def runs_in(folder: Path) -> list[Path]:
    """The finished backups, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if RUN_FORM.fullmatch(path.name) and (path / MANIFEST).is_file()
    )


def read_list(path: Path) -> Iterator[tuple[str, str]]:
    """Names and digests of a files.sha256, which `sha256sum --check` understands too."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            digest, _, name = line.rstrip("\n").partition("  ")
            yield name, digest


def _save_evidence(
    session: Session, record: Record, chest: Chest, known: dict[str, str], listed: dict[str, str]
) -> tuple[int, int]:
    """Every packet that a case of the snapshot has; how many were new, how many cases have none."""
    new = missing = 0
    query = select(Case.camera_id, Case.violation_id, Case.manifest_sha256).order_by(Case.id)
    for camera_id, violation_id, manifest_sha256 in session.execute(query.execution_options(yield_per=500)):
        name = f"{EVIDENCE}/{camera_id}/{violation_id}-{manifest_sha256[:12]}.tar"
        stored = chest.stored_name(name)
        if stored in known and (chest.folder / stored).is_file():
            listed[stored] = known[stored]
            continue
        packed = _pack_packet(record, camera_id, violation_id)
        if packed is None:
            missing += 1
            continue
        with chest.writing(name) as sink:
            sink.write(packed)
        _note(listed, chest, name, sink)
        new += 1
    return new, missing


def _packed(sink: Sink) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=3, mtime=0)  # type: ignore[call-overload,no-any-return]


def _pack_packet(record: Record, camera_id: str, violation_id: str) -> bytes | None:
    packed = io.BytesIO()
    try:
        names = record.evidence.names_of(camera_id, violation_id)
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in names:
                _add(archive, name, record.evidence.path_of(camera_id, violation_id, name).read_bytes())
    except (NotFound, FileNotFoundError):  # retention took it away at this moment
        return None
    return packed.getvalue() if names else None


def _pack_folder(folder: Path, sink: Sink) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_file():
                _add(archive, path.name, path.read_bytes())
    sink.write(packed.getvalue())


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def _note(listed: dict[str, str], chest: Chest, name: str, sink: Sink) -> None:
    listed[chest.stored_name(name)] = sink.sha256


def _known_files(folder: Path) -> dict[str, str]:
    """Evidence that earlier backups wrote and listed."""
    known: dict[str, str] = {}
    for run in runs_in(folder):
        known.update(
            (name, digest) for name, digest in read_list(run / FILES) if name.startswith(f"{EVIDENCE}/")
        )
    return known


def _write_list(path: Path, listed: dict[str, str]) -> str:
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items()))
    _write_whole(path, text.encode())
    return sha256(text.encode()).hexdigest()


def _write_whole(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".unfinished-{path.name}")
    with naming(path), unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _forget_old(folder: Path, keep: int) -> None:
    """What is erased by retention leaves the backups too, as soon as no kept backup refers to it."""
    runs = runs_in(folder)
    for run in runs[: max(0, len(runs) - keep)]:
        shutil.rmtree(run)
    needed = set(_known_files(folder))
    for path in (folder / EVIDENCE).rglob("*.tar*"):
        if str(path.relative_to(folder)) not in needed:
            path.unlink()
