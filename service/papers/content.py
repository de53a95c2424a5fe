"""What a paper says: fixed when it is issued, kept encrypted with its number, printed from nothing else."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

PaperKind = Literal["notice", "decision", "receipt"]
KIND_LETTERS: dict[str, str] = {"notice": "TB", "decision": "QĐ-XPHC", "receipt": "BN"}
WITH_UNIT_CODE = {"notice", "receipt"}
"""Their numbers end in the unit's letters."""


class _Fixed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unit(_Fixed):
    """Who writes; empty address or phone stay dotted lines."""

    parent: str
    name: str
    place: str
    address: str
    phone: str
    alternative_office: str


class Addressee(_Fixed):
    """The owner at the moment of the act."""

    kind: Literal["person", "organisation"]
    name: str
    address: str


class VehicleOnPaper(_Fixed):
    """Codes are worded in the template; make and colour are the registry's words."""

    vehicle_class: str
    plate: str
    plate_colour: str
    make: str
    colour: str


class Act(_Fixed):
    """What was done, when and where, and the law against it."""

    kind: str
    committed_at: datetime
    place: str
    lane: str
    red_elapsed_s: float | None
    article: str
    decree: str
    min_vnd: int
    max_vnd: int
    points: int | None


class Picture(_Fixed):
    """A file of the evidence packet."""

    name: str
    sha256: str


class Evidence(_Fixed):
    """What ties the paper to its packet."""

    violation_id: str
    manifest_sha256: str
    footage: str
    clock: str
    basis: str
    pictures: tuple[Picture, ...]


class Notice(_Fixed):
    """What only a notice says."""

    basis: str
    form: str
    appear_within_days: int
    answer_until: date
    lookup_url: str
    lookup_code: str


class Decision(_Fixed):
    """What only a draft of a decision says."""

    amount_vnd: int
    sanctions_law: str
    authority_basis: str
    signing_titles: tuple[str, ...]
    circumstances: tuple[str, ...] | None = None
    """None: left open on the paper, as drafts did before they could be named."""
    pay_within_days: int
    late_percent_per_day: float


class Receipt(_Fixed):
    """What only a receipt says; sums are of the ledger up to this payment."""

    payer: str
    """Empty where nobody said: a dotted line."""
    amount_vnd: int
    paid_on: date
    reference: str
    decision_number: str
    """With its year; empty where no decision was drafted here."""
    charged_vnd: int
    """Fine, corrections and surcharge."""
    surcharge_vnd: int
    left_vnd: int
    """What is still owed; negative: paid too much."""


class PaperContent(_Fixed):
    """Everything that is printed, but the pictures themselves."""

    kind: PaperKind
    number: int
    letters: str
    issued_at: datetime
    unit: Unit
    addressee: Addressee
    vehicle: VehicleOnPaper
    act: Act
    evidence: Evidence
    notice: Notice | None = None
    decision: Decision | None = None
    receipt: Receipt | None = None

    @property
    def number_text(self) -> str:
        """12/TB-PCSGT, as offices write it; the year is that of the date beside it."""
        return f"{self.number}/{self.letters}"
