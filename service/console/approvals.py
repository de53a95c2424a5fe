"""The second approval as its page shows it: who decided first, what was changed, and who may say yes or no."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.cases.moves import SUPERVISORS, State
from service.people import Caller, names_of
from service.tables import AuditEntry, Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """A case that another person approves, or approved. `plate_before` is set where the first officer changed it."""

    decided_by: str
    decided_at: datetime | None
    plate_before: str | None
    plate_changed: bool
    waits: bool
    is_own: bool
    may_approve: bool
    approved_by: str | None
    approved_at: datetime | None


def approval_of(session: Session, case: Case, trail: Sequence[AuditEntry], caller: Caller) -> Approval | None:
    """None where nobody else's approval is asked for."""
    if not case.needs_second_approval or case.decided_by is None:
        return None
    waits, is_own = case.state == State.CONFIRMED, case.decided_by == caller.person_id
    given = next((entry for entry in reversed(trail) if entry.action == "approve"), None)
    return Approval(
        decided_by=names_of(session, {case.decided_by}).get(case.decided_by, "?"),
        decided_at=case.decided_at,
        plate_before=case.plate_machine,
        plate_changed=case.plate_officer is not None and case.plate_officer != case.plate_machine,
        waits=waits,
        is_own=is_own,
        may_approve=waits and not is_own and caller.role in SUPERVISORS,
        approved_by=None if waits or given is None else given.who,
        approved_at=None if waits or given is None else given.at,
    )
