"""Calibration versions, jobs that workers do for people, the pictures of both, and how each watch went."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class CalibrationVersion(Base):
    """One drawing of what is judged at a camera; never changed, but for the fitness that a probe finds."""

    __tablename__ = "calibration_version"
    __table_args__ = (UniqueConstraint("camera_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("camera.camera_id"))
    version: Mapped[int]
    drawing: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(300))
    made_by: Mapped[str] = mapped_column(String(100))
    made_at: Mapped[datetime]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("camera_picture.id"))
    """The still that it was drawn on: drift is measured against it."""
    fitness: Mapped[dict[str, Any]]
    """The result of the last probe with this drawing; empty before the first."""
    fitness_at: Mapped[datetime | None]


class CameraJob(Base):
    """One look at a feed that a person asked for and a worker does."""

    __tablename__ = "camera_job"
    __table_args__ = (
        Index("ix_camera_job_state", "state", "id"),
        {"sqlite_autoincrement": True},  # looks are swept, and a number must not come again
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("camera.camera_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int | None]
    """The calibration version that it is about; None for a drawing that is not saved."""
    asked_encrypted: Mapped[str] = mapped_column(Text)
    """What the worker gets, passwords and all; emptied at the job's end."""
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    """waiting, taken, done or failed."""
    worker: Mapped[str | None] = mapped_column(String(16))
    reported_at: Mapped[datetime | None]
    wanted_until: Mapped[datetime | None]
    """A page that watches along puts this off; None: until it is done."""
    ended_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    failure: Mapped[str | None] = mapped_column(String(20))
    failure_text: Mapped[str] = mapped_column(Text)


class CameraPicture(Base):
    """A JPEG that a worker took for a job; the service never looks into it."""

    __tablename__ = "camera_picture"
    __table_args__ = (UniqueConstraint("job_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("camera.camera_id"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("camera_job.id"))
    """None once the job was swept away and a calibration keeps the picture."""
    name: Mapped[str] = mapped_column(String(60))
    taken_at: Mapped[datetime]
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class CameraHealthRow(Base):
    """The newest report on one camera; the next one takes its place."""

    __tablename__ = "camera_health"

    camera_id: Mapped[str] = mapped_column(ForeignKey("camera.camera_id"), primary_key=True)
    worker: Mapped[str] = mapped_column(String(16))
    reported_at: Mapped[datetime]
    word: Mapped[str] = mapped_column(String(20))
    """The camera's state by this report: watched, late, lost or moved."""
    since: Mapped[datetime]
    """Since when the word is this one."""
    figures: Mapped[dict[str, Any]]
    """The report as it came, without its picture."""
    view_picture_id: Mapped[int | None] = mapped_column(ForeignKey("camera_picture.id"))
    """Of the moved view, with what was drawn and where it lies now."""
