"""What goes over the wire as JSON. Moments are ISO 8601 UTC, amounts whole VND."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SignInIn(_Wire):
    name: str = Field(max_length=100)
    password: str = Field(max_length=200)


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
    next_step: str | None
    due_on: date | None


class RejectIn(_Wire):
    reason: str = Field(max_length=30)
    note: str | None = Field(default=None, max_length=2000)


class PlateIn(_Wire):
    plate: str = Field(max_length=20)


class FineIn(_Wire):
    amount_vnd: int | None = Field(default=None, ge=0, le=10**12)


class PaymentIn(_Wire):
    amount_vnd: int = Field(gt=0, le=10**12)
    reference: str = Field(min_length=1, max_length=60)


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
    reject_reasons: list[CountOut]


class HealthOut(_Wire):
    status: str
    database: str
    evidence_free_mb: int
