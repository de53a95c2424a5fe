"""What officers marked in recordings, and the patrols through them. The recordings themselves are files."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class OfficerMark(Base):
    """A violation that an officer marked, on its way to a packet and a case."""

    __tablename__ = "officer_mark"
    __table_args__ = (Index("ix_officer_mark_camera", "camera_id", "marked_at"),)

    mark_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("camera.camera_id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    marked_at: Mapped[datetime]
    crossing_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    marking: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    """asked, made (a packet), case, refused."""
    problem: Mapped[str | None] = mapped_column(Text)
    violation_id: Mapped[str | None] = mapped_column(String(32), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("violation_case.id"))


class Patrol(Base):
    """Recordings that somebody is to look through: which cameras, from when until when."""

    __tablename__ = "patrol"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class PatrolCamera(Base):
    """One camera of a patrol: how far it was looked through, and by whom last."""

    __tablename__ = "patrol_camera"

    patrol_id: Mapped[int] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("camera.camera_id"), primary_key=True)
    place: Mapped[int]
    seen_until: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    looked_at: Mapped[datetime | None]
