"""What a case costs and what was paid: the fine from the tariff, payments, refunds. Entries only, never a flag."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS, SUPERVISORS, State
from service.cases.moving import go, lock_case
from service.cases.surcharging import ONE_DAY, OWING, bring_surcharge_up_to_date, settle_when_paid
from service.errors import BadInput, Conflict
from service.law.circumstances import fine_range
from service.law.tariff import VIETNAM, TariffRow, find_tariff
from service.ledger import CHARGES, balance_vnd, counts_on, enter, entries_of, fined_at
from service.people import Caller
from service.tables import AuditEntry, Case, LedgerEntry


def tariff_of(case: Case) -> TariffRow:
    """The bracket that applies to a case: by the moment of the act, never by today."""
    if case.committed_at is None:
        raise BadInput("this footage has no clock: the tariff cannot be chosen")
    return find_tariff(case.kind, case.vehicle_class, case.committed_at)


def issue_fine(
    session: Session,
    case_id: int,
    *,
    amount_vnd: int | None = None,
    circumstances: tuple[str, ...] = (),
    without_notice: str | None = None,
    caller: Caller,
    at: datetime,
) -> LedgerEntry:
    """Issue the decision: the fine goes into the ledger. The midpoint by default; the range is the law's.

    Circumstances that aggravate or mitigate narrow the range and move the default. Who was not notified is fined only
    with a reason why no notice was needed. Raises BadInput, Conflict.
    """
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    row = tariff_of(case)
    amount = amount_within(case, amount_vnd, circumstances)
    go(
        session,
        case,
        "issue_fine",
        caller=caller,
        at=at,
        why=without_notice,
        after={"amount_vnd": amount, **({"circumstances": list(circumstances)} if circumstances else {})},
        changes={"decision_received_on": None},
    )
    note = f"{row.decree} {row.article}"
    return enter(session, case, kind="fine", amount_vnd=amount, caller=caller, at=at, note=note)


def correct_fine(
    session: Session, case_id: int, *, amount_vnd: int, why: str, caller: Caller, at: datetime
) -> LedgerEntry:
    """Set an issued fine to another amount inside its bracket, by an entry of the difference.

    It counts from the day of the fine, so that the surcharge follows. Raises BadInput, Conflict.
    """
    caller.require(*SUPERVISORS)
    case = lock_case(session, case_id, caller)
    fine = next((entry for entry in reversed(entries_of(session, case.id)) if entry.kind == "fine"), None)
    if fine is None or case.state not in OWING:
        raise Conflict(f"the case is {case.state}: only an issued fine that is still open can be corrected")
    if not why.strip():
        raise BadInput("correction: say why")
    row = tariff_of(case)
    _check_bracket(row, amount_vnd)
    corrected = [
        e.amount_vnd for e in entries_of(session, case.id) if e.kind == "correction" and e.id > fine.id
    ]
    difference = amount_vnd - fine.amount_vnd - sum(corrected)
    if not difference:
        raise Conflict(f"the fine is {amount_vnd} VND already")
    entry = enter(
        session,
        case,
        kind="correction",
        amount_vnd=difference,
        caller=caller,
        at=at,
        note=why,
        value_on=counts_on(fine),
    )
    _bring_up_to(session, case, at.astimezone(VIETNAM).date() - ONE_DAY, caller, at)
    settle_when_paid(session, case, caller=caller, at=at)
    return entry


def enter_payment(
    session: Session,
    case_id: int,
    *,
    amount_vnd: int,
    reference: str,
    caller: Caller,
    at: datetime,
    paid_on: date | None = None,
) -> LedgerEntry:
    """Enter money that came in; the case is paid once nothing is owed. A reference counts once."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    _check_entry(session, case, amount_vnd, reference)
    if case.state not in {State.DECISION, State.OVERDUE}:
        raise Conflict(f"the case is {case.state}: only an issued fine that is still open can be paid")
    paid_on = paid_on or at.astimezone(VIETNAM).date()
    _check_day(session, case, paid_on, at)
    _bring_up_to(session, case, paid_on - ONE_DAY, caller, at)
    owed = balance_vnd(session, case.id)
    if amount_vnd > owed:
        raise BadInput(f"amount {amount_vnd} VND: more than the {owed} VND that are owed")
    return book_payment(
        session, case, amount_vnd=amount_vnd, reference=reference, paid_on=paid_on, caller=caller, at=at
    )


def book_payment(
    session: Session,
    case: Case,
    *,
    amount_vnd: int,
    reference: str,
    paid_on: date,
    caller: Caller,
    at: datetime,
) -> LedgerEntry:
    """Book money on a locked case, also more than is owed: what is too much stays owed to the person.

    The day of payment itself is not late; what is still unpaid on that day is.
    """
    entry = enter(
        session,
        case,
        kind="payment",
        amount_vnd=-amount_vnd,
        caller=caller,
        at=at,
        reference=reference,
        value_on=paid_on,
    )
    _bring_up_to(session, case, paid_on, caller, at)
    settle_when_paid(session, case, caller=caller, at=at)
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


def amount_within(case: Case, wanted_vnd: int | None, circumstances: tuple[str, ...]) -> int:
    """The wanted amount, else the usual one, by the bracket and the circumstances. Raises BadInput outside of them."""
    row = tariff_of(case)
    assert case.committed_at is not None  # noqa: S101 - the tariff was found by it
    allowed = fine_range(row, circumstances, case.committed_at)
    amount = allowed.usual_vnd if wanted_vnd is None else wanted_vnd
    _check_bracket(row, amount)
    if not allowed.allows(amount):
        raise BadInput(
            f"amount {amount} VND: with these circumstances the law allows"
            f" {allowed.least_vnd} to {allowed.most_vnd} VND"
        )
    return amount


def circumstances_of(session: Session, case: Case) -> tuple[str, ...]:
    """The circumstances that the last fine was issued with, from the audit trail, where every decision stands."""
    query = select(AuditEntry.after).where(
        AuditEntry.subject == case.violation_id, AuditEntry.action == "issue_fine"
    )
    last = session.scalars(query.order_by(AuditEntry.id.desc()).limit(1)).first()
    return tuple((last or {}).get("circumstances", ()))


def _check_bracket(row: TariffRow, amount: int) -> None:
    if not row.allows(amount):
        raise BadInput(
            f"amount {amount} VND: {row.decree} art. {row.article} allows {row.min_vnd} to {row.max_vnd} VND"
        )


def _check_day(session: Session, case: Case, paid_on: date, at: datetime) -> None:
    issued_at = fined_at(session, case.id)
    first = issued_at.astimezone(VIETNAM).date() if issued_at else paid_on
    today = at.astimezone(VIETNAM).date()
    if not first <= paid_on <= today:
        raise BadInput(f"day of payment {paid_on}: is between the fine, {first}, and today, {today}")


def _bring_up_to(session: Session, case: Case, through_on: date, caller: Caller, at: datetime) -> None:
    bring_surcharge_up_to_date(session, case, through_on=through_on, caller=caller, at=at)


def _check_entry(session: Session, case: Case, amount_vnd: int, reference: str) -> None:
    if amount_vnd <= 0:
        raise BadInput("amount: it is more than 0 VND")
    if not reference.strip() or len(reference) > 60:
        raise BadInput("reference: the bank's or treasury's number, 1 to 60 characters")
    twice = select(LedgerEntry).where(LedgerEntry.case_id == case.id, LedgerEntry.reference == reference)
    if session.scalars(twice).first() is not None:
        raise Conflict(f"reference {reference}: was entered for this case already")
