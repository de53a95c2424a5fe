"""Cases whose evidence must stay, whatever the rules say: a court, an inspection or a complaint asked for it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class EvidenceHold(Base):
    """One hold on one case; taken away when it ends, the audit trail keeps both."""

    __tablename__ = "evidence_hold"

    case_id: Mapped[int] = mapped_column(ForeignKey("violation_case.id"), primary_key=True)
    since: Mapped[datetime]
    held_by: Mapped[str] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(Text)
