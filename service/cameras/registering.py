"""Registered cameras. Sources hold passwords: they are encrypted on disk and never leave the service."""

import json
import os
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.contract.camera import Camera
from service.audit import write_audit
from service.errors import BadInput
from service.people import Caller
from service.tables import CameraRow

SECRET_NAME = "service.key"  # noqa: S105 - a file's name


def register_camera(session: Session, camera: Camera, *, secret: Fernet, at: datetime, who: str) -> CameraRow:
    """Register a camera, or bring a registered one up to date."""
    row = session.get(CameraRow, camera.camera_id)
    before = {"calibration": row.calibration} if row else {}
    if row is None:
        row = CameraRow(camera_id=camera.camera_id, registered_at=at)
        session.add(row)
    row.name, row.kind, row.ward, row.timezone = camera.name, camera.kind, camera.ward, camera.timezone
    row.calibration = camera.model_dump(mode="json", by_alias=True, exclude={"sources"})
    row.sources_encrypted = secret.encrypt(camera.sources.model_dump_json().encode()).decode()
    write_audit(
        session,
        at=at,
        who=who,
        action="camera_registered",
        subject=camera.camera_id,
        before=before,
        after={"calibration": row.calibration},
    )
    return row


def list_cameras(session: Session, caller: Caller) -> list[CameraRow]:
    """The cameras in the caller's ward, or all for a caller without one."""
    query = select(CameraRow).order_by(CameraRow.name)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    return list(session.scalars(query))


def smart_cameras(session: Session, *, secret: Fernet) -> tuple[Camera, ...]:
    """All registered smart cameras as they were registered, sources and all: never to be sent anywhere."""
    rows = session.scalars(select(CameraRow).where(CameraRow.kind == "smart").order_by(CameraRow.camera_id))
    return tuple(
        Camera.model_validate(
            {**row.calibration, "sources": json.loads(secret.decrypt(row.sources_encrypted.encode()))}
        )
        for row in rows
    )


def check_live_sources(camera: Camera) -> None:
    """Raise BadInput for a source that is no RTSP address: the service must not be made to open files or pages."""
    for name, source in (("main", camera.sources.main), ("sub", camera.sources.sub)):
        if source is not None and not source.startswith(("rtsp://", "rtsps://")):
            raise BadInput(f"sources.{name}: must begin with rtsp:// or rtsps://")


def load_or_create_secret(folder: Path) -> Fernet:
    """The key that camera sources are encrypted with; made with mode 0600 when there is none."""
    path = folder / SECRET_NAME
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
    except FileExistsError:
        pass
    return Fernet(path.read_bytes())
