"""Takes in violation packets: a zip from a known worker in, one case out, however often it is sent.

Believes nothing: the seal is checked again with the worker's registered key, the camera must be registered.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import bindparam, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from detector.contract.packet import PACKET_FILE
from detector.contract.sealing import MOST_BYTES, MOST_FILES, SealedPacket, SealError, check_sealed
from service.audit import write_audit
from service.cases.moves import State
from service.errors import Conflict, NotSignedIn, RefusedPacket
from service.evidence.store import EvidenceStore, PacketPlace, Prepared
from service.people import WORKER_NOT_KNOWN
from service.tables import CameraRow, Case, Worker, table_of

MOST_ZIP_BYTES = 128 * 1024 * 1024
MOST_NAME_LENGTH = 100
PLATE_FORM = re.compile(r"[0-9A-ZĐ]{1,16}")
"""Đ is in plates of some series; the reader writes D, an officer may write either."""
MOST_JSON_BYTES = 2 * 1024 * 1024
"""A hundred times what a usual packet.json has; what is bigger is junk, and it would lie in the database for good."""
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# As statements on tables: objects that are written once and thrown away cost more time than the database takes.
_CASE, _CAMERA, _WORKER = table_of(Case), table_of(CameraRow), table_of(Worker)
_STILL_KNOWN = exists().where(
    _WORKER.c.token_sha256 == bindparam("token_sha256"), _WORKER.c.revoked_at.is_(None)
)
CAMERA_LOCKED = (
    select(_CAMERA.c.camera_id, _STILL_KNOWN.label("worker_is_known"))
    .where(_CAMERA.c.camera_id == bindparam("camera_id"))
    .with_for_update(of=_CAMERA)
)
CASE_ID = select(_CASE.c.id).where(_CASE.c.violation_id == bindparam("violation_id"))
NEW_CASE = insert(_CASE).returning(_CASE.c.id)
PACKET_CAME = (
    update(_CAMERA)
    .where(_CAMERA.c.camera_id == bindparam("of_camera"))
    .values(last_packet_at=bindparam("came_at"))
)
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError,
    OSError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the worker is told; `is_new` is False for a packet that was here already."""

    violation_id: str
    case_id: int
    is_new: bool


def take_in(session: Session, data: bytes, *, worker: Worker, store: EvidenceStore, at: datetime) -> Receipt:
    """Check a packet and make its case. Raises RefusedPacket, Conflict, EvidenceNotKept, NotSignedIn."""
    files = unpack(data)
    sealed = check_seal(files, _key_of(worker))
    # The disk is slow: it gets the files before the database is asked, so that no other packet waits meanwhile.
    with store.prepare(files) as prepared:
        return _take_in_sealed(session, sealed, prepared, worker=worker, at=at)


def _take_in_sealed(
    session: Session, sealed: SealedPacket, prepared: Prepared, *, worker: Worker, at: datetime
) -> Receipt:
    packet = sealed.packet
    camera_id = packet.camera.camera_id
    # Locked, so that the packets of one camera come in one after the other.
    asked = {"camera_id": camera_id, "token_sha256": worker.token_sha256}
    locked = session.execute(CAMERA_LOCKED, asked).first()
    if locked is None:
        raise RefusedPacket(
            f"camera {camera_id}: is not registered; run: ngatu camera add CAMERA.json, then send again"
        )
    if not locked.worker_is_known:
        raise NotSignedIn(WORKER_NOT_KNOWN)
    known_id = session.execute(CASE_ID, {"violation_id": packet.violation_id}).scalar()
    if known_id is not None:
        return _known_again(session, session.get_one(Case, known_id), sealed, worker=worker, at=at)
    prepared.publish(PacketPlace(camera_id=camera_id, violation_id=packet.violation_id))
    try:
        case_id = session.execute(NEW_CASE, _new_case(sealed, at)).scalar_one()
    except IntegrityError:
        raise Conflict(
            f"packet {packet.violation_id}: is being taken in at this moment; send it again"
        ) from None
    session.execute(PACKET_CAME, {"of_camera": camera_id, "came_at": at})
    _write_taken_in(session, sealed, "case_detected", state=State.DETECTED, worker=worker, at=at)
    return Receipt(violation_id=packet.violation_id, case_id=case_id, is_new=True)


