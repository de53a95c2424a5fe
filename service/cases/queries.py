"""All questions that are asked of the cases. Everything is scoped to the caller's ward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

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
    query = _scoped(select(Case, CameraRow).join(CameraRow), caller).order_by(Case.id.desc())
    if wanted.states:
        query = query.where(Case.state.in_(wanted.states))
    if wanted.camera_id:
        query = query.where(Case.camera_id == wanted.camera_id)
    if wanted.kind:
        query = query.where(Case.kind == wanted.kind)
    if wanted.before_id is not None:
        query = query.where(Case.id < wanted.before_id)
    rows = session.execute(query.limit(min(wanted.limit, MOST_ROWS))).all()
    return [(row[0], row[1]) for row in rows]


def count_cases(session: Session, states: Sequence[str], caller: Caller) -> int:
    """How many cases are in these states."""
    query = _scoped(select(func.count(Case.id)).join(CameraRow), caller).where(Case.state.in_(states))
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
    query = _scoped(select(Case).join(CameraRow), caller).where(free).order_by(Case.id)
    later = session.scalars(query.where(Case.id > (after_id or 0)).limit(1)).first()
    return later or session.scalars(query.where(Case.id != (after_id or 0)).limit(1)).first()


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
    same = func.coalesce(Case.plate_officer, Case.plate_machine) == case.plate
    query = _scoped(select(Case).join(CameraRow), caller).where(same, Case.id != case.id)
    return list(session.scalars(query.order_by(Case.id.desc()).limit(20)))


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
        by_camera=_counted(session, CameraRow.name, period, caller),
        by_kind=_counted(session, Case.kind, period, caller),
        by_footage=_counted(session, Case.footage, period, caller),
        reject_reasons=_counted(
            session, Case.reject_reason, (*period, Case.reject_reason.is_not(None)), caller
        ),
    )


def _counted(
    session: Session, column: object, where: Sequence[ColumnElement[bool]], caller: Caller
) -> tuple[tuple[str, int], ...]:
    query = _scoped(select(column, func.count(Case.id)).join_from(Case, CameraRow), caller)  # type: ignore[call-overload]
    rows = session.execute(query.where(*where).group_by(column).order_by(column)).all()
    return tuple((str(name), int(count)) for name, count in rows)


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
    query = _scoped(query.join_from(LedgerEntry, Case).join(CameraRow), caller)
    count, total = session.execute(query.where(LedgerEntry.kind.in_(kinds), *where)).one()
    return int(count), int(total)


def _scoped(query: AnySelect, caller: Caller) -> AnySelect:
    return query if caller.ward is None else query.where(CameraRow.ward == caller.ward)
