"""Sums up the cases of one camera and one day, and keeps the tables of sums short and right.

Read: `live_sums` counts the cases themselves. Write: `fold_figures`, `fold_counts`, called by service/upkeep.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from service.cases.moves import State
from service.cases.summary_tables import CaseCount, DayFigure, StaleFigure
from service.law.tariff import VIETNAM
from service.tables import Case, LedgerEntry

DIMENSIONS = ("all", "state", "kind", "class", "footage", "reason")
FOLD_LOCK = 7_214_003
"""PostgreSQL's advisory lock: one process sums up at a time. SQLite has one writer anyway."""
PAIRS_AT_ONCE = 100
MOST_COUNT_ROWS = 2_000
MONTH_LENGTH = len("2026-11")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class CameraDay:
    """One camera on one day of Vietnam's, as text."""

    day: str
    camera_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """What became of some cases."""

    detected: int = 0
    reviewed: int = 0
    fined: int = 0
    paid: int = 0
    fined_vnd: int = 0
    paid_vnd: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return _sums(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True))

    def __sub__(self, other: "Sums") -> "Sums":
        return _sums(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True))


MEASURES = ("detected", "reviewed", "fined", "paid", "fined_vnd", "paid_vnd")


def _sums(numbers: Iterable[Any]) -> Sums:
    return Sums(**{name: int(number) for name, number in zip(MEASURES, numbers, strict=True)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The sums of one part of a camera's cases; `begin` is a day or a month."""

    dimension: str
    begin: str
    camera_id: str
    value: str
    sums: Sums


def stale_days(session: Session, *, first: str = "", last: str = "9") -> list[CameraDay]:
    """What is not summed up now, of the days from `first` to `last`."""
    query = select(StaleFigure.day, StaleFigure.camera_id).distinct()
    query = query.where(StaleFigure.day >= first, StaleFigure.day <= last)
    return sorted(CameraDay(day=row.day, camera_id=row.camera_id) for row in session.execute(query))


def live_sums(session: Session, wanted: Sequence[CameraDay]) -> Iterator[Part]:
    """The sums of these cameras and days, counted from the cases themselves; nothing for a day without any."""
    for first in range(0, len(wanted), PAIRS_AT_ONCE):
        found: dict[tuple[str, str, str, str], Sums] = {}
        for row in session.execute(_grouped(session, wanted[first : first + PAIRS_AT_ONCE])):
            sums = Sums(
                detected=row.detected,
                reviewed=row.reviewed,
                fined=row.fined if row.state != State.CANCELLED else 0,
                paid=row.detected if row.state == State.PAID else 0,
                fined_vnd=int(row.fined_vnd or 0) if row.state != State.CANCELLED else 0,
                paid_vnd=int(row.paid_vnd or 0),
            )
            parts = ("", row.state, row.kind, row.vehicle_class, row.footage, row.reject_reason)
            for dimension, value in zip(DIMENSIONS, parts, strict=True):
                if value is not None:
                    key = (dimension, row.day, row.camera_id, value)
                    found[key] = found.get(key, Sums()) + sums
        for (dimension, day, camera_id, value), sums in found.items():
            yield Part(dimension=dimension, begin=day, camera_id=camera_id, value=value, sums=sums)


def summed(session: Session, wanted: Sequence[CameraDay]) -> Iterator[Part]:
    """What the table of sums says of these cameras and days."""
    for first in range(0, len(wanted), PAIRS_AT_ONCE):
        pairs = [(each.day, each.camera_id) for each in wanted[first : first + PAIRS_AT_ONCE]]
        query = select(DayFigure).where(
            DayFigure.dimension.in_(DIMENSIONS), tuple_(DayFigure.begin, DayFigure.camera_id).in_(pairs)
        )
        for row in session.scalars(query):
            sums = _sums(getattr(row, name) for name in MEASURES)
            yield Part(
                dimension=row.dimension, begin=row.begin, camera_id=row.camera_id, value=row.value, sums=sums
            )


def fold_figures(session: Session) -> int:
    """Sum up some hundred stale days, in the caller's transaction; how many there were.

    A change that commits meanwhile leaves a row of its own, which is not taken away here: its day is stale again.
    """
    _be_alone(session)
    query = select(StaleFigure.id, StaleFigure.day, StaleFigure.camera_id).order_by(StaleFigure.id)
    rows = session.execute(query.limit(PAIRS_AT_ONCE)).all()
    if not rows:
        return 0
    days = sorted({CameraDay(day=row.day, camera_id=row.camera_id) for row in rows})
    months = sorted({CameraDay(day=each.day[:MONTH_LENGTH], camera_id=each.camera_id) for each in days})
    _forget(session, [*days, *months])
    parts = [_row(part) for part in live_sums(session, days)]
    if parts:
        session.execute(insert(DayFigure), parts)
    for month in sorted({each.day for each in months}):
        cameras = [each.camera_id for each in months if each.day == month]
        session.execute(insert(DayFigure).from_select(_columns(), _month(month, cameras)))
    session.execute(delete(StaleFigure).where(StaleFigure.id.in_([row.id for row in rows])))
    return len(days)


def fold_counts(session: Session) -> None:
    """Merge the rows of counts, in the caller's transaction, when there are many."""
    if (session.scalar(select(func.count(CaseCount.id))) or 0) <= MOST_COUNT_ROWS:
        return
    _be_alone(session)
    merged = (
        "INSERT INTO case_count (camera_id, state, cases) "
        "SELECT camera_id, state, sum(cases) FROM {} GROUP BY camera_id, state"
    )
    if session.get_bind().dialect.name == "postgresql":
        # One statement sees one state of the table: what commits meanwhile is neither merged nor deleted.
        gone = "WITH gone AS (DELETE FROM case_count RETURNING camera_id, state, cases) "
        session.execute(text(gone + merged.format("gone")))
        return
    last = session.scalar(select(func.max(CaseCount.id)))
    session.execute(text(merged.format("case_count")))
    session.execute(delete(CaseCount).where(CaseCount.id <= last))


def _grouped(session: Session, wanted: Sequence[CameraDay]) -> Select[Any]:
    """Counts by all dimensions at once; one row a camera, day and combination that occurs."""
    day = _day_in_vietnam(session)
    cases = (
        select(
            day.label("day"), Case.camera_id, Case.state, Case.kind, Case.vehicle_class, Case.footage,
            Case.reject_reason, Case.decided_at, _money("fine").label("fine_vnd"),
            (-_money("payment", "refund")).label("paid_vnd"),
        )
        .where(or_(*(_seen(each) for each in wanted)))
        .subquery()
    )  # fmt: skip
    parts = cases.c.day, cases.c.camera_id, cases.c.state, cases.c.kind, cases.c.vehicle_class
    parts = *parts, cases.c.footage, cases.c.reject_reason  # type: ignore[assignment]
    return select(
        *parts,
        func.count().label("detected"),
        func.count(cases.c.decided_at).label("reviewed"),
        func.count(cases.c.fine_vnd).label("fined"),
        func.sum(cases.c.fine_vnd).label("fined_vnd"),
        func.sum(cases.c.paid_vnd).label("paid_vnd"),
    ).group_by(*parts)


def _money(*kinds: str) -> Any:
    query = select(func.sum(LedgerEntry.amount_vnd)).where(LedgerEntry.case_id == Case.id)
    return query.where(LedgerEntry.kind.in_(kinds)).correlate(Case).scalar_subquery()


def _seen(wanted: CameraDay) -> ColumnElement[bool]:
    """Each camera and day by itself: the databases then read just these stretches of the index, wherever they lie."""
    start = datetime.combine(date.fromisoformat(wanted.day), time(), VIETNAM)
    end = start + timedelta(days=1)
    return and_(Case.camera_id == wanted.camera_id, Case.detected_at >= start, Case.detected_at < end)


def _day_in_vietnam(session: Session) -> ColumnElement[str]:
    """The day of detection as text. Vietnam is 7 hours ahead of UTC all year."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(Case.detected_at, literal_column("'+7 hours'"))
    there = func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), Case.detected_at)
    return func.to_char(there, literal_column("'YYYY-MM-DD'"))


def _forget(session: Session, pairs: Sequence[CameraDay]) -> None:
    keys = [(each.day, each.camera_id) for each in pairs]
    where = (DayFigure.dimension.in_(DIMENSIONS), tuple_(DayFigure.begin, DayFigure.camera_id).in_(keys))
    session.execute(delete(DayFigure).where(*where), execution_options={"synchronize_session": False})


def _row(part: Part) -> dict[str, Any]:
    named = {name: getattr(part.sums, name) for name in MEASURES}
    return {
        "dimension": part.dimension, "begin": part.begin, "camera_id": part.camera_id, "value": part.value, **named
    }  # fmt: skip


def _columns() -> list[str]:
    return ["dimension", "begin", "camera_id", "value", *MEASURES]


def _month(month: str, cameras: Sequence[str]) -> Select[Any]:
    """The month's rows of these cameras: the sums of its days'."""
    sums = (func.sum(getattr(DayFigure, name)) for name in MEASURES)
    return (
        select(DayFigure.dimension, literal(month), DayFigure.camera_id, DayFigure.value, *sums)
        .where(DayFigure.dimension.in_(DIMENSIONS), DayFigure.camera_id.in_(cameras))
        .where(DayFigure.begin > month, DayFigure.begin < f"{month}-99")
        .group_by(DayFigure.dimension, DayFigure.camera_id, DayFigure.value)
    )


def _be_alone(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FOLD_LOCK})
