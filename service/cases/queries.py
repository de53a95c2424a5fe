"""All questions that are asked of the cases. Everything is scoped to the caller's ward."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session, defer

from service.cases.moves import State
from service.errors import NotFound
from service.people import Caller
from service.tables import AuditEntry, CameraRow, Case, LedgerEntry

AnySelect = TypeVar("AnySelect", bound=Select[*tuple[Any, ...]])

READERS = ("reviewer", "supervisor", "auditor")
OPEN_STATES = (State.DETECTED, State.IN_REVIEW)
MOST_ROWS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueFilter:
    """What to show of the queue; None does not narrow."""

    states: tuple[str, ...] = ()
    camera_id: str | None = None
    kind: str | None = None
    plate_verdict: str | None = None
    assigned_to: int | None = None
    detected_before: datetime | None = None
    before_id: int | None = None
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
    """Cases with their cameras, newest first."""
    caller.require(*READERS)
    # The ids come out of an index; only the rows that are shown are read, without their packets.
    query = _in_ward(select(Case.id), caller).order_by(Case.id.desc())
    if wanted.states:
        query = query.where(Case.state.in_(wanted.states))
    if wanted.camera_id:
        query = query.where(Case.camera_id == wanted.camera_id)
    if wanted.kind:
        query = query.where(Case.kind == wanted.kind)
    if wanted.plate_verdict:
        query = query.where(Case.plate_verdict == wanted.plate_verdict, Case.plate_officer.is_(None))
    if wanted.assigned_to is not None:
        query = query.where(Case.assigned_to == wanted.assigned_to)
    if wanted.detected_before is not None:
        query = query.where(Case.detected_at <= wanted.detected_before)
    if wanted.before_id is not None:
        query = query.where(Case.id < wanted.before_id)
    ids = session.scalars(query.limit(min(wanted.limit, MOST_ROWS))).all()
    shown = select(Case, CameraRow).join(CameraRow).where(Case.id.in_(ids)).order_by(Case.id.desc())
    rows = session.execute(shown.options(defer(Case.packet))).all()
    return [(row[0], row[1]) for row in rows]


def count_cases(session: Session, states: Sequence[str], caller: Caller) -> int:
    """How many cases are in these states."""
    query = _in_ward(select(func.count(Case.id)), caller).where(Case.state.in_(states))
    return int(session.scalar(query) or 0)


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
    free = (Case.state == State.DETECTED) | (
        (Case.state == State.IN_REVIEW)
        & (
            (Case.assigned_to == caller.person_id)
            | (Case.assigned_until <= at)
            | Case.assigned_until.is_(None)
        )
    )
    query = _in_ward(select(Case.id), caller).where(free).order_by(Case.id)
    found = session.scalars(query.where(Case.id > (after_id or 0)).limit(1)).first()
    found = found or session.scalars(query.where(Case.id != (after_id or 0)).limit(1)).first()
    return session.get(Case, found) if found is not None else None


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
    query = _in_ward(select(Case), caller).where(has_plate([case.plate]), Case.id != case.id)
    return list(session.scalars(query.order_by(Case.id.desc()).limit(20)))


def has_plate(plates: Collection[str]) -> ColumnElement[bool]:
    """Whether the plate that counts, the officer's before the machine's, is one of these."""
    return Case.plate_officer.in_(plates) | (Case.plate_officer.is_(None) & Case.plate_machine.in_(plates))


def figures(session: Session, from_at: datetime, to_at: datetime, caller: Caller) -> Figures:
    """Figures of the cases that came in during a period; a cancelled case is not fined. Days are Vietnam's."""
    caller.require(*READERS, "admin")
    period = (Case.detected_at >= from_at, Case.detected_at < to_at)
    fined, fined_vnd = _money(session, ("fine",), (*period, Case.state != State.CANCELLED), caller)
    _, paid_vnd = _money(session, ("payment", "refund"), period, caller)
    return Figures(
        detected=sum(count for _, count in _counted(session, Case.state, period, caller)),
        fined=fined,
        fined_vnd=fined_vnd,
        paid_vnd=-paid_vnd,
        by_state=_counted(session, Case.state, period, caller),
        by_day=_counted(session, _day_in_vietnam(session), period, caller),
        by_camera=_by_camera(session, period, caller),
        by_kind=_counted(session, Case.kind, period, caller),
        by_footage=_counted(session, Case.footage, period, caller),
        reject_reasons=_counted(
            session, Case.reject_reason, (*period, Case.reject_reason.is_not(None)), caller
        ),
    )


def _counted(
    session: Session, column: object, where: Sequence[ColumnElement[bool]], caller: Caller
) -> tuple[tuple[str, int], ...]:
    query = _in_ward(select(column, func.count(Case.id)).select_from(Case), caller)  # type: ignore[call-overload]
    rows = session.execute(query.where(*where).group_by(column).order_by(column)).all()
    return tuple((str(name), int(count)) for name, count in rows)


def _by_camera(
    session: Session, where: Sequence[ColumnElement[bool]], caller: Caller
) -> tuple[tuple[str, int], ...]:
    names = {row[0]: row[1] for row in session.execute(select(CameraRow.camera_id, CameraRow.name))}
    counted: Counter[str] = Counter()
    for camera_id, count in _counted(session, Case.camera_id, where, caller):
        counted[names[camera_id]] += count
    return tuple(sorted(counted.items()))


def _day_in_vietnam(session: Session) -> ColumnElement[str]:
    """The day of detection as text. Vietnam is 7 hours ahead of UTC all year."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(Case.detected_at, literal_column("'+7 hours'"))
    there = func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), Case.detected_at)
    return func.to_char(there, literal_column("'YYYY-MM-DD'"))


def _money(
    session: Session, kinds: Sequence[str], where: Sequence[ColumnElement[bool]], caller: Caller
) -> tuple[int, int]:
    query = select(
        func.count(func.distinct(LedgerEntry.case_id)), func.coalesce(func.sum(LedgerEntry.amount_vnd), 0)
    )
    query = _in_ward(query.join_from(Case, LedgerEntry), caller)
    count, total = session.execute(query.where(LedgerEntry.kind.in_(kinds), *where)).one()
    return int(count), int(total)


def _in_ward(query: AnySelect, caller: Caller) -> AnySelect:
    """Only cases of the caller's ward; somebody of the whole city needs no look at the cameras."""
    if caller.ward is None:
        return query
    return query.where(Case.camera_id.in_(select(CameraRow.camera_id).where(CameraRow.ward == caller.ward)))
