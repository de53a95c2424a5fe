"""Review: claim, correct, confirm, reject, undo. Each is one allowed move, audited, in the caller's transaction."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS, RejectReason, State
from service.cases.moving import go, hold_case, lock_case, note_down
from service.errors import BadInput, Conflict, Questionable
from service.people import Caller
from service.plates import is_of_known_form
from service.tables import Case

LOCKED_FOR = timedelta(minutes=15)
UNDO_WITHIN = timedelta(seconds=10)
NOBODY = {"assigned_to": None, "assigned_until": None}
UNDECIDED = {
    "decided_by": None,
    "decided_at": None,
    "reject_reason": None,
    "reject_note": None,
    "needs_second_approval": False,
}
PLATE_FORM = re.compile(r"[0-9A-Z]{5,12}")
NO_KNOWN_FORM = (
    "plate: no plate of Vietnam has this form; enter the same once more (unusual: true) if you see it so"
)


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
        case.assigned_to, case.assigned_until = caller.person_id, at + LOCKED_FOR
    else:
        go(session, case, "claim", caller=caller, at=at, changes=_held_by(caller, at))
    return case


def release(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Give a claimed case back to the queue."""
    case = hold_case(session, case_id, caller, at)
    go(session, case, "release", caller=caller, at=at, changes=NOBODY)
    return case


def confirm(
    session: Session, case_id: int, *, caller: Caller, at: datetime, second_approval: bool = False
) -> Case:
    """Confirm a claimed case. Raises BadInput when its time or plate is unknown: nobody could be fined for it.

    With `second_approval` the case goes on only after another person approved it.
    """
    case = hold_case(session, case_id, caller, at)
    changes = {**_decided(caller, at), "needs_second_approval": second_approval}
    go(session, case, "confirm", caller=caller, at=at, changes=changes)
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
    changes = {**_decided(caller, at), "reject_reason": reason, "reject_note": note}
    why = f"{reason}: {note}" if note else reason
    go(session, case, "reject", caller=caller, at=at, why=why, changes=changes)
    return case


def undo(session: Session, case_id: int, *, caller: Caller, at: datetime) -> Case:
    """Take back one's own decision within 10 seconds."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    if case.decided_by != caller.person_id or case.decided_at is None or at - case.decided_at > UNDO_WITHIN:
        raise Conflict("only your own decision of the last 10 seconds can be undone; ask a supervisor")
    go(session, case, "undo", caller=caller, at=at, changes={**UNDECIDED, **_held_by(caller, at)})
    return case


def correct_plate(
    session: Session, case_id: int, *, plate: str, unusual: bool = False, caller: Caller, at: datetime
) -> Case:
    """Enter the plate as the officer reads it; the machine's reading stays beside it.

    Raises Questionable for a plate of no Vietnamese form unless `unusual` says that it is meant so: plates of other
    countries exist, and so do slips of the hand. The trail keeps that it was meant so.
    """
    text = plate.upper().replace("Đ", "D")
    text = re.sub(r"[\s.\-]", "", text)
    if not PLATE_FORM.fullmatch(text):
        raise BadInput("plate: 5 to 12 letters and digits, such as 63B112345")
    case = hold_case(session, case_id, caller, at)
    is_known = is_of_known_form(text)
    if not is_known and not unusual:
        raise Questionable(NO_KNOWN_FORM)
    before = {"plate": case.plate}
    case.plate_officer = text
    after = {"plate": text} if is_known else {"plate": text, "unusual": True}
    note_down(session, case, "plate_corrected", caller=caller, at=at, before=before, after=after)
    return case


def _held_by(caller: Caller, at: datetime) -> dict[str, Any]:
    return {"assigned_to": caller.person_id, "assigned_until": at + LOCKED_FOR}


def _decided(caller: Caller, at: datetime) -> dict[str, Any]:
    return {"decided_by": caller.person_id, "decided_at": at, **NOBODY}
