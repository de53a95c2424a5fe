"""What happens to a case around its fine: approval, notice, receipt, appeal, cancelling, forwarding, reopening."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.cases.actions import UNDECIDED
from service.cases.fines import take_back_fine
from service.cases.moves import MOVES, OFFICERS, SUPERVISORS, Guard
from service.cases.moving import go, lock_case, note_down
from service.cases.surcharging import OWING, bring_surcharge_up_to_date, settle_when_paid
from service.errors import BadInput, Conflict
from service.law.tariff import VIETNAM
from service.ledger import fined_at
from service.people import Caller
from service.tables import Case

PROCEEDINGS = (
    "approve", "send_back", "leave_owner_open", "notify", "fall_due", "appeal", "uphold", "cancel", "reopen", "forward",
    "take_back",
)  # fmt: skip
MOST_UNIT_LENGTH = 200


def make_move(
    session: Session,
    case_id: int,
    *,
    name: str,
    why: str | None,
    to_unit: str | None = None,
    caller: Caller,
    at: datetime,
) -> Case:
    """Make one of the moves that need no more than a reason, or a unit to forward to.

    Raises BadInput, Forbidden, Conflict.
    """
    if name not in PROCEEDINGS:
        raise BadInput(f"move {name!r}: is none of {', '.join(PROCEEDINGS)}")
    caller.require(*MOVES[name].roles)
    if Guard.WORDS in MOVES[name].guards and not (why or "").strip():
        raise BadInput(f"{name}: say why")
    changes = _changes(name, to_unit)
    case = lock_case(session, case_id, caller)
    if name == "uphold" and fined_at(session, case.id) is None:
        name = "uphold_notice"
    go(session, case, name, caller=caller, at=at, why=why, changes=changes)
    if name == "cancel":
        take_back_fine(session, case, why=why or "", caller=caller, at=at)
    if name == "uphold":
        settle_when_paid(session, case, caller=caller, at=at)
    return case


def note_receipt(
    session: Session, case_id: int, *, received_on: date, why: str | None, caller: Caller, at: datetime
) -> Case:
    """Put on record the day that the person received the decision: its term of payment counts from that day.

    A day that is on record already is changed by a supervisor, with a reason; the surcharge follows.
    """
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    issued_at = fined_at(session, case.id)
    if issued_at is None or case.state not in OWING:
        raise Conflict(f"the case is {case.state}: only an issued fine that is still open can be received")
    first, today = issued_at.astimezone(VIETNAM).date(), at.astimezone(VIETNAM).date()
    if not first <= received_on <= today:
        raise BadInput(f"day of receipt {received_on}: is between the fine, {first}, and today, {today}")
    before = case.decision_received_on
    if before == received_on:
        return case
    if before is not None:
        caller.require(*SUPERVISORS)
        if not (why or "").strip():
            raise BadInput("receipt: say why the day on record is wrong")
    case.decision_received_on = received_on
    note_down(
        session,
        case,
        "decision_received",
        caller=caller,
        at=at,
        why=why,
        before={"decision_received_on": str(before) if before else None},
        after={"decision_received_on": str(received_on)},
    )
    if before is not None:
        bring_surcharge_up_to_date(session, case, through_on=first, caller=caller, at=at)
    return case


def _changes(name: str, to_unit: str | None) -> dict[str, Any]:
    if name == "forward":
        unit = (to_unit or "").strip()
        if not 0 < len(unit) <= MOST_UNIT_LENGTH:
            raise BadInput(f"forward: name the unit in to_unit, 1 to {MOST_UNIT_LENGTH} characters")
        return {"forwarded_to": unit}
    if to_unit is not None:
        raise BadInput(f"{name}: to_unit is for the move forward only")
    if name == "reopen":
        return {**UNDECIDED, "decision_received_on": None}
    if name == "send_back":
        return UNDECIDED
    return {"forwarded_to": None} if name == "take_back" else {}
