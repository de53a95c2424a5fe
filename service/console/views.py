"""What pages show of cases beyond the record itself: age, deadline, who holds it, what was just decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from service.cases.actions import UNDO_WITHIN
from service.cases.due_list import next_due_of
from service.cases.moves import State
from service.cases.queries import get_case
from service.console.wording import VIETNAM
from service.errors import NotFound
from service.people import Caller, names_of
from service.tables import CameraRow, Case

SOON = timedelta(days=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who reviews a case now, and until when."""

    name: str
    is_caller: bool
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """The next step's last day; `urgency` is late, soon or calm."""

    step: str
    on: date
    urgency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLine:
    """One row of the queue."""

    case: Case
    camera: CameraRow
    age: timedelta
    due: Due | None
    holder: Holder | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """The caller's last decision, shown above the next page; `undo_s` is what is left to take it back."""

    case: Case
    undo_s: int


def queue_lines(
    session: Session, rows: Sequence[tuple[Case, CameraRow]], *, caller: Caller, at: datetime
) -> list[QueueLine]:
    """The rows of the queue as they are shown."""
    names = names_of(session, {case.assigned_to for case, _ in rows if case.assigned_to is not None})
    return [
        QueueLine(
            case=case,
            camera=camera,
            age=at - case.detected_at,
            due=due_of(session, case, at),
            holder=_holder(case, names, caller=caller, at=at),
        )
        for case, camera in rows
    ]


def holder_of(session: Session, case: Case, *, caller: Caller, at: datetime) -> Holder | None:
    """Who reviews a case now; None when nobody does."""
    names = names_of(session, {case.assigned_to} if case.assigned_to is not None else set())
    return _holder(case, names, caller=caller, at=at)


def due_of(session: Session, case: Case, at: datetime) -> Due | None:
    """The next deadline of a case that waits for its officers."""
    found = next_due_of(session, case)
    if found is None:
        return None
    left = found.due_on - at.astimezone(VIETNAM).date()
    urgency = "late" if left < timedelta(0) else "soon" if left <= SOON else "calm"
    return Due(step=found.step, on=found.due_on, urgency=urgency)


def decided_of(session: Session, case_id: int | None, *, caller: Caller, at: datetime) -> Decided | None:
    """The decision that led to this page, when it was the caller's own and of this minute."""
    if case_id is None:
        return None
    try:
        case = get_case(session, case_id, caller)
    except NotFound:
        return None
    if (
        case.decided_by != caller.person_id
        or case.decided_at is None
        or at - case.decided_at > timedelta(minutes=1)
    ):
        return None
    if case.state not in (State.CONFIRMED, State.REJECTED):
        return None
    left = UNDO_WITHIN - (at - case.decided_at)
    return Decided(case=case, undo_s=max(0, int(left.total_seconds())))


def _holder(case: Case, names: dict[int, str], *, caller: Caller, at: datetime) -> Holder | None:
    if case.state != State.IN_REVIEW or case.assigned_to is None or case.assigned_until is None:
        return None
    if case.assigned_until <= at:
        return None
    return Holder(
        name=names.get(case.assigned_to, "?"),
        is_caller=case.assigned_to == caller.person_id,
        until=case.assigned_until,
    )
