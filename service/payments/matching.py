"""Which case a line of a statement pays: its reference first, else its plate with the exact amount. Never a guess."""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import State
from service.cases.queries import has_plate
from service.cases.surcharging import ONE_DAY, open_fine_of
from service.ledger import balance_vnd, fined_at
from service.papers.tables import Paper
from service.payments.statement import StatementLine
from service.tables import Case

VIOLATION_ID = re.compile(r"\b[0-9a-f]{32}\b")
PAPER_NUMBER = re.compile(r"\b0*([1-9][0-9]{0,8})/(?:(20[0-9]{2})/)?(TB|QD-XPHC)\b")
"""A notice's or a decision's number, as 12/QĐ-XPHC or 12/2026/QĐ-XPHC; banks leave the strokes and accents out."""
PAPER_KINDS = {"TB": "notice", "QD-XPHC": "decision"}
CASE_CODE = re.compile(r"\bNT0*([1-9][0-9]{0,8})\b")
PLATE_WORD = re.compile(r"\b[0-9]{2}[A-Z]{1,2}[0-9]?[-\s.]?[0-9]{3,4}(?:[.\s]?[0-9]{1,2})?\b")
MOST_CASES = 50
OWED = (State.DECISION, State.OVERDUE, State.APPEALED)
WITH_FINE = (*OWED, State.PAID, State.CANCELLED)


class Outcome(StrEnum):
    """What became of a line."""

    PAID = "paid"
    PART = "part"
    OVER = "over"
    DOUBLE = "double"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    NO_FINE = "no_fine"
    PLATE_DIFFERS = "plate_differs"
    KNOWN = "known"
    CONTRADICTS = "contradicts"
    UNREADABLE = "unreadable"


BOOKED = (Outcome.PAID, Outcome.PART, Outcome.OVER, Outcome.DOUBLE)
WAITING = (
    Outcome.UNMATCHED, Outcome.AMBIGUOUS, Outcome.NO_FINE, Outcome.PLATE_DIFFERS, Outcome.CONTRADICTS,
    Outcome.UNREADABLE,
)  # fmt: skip
"""What somebody has to look at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """The case that a line pays, or why there is none."""

    case_id: int | None = None
    outcome: Outcome | None = None
    reason: str | None = field(default=None)


def case_code(case_id: int) -> str:
    """What a payer writes so that money finds its case."""
    return f"NT{case_id:08d}"


def match_line(session: Session, line: StatementLine) -> Match:
    """The case that a readable line pays."""
    plate = plain_plate(line.plate)
    named = _named_cases(session, f"{line.reference} {line.description}")
    if len(named) > 1 and plate:
        # The same number is given anew each year: the plate tells which one is meant.
        named = [case for case in named if case.plate == plate] or named
    if len(named) > 1:
        return Match(outcome=Outcome.AMBIGUOUS, reason="the line names more than one case")
    if named:
        return _named(session, named[0], plate)
    return _by_plate(session, line)


def plain_plate(text: str) -> str:
    """A plate as it is stored: capitals and digits only."""
    return re.sub(r"[^0-9A-Z]", "", text.upper().replace("Đ", "D"))


def _named_cases(session: Session, text: str) -> list[Case]:
    capitals = text.upper().replace("Đ", "D")
    ids = set(VIOLATION_ID.findall(text.lower()))
    numbers = {int(number) for number in CASE_CODE.findall(capitals)} | _cases_of_papers(session, capitals)
    query = select(Case).where(Case.violation_id.in_(ids) | Case.id.in_(numbers))
    return list(session.scalars(query.limit(MOST_CASES))) if ids or numbers else []


def _cases_of_papers(session: Session, text: str) -> set[int]:
    found: set[int] = set()
    for number, year, letters in PAPER_NUMBER.findall(text):
        query = select(Paper.case_id).where(
            Paper.kind == PAPER_KINDS[letters], Paper.number == int(number), Paper.cancelled_at.is_(None)
        )
        if year:
            query = query.where(Paper.year == int(year))
        found.update(session.scalars(query.limit(MOST_CASES)))
    return found


def _named(session: Session, case: Case, plate: str) -> Match:
    if plate and case.plate and plate != case.plate:
        return Match(
            case_id=case.id, outcome=Outcome.PLATE_DIFFERS, reason="the line names another plate than the case has"
        )  # fmt: skip
    if case.state not in WITH_FINE or fined_at(session, case.id) is None:
        return Match(
            case_id=case.id, outcome=Outcome.NO_FINE, reason=f"the case is {case.state}: it has no fine"
        )
    return Match(case_id=case.id)


def _by_plate(session: Session, line: StatementLine) -> Match:
    plates = {plain_plate(line.plate)} - {""} or _plates_in(f"{line.reference} {line.description}")
    if not plates:
        return Match(outcome=Outcome.UNMATCHED, reason="the line names no case and no plate that is known")
    query = select(Case).where(has_plate(plates), Case.state.in_(OWED)).order_by(Case.id)
    assert line.paid_on is not None  # noqa: S101 - unreadable lines are not matched
    owing = [
        case
        for case in session.scalars(query.limit(MOST_CASES))
        if owed_on(session, case, line.paid_on) == line.amount_vnd
    ]
    if len(owing) == 1:
        return Match(case_id=owing[0].id)
    if owing:
        return Match(outcome=Outcome.AMBIGUOUS, reason="more than one case of this plate owes this amount")
    return Match(outcome=Outcome.UNMATCHED, reason="no case of this plate owes this amount")


def _plates_in(text: str) -> set[str]:
    return {plain_plate(found) for found in PLATE_WORD.findall(text.upper().replace("Đ", "D"))}


def owed_on(session: Session, case: Case, day: date) -> int:
    """What is owed when it is paid on a day: with the surcharge through the day before."""
    fine = open_fine_of(session, case)
    if fine is None:
        return balance_vnd(session, case.id)
    entered = sum(entry.amount_vnd for entry in fine.surcharges)
    return balance_vnd(session, case.id) - entered + fine.surcharge_vnd(day - ONE_DAY)
