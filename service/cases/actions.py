"""Review: claim, correct, confirm, reject, undo. Each is one allowed move, audited, in the caller's transaction."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS, RejectReason, State
from service.cases.moving import go, hold_case, lock_case, note_down
from service.errors import BadInput, Conflict
from service.people import Caller
from service.tables import Case

LOCKED_FOR = timedelta(minutes=15)
UNDO_WITHIN = timedelta(seconds=10)
PLATE_FORM = re.compile(r"[0-9A-Z]{5,12}")


def claim(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Take a case for review; nobody else can decide it for 15 minutes. Raises Conflict when somebody holds it."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    if case.state == State.IN_REVIEW:
        if (
            case.assigned_to != caller.person_id
            and case.assigned_until is not None
            and case.assigned_until > at
        ):
            raise Conflict("another officer is reviewing this case; take the next one")
        if case.assigned_to != caller.person_id:
            note_down(
                session, case, "take_over", caller=caller, at=at, before={"assigned_to": case.assigned_to}
            )
    else:
        go(session, case, "claim", caller=caller, at=at)
    case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
    return case


def release(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Give a claimed case back to the queue."""
    case = hold_case(session, case_id, caller, at)
    go(session, case, "release", caller=caller, at=at)
    case.assigned_to = case.assigned_until = None
    return case


def confirm(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Confirm a claimed case. Raises BadInput when its time or plate is unknown: nobody could be fined for it."""
    case = hold_case(session, case_id, caller, at)
    if case.committed_at is None:
        raise BadInput(
            "this footage has no clock: the moment of the act is unknown, so the case cannot be confirmed"
        )
    if case.plate is None:
        raise BadInput("the plate is not known: enter it as you read it, or reject the case as unreadable")
    go(session, case, "confirm", caller=caller, at=at)
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
    case = hold_case(session, case_id, caller, at)
    go(session, case, "reject", caller=caller, at=at, why=f"{reason}: {note}" if note else reason)
    case.reject_reason, case.reject_note = reason, note
    _decided(case, caller, at)
    return case


def undo(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Take back one's own decision within 10 seconds."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    if case.decided_by != caller.person_id or case.decided_at is None or at - case.decided_at > UNDO_WITHIN:
        raise Conflict("only your own decision of the last 10 seconds can be undone; ask a supervisor")
    go(session, case, "undo", caller=caller, at=at)
    case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
    case.decided_by = case.decided_at = case.reject_reason = case.reject_note = None
    return case


def correct_plate(session: Session, case_id: int, *, plate: str, caller: Caller, at: datetime) -> Case:
    """Enter the plate as the officer reads it; the machine's reading stays beside it."""
    text = plate.upper().replace("Đ", "D")
    text = re.sub(r"[\s.\-]", "", text)
    if not PLATE_FORM.fullmatch(text):
        raise BadInput("plate: 5 to 12 letters and digits, such as 63B112345")
    case = hold_case(session, case_id, caller, at)
    before = {"plate": case.plate}
    case.plate_officer = text
    note_down(session, case, "plate_corrected", caller=caller, at=at, before=before, after={"plate": text})
    return case


def _decided(case: Case, caller: Caller, at: datetime) -> None:
    case.decided_by, case.decided_at = caller.person_id, at
    case.assigned_to = case.assigned_until = None
