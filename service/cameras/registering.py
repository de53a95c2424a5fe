"""The register of cameras. Sources hold passwords: encrypted on disk, they go to workers only, never to people."""

import json
import os
import re
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.contract.camera import Camera, Sources
from service.audit import write_audit
from service.cameras.schemas import FeedEdit, FeedIn
from service.cameras.tables import CalibrationVersion, CameraPicture
from service.cameras.versions import JUDGED, calibration_with, get_version, put_drawing_in_force
from service.errors import BadInput, Conflict, NotFound
from service.feed_addresses import FeedRules, check_feed_address, rules_of
from service.people import Caller
from service.settings import Settings
from service.tables import CameraRow

SECRET_NAME = "service.key"  # noqa: S105 - a file's name
INTEGRATORS = ("integrator", "admin")
LONGEST_ID = 40


def register_camera(
    session: Session, camera: Camera, *, secret: Fernet, at: datetime, who: str, enable: bool = True
) -> CameraRow:
    """Register a camera from its file, or bring a registered one up to date; its drawing becomes a version in force.

    `enable` lets workers judge it at once: for files that were checked by hand (`ngatu check`). Without it a new
    drawing waits to be enabled, and a camera that is judged goes on being judged by the old one. A plain camera is
    recorded from the moment it is registered, until it is disabled.
    """
    row = session.get(CameraRow, camera.camera_id)
    was_kind = row.kind if row else None
    before = {"calibration": row.calibration} if row else {}
    if row is None:
        row = CameraRow(camera_id=camera.camera_id, registered_at=at)
        session.add(row)
    row.name, row.kind, row.ward, row.timezone = camera.name, camera.kind, camera.ward, camera.timezone
    row.sources_encrypted = _encrypted(secret, camera.sources)
    row.enabled_at = _enabled_since(row, was_kind, enable=enable, at=at)
    in_force = _drawing_in_force(session, row) if not enable else None
    row.calibration = camera.model_dump(mode="json", by_alias=True, exclude={"sources"})
    session.flush()
    if camera.lanes:
        put_drawing_in_force(session, row, camera, at=at, who=who)
    if in_force is not None:
        row.calibration = {key: told for key, told in row.calibration.items() if key not in JUDGED}
        row.calibration = calibration_with(row, in_force.drawing)
        row.calibration_version = in_force.version
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


def _enabled_since(row: CameraRow, was_kind: str | None, *, enable: bool, at: datetime) -> datetime | None:
    """Since when a camera is judged or recorded; who becomes a smart one waits to be enabled as such."""
    if enable or (row.kind == "plain" and was_kind != "plain"):
        return row.enabled_at or at
    return row.enabled_at if was_kind == row.kind else None


def _drawing_in_force(session: Session, row: CameraRow) -> CalibrationVersion | None:
    """The version that workers judge the camera by; None while they do not."""
    if row.enabled_at is None or row.calibration_version is None:
        return None
    return get_version(session, row.camera_id, row.calibration_version)


def register_feed(session: Session, feed: FeedIn, *, secret: Fernet, at: datetime, who: str) -> CameraRow:
    """Register a feed of which nothing is drawn yet; no worker judges it. Raises BadInput, Conflict."""
    sources = checked_sources(feed.main, feed.sub, feed.user, feed.password)
    camera_id = feed.camera_id or _free_id(session, feed.name)
    if session.get(CameraRow, camera_id) is not None:
        raise Conflict(f"camera {camera_id}: is registered already; choose another id, or edit it")
    row = CameraRow(
        camera_id=camera_id,
        name=feed.name,
        kind=feed.kind,
        ward=feed.ward,
        timezone=feed.timezone,
        latitude=feed.latitude,
        longitude=feed.longitude,
        sources_encrypted=_encrypted(secret, sources),
        registered_at=at,
        enabled_at=at if feed.kind == "plain" else None,
        calibration={},
    )
    row.calibration = bare_calibration(row)
    session.add(row)
    session.flush()
    after = feed.model_dump(include={"name", "ward", "kind", "latitude", "longitude"})
    write_audit(session, at=at, who=who, action="camera_registered", subject=camera_id, after=after)
    return row


def edit_feed(
    session: Session, row: CameraRow, edit: FeedEdit, *, secret: Fernet, at: datetime, who: str
) -> CameraRow:
    """Change what is told of a feed; an address that is not given stays as it was. Raises BadInput."""
    names = ("name", "ward", "latitude", "longitude")
    before = {name: getattr(row, name) for name in names}
    for name in edit.model_fields_set & set(names):
        setattr(row, name, getattr(edit, name))
    if edit.main is not None:
        sources = checked_sources(edit.main, edit.sub, edit.user, edit.password)
        row.sources_encrypted = _encrypted(secret, sources)
    row.calibration = {**row.calibration, "name": row.name, "ward": row.ward}
    after = {name: getattr(row, name) for name in names} | {"new_address": edit.main is not None}
    write_audit(
        session, at=at, who=who, action="camera_edited", subject=row.camera_id, before=before, after=after
    )
    return row


def record_again(session: Session, row: CameraRow, *, why: str | None, at: datetime, who: str) -> None:
    """Let recorders record a plain feed that was disabled. Raises BadInput for a smart one, Conflict."""
    if row.kind != "plain":
        raise BadInput(f"camera {row.camera_id}: is judged; put one of its calibrations in force instead")
    if row.enabled_at is not None:
        raise Conflict(f"camera {row.camera_id}: is recorded already")
    row.enabled_at = at
    write_audit(session, at=at, who=who, action="camera_enabled", subject=row.camera_id, why=why)


