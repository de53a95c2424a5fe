"""The table of look-ups: who asked for the owner of which vehicle, for which case, why, and what came back."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class OwnerLookup(Base):
    """One look-up and its answer; never changed. Owners are personal data: encrypted, read for their case only."""

    __tablename__ = "owner_lookup"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("violation_case.id"), index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(String(16))
    owned_at: Mapped[datetime]
    """The moment of the act: who owned the vehicle then."""
    source: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(12))
    mismatches: Mapped[dict[str, Any]]
    registrations_encrypted: Mapped[str] = mapped_column(Text)
