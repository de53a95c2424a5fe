"""Which cases are late, near their last day, or about to lapse: a day and a ward in, due steps out, nearest first.

Deadlines are counted in Python, by the law's rows; the database only gets the latest start that is due by the day:
the later a step starts, the later it ends, so one moment per step tells the due cases from the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from service.cases.moves import State
from service.cases.queries import READERS
from service.errors import BadInput
from service.law.deadlines import due_on, noon_of
from service.law.next_steps import (
    COUNTED_FROM_ISSUE,
    STEP_OF_STATE,
    STEPS,
    UNRECEIVED,
    WITHOUT_DECISION,
    DueStep,
    Standing,
    due_steps,
    next_due,
)
from service.law.tariff import VIETNAM
from service.ledger import fined_at
from service.people import Caller
from service.tables import CameraRow, Case, LedgerEntry

FINED = (State.DECISION, State.OVERDUE)
LONGEST = timedelta(days=400)
LATE_YESTERDAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCase:
    """A case and a step that it waits for."""

    case: Case
    step: DueStep


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCases:
    """How many steps are late, how many are near, and the first of them."""

    late: int
    near: int
    due: tuple[DueCase, ...]


def due_cases(session: Session, caller: Caller, *, today: date, within_days: int, limit: int) -> DueCases:
    """Steps whose last day is past (late) or at most `within_days` away (near)."""
    caller.require(*READERS)
    horizon = today + timedelta(days=within_days)
    found: dict[tuple[int, str], DueCase] = {}
    late = until = 0
    for step in sorted(STEPS):
        until += _count(session, caller, step, horizon)
        late += _count(session, caller, step, today - LATE_YESTERDAY)
        for case in _first(session, caller, step, horizon, limit):
            for due in _of_case(session, case):
                if due.step == step and due.due_on <= horizon:
                    found[case.id, due.step] = DueCase(case=case, step=due)
    nearest = sorted(found.values(), key=lambda each: (each.step.due_on, each.case.id, each.step.step))
    return DueCases(late=late, near=until - late, due=tuple(nearest[:limit]))


def next_due_of(session: Session, case: Case) -> DueStep | None:
    """The duty that a case waits for: what pages and interface show alike. None for none, and before the law data."""
    try:
        return next_due(standing_of(session, case))
    except BadInput:
        return None


def standing_of(session: Session, case: Case) -> Standing:
    """Where a case stands, for its due steps."""
    return Standing(
        state=case.state,
        committed_at=case.committed_at,
        detected_at=case.detected_at,
        since_at=case.state_since,
        issued_at=fined_at(session, case.id) if case.state in FINED else None,
        received_on=case.decision_received_on,
    )


def is_due_by(last_day: date) -> ColumnElement[bool]:
    """Whether the last day of any step that a case waits for is `last_day` at the latest."""
    return or_(*(and_(*_conditions(step, last_day)) for step in sorted(STEPS)))


def latest_start(step: str, last_day: date) -> date | None:
    """The latest day from which a step is due by `last_day`; None when the law data does not reach that far back."""
    day = last_day
    while day > last_day - LONGEST:
        try:
            if due_on(step, noon_of(day)) <= last_day:
                return day
        except BadInput:
            return None
        day -= timedelta(days=1)
    return None


def _of_case(session: Session, case: Case) -> tuple[DueStep, ...]:
    try:
        return due_steps(standing_of(session, case))
    except BadInput:  # an act from before the law data
        return ()


def _conditions(step: str, last_day: date) -> Iterator[ColumnElement[bool]]:
    start = latest_start(step, last_day)
    if start is None:
        yield Case.id < 0
        return
    if step == "payment":
        yield Case.state == State.DECISION
        yield Case.decision_received_on <= start
        return
    before = datetime.combine(start + timedelta(days=1), time(), VIETNAM)
    if step == "limitation":
        yield Case.state.in_(sorted(WITHOUT_DECISION))
    elif step == UNRECEIVED:
        yield Case.state == State.DECISION
        yield Case.decision_received_on.is_(None)
    else:
        yield Case.state.in_([state for state, its in STEP_OF_STATE.items() if its == step])
    yield _clock(step) < before


def _clock(step: str) -> ColumnElement[Any]:
    if step == "limitation":
        return Case.committed_at.expression
    if step == "payment":
        return Case.decision_received_on.expression
    if step == "notice":
        return Case.detected_at.expression
    since = func.coalesce(Case.state_since, Case.detected_at)
    if step not in COUNTED_FROM_ISSUE:
        return since
    fines = select(func.max(LedgerEntry.entered_at)).where(
        LedgerEntry.case_id == Case.id, LedgerEntry.kind == "fine"
    )
    return func.coalesce(fines.scalar_subquery(), since)


def _count(session: Session, caller: Caller, step: str, last_day: date) -> int:
    query = select(func.count(Case.id)).where(*_conditions(step, last_day))
    if caller.ward is not None:
        query = query.join(CameraRow).where(CameraRow.ward == caller.ward)
    return int(session.scalar(query) or 0)


def _first(session: Session, caller: Caller, step: str, last_day: date, limit: int) -> list[Case]:
    query = select(Case).where(*_conditions(step, last_day)).order_by(_clock(step), Case.id)
    if caller.ward is not None:
        query = query.join(CameraRow).where(CameraRow.ward == caller.ward)
    return list(session.scalars(query.limit(limit).options(defer(Case.packet))))
