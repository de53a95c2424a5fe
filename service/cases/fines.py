"""What a case costs and what was paid: the fine from the tariff, payments, refunds. Entries only, never a flag."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS, SUPERVISORS, State
from service.cases.moving import go, lock_case
from service.errors import BadInput, Conflict
from service.law.tariff import TariffRow, find_tariff
from service.ledger import CHARGES, balance_vnd, enter, entries_of
from service.people import Caller
from service.tables import Case, LedgerEntry


def tariff_of(case: Case) -> TariffRow:
    """The bracket that applies to a case: by the moment of the act, never by today."""
    if case.committed_at is None:
        raise BadInput("this footage has no clock: the tariff cannot be chosen")
    return find_tariff(case.kind, case.vehicle_class, case.committed_at)


def issue_fine(
    session: Session, case_id: int, *, amount_vnd: int | None = None, caller: Caller, at: datetime
) -> LedgerEntry:
    """Issue the decision: the fine goes into the ledger. The midpoint by default; the range is the law's."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    row = tariff_of(case)
    amount = row.midpoint_vnd if amount_vnd is None else amount_vnd
    if not row.allows(amount):
        raise BadInput(
            f"amount {amount} VND: {row.decree} art. {row.article} allows {row.min_vnd} to {row.max_vnd} VND"
        )
    go(session, case, "issue_fine", caller=caller, at=at, after={"amount_vnd": amount})
    note = f"{row.decree} {row.article}"
    return enter(session, case, kind="fine", amount_vnd=amount, caller=caller, at=at, note=note)


def enter_payment(
    session: Session, case_id: int, *, amount_vnd: int, reference: str, caller: Caller, at: datetime
) -> LedgerEntry:
    """Enter money that came in; the case is paid once nothing is owed. A reference counts once."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    _check_entry(session, case, amount_vnd, reference)
    if case.state not in {State.DECISION, State.OVERDUE}:
        raise Conflict(f"the case is {case.state}: only an issued fine that is still open can be paid")
    if amount_vnd > balance_vnd(session, case.id):
        raise BadInput(
            f"amount {amount_vnd} VND: more than the {balance_vnd(session, case.id)} VND that are owed"
        )
    entry = enter(
        session, case, kind="payment", amount_vnd=-amount_vnd, caller=caller, at=at, reference=reference
    )
    if balance_vnd(session, case.id) == 0:
        go(session, case, "settle", caller=caller, at=at)
    return entry


def enter_refund(
    session: Session, case_id: int, *, amount_vnd: int, reference: str, caller: Caller, at: datetime
) -> LedgerEntry:
    """Enter money that was given back, at most what is owed to the person. A reference counts once."""
    caller.require(*SUPERVISORS)
    case = lock_case(session, case_id, caller)
    _check_entry(session, case, amount_vnd, reference)
    owed_back = -balance_vnd(session, case.id)
    if amount_vnd > owed_back:
        raise BadInput(f"amount {amount_vnd} VND: more than the {max(owed_back, 0)} VND to give back")
    return enter(
        session, case, kind="refund", amount_vnd=amount_vnd, caller=caller, at=at, reference=reference
    )


def take_back_fine(session: Session, case: Case, *, why: str, caller: Caller, at: datetime) -> None:
    """Correct everything that a cancelled case was charged; what was paid stays owed to the person."""
    charged = sum(entry.amount_vnd for entry in entries_of(session, case.id) if entry.kind in CHARGES)
    if charged:
        enter(session, case, kind="correction", amount_vnd=-charged, caller=caller, at=at, note=why)


def _check_entry(session: Session, case: Case, amount_vnd: int, reference: str) -> None:
    if amount_vnd <= 0:
        raise BadInput("amount: it is more than 0 VND")
    if not reference.strip() or len(reference) > 60:
        raise BadInput("reference: the bank's or treasury's number, 1 to 60 characters")
    twice = select(LedgerEntry).where(LedgerEntry.case_id == case.id, LedgerEntry.reference == reference)
    if session.scalars(twice).first() is not None:
        raise Conflict(f"reference {reference}: was entered for this case already")
