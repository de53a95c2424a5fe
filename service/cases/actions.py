"""What officers do with cases. Every change is one allowed move, audited, in the caller's transaction."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.cases.moves import OFFICERS, RejectReason, State, check_move
from service.cases.queries import camera_of, require_scope
from service.errors import BadInput, Conflict, Forbidden, NotFound
from service.law.tariff import TariffRow, find_tariff
from service.ledger import balance_vnd, enter
from service.people import Caller
from service.tables import Case, LedgerEntry

LOCKED_FOR = timedelta(minutes=15)
UNDO_WITHIN = timedelta(seconds=10)
PLATE_FORM = re.compile(r"[0-9A-Z]{5,12}")


def claim(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Take a case for review; nobody else can decide it for 15 minutes. Raises Conflict when somebody holds it."""
    caller.require(*OFFICERS)
    case = _locked(session, case_id, caller)
    if case.state == State.IN_REVIEW:
        if (
            case.assigned_to != caller.person_id
            and case.assigned_until is not None
            and case.assigned_until > at
        ):
            raise Conflict("another officer is reviewing this case; take the next one")
        case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
        return case
    _go(session, case, "claim", caller=caller, at=at)
    case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
    return case


def release(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Give a claimed case back to the queue."""
    case = _held(session, case_id, caller, at)
    _go(session, case, "release", caller=caller, at=at)
    case.assigned_to = case.assigned_until = None
    return case


def confirm(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Confirm a claimed case. Raises BadInput when its time or plate is unknown: nobody could be fined for it."""
    case = _held(session, case_id, caller, at)
    if case.committed_at is None:
        raise BadInput(
            "this footage has no clock: the moment of the act is unknown, so the case cannot be confirmed"
        )
    if case.plate is None:
        raise BadInput("the plate is not known: enter it as you read it, or reject the case as unreadable")
    _go(session, case, "confirm", caller=caller, at=at)
    _decided(case, caller, at)
    return case


def reject(
    session: Session, case_id: int, *, reason: str, note: str | None = None, caller: Caller, at: datetime
) -> Case:
    """Reject a claimed case with a coded reason; `other` needs words."""
    if reason not in set(RejectReason):
        raise BadInput(f"reason {reason!r}: is none of {', '.join(RejectReason)}")
    if reason == RejectReason.OTHER and not (note or "").strip():
        raise BadInput("reason other: say why in the note")
    case = _held(session, case_id, caller, at)
    _go(session, case, "reject", caller=caller, at=at, why=f"{reason}: {note}" if note else reason)
    case.reject_reason, case.reject_note = reason, note
    _decided(case, caller, at)
    return case


def undo(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Take back one's own decision within 10 seconds."""
    caller.require(*OFFICERS)
    case = _locked(session, case_id, caller)
    if case.decided_by != caller.person_id or case.decided_at is None or at - case.decided_at > UNDO_WITHIN:
        raise Conflict("only your own decision of the last 10 seconds can be undone; ask a supervisor")
    _go(session, case, "undo", caller=caller, at=at)
    case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
    case.decided_by = case.decided_at = case.reject_reason = case.reject_note = None
    return case


def correct_plate(session: Session, case_id: int, *, plate: str, caller: Caller, at: datetime) -> Case:
    """Enter the plate as the officer reads it; the machine's reading stays beside it."""
    text = plate.upper().replace("Đ", "D")
    text = re.sub(r"[\s.\-]", "", text)
    if not PLATE_FORM.fullmatch(text):
        raise BadInput("plate: 5 to 12 letters and digits, such as 63B112345")
    case = _held(session, case_id, caller, at)
    before = {"plate": case.plate}
    case.plate_officer = text
    write_audit(
        session,
        at=at,
        who=caller.name,
        action="plate_corrected",
        subject=case.violation_id,
        before=before,
        after={"plate": text},
    )
    return case


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
    case = _locked(session, case_id, caller)
    row = tariff_of(case)
    amount = row.midpoint_vnd if amount_vnd is None else amount_vnd
    if not row.allows(amount):
        raise BadInput(
            f"amount {amount} VND: {row.decree} art. {row.article} allows {row.min_vnd} to {row.max_vnd} VND"
        )
    _go(session, case, "issue_fine", caller=caller, at=at, after={"amount_vnd": amount})
    note = f"{row.decree} {row.article}"
    return enter(session, case, kind="fine", amount_vnd=amount, caller=caller, at=at, note=note)


def enter_payment(
    session: Session, case_id: int, *, amount_vnd: int, reference: str, caller: Caller, at: datetime
) -> LedgerEntry:
    """Enter money that came in; the case is paid once nothing is owed. A reference counts once."""
    caller.require(*OFFICERS)
    case = _locked(session, case_id, caller)
    if amount_vnd <= 0:
        raise BadInput("amount: a payment is more than 0 VND")
    if not reference.strip() or len(reference) > 60:
        raise BadInput("reference: the bank's or treasury's number, 1 to 60 characters")
    if case.state not in {State.DECISION, State.OVERDUE}:
        raise Conflict(f"the case is {case.state}: only an issued fine that is still open can be paid")
    twice = select(LedgerEntry).where(LedgerEntry.case_id == case.id, LedgerEntry.reference == reference)
    if session.scalars(twice).first() is not None:
        raise Conflict(f"reference {reference}: this payment was entered already")
    if amount_vnd > balance_vnd(session, case.id):
        raise BadInput(
            f"amount {amount_vnd} VND: more than the {balance_vnd(session, case.id)} VND that are owed"
        )
    entry = enter(
        session, case, kind="payment", amount_vnd=-amount_vnd, caller=caller, at=at, reference=reference
    )
    if balance_vnd(session, case.id) == 0:
        _go(session, case, "settle", caller=caller, at=at)
    return entry


def _locked(session: Session, case_id: int, caller: Caller) -> Case:
    """The case, locked for this transaction, when the caller may see it."""
    case = session.scalars(select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound(f"case {case_id}: there is none")
    require_scope(camera_of(session, case), caller)
    return case


def _held(session: Session, case_id: int, caller: Caller, at: datetime) -> Case:
    """The case, when the caller holds its review. Raises Conflict, Forbidden."""
    caller.require(*OFFICERS)
    case = _locked(session, case_id, caller)
    if case.state == State.IN_REVIEW and case.assigned_to != caller.person_id:
        raise Forbidden("another officer holds this case; claim it first")
    if case.state == State.IN_REVIEW and case.assigned_until is not None and case.assigned_until <= at:
        raise Conflict("your hold on this case ran out; claim it again")
    return case


def _decided(case: Case, caller: Caller, at: datetime) -> None:
    case.decided_by, case.decided_at = caller.person_id, at
    case.assigned_to = case.assigned_until = None


def _go(
    session: Session,
    case: Case,
    name: str,
    *,
    caller: Caller,
    at: datetime,
    why: str | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    move = check_move(name, case.state)
    caller.require(*move.roles)
    before, case.state = case.state, move.target.value
    write_audit(
        session,
        at=at,
        who=caller.name,
        action=name,
        subject=case.violation_id,
        why=why,
        before={"state": before},
        after={"state": case.state, **(after or {})},
    )
