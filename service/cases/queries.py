"""All questions that are asked of the cases. Everything is scoped to the caller's ward."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session, defer

from service.cases.figures import sums_of
from service.cases.moves import State
from service.cases.summary_tables import CaseCount
from service.cases.summing import Sums
from service.errors import NotFound
from service.people import Caller
from service.tables import WAITS_FOR_APPROVAL, AuditEntry, CameraRow, Case

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])

READERS = ("reviewer", "supervisor", "auditor")
OPEN_STATES = (State.DETECTED, State.IN_REVIEW)
MOST_ROWS = 200
MOST_EARLIER = 20
_TO_APPROVE = text(WAITS_FOR_APPROVAL)
"""In the index's own words: databases use it for no others."""
IN_LISTS = (defer(Case.packet), defer(CameraRow.calibration), defer(CameraRow.sources_encrypted))
"""What lists do not show and what makes rows heavy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueFilter:
    """What to show of the queue; None does not narrow."""

    states: tuple[str, ...] = ()
    camera_id: str | None = None
    ward: str | None = None
    kind: str | None = None
    plate_verdict: str | None = None
    plate_confidence: tuple[float, float] | None = None
    """From the first up to, not with, the second."""
    assigned_to: int | None = None
    detected_before: datetime | None = None
    waits_for_approval: bool = False
    also: ColumnElement[bool] | None = None
    """What else must hold, such as a deadline."""
    before_id: int | None = None
    oldest_first: bool = False
    """As work is taken up; then `after_id` is the cursor of the next page, else `before_id`."""
    after_id: int | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The three figures of a period, and what they are made of."""

    detected: int
    fined: int
    fined_vnd: int
    paid_vnd: int
    by_state: tuple[tuple[str, int], ...]
    by_day: tuple[tuple[str, int], ...]
    by_camera: tuple[tuple[str, int], ...]
    by_kind: tuple[tuple[str, int], ...]
    by_footage: tuple[tuple[str, int], ...]
    reject_reasons: tuple[tuple[str, int], ...]


def require_scope(camera: CameraRow, caller: Caller) -> None:
    """Raise NotFound when the camera is outside of the caller's ward: what is not theirs does not exist for them."""
    if caller.ward is not None and camera.ward != caller.ward:
        raise NotFound("this case is not in your ward")


def camera_of(session: Session, case: Case) -> CameraRow:
    """The camera that saw the case."""
    return session.get_one(CameraRow, case.camera_id)


def list_cases(session: Session, wanted: QueueFilter, caller: Caller) -> list[tuple[Case, CameraRow]]:
    """Cases with their cameras, newest first unless the oldest are wanted first."""
    caller.require(*READERS)
    limit = min(wanted.limit, MOST_ROWS)
    shown = select(Case, CameraRow).join(CameraRow).where(Case.id.in_(_ids(session, wanted, caller, limit)))
    rows = session.execute(shown.order_by(_order(wanted)).options(*IN_LISTS)).all()
    return [(row[0], row[1]) for row in rows]


def _order(wanted: QueueFilter) -> ColumnElement[int]:
    return Case.id.asc() if wanted.oldest_first else Case.id.desc()


def _ids(session: Session, wanted: QueueFilter, caller: Caller, limit: int) -> list[int]:
    """The first ids that are wanted, out of an index: state by state, since each state is sorted there by itself."""
    if not wanted.states:
        return list(session.scalars(_narrowed(wanted, caller).limit(limit)))
    found: list[int] = []
    for state in dict.fromkeys(wanted.states):
        found += session.scalars(_narrowed(wanted, caller).where(Case.state == state).limit(limit))
    return sorted(found, reverse=not wanted.oldest_first)[:limit]


