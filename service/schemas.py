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
Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SignInIn(Wire):
    name: Text = Field(max_length=100)
    password: Text = Field(max_length=200)
    code: Text | None = Field(default=None, max_length=30)
    """Of the authenticator, or a recovery code; for somebody with a second factor."""


class SignInOut(Wire):
    name: str
    role: str
    csrf: str
    must_enrol: bool
    """Whether a second factor must be added before anything else."""


class ReceiptOut(Wire):
    violation_id: str
    case_id: int
    is_new: bool


class CaseLine(Wire):
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


class CaseList(Wire):
    cases: list[CaseLine]
    next_before_id: int | None


class LedgerLine(Wire):
    id: int
    kind: str
    amount_vnd: int
    entered_at: datetime
    reference: str | None
    note: str | None


class TariffOut(Wire):
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
    evidence_erased_at: datetime | None
    """When retention erased pictures and clip; the case cannot be reopened, confirmed or fined from then on."""
    ledger: list[LedgerLine]
    balance_vnd: int
    tariff: TariffOut | None
    needs_second_approval: bool
    decision_received_on: date | None
    forwarded_to: str | None
    next_step: str | None
    due_on: date | None


class RejectIn(Wire):
    reason: Text = Field(max_length=30)
    note: Text | None = Field(default=None, max_length=2000)


class PlateIn(Wire):
    plate: Text = Field(max_length=20)
    unusual: bool = Field(
        default=False, description="Take a plate of no Vietnamese form, such as a foreign one; else 422 asks"
    )


class FineIn(Wire):
    amount_vnd: int | None = Field(default=None, ge=0, le=10**12)
    without_notice: Text | None = Field(
        default=None, max_length=2000, examples=["The owner came to the station"]
    )
    """Why no notice was needed; the law asks for one first (TT73/2024 art. 24)."""

    circumstances: tuple[Code, ...] = Field(default=(), max_length=20, examples=[["sincere"]])
    """What aggravates or mitigates, by the codes of service/law/circumstances.csv."""


class PaymentIn(Wire):
    amount_vnd: int = Field(gt=0, le=10**12)
    reference: Text = Field(min_length=1, max_length=60)
    paid_on: date | None = None


class RefundIn(Wire):
    amount_vnd: int = Field(gt=0, le=10**12)
    reference: Text = Field(min_length=1, max_length=60)


class CorrectionIn(Wire):
    amount_vnd: int = Field(ge=0, le=10**12)
    why: Text = Field(min_length=1, max_length=2000)


class MoveIn(Wire):
    move: str = Field(max_length=20, examples=["approve"])
    why: Text | None = Field(default=None, max_length=2000)
    to_unit: Text | None = Field(default=None, max_length=200)
    """The unit that a case is forwarded to."""


class DecisionReceiptIn(Wire):
    received_on: date
    why: Text | None = Field(default=None, max_length=2000)
    """Needed to change a day that is on record already."""


class CountOut(Wire):
    name: str
    count: int


class FiguresOut(Wire):
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


class HealthOut(Wire):
    status: str
    database: str
    evidence_free_mb: int
    messages_waiting: int
    oldest_message_at: datetime | None
    degraded: list[str]
    """What does not keep the service from its work and should be looked at."""


class PersonIn(Wire):
    name: Text = Field(min_length=1, max_length=100)
    role: Text = Field(max_length=20)
    ward: Text | None = Field(default=None, max_length=100)
    password: Text = Field(max_length=200)


class PersonOut(Wire):
    name: str
    role: str
    ward: str | None
    active: bool


class PersonEdit(Wire):
    """What is to change of somebody; what is not sent stays."""

    role: Text | None = Field(default=None, max_length=20)
    ward: Text | None = Field(default=None, max_length=100)


class WorkerIn(Wire):
    name: Text = Field(min_length=1, max_length=100)
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    public_pem: Text = Field(max_length=2000)


class WorkerOut(Wire):
    key_id: str
    name: str
    revoked_at: datetime | None


class WorkerTokenOut(Wire):
    key_id: str
    token: str


class CameraOut(Wire):
    """A camera without its sources: they hold passwords."""

    camera_id: str
    name: str
    kind: str
    ward: str | None
    timezone: str
    calibration: dict[str, object]
    calibration_version: int | None
    enabled_at: datetime | None
    """Since when workers judge it; null while they must not."""
    registered_at: datetime
    last_packet_at: datetime | None


class AuditLine(Wire):
    id: int
    at: datetime
    who: str
    action: str
    subject: str
    why: str | None
    before: dict[str, object]
    after: dict[str, object]
    sha256: str


class AuditList(Wire):
    entries: list[AuditLine]
    next_after_id: int | None


class AuditCheckOut(Wire):
    is_whole: bool
    first_broken_id: int | None
