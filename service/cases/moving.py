"""Takes hold of a case and moves it: locked for the transaction, in the caller's ward, by the table of moves."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.cases.guards import Attempt, check_guards
from service.cases.moves import MOVES, OFFICERS, State, check_move
from service.cases.queries import camera_of, require_scope
from service.errors import ChangedMeanwhile, Conflict, NotFound
from service.people import Caller
from service.publishing.outbox import publish_case
from service.tables import Case


def lock_case(session: Session, case_id: int, caller: Caller) -> Case:
    """The case, locked for this transaction, when the caller may see it."""
    case = session.scalars(select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound(f"case {case_id}: there is none")
    require_scope(camera_of(session, case), caller)
    if caller.seen_tag is not None and caller.seen_tag != str(case.version):
        raise ChangedMeanwhile(f"the case was changed since you looked at it ({case.version}); load it again")
    return case


def hold_case(session: Session, case_id: int, caller: Caller, at: datetime) -> Case:
    """The case, when the caller holds its review. Raises Conflict."""
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    if case.state != State.IN_REVIEW:
        raise Conflict(f"the case is {case.state}: claim it first, from {State.DETECTED}")
    if case.assigned_to != caller.person_id:
        raise Conflict("another officer holds this case; take the next one")
    if case.assigned_until is None or case.assigned_until <= at:
        raise Conflict("your hold on this case ran out; claim it again")
    return case


def go(
    session: Session,
    case: Case,
    name: str,
    *,
    caller: Caller,
    at: datetime,
    why: str | None = None,
    after: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
) -> None:
    """Make one move of the table. Raises Conflict from another state, Forbidden for another role, what guards refuse.

    What the move leaves behind goes with it: who decided and why belongs to a decided case only.
    """
    caller.require(*MOVES[name].roles)
    move = check_move(name, case.state)
    check_guards(Attempt(session=session, case=case, move=move, caller=caller, at=at, why=why))
    before = _on_record(case)
    case.state, case.state_since = move.target.value, at
    for column, value in (changes or {}).items():
        setattr(case, column, value)
    changed = _on_record(case)
    note_down(
        session,
        case,
        name,
        caller=caller,
        at=at,
        why=why,
        before={key: value for key, value in before.items() if changed[key] != value},
        after={**{key: value for key, value in changed.items() if before[key] != value}, **(after or {})},
    )
    publish_case(session, case, was=before["state"], at=at)


def _on_record(case: Case) -> dict[str, Any]:
    """What the audit trail keeps of a case before and after a move."""
    return {
        "state": case.state,
        "assigned_to": case.assigned_to,
        "decided_by": case.decided_by,
        "reject_reason": case.reject_reason,
        "needs_second_approval": case.needs_second_approval,
        "forwarded_to": case.forwarded_to,
        "decision_received_on": str(case.decision_received_on) if case.decision_received_on else None,
    }


def note_down(
    session: Session,
    case: Case,
    action: str,
    *,
    caller: Caller,
    at: datetime,
    why: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Put what was done with a case into the audit trail."""
    write_audit(
        session,
        at=at,
        who=caller.name,
        action=action,
        subject=case.violation_id,
        why=why,
        before=before,
        after=after,
    )
