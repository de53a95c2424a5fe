"""The tables of papers: a row per number, never freed, and the file that each paper became, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class Paper(Base):
    """A numbered paper of a case. A cancelled one keeps its number; its content was fixed when it was issued."""

    __tablename__ = "paper"
    __table_args__ = (UniqueConstraint("kind", "year", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    year: Mapped[int]
    number: Mapped[int]
    case_id: Mapped[int] = mapped_column(ForeignKey("violation_case.id"), index=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lookup_code_sha256: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    plate: Mapped[str] = mapped_column(String(16))
    vehicle_class: Mapped[str] = mapped_column(String(20))
    content_encrypted: Mapped[str] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cancel_reason: Mapped[str | None] = mapped_column(Text)


class PaperFile(Base):
    """The PDF of a paper, written once; `signer` is None for an unsigned one."""

    __tablename__ = "paper_file"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    signer: Mapped[str | None] = mapped_column(String(200))
    kept_at: Mapped[datetime]
    pdf: Mapped[bytes] = mapped_column(LargeBinary)


class ReceiptEntry(Base):
    """Which payment of the ledger a receipt is for."""

    __tablename__ = "receipt"

    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    ledger_entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
