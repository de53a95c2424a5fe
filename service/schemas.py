"""What goes over the wire as JSON. Moments are ISO 8601 UTC, amounts whole VND."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _storable(text: str) -> str:
    """Text that both databases keep: no NUL, no half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds a character that is no text")
    return text


Text = Annotated[str, AfterValidator(_storable)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SignInIn(_Wire):
    name: Text = Field(max_length=100)
    password: Text = Field(max_length=200)


class SignInOut(_Wire):
    name: str
    role: str
    csrf: str


class ReceiptOut(_Wire):
    violation_id: str
    case_id: int
    is_new: bool


class CaseLine(_Wire):
    """A case in a list."""

    id: int
    violation_id: str
    camera_id: str
    camera_name: str
    kind: str
    state: str
    vehicle_class: str
    plate: str | None
    plate_verdict: str
    footage: str
    committed_at: datetime | None
    detected_at: datetime
    version: int


class CaseList(_Wire):
    cases: list[CaseLine]
    next_before_id: int | None


class LedgerLine(_Wire):
    id: int
    kind: str
    amount_vnd: int
    entered_at: datetime
    reference: str | None
    note: str | None


class TariffOut(_Wire):
    code: str
    decree: str
    article: str
    min_vnd: int
    max_vnd: int
    midpoint_vnd: int
    points: int | None


class CaseOut(CaseLine):
    """A case with all that an officer sees."""

    plate_machine: str | None
    plate_officer: str | None
    plate_confidence: float
    assigned_to: int | None
    reject_reason: str | None
    reject_note: str | None
    packet: dict[str, object]
    evidence: list[str]
    ledger: list[LedgerLine]
    balance_vnd: int
    tariff: TariffOut | None
    needs_second_approval: bool
    decision_received_on: date | None
    forwarded_to: str | None
    next_step: str | None
    due_on: date | None


class RejectIn(_Wire):
    reason: Text = Field(max_length=30)
    note: Text | None = Field(default=None, max_length=2000)


class PlateIn(_Wire):
    plate: Text = Field(max_length=20)


class FineIn(_Wire):
    amount_vnd: int | None = Field(default=None, ge=0, le=10**12)


class PaymentIn(_Wire):
    amount_vnd: int = Field(gt=0, le=10**12)
    reference: Text = Field(min_length=1, max_length=60)
    paid_on: date | None = None


class RefundIn(_Wire):
    amount_vnd: int = Field(gt=0, le=10**12)
    reference: Text = Field(min_length=1, max_length=60)


class CorrectionIn(_Wire):
    amount_vnd: int = Field(ge=0, le=10**12)
    why: Text = Field(min_length=1, max_length=2000)


class MoveIn(_Wire):
    move: str = Field(max_length=20, examples=["approve"])
    why: Text | None = Field(default=None, max_length=2000)
    to_unit: Text | None = Field(default=None, max_length=200)
    """The unit that a case is forwarded to."""


class DecisionReceiptIn(_Wire):
    received_on: date
    why: Text | None = Field(default=None, max_length=2000)
    """Needed to change a day that is on record already."""


class CountOut(_Wire):
    name: str
    count: int


class FiguresOut(_Wire):
    detected: int
    fined: int
    fined_vnd: int
    paid_vnd: int
    by_state: list[CountOut]
    by_day: list[CountOut]
    by_camera: list[CountOut]
    by_kind: list[CountOut]
    by_footage: list[CountOut]
    reject_reasons: list[CountOut]


class HealthOut(_Wire):
    status: str
    database: str
    evidence_free_mb: int


class CallerOut(_Wire):
    name: str
    role: str
    ward: str | None


class PersonIn(_Wire):
    name: Text = Field(min_length=1, max_length=100)
    role: Text = Field(max_length=20)
    ward: Text | None = Field(default=None, max_length=100)
    password: Text = Field(max_length=200)


class PersonOut(_Wire):
    name: str
    role: str
    ward: str | None
    active: bool


class WorkerIn(_Wire):
    name: Text = Field(min_length=1, max_length=100)
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    public_pem: Text = Field(max_length=2000)


class WorkerOut(_Wire):
    key_id: str
    name: str
    revoked_at: datetime | None


class WorkerTokenOut(_Wire):
    key_id: str
    token: str


class CameraOut(_Wire):
    """A camera without its sources: they hold passwords."""

    camera_id: str
    name: str
    kind: str
    ward: str | None
    timezone: str
    calibration: dict[str, object]
    registered_at: datetime
    last_packet_at: datetime | None


class AuditLine(_Wire):
    id: int
    at: datetime
    who: str
    action: str
    subject: str
    why: str | None
    before: dict[str, object]
    after: dict[str, object]
    sha256: str


class AuditList(_Wire):
    entries: list[AuditLine]
    next_after_id: int | None


class AuditCheckOut(_Wire):
    is_whole: bool
    first_broken_id: int | None
