"""All tables. Moments are aware UTC, amounts whole VND; the ledger and the audit trail only ever grow."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; SQLite keeps no zone, so it is put on again when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of the tables."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy's form


class Person(Base):
    """Somebody who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    ward: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    totp_encrypted: Mapped[str | None] = mapped_column(Text)
    totp_since: Mapped[datetime | None]
    """Since when the second factor is in force; None before its first code was right."""
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    oidc_subject: Mapped[str | None] = mapped_column(String(255), index=True, unique=True)
    """Who this is at the provider that one may sign in at."""


class SignIn(Base):
    """A signed-in browser; the cookie's digest only."""

    __tablename__ = "sign_in"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    csrf: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    must_enrol: Mapped[bool] = mapped_column(default=False)
    """Whether its person must add a second factor first."""


class Worker(Base):
    """A video worker: the key that its packets are signed with and the digest of its token."""

    __tablename__ = "worker"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    public_pem: Mapped[str] = mapped_column(Text)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None]
    assisted_at: Mapped[datetime | None]
    """When it last asked for a camera job."""


class CameraRow(Base):
    """A registered camera. Its sources hold passwords: encrypted, never sent out."""

    __tablename__ = "camera"

    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    ward: Mapped[str | None] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(60))
    calibration: Mapped[dict[str, Any]]
    sources_encrypted: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime]
    last_packet_at: Mapped[datetime | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    calibration_version: Mapped[int | None]
    """The version that is in force: `calibration` holds its drawing. None before there was one."""
    enabled_at: Mapped[datetime | None]
    """Since when workers judge it, or recorders record a plain one; None while they must not."""
    enabled_why: Mapped[str | None] = mapped_column(Text)
    """Why it was enabled though not found fit; None when it was."""


WAITS_FOR_APPROVAL = "state = 'confirmed' AND needs_second_approval"
_WAITING = text(WAITS_FOR_APPROVAL)


class Case(Base):
    """One violation on its way from packet to paid fine. `version` rises with every change."""

    __tablename__ = "violation_case"
    # Packets make the rows wide: what lists and figures count by is in the indexes.
    __table_args__ = (
        Index(
            "ix_case_queue",
            "state",
            "id",
            "detected_at",
            "state_since",
            "committed_at",
            "camera_id",
            "assigned_to",
            "kind",
            "plate_verdict",
            "plate_officer",
            "plate_confidence",
        ),
        Index(
            "ix_case_figures",
            "camera_id",
            "detected_at",
            "state",
            "kind",
            "vehicle_class",
            "footage",
            "reject_reason",
            "decided_at",
            "id",
        ),
        Index("ix_case_detected", "detected_at", "committed_at", "camera_id"),
        Index("ix_case_decided", "decided_at", "decided_by", "state", "camera_id"),
        Index("ix_case_approval", "state", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    violation_id: Mapped[str] = mapped_column(String(32), unique=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("camera.camera_id"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    state_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    footage: Mapped[str] = mapped_column(String(10))
    committed_at: Mapped[datetime | None] = mapped_column(index=True)
    detected_at: Mapped[datetime]
    vehicle_class: Mapped[str] = mapped_column(String(20))
    plate_machine: Mapped[str | None] = mapped_column(String(16), index=True)
    plate_officer: Mapped[str | None] = mapped_column(String(16), index=True)
    plate_confidence: Mapped[float]
    plate_verdict: Mapped[str] = mapped_column(String(10))
    packet: Mapped[dict[str, Any]]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    evidence_erased_at: Mapped[datetime | None]
    """When retention took pictures and clip away; None: they are there."""
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    assigned_until: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reject_reason: Mapped[str | None] = mapped_column(String(30))
    reject_note: Mapped[str | None] = mapped_column(Text)
    needs_second_approval: Mapped[bool] = mapped_column(default=False)
    """Whether another person approves before it goes on; by the setting at the moment it was confirmed."""
    decision_received_on: Mapped[date | None]
    """The day that the person received the decision that counts; its term of payment counts from it."""
    forwarded_to: Mapped[str | None] = mapped_column(String(200))
    """The unit that has it now; None for ours."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @property
    def plate(self) -> str | None:
        """The plate that counts: the officer's where there is one, else the machine's."""
        return self.plate_officer or self.plate_machine


class LedgerEntry(Base):
    """One movement of money of a case; what is owed is positive, what was paid negative. Never changed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_reference", "case_id", "reference", unique=True),
        Index("ix_ledger_money", "case_id", "kind", "amount_vnd"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("violation_case.id"))
    kind: Mapped[str] = mapped_column(String(12))
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    entered_at: Mapped[datetime]
    value_on: Mapped[date | None]
    """The day that the money counts from, in Vietnam; None: the day it was entered."""
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reference: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)


class PaymentFile(Base):
    """A statement of the bank or the portal that was imported: the same bytes are taken once."""

    __tablename__ = "payment_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class PaymentLine(Base):
    """One line of a statement and what became of it; every line is kept, also one that fits nothing."""

    __tablename__ = "payment_line"
    __table_args__ = (
        UniqueConstraint("file_sha256", "row_number"),
        Index("ix_payment_line_outcome", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_sha256: Mapped[str] = mapped_column(ForeignKey("payment_file.sha256"))
    row_number: Mapped[int]
    transaction_id: Mapped[str] = mapped_column(String(60), index=True)
    paid_on: Mapped[date | None]
    amount_vnd: Mapped[int | None] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(200))
    plate: Mapped[str] = mapped_column(String(20))
    payer: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(200))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("violation_case.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


class AuditEntry(Base):
    """Who did what, when and why; each entry seals the one before. Never changed."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(100), index=True)
    why: Mapped[str | None] = mapped_column(Text)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)


def table_of(model: type[Base]) -> Table:
    """The table itself, for statements that need no objects."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - none is mapped to a query
    return table
