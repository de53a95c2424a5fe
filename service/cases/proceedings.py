"""What happens to a case around its fine: approval, notice, appeal, cancelling, reopening. Moves with a reason."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.cases.fines import take_back_fine
from service.cases.moves import MOVES
from service.cases.moving import go, lock_case
from service.errors import BadInput, Conflict, Forbidden
from service.law.deadlines import due_on
from service.law.tariff import VIETNAM
from service.ledger import fined_at
from service.people import Caller
from service.tables import Case

PROCEEDINGS = ("approve", "leave_owner_open", "notify", "fall_due", "appeal", "uphold", "cancel", "reopen")
NEED_WORDS = ("leave_owner_open", "appeal", "uphold", "cancel", "reopen")


def make_move(
    session: Session, case_id: int, *, name: str, why: str | None, caller: Caller, at: datetime
) -> Case:
    """Make one of the moves that need no more than a reason. Raises BadInput, Forbidden, Conflict."""
    if name not in PROCEEDINGS:
        raise BadInput(f"move {name!r}: is none of {', '.join(PROCEEDINGS)}")
    caller.require(*MOVES[name].roles)
    if name in NEED_WORDS and not (why or "").strip():
        raise BadInput(f"{name}: say why")
    case = lock_case(session, case_id, caller)
    if name == "approve" and case.decided_by == caller.person_id:
        raise Forbidden("the second approval is another person's; ask a colleague")
    if name == "fall_due":
        _check_payment_is_late(session, case, at)
    go(session, case, name, caller=caller, at=at, why=why)
    if name == "cancel":
        take_back_fine(session, case, why=why or "", caller=caller, at=at)
    if name == "reopen":
        case.decided_by = case.decided_at = case.reject_reason = case.reject_note = None
    return case


def _check_payment_is_late(session: Session, case: Case, at: datetime) -> None:
    issued_at = fined_at(session, case.id)
    if issued_at is None:
        return
    last_day = due_on("payment", issued_at)
    if at.astimezone(VIETNAM).date() <= last_day:
        raise Conflict(f"the fine may be paid until {last_day}: it is not overdue yet")