def bare_calibration(row: CameraRow) -> dict[str, Any]:
    """A camera file's keys of a camera on which nothing is drawn, without its sources."""
    return {
        "schema": 1,
        "camera_id": row.camera_id,
        "name": row.name,
        "kind": row.kind,
        "ward": row.ward,
        "timezone": row.timezone,
        "signals": [],
        "lanes": [],
    }


def list_cameras(session: Session, caller: Caller) -> list[CameraRow]:
    """The cameras in the caller's ward, or all for a caller without one."""
    query = select(CameraRow).order_by(CameraRow.name)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    return list(session.scalars(query))


def camera_for(session: Session, camera_id: str, caller: Caller, *, lock: bool = False) -> CameraRow:
    """One camera of the caller's ward; `lock` makes others wait who change it too. Raises NotFound."""
    row = session.get(CameraRow, camera_id, with_for_update=lock or None)
    if row is None or (caller.ward is not None and row.ward != caller.ward):
        raise NotFound(f"camera {camera_id}: there is none")
    return row


def smart_cameras(session: Session, *, secret: Fernet) -> tuple[Camera, ...]:
    """All smart cameras that workers may judge, sources and all: for workers on this machine, never for people."""
    wanted = select(CameraRow).where(CameraRow.kind == "smart", CameraRow.enabled_at.is_not(None))
    return tuple(
        Camera.model_validate({**row.calibration, "sources": sources_of(row, secret)})
        for row in session.scalars(wanted.order_by(CameraRow.camera_id))
    )


def calibration_picture(session: Session, camera_id: str) -> bytes | None:
    """The still that the calibration in force was drawn on; None where there is none."""
    wanted = select(CameraPicture.jpeg).join(
        CalibrationVersion, CalibrationVersion.picture_id == CameraPicture.id
    )
    wanted = wanted.join(CameraRow, CameraRow.camera_id == CalibrationVersion.camera_id)
    in_force = CalibrationVersion.version == CameraRow.calibration_version
    return session.scalar(wanted.where(CameraRow.camera_id == camera_id, in_force))


def plain_cameras(session: Session, *, secret: Fernet, recorded: bool) -> tuple[Camera, ...]:
    """Plain cameras, sources and all: for recorders on this machine, never for people.

    `recorded`: those that are to be recorded now; else also those that were disabled, whose recordings are kept.
    """
    wanted = select(CameraRow).where(CameraRow.kind == "plain").order_by(CameraRow.camera_id)
    if recorded:
        wanted = wanted.where(CameraRow.enabled_at.is_not(None))
    return tuple(
        Camera.model_validate({**row.calibration, "sources": sources_of(row, secret)})
        for row in session.scalars(wanted)
    )


def sources_of(row: CameraRow, secret: Fernet) -> dict[str, Any]:
    """The addresses with their passwords."""
    sources: dict[str, Any] = json.loads(secret.decrypt(row.sources_encrypted.encode()))
    return sources


def shown_sources(row: CameraRow, secret: Fernet) -> dict[str, str | None]:
    """The addresses as people may see them: host and port alone, for paths may hold passwords too."""
    return {name: _host_of(source) for name, source in sources_of(row, secret).items()}


def check_live_sources(camera: Camera, *, at_the_machine: bool = False) -> None:
    """Raise BadInput for a source that is no RTSP address: the service must not be made to open files or pages.

    `at_the_machine`: an administrator at its command line asks, who may have it look into itself.
    """
    rules = rules_of(Settings())
    _check_live(camera.sources, replace(rules, local=True) if at_the_machine else rules)


def checked_sources(main: str, sub: str | None, user: str, password: str) -> Sources:
    """Addresses with user and password put into them where they are given apart. Raises BadInput."""
    sources = Sources(
        main=_with_user(main, user, password), sub=_with_user(sub, user, password) if sub else None
    )
    _check_live(sources, rules_of(Settings()))  # as the environment says, however the record was opened
    return sources


def _check_live(sources: Sources, rules: FeedRules) -> None:
    for name, source in (("main", sources.main), ("sub", sources.sub)):
        if source is not None:
            check_feed_address(f"sources.{name}", source, rules)


def _with_user(url: str, user: str, password: str) -> str:
    if not user or "@" in url:
        return url
    parts = urlsplit(url)
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    return urlunsplit(parts._replace(netloc=who + parts.netloc))


def _host_of(source: str | None) -> str | None:
    if source is None:
        return None
    try:
        parts = urlsplit(source)
        return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "rtsp://…"


def _encrypted(secret: Fernet, sources: Sources) -> str:
    return secret.encrypt(sources.model_dump_json().encode()).decode()


def _free_id(session: Session, name: str) -> str:
    """An id from a name: Giảng Võ – Láng Hạ becomes giang-vo-lang-ha, and -2 is added when that is taken."""
    bare = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    wanted = (
        re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", bare)).strip("-")[:LONGEST_ID] or "camera"
    )
    known = set(session.scalars(select(CameraRow.camera_id).where(CameraRow.camera_id.startswith(wanted))))
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(known) + 2))
    return next(one for one in names if one not in known)


def load_or_create_secret(folder: Path) -> Fernet:
    """The key that camera sources are encrypted with; made with mode 0600 when there is none, whole or not at all.

    Raises BadInput for a file that holds no key, OSError.
    """
    path = folder / SECRET_NAME
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    try:
        return Fernet(path.read_bytes())
    except ValueError:
        raise BadInput(f"{path}: holds no key; restore it from the backup") from None


def _make_secret(path: Path) -> None:
    """Write a key beside its place first: half of one, as a full disk leaves it, would keep the record shut."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", buffering=0) as file:  # mode 0600
        try:
            file.write(Fernet.generate_key())
            os.fsync(file.fileno())
        except OSError as error:
            error.filename = str(path)
            raise
        with suppress(FileExistsError):  # another process was first
            path.hardlink_to(file.name)
