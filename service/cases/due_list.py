"""Which cases are late, near their last day, or about to lapse: a day and a ward in, due steps out, nearest first.

Deadlines are counted in Python, by the law's rows; the database only gets the latest start that is due by the day:
the later a step starts, the later it ends, so one moment per step tells the due cases from the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from service.cases.moves import State
from service.cases.queries import READERS
from service.errors import BadInput
from service.law.deadlines import due_on, known_since, noon_of
from service.law.next_steps import (
    COUNTED_FROM_ISSUE,
    STEP_OF_STATE,
    STEPS,
    UNRECEIVED,
    WITHOUT_DECISION,
    DueStep,
    Standing,
    next_due,
)
from service.law.tariff import VIETNAM
from service.ledger import fined_at
from service.people import Caller
from service.tables import CameraRow, Case, LedgerEntry

FINED = (State.DECISION, State.OVERDUE)
LONGEST = timedelta(days=400)
LATE_YESTERDAY = timedelta(days=1)
MOST_ID = 2**31
YEARS = frozenset(range(2000, 2200))


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCase:
    """A case and a step that it waits for; `started` is what the step is counted from, a day or a moment."""

    case: Case
    step: DueStep
    started: date

    @property
    def place(self) -> "Place":
        """Where it stands in the list."""
        return Place(due_on=self.step.due_on, step=self.step.step, started=self.started, case_id=self.case.id)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """A place in the list, which is in this order; as text it is the cursor of the next page.

    Of one step what started earlier comes first: it is never due later, so pages hold together.
    """

    due_on: date
    step: str
    started: date
    case_id: int

    def to_text(self) -> str:
        """As it stands in an address: 2026-12-04~notice~2026-11-24T05:00:00.000000~17."""
        started = self.started
        if isinstance(started, datetime):
            started = started.astimezone(UTC).replace(tzinfo=None)
            return f"{self.due_on}~{self.step}~{started.isoformat(timespec='microseconds')}~{self.case_id}"
        return f"{self.due_on}~{self.step}~{started}~{self.case_id}"


def place_from(text: str) -> Place:
    """The place that a cursor names. Raises BadInput."""
    try:
        day, step, started, case_id = text.split("~")
        due = date.fromisoformat(day)
        at = date.fromisoformat(started) if step == "payment" else datetime.fromisoformat(started)
        if step not in STEPS or not 0 < int(case_id) < MOST_ID or not {due.year, at.year} <= YEARS:
            raise ValueError(text)
        if isinstance(at, datetime):
            at = at.replace(tzinfo=UTC)
        return Place(due_on=due, step=step, started=at, case_id=int(case_id))
    except ValueError:
        raise BadInput("after: send back the next_after of a page as it came") from None


@dataclass(frozen=True, kw_only=True, slots=True)
class DueCases:
    """How many steps are late and near, and a page of them; `rest_after` None: no more, or nothing was asked for."""

    late: int
    near: int
    due: tuple[DueCase, ...]
    rest_after: Place | None


def due_cases(
    session: Session, caller: Caller, *, today: date, within_days: int, limit: int, after: Place | None = None
) -> DueCases:
    """Steps whose last day is past (late) or at most `within_days` away (near), after a place of the list."""
    caller.require(*READERS)
    horizon = today + timedelta(days=within_days)
    found: list[DueCase] = []
    late = until = 0
    for step in sorted(STEPS):
        until += _count(session, caller, step, horizon)
        late += _count(session, caller, step, today - LATE_YESTERDAY)
        found += _first(session, caller, step, horizon, limit + 1, after)
    nearest = sorted(found, key=lambda each: each.place)
    page = tuple(nearest[:limit])
    more = page[-1].place if page and len(nearest) > limit else None
    return DueCases(late=late, near=until - late, due=page, rest_after=more)


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


def _conditions(step: str, last_day: date) -> Iterator[ColumnElement[bool]]:
    """Cases that wait for a step until a day; none from before the law data, whose last day nobody knows."""
    start = latest_start(step, last_day)
    if start is None:
        yield Case.id < 0
        return
    if step == "payment":
        yield Case.state == State.DECISION
        yield Case.decision_received_on.between(known_since(step), start)
        return
    if step == "limitation":
        yield Case.state.in_(sorted(WITHOUT_DECISION))
    elif step == UNRECEIVED:
        yield Case.state == State.DECISION
        yield Case.decision_received_on.is_(None)
    else:
        yield Case.state.in_([state for state, its in STEP_OF_STATE.items() if its == step])
    yield _clock(step) >= _midnight(known_since(step))
    yield _clock(step) < _midnight(start + timedelta(days=1))


def _after(step: str, place: Place) -> Iterator[ColumnElement[bool]]:
    """What of a step comes after a place of the list."""
    clock = _clock(step)
    if step == place.step:
        yield (clock > place.started) | ((clock == place.started) & (Case.id > place.case_id))
        return
    passed = place.due_on if step < place.step else place.due_on - timedelta(days=1)
    start = latest_start(step, passed)
    if start is not None:
        first = start + timedelta(days=1)
        yield clock >= (first if step == "payment" else _midnight(first))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


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


def _first(
    session: Session, caller: Caller, step: str, last_day: date, limit: int, after: Place | None
) -> list[DueCase]:
    clock = _clock(step)
    query = select(Case, clock).where(*_conditions(step, last_day)).order_by(clock, Case.id).limit(limit)
    if after is not None:
        query = query.where(*_after(step, after))
    if caller.ward is not None:
        query = query.join(CameraRow).where(CameraRow.ward == caller.ward)
    rows = session.execute(query.options(defer(Case.packet))).all()
    return [_due_case(case, step, started) for case, started in rows]


def _due_case(case: Case, step: str, started: date) -> DueCase:
    counted_from = started if isinstance(started, datetime) else noon_of(started)
    return DueCase(case=case, step=DueStep(step=step, due_on=due_on(step, counted_from)), started=started)
