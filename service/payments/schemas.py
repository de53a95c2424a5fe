"""What goes over the wire about money: statements, their lines, corrections, runs, due steps. Whole VND."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import CountOut, Text


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class ImportOut(_Wire):
    sha256: str
    is_new: bool
    lines: int
    booked_vnd: int
    waiting: int
    outcomes: list[CountOut]


class PaymentLineOut(_Wire):
    id: int
    row_number: int
    transaction_id: str
    paid_on: date | None
    amount_vnd: int | None
    reference: str
    plate: str
    payer: str
    description: str
    outcome: str
    reason: str | None
    case_id: int | None
    entry_id: int | None
    file_sha256: str


class PaymentLineList(_Wire):
    lines: list[PaymentLineOut]
    next_before_id: int | None


class AssignIn(_Wire):
    case_id: int = Field(ge=1, le=2**31 - 1)
    why: Text = Field(min_length=1, max_length=2000)


class LateRunOut(_Wire):
    looked_at: int
    surcharged: int
    surcharge_vnd: int
    fell_due: int
    settled: int


class DueLine(_Wire):
    """A step that is late or near; `lapses`: the case is lost after that day."""

    case_id: int
    violation_id: str
    state: str
    step: str
    due_on: date
    days_left: int
    lapses: bool


class DueList(_Wire):
    today: date
    late: int
    near: int
    due: list[DueLine]
    next_after: str | None