def check_seal(files: dict[str, bytes], key: Ed25519PublicKey) -> SealedPacket:
    """The packet in the files, when its seal holds and every text can be stored. Raises RefusedPacket."""
    for name, data in files.items():
        if name.endswith(".json") and len(data) > MOST_JSON_BYTES:
            raise RefusedPacket(f"{name}: is bigger than {MOST_JSON_BYTES >> 20} MB, which no packet needs")
    try:
        sealed = check_sealed(files, key)
    except SealError as error:
        raise RefusedPacket(str(error)) from None
    except RecursionError:
        raise RefusedPacket("packet: its JSON is nested too deeply") from None
    if b"\\u0000" in files[PACKET_FILE] or b"\0" in files[PACKET_FILE]:
        raise RefusedPacket("packet.json: holds a NUL character, which no text has")
    plates = (sealed.packet.plate.text, sealed.packet.marking.plate if sealed.packet.marking else None)
    if not all(plate is None or PLATE_FORM.fullmatch(plate) for plate in plates):
        raise RefusedPacket("packet.json: plate: holds something else than capital letters and digits")
    return sealed


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a zip, guarded against bombs and names with folders. Raises RefusedPacket."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES or len({entry.filename for entry in entries}) != len(entries):
                raise RefusedPacket(f"packet: more than {MOST_FILES} files, or one name twice")
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise RefusedPacket(f"packet: more than {MOST_BYTES >> 20} MB unpacked")
            return {entry.filename: _read(archive, entry) for entry in entries}
    except UNREADABLE as error:
        raise RefusedPacket(
            f"packet: is not a readable zip ({error}); send the packet folder as ngatu packs it"
        ) from None


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    name = entry.filename
    if entry.is_dir() or set(name) & {"/", "\\"} or name.startswith(".") or len(name) > MOST_NAME_LENGTH:
        raise RefusedPacket(f"packet: {name[:MOST_NAME_LENGTH]!r} is no plain file name")
    if entry.compress_type not in PACKINGS:
        raise RefusedPacket(f"packet: {name} is packed in a way that is not read; store or deflate it")
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise RefusedPacket(f"packet: {entry.filename} is longer than it says")
    return data


def _key_of(worker: Worker) -> Ed25519PublicKey:
    key = load_pem_public_key(worker.public_pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise RefusedPacket(
            f"worker {worker.key_id}: its registered key is no Ed25519 key; register it again"
        )
    return key


def _known_again(
    session: Session, case: Case, sealed: SealedPacket, *, worker: Worker, at: datetime
) -> Receipt:
    """The same act again: the same packet, or the same footage judged in another run, which is put on record."""
    same_camera = case.camera_id == sealed.packet.camera.camera_id
    if not same_camera or case.packet["frame_sha256"] != sealed.packet.frame_sha256:
        raise Conflict(f"packet {case.violation_id}: a case with this id shows another frame; look into it")
    if case.manifest_sha256 != sealed.manifest_sha256:
        _write_taken_in(session, sealed, "case_seen_again", state=case.state, worker=worker, at=at)
    return Receipt(violation_id=case.violation_id, case_id=case.id, is_new=False)


def _write_taken_in(
    session: Session, sealed: SealedPacket, action: str, *, state: str, worker: Worker, at: datetime
) -> None:
    write_audit(
        session,
        at=at,
        who=f"worker {worker.key_id}",
        action=action,
        subject=sealed.packet.violation_id,
        after={"state": state, "manifest_sha256": sealed.manifest_sha256},
    )


def _new_case(sealed: SealedPacket, at: datetime) -> dict[str, Any]:
    packet = sealed.packet
    return {
        "violation_id": packet.violation_id,
        "camera_id": packet.camera.camera_id,
        "kind": packet.kind,
        "state": State.DETECTED,
        "state_since": at,
        "footage": packet.footage,
        "committed_at": packet.committed_at,
        "detected_at": at,
        "vehicle_class": packet.vehicle.vehicle_class,
        "plate_machine": packet.plate.text,
        "plate_officer": packet.marking.plate if packet.marking else None,
        "plate_confidence": packet.plate.confidence,
        "plate_verdict": packet.plate.verdict,
        "packet": packet.model_dump(mode="json", by_alias=True),
        "manifest_sha256": sealed.manifest_sha256,
    }
