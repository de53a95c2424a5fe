"""Money as entries that are never changed: owed is positive, paid is negative, the balance is their sum."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.law.tariff import VIETNAM
from service.people import Caller
from service.tables import Case, LedgerEntry

CHARGES = ("fine", "surcharge", "correction")
"""What makes or lessens a debt; `payment` and `refund` move money."""


def enter(
    session: Session,
    case: Case,
    *,
    kind: str,
    amount_vnd: int,
    caller: Caller,
    at: datetime,
    reference: str | None = None,
    note: str | None = None,
    value_on: date | None = None,
) -> LedgerEntry:
    """Append one entry and its audit line, in the caller's transaction: owed is positive, paid is negative.

    `value_on` is the day that the money counts from, where it is another one than the day of the entry.
    """
    entry = LedgerEntry(
        case_id=case.id,
        kind=kind,
        amount_vnd=amount_vnd,
        entered_at=at,
        value_on=value_on,
        entered_by=caller.person_id,
        reference=reference,
        note=note,
    )
    session.add(entry)
    session.flush()
    write_audit(
        session,
        at=at,
        who=caller.name,
        action=f"ledger_{kind}",
        subject=case.violation_id,
        after={"entry": entry.id, "amount_vnd": amount_vnd, "reference": reference},
    )
    return entry


def entries_of(session: Session, case_id: int) -> list[LedgerEntry]:
    """A case's entries in order."""
    query = select(LedgerEntry).where(LedgerEntry.case_id == case_id).order_by(LedgerEntry.id)
    return list(session.scalars(query))


def balance_vnd(session: Session, case_id: int) -> int:
    """What is still owed."""
    query = select(func.coalesce(func.sum(LedgerEntry.amount_vnd), 0)).where(LedgerEntry.case_id == case_id)
    return int(session.scalar(query) or 0)


def fined_at(session: Session, case_id: int) -> datetime | None:
    """When the fine that counts was issued, the last one; None when there is none."""
    query = select(func.max(LedgerEntry.entered_at)).where(
        LedgerEntry.case_id == case_id, LedgerEntry.kind == "fine"
    )
    return session.scalar(query)


def counts_on(entry: LedgerEntry) -> date:
    """The day in Vietnam that an entry counts from."""
    return entry.value_on or entry.entered_at.astimezone(VIETNAM).date()