def _narrowed(wanted: QueueFilter, caller: Caller) -> Select[int]:
    query = _in_ward(select(Case.id), caller).order_by(_order(wanted))
    for column, value in (
        (Case.camera_id, wanted.camera_id or None),
        (Case.kind, wanted.kind or None),
        (Case.assigned_to, wanted.assigned_to),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.ward:
        query = query.where(Case.camera_id.in_(_cameras_of(wanted.ward)))
    if wanted.detected_before is not None:
        query = query.where(Case.detected_at <= wanted.detected_before)
    if wanted.before_id is not None:
        query = query.where(Case.id < wanted.before_id)
    if wanted.after_id is not None:
        query = query.where(Case.id > wanted.after_id)
    if wanted.waits_for_approval:
        query = query.where(_TO_APPROVE)
    if wanted.also is not None:
        query = query.where(wanted.also)
    return query.where(*_plate_read_as(wanted))


def _plate_read_as(wanted: QueueFilter) -> Iterator[ColumnElement[bool]]:
    """What the machine makes of the plate; a reading that an officer corrected is no longer doubtful."""
    if wanted.plate_verdict:
        yield Case.plate_verdict == wanted.plate_verdict
        yield Case.plate_officer.is_(None)
    if wanted.plate_confidence is not None:
        least, below = wanted.plate_confidence
        yield Case.plate_confidence >= least
        yield Case.plate_confidence < below


def count_by_state(session: Session, caller: Caller) -> Counter[str]:
    """How many cases the caller may see in each state."""
    cases = func.sum(CaseCount.cases)
    query = select(CaseCount.state, cases).group_by(CaseCount.state).having(cases != 0)
    if caller.ward is not None:
        query = query.where(CaseCount.camera_id.in_(_cameras_of(caller.ward)))
    return Counter({state: int(count) for state, count in session.execute(query)})


def count_cases(session: Session, states: Sequence[str], caller: Caller) -> int:
    """How many cases are in these states."""
    counted = count_by_state(session, caller)
    return sum(counted[state] for state in states)


def count_to_approve(session: Session, caller: Caller) -> int:
    """How many confirmed cases wait for a second person's approval."""
    return session.scalar(_in_ward(select(func.count(Case.id)), caller).where(_TO_APPROVE)) or 0


def next_to_approve(session: Session, caller: Caller, *, after_id: int | None = None) -> Case | None:
    """The oldest case that waits for an approval of this person, after `after_id` where there is one."""
    query = _in_ward(select(Case.id), caller).where(_TO_APPROVE, Case.decided_by != caller.person_id)
    query = query.order_by(Case.id).limit(1)
    found = session.scalar(query.where(Case.id > (after_id or 0)))
    if found is None and after_id:
        found = session.scalar(query.where(Case.id < after_id))
    return session.get(Case, found) if found is not None else None


def get_case(session: Session, case_id: int, caller: Caller) -> Case:
    """One case. Raises NotFound, Forbidden."""
    caller.require(*READERS)
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound(f"case {case_id}: there is none")
    require_scope(camera_of(session, case), caller)
    return case


def next_case(session: Session, caller: Caller, at: datetime, *, after_id: int | None = None) -> Case | None:
    """The oldest case that nobody else is reviewing, after `after_id` where there is one."""
    found = _first_free(session, caller, at, Case.id > (after_id or 0))
    if found is None and after_id:
        found = _first_free(session, caller, at, Case.id < after_id)
    return session.get(Case, found) if found is not None else None


def _first_free(session: Session, caller: Caller, at: datetime, where: ColumnElement[bool]) -> int | None:
    """The first id in each of the two states, each read from its end of the index; the lower of them."""
    query = _in_ward(select(Case.id), caller).where(where).order_by(Case.id).limit(1)
    left = (
        (Case.assigned_to == caller.person_id) | (Case.assigned_until <= at) | Case.assigned_until.is_(None)
    )
    found = (
        session.scalar(query.where(Case.state == State.DETECTED)),
        session.scalar(query.where(Case.state == State.IN_REVIEW, left)),
    )
    return min((each for each in found if each is not None), default=None)


def trail_of(session: Session, case: Case) -> list[AuditEntry]:
    """Who did what with a case; looks at single files are left to the auditor."""
    query = select(AuditEntry).where(
        AuditEntry.subject == case.violation_id, AuditEntry.action != "saw_evidence"
    )
    return list(session.scalars(query.order_by(AuditEntry.id)))


def earlier_cases(session: Session, case: Case, caller: Caller) -> list[Case]:
    """Other cases of the same plate that the caller may see."""
    if case.plate is None:
        return []
    # Each column by itself, out of its index; coalesce is in none, so it leads no database to read all cases.
    counts = func.coalesce(Case.plate_officer, Case.plate_machine) == case.plate
    ids: set[int] = set()
    for column in (Case.plate_officer, Case.plate_machine):
        query = _in_ward(select(Case.id), caller).where(column == case.plate, counts, Case.id != case.id)
        ids.update(session.scalars(query.order_by(Case.id.desc()).limit(MOST_EARLIER)))
    newest = sorted(ids, reverse=True)[:MOST_EARLIER]
    shown = select(Case).where(Case.id.in_(newest)).order_by(Case.id.desc())
    return list(session.scalars(shown.options(defer(Case.packet))))


def has_plate(plates: Collection[str]) -> ColumnElement[bool]:
    """Whether the plate that counts, the officer's before the machine's, is one of these."""
    return Case.plate_officer.in_(plates) | (Case.plate_officer.is_(None) & Case.plate_machine.in_(plates))


def figures(session: Session, from_at: datetime, to_at: datetime, caller: Caller) -> Figures:
    """Figures of the cases that came in during some days of Vietnam's; a cancelled case is not fined."""
    caller.require(*READERS, "admin")
    sums = sums_of(session, from_at, to_at, caller)
    whole = sums.whole
    return Figures(
        detected=whole.detected,
        fined=whole.fined,
        fined_vnd=whole.fined_vnd,
        paid_vnd=whole.paid_vnd,
        by_state=_counted(sums.by_value("state")),
        by_day=_counted(sums.by_day),
        by_camera=_counted(sums.by_camera()),
        by_kind=_counted(sums.by_value("kind")),
        by_footage=_counted(sums.by_value("footage")),
        reject_reasons=_counted(sums.by_value("reason")),
    )


def _counted(found: dict[str, Sums]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, sums.detected) for name, sums in found.items() if sums.detected))


def _in_ward(query: AnySelect, caller: Caller) -> AnySelect:
    """Only cases of the caller's ward; somebody of the whole city needs no look at the cameras."""
    if caller.ward is None:
        return query
    return query.where(Case.camera_id.in_(_cameras_of(caller.ward)))


def _cameras_of(ward: str) -> Select[str]:
    return select(CameraRow.camera_id).where(CameraRow.ward == ward)
