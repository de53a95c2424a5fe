"""Figures of a period as exact tables: what became of the cases that came in, by day, camera, kind and class.

A case counts where it came in, on the day (Vietnam's) that it came in; a cancelled case is not fined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select
from sqlalchemy.orm import Session

from service.cases.moves import State
from service.cases.queries import READERS
from service.people import Caller
from service.tables import CameraRow, Case, LedgerEntry

GROUPS = ("day", "camera", "kind", "class")
MANY_REJECTS_SHARE = 0.3
"""A camera of which officers reject this much is not judged well: its calibration comes first."""
LEAST_REVIEWED = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureRow:
    """What became of one group of cases."""

    name: str
    detected: int
    reviewed: int
    fined: int
    paid: int
    fined_vnd: int
    paid_vnd: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraRejects:
    """What officers rejected of one camera, and why, the most frequent reason first."""

    name: str
    reviewed: int
    rejected: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        return self.rejected / self.reviewed if self.reviewed else 0.0

    @property
    def looks_miscalibrated(self) -> bool:
        return self.reviewed >= LEAST_REVIEWED and self.share >= MANY_REJECTS_SHARE


def figure_tables(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> dict[str, tuple[FigureRow, ...]]:
    """The rows of each of GROUPS. Raises Forbidden."""
    caller.require(*READERS, "admin")
    columns: dict[str, Any] = {
        "day": _day_in_vietnam(session),
        "camera": CameraRow.name,
        "kind": Case.kind,
        "class": Case.vehicle_class,
    }
    return {
        group: _rows(session, columns[group], _within(from_at, to_at, caller), by_size=group != "day")
        for group in GROUPS
    }


def rejects_by_camera(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> tuple[CameraRejects, ...]:
    """Cameras with at least one rejected case, the largest share first. Raises Forbidden."""
    caller.require(*READERS, "admin")
    within = _within(from_at, to_at, caller)
    query = select(CameraRow.name, Case.reject_reason, func.count(Case.id)).join_from(Case, CameraRow)
    query = query.where(*within, Case.decided_at.is_not(None)).group_by(CameraRow.name, Case.reject_reason)
    reviewed: dict[str, int] = {}
    reasons: dict[str, list[tuple[str, int]]] = {}
    for name, reason, count in session.execute(query):
        reviewed[name] = reviewed.get(name, 0) + count
        if reason is not None:
            reasons.setdefault(name, []).append((reason, count))
    found = [
        CameraRejects(
            name=name,
            reviewed=reviewed[name],
            rejected=sum(count for _, count in why),
            reasons=tuple(sorted(why, key=lambda each: (-each[1], each[0]))),
        )
        for name, why in reasons.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.name)))


def _within(from_at: datetime, to_at: datetime, caller: Caller) -> list[ColumnElement[bool]]:
    period = [Case.detected_at >= from_at, Case.detected_at < to_at]
    return period if caller.ward is None else [*period, CameraRow.ward == caller.ward]


def _rows(
    session: Session, column: Any, within: Sequence[ColumnElement[bool]], *, by_size: bool
) -> tuple[FigureRow, ...]:
    money = _money_of_cases().subquery()
    is_fined = money.c.fine_vnd.is_not(None) & (Case.state != State.CANCELLED)
    query = (
        select(
            column,
            func.count(Case.id),
            func.count(Case.decided_at),
            func.coalesce(func.sum(case((is_fined, 1), else_=0)), 0),
            func.coalesce(func.sum(case((Case.state == State.PAID, 1), else_=0)), 0),
            func.coalesce(func.sum(case((is_fined, money.c.fine_vnd), else_=0)), 0),
            func.coalesce(func.sum(money.c.paid_vnd), 0),
        )
        .join_from(Case, CameraRow)
        .outerjoin(money, money.c.case_id == Case.id)
        .where(*within)
        .group_by(column)
        .order_by(func.count(Case.id).desc() if by_size else column)
    )
    return tuple(
        FigureRow(
            name=str(name),
            detected=int(detected),
            reviewed=int(reviewed),
            fined=int(fined),
            paid=int(paid),
            fined_vnd=int(fined_vnd),
            paid_vnd=int(paid_vnd),
        )
        for name, detected, reviewed, fined, paid, fined_vnd, paid_vnd in session.execute(query)
    )


def _money_of_cases() -> Select[*tuple[Any, ...]]:
    """Per case: the fine (NULL where there is none) and what was paid, refunds taken off."""
    amount = LedgerEntry.amount_vnd
    return select(
        LedgerEntry.case_id,
        func.sum(case((LedgerEntry.kind == "fine", amount))).label("fine_vnd"),
        func.sum(case((LedgerEntry.kind.in_(("payment", "refund")), -amount), else_=0)).label("paid_vnd"),
    ).group_by(LedgerEntry.case_id)


def _day_in_vietnam(session: Session) -> ColumnElement[str]:
    """The day of detection as text. Vietnam is 7 hours ahead of UTC all year."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(Case.detected_at, literal_column("'+7 hours'"))
    there = func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), Case.detected_at)
    return func.to_char(there, literal_column("'YYYY-MM-DD'"))
