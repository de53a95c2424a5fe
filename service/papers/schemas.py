"""Wire shapes of papers."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.papers.content import PaperKind
from service.schemas import Code

MOST_AT_ONCE = 200
Why = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=500, pattern=r"^[^\x00]*$")
]
PaperId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoticeIn(_In):
    """`checked_mismatch`: the officer compared pictures and registration of a possibly cloned plate."""

    checked_mismatch: bool = False


class DecisionIn(_In):
    """The amount; left out: the issued fine, else the usual amount."""

    amount_vnd: int | None = Field(default=None, ge=0, le=10**11)
    circumstances: tuple[Code, ...] = Field(default=(), max_length=20)
    """What aggravates or mitigates; of an issued fine its own are taken."""


class ReceiptIn(_In):
    """The payment's entry in the ledger of the case; who paid, where neither statement nor registry says it right."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"entry_id": 2, "payer": "Lê An"}}
    )

    entry_id: PaperId
    payer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")] = (
        ""
    )


class CancelIn(_In):
    """Why a paper is cancelled."""

    why: Why


class BatchIn(_In):
    """The papers to print as one file, in this order."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"paper_ids": [1, 2, 3]}})

    paper_ids: Annotated[list[PaperId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class PaperOut(BaseModel):
    """A numbered paper; `sha256` is None until it was printed for the first time."""

    id: int
    kind: PaperKind
    year: int
    number: int
    case_id: int
    issued_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    sha256: str | None
    signer: str | None


class PaperList(BaseModel):
    """The register; `next_before_id` is the cursor of the next page."""

    papers: list[PaperOut]
    next_before_id: int | None
