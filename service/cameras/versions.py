"""Calibration versions: saved one after the other, none changed; one is in force, and workers judge by that one."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.contract.camera import Camera
from service.audit import write_audit
from service.cameras.drawings import Drawing, Problem, problems_of
from service.cameras.tables import CalibrationVersion, CameraPicture
from service.errors import BadInput, Conflict, NotFound, ServiceError
from service.tables import CameraRow

JUDGED = ("signals", "lanes", "judging", "solid_lines", "no_stop_zones")


class EditedMeanwhile(ServiceError):
    """Somebody saved a newer version than the one that was drawn on."""

    status = 412

    def __init__(self, newest: CalibrationVersion) -> None:
        super().__init__(
            f"{newest.made_by} saved version {newest.version} meanwhile; merge with it, or load it"
        )
        self.newest = newest


class DrawingFaulty(ServiceError):
    """A drawing with problems cannot be judged by."""

    status = 422

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("the drawing cannot be judged by yet; mend what is listed, then save")
        self.problems = problems


class NotFit(ServiceError):
    """To be enabled without a probe that found it fit, a reason is needed."""

    status = 422


def newest_version(session: Session, camera_id: str) -> CalibrationVersion | None:
    """The version saved last; None before the first."""
    wanted = select(CalibrationVersion).where(CalibrationVersion.camera_id == camera_id)
    return session.scalars(wanted.order_by(CalibrationVersion.version.desc()).limit(1)).first()


def list_versions(session: Session, camera_id: str) -> list[CalibrationVersion]:
    """All versions of a camera, the newest first."""
    wanted = select(CalibrationVersion).where(CalibrationVersion.camera_id == camera_id)
    return list(session.scalars(wanted.order_by(CalibrationVersion.version.desc())))


def get_version(session: Session, camera_id: str, version: int) -> CalibrationVersion:
    """One version. Raises NotFound."""
    wanted = select(CalibrationVersion).where(
        CalibrationVersion.camera_id == camera_id, CalibrationVersion.version == version
    )
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound(f"camera {camera_id}: has no calibration version {version}")
    return found


def save_drawing(
    session: Session,
    row: CameraRow,
    drawing: Drawing,
    *,
    drawn_on: int,
    note: str,
    picture_id: int | None,
    at: datetime,
    who: str,
) -> CalibrationVersion:
    """Save a drawing as the next version. `drawn_on` is the version that it began from, 0 for none.

    Raises DrawingFaulty; BadInput for a picture of another camera; EditedMeanwhile for a newer version.
    """
    newest = newest_version(session, row.camera_id)
    if (newest.version if newest else 0) != drawn_on:
        if newest is None:
            raise NotFound(f"camera {row.camera_id}: has no calibration version {drawn_on}")
        raise EditedMeanwhile(newest)
    problems = problems_of(drawing)
    if problems:
        raise DrawingFaulty(problems)
    if picture_id is not None:
        picture = session.get(CameraPicture, picture_id)
        if picture is None or picture.camera_id != row.camera_id:
            raise BadInput(f"picture {picture_id}: is none of this camera; take a still again")
    parts = drawing.to_camera_parts()
    try:
        version = _add_version(session, row, parts, note=note, picture_id=picture_id, at=at, who=who)
    except ValidationError as error:
        raise BadInput(
            f"the drawing cannot be judged by: {error.errors(include_input=False)[0]['msg']}"
        ) from None
    after = {"version": version.version, "sha256": version.sha256}
    write_audit(session, at=at, who=who, action="calibration_saved", subject=row.camera_id, after=after)
    return version


def put_drawing_in_force(session: Session, row: CameraRow, camera: Camera, *, at: datetime, who: str) -> None:
    """What a camera file draws becomes a version, unless it is the newest one already, and is in force."""
    newest = newest_version(session, row.camera_id)
    if newest is None or newest.sha256 != camera.calibration_sha256():
        parts = camera.model_dump(mode="json", by_alias=True, include=set(JUDGED), exclude_none=True)
        newest = _add_version(session, row, parts, note="", picture_id=None, at=at, who=who)
    row.calibration_version = newest.version


def put_in_force(
    session: Session, row: CameraRow, version: CalibrationVersion, *, why: str | None, at: datetime, who: str
) -> CameraRow:
    """Let workers judge by a version from now on: one that a probe found fit, or any with a reason why.

    Raises NotFit without either. Going back to an earlier version is the same step.
    """
    fit = bool(version.fitness.get("fit"))
    reason = (why or "").strip()
    if not fit and not reason:
        raise NotFit(
            "this calibration was not found fit; probe it and mend what is unfit, or say why it is enabled anyway"
        )
    before = {"version": row.calibration_version, "enabled": row.enabled_at is not None}
    row.calibration = calibration_with(row, version.drawing)
    row.calibration_version = version.version
    row.enabled_at = at
    row.enabled_why = None if fit else reason
    after = {"version": version.version, "fit": fit, "score": version.fitness.get("score")}
    write_audit(
        session,
        at=at,
        who=who,
        action="camera_enabled" if fit else "camera_enabled_unfit",
        subject=row.camera_id,
        why=reason or None,
        before=before,
        after=after,
    )
    return row


def take_out_of_force(
    session: Session, row: CameraRow, *, why: str | None, at: datetime, who: str
) -> CameraRow:
    """Let nobody judge this camera any more. Raises Conflict when nobody does."""
    if row.enabled_at is None:
        raise Conflict(f"camera {row.camera_id}: is not enabled")
    row.enabled_at, row.enabled_why = None, None
    write_audit(session, at=at, who=who, action="camera_disabled", subject=row.camera_id, why=why)
    return row


def calibration_with(row: CameraRow, drawing: dict[str, Any]) -> dict[str, Any]:
    """The camera's keys with another drawing, checked as a camera file is."""
    keys = {**row.calibration, **drawing, "kind": row.kind, "name": row.name}
    camera = Camera.model_validate({**keys, "sources": {"main": "rtsp://nowhere"}})
    return camera.model_dump(mode="json", by_alias=True, exclude={"sources"})


def _add_version(
    session: Session,
    row: CameraRow,
    parts: dict[str, Any],
    *,
    note: str,
    picture_id: int | None,
    at: datetime,
    who: str,
) -> CalibrationVersion:
    last = session.scalar(
        select(func.max(CalibrationVersion.version)).where(CalibrationVersion.camera_id == row.camera_id)
    )
    keys = {**row.calibration, **parts, "kind": "smart", "sources": {"main": "rtsp://nowhere"}}
    version = CalibrationVersion(
        camera_id=row.camera_id,
        version=(last or 0) + 1,
        drawing=parts,
        sha256=Camera.model_validate(keys).calibration_sha256(),
        note=note,
        made_by=who,
        made_at=at,
        picture_id=picture_id,
        fitness={},
    )
    session.add(version)
    session.flush()
    return version
