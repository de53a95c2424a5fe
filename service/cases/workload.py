"""When acts happen and who decides how much: counts over a period, straight from the cases.

Hours are those of the act in Vietnam, of cases that came in during the period; decisions are those made during it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, extract, func, literal_column, select
from sqlalchemy.orm import Session

from service.cases.moves import State
from service.cases.queries import READERS
from service.people import Caller, names_of
from service.tables import CameraRow, Case

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = range(24)


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekdayHours:
    """How many acts there were on one weekday, by the hour."""

    weekday: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewerWork:
    """What one person decided in a period, and holds now."""

    name: str
    decided: int
    confirmed: int
    rejected: int
    days: int
    """On how many days of Vietnam's there was a decision."""
    held: int

    @property
    def a_day(self) -> float:
        return round(self.decided / self.days, 1) if self.days else 0.0


def acts_by_hour(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> tuple[WeekdayHours, ...]:
    """All seven weekdays, Monday first; acts whose moment is not known are in none. Raises Forbidden."""
    caller.require(*READERS, "admin")
    weekday, hour = _weekday_and_hour(session)
    query = select(weekday, hour, func.count()).where(
        Case.detected_at >= from_at, Case.detected_at < to_at, Case.committed_at.is_not(None), *_scope(caller)
    )
    counts = {
        (int(row[0]) - 1) % len(WEEKDAYS) * len(HOURS) + int(row[1]): int(row[2])
        for row in session.execute(query.group_by(weekday, hour))
    }
    return tuple(
        WeekdayHours(weekday=name, counts=tuple(counts.get(number * len(HOURS) + each, 0) for each in HOURS))
        for number, name in enumerate(WEEKDAYS)
    )


def work_of_reviewers(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> tuple[ReviewerWork, ...]:
    """Who decided anything in the period or holds a case now, the busiest first. Raises Forbidden."""
    caller.require(*READERS, "admin")
    done = {row[0]: row for row in session.execute(_decisions(session, from_at, to_at, caller))}
    held = _held(session, caller)
    names = names_of(session, {*done, *held})
    found = [
        ReviewerWork(
            name=names.get(person_id, "?"),
            decided=done[person_id][1] if person_id in done else 0,
            confirmed=done[person_id][1] - done[person_id][2] if person_id in done else 0,
            rejected=done[person_id][2] if person_id in done else 0,
            days=done[person_id][3] if person_id in done else 0,
            held=held.get(person_id, 0),
        )
        for person_id in {*done, *held}
    ]
    return tuple(sorted(found, key=lambda each: (-each.decided, each.name)))


def _decisions(session: Session, from_at: datetime, to_at: datetime, caller: Caller) -> Any:
    rejected = func.sum(case((Case.state == State.REJECTED, 1), else_=0))
    return (
        select(Case.decided_by, func.count(), rejected, func.count(_day_in_vietnam(session).distinct()))
        .where(
            Case.decided_at >= from_at, Case.decided_at < to_at, Case.decided_by.is_not(None), *_scope(caller)
        )
        .group_by(Case.decided_by)
    )


def _held(session: Session, caller: Caller) -> dict[int, int]:
    query = select(Case.assigned_to, func.count()).where(
        Case.state == State.IN_REVIEW, Case.assigned_to.is_not(None), *_scope(caller)
    )
    return {int(row[0] or 0): row[1] for row in session.execute(query.group_by(Case.assigned_to))}


def _scope(caller: Caller) -> Sequence[ColumnElement[bool]]:
    if caller.ward is None:
        return ()
    return (Case.camera_id.in_(select(CameraRow.camera_id).where(CameraRow.ward == caller.ward)),)


def _weekday_and_hour(session: Session) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """0 is Sunday, as both databases count. Vietnam is 7 hours ahead of UTC all year."""
    if session.get_bind().dialect.name == "sqlite":
        shift: ColumnElement[str] = literal_column("'+7 hours'")
        return (
            func.strftime(literal_column("'%w'"), Case.committed_at, shift),
            func.strftime(literal_column("'%H'"), Case.committed_at, shift),
        )
    there = func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), Case.committed_at)
    return extract("dow", there), extract("hour", there)


def _day_in_vietnam(session: Session) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return func.date(Case.decided_at, literal_column("'+7 hours'"))
    return func.date(func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), Case.decided_at))
