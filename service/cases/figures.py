"""Figures of a period: days in, what became of the cases that came in on them out, from the table of sums.

Whole months are read as months, the days at both ends as days. What changed since it was summed up is counted from the
cases and put in place of its sums, so that the answer is exact at every moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from service.cases.summary_tables import DayFigure
from service.cases.summing import (
    DIMENSIONS,
    MEASURES,
    MONTH_LENGTH,
    Part,
    Sums,
    live_sums,
    stale_days,
    summed,
)
from service.law.tariff import VIETNAM
from service.people import Caller
from service.tables import CameraRow


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodSums:
    """Sums by day, and by camera and value of each dimension; `camera_names` names the cameras in scope."""

    by_day: dict[str, Sums] = field(default_factory=dict)
    by_part: dict[tuple[str, str, str], Sums] = field(default_factory=dict)
    camera_names: dict[str, str] = field(default_factory=dict)
    camera_wards: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> Sums:
        return sum(self.by_day.values(), Sums())

    def by_value(self, dimension: str) -> dict[str, Sums]:
        """Sums by state, kind, class, footage or reason, of all cameras."""
        return _added((value, sums) for (name, _, value), sums in self.by_part.items() if name == dimension)

    def by_camera(self) -> dict[str, Sums]:
        """Sums by the name of the camera; cameras of one name are one."""
        rows = ((camera, sums) for (name, camera, _), sums in self.by_part.items() if name == "all")
        return _added((self.camera_names[camera], sums) for camera, sums in rows)

    def by_ward(self) -> dict[str, Sums]:
        """Sums by ward; cameras without one are under the empty name."""
        rows = ((camera, sums) for (name, camera, _), sums in self.by_part.items() if name == "all")
        return _added((self.camera_wards.get(camera, ""), sums) for camera, sums in rows)


def sums_of(session: Session, from_at: datetime, to_at: datetime, caller: Caller) -> PeriodSums:
    """The sums of the days from `from_at` up to, not with, `to_at`, in the caller's ward."""
    first = from_at.astimezone(VIETNAM).date()
    last = (to_at - timedelta(microseconds=1)).astimezone(VIETNAM).date()
    cameras = _cameras(session, caller)
    names = {row.camera_id: row.name for row in cameras}
    wards = {row.camera_id: row.ward for row in cameras if row.ward}
    sums = PeriodSums(camera_names=names, camera_wards=wards)
    scope = () if caller.ward is None else (DayFigure.camera_id.in_(names),)
    for day, its in _by_day(session, first, last, scope):
        sums.by_day[day] = its
    for key, its in _by_part(session, first, last, scope):
        sums.by_part[key] = its
    stale = stale_days(session, first=first.isoformat(), last=last.isoformat())
    stale = [each for each in stale if each.camera_id in names]
    if stale:
        _change(sums, summed(session, stale), add=False)
        _change(sums, live_sums(session, stale), add=True)
    return sums


def spans(first: date, last: date) -> list[str]:
    """The whole months and the single days that a period is made of."""
    found, day = [], first
    while day <= last:
        after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        if day.day == 1 and after - timedelta(days=1) <= last:
            found.append(day.isoformat()[:MONTH_LENGTH])
            day = after
        else:
            found.append(day.isoformat())
            day += timedelta(days=1)
    return found


def _cameras(session: Session, caller: Caller) -> Sequence[Row[str, str, str | None]]:
    query = select(CameraRow.camera_id, CameraRow.name, CameraRow.ward)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    return session.execute(query).all()


def _by_day(
    session: Session, first: date, last: date, scope: Iterable[ColumnElement[bool]]
) -> Iterator[tuple[str, Sums]]:
    days = DayFigure.begin.between(first.isoformat(), last.isoformat())
    query = select(DayFigure.begin, *_measures()).where(DayFigure.dimension == "all", days, *scope)
    # "2026-12" lies between "2026-11-30" and "2026-12-31": months are told apart by their length.
    query = query.where(func.length(DayFigure.begin) > MONTH_LENGTH)
    for row in session.execute(query.group_by(DayFigure.begin)):
        yield row[0], _read(row[1:])


def _by_part(
    session: Session, first: date, last: date, scope: Iterable[ColumnElement[bool]]
) -> Iterator[tuple[tuple[str, str, str], Sums]]:
    parts = DayFigure.dimension, DayFigure.camera_id, DayFigure.value
    query = select(*parts, *_measures()).where(
        DayFigure.dimension.in_(DIMENSIONS), DayFigure.begin.in_(spans(first, last)), *scope
    )
    for row in session.execute(query.group_by(*parts)):
        yield (row[0], row[1], row[2]), _read(row[3:])


def _measures() -> list[ColumnElement[int]]:
    return [func.sum(getattr(DayFigure, name)) for name in MEASURES]


def _read(numbers: Iterable[object]) -> Sums:
    return Sums(**{name: int(str(number)) for name, number in zip(MEASURES, numbers, strict=True)})


def _change(sums: PeriodSums, parts: Iterable[Part], *, add: bool) -> None:
    for part in parts:
        change = part.sums if add else Sums() - part.sums
        key = (part.dimension, part.camera_id, part.value)
        sums.by_part[key] = sums.by_part.get(key, Sums()) + change
        if part.dimension == "all":
            sums.by_day[part.begin] = sums.by_day.get(part.begin, Sums()) + change


def _added(rows: Iterable[tuple[str, Sums]]) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for name, sums in rows:
        found[name] = found.get(name, Sums()) + sums
    return {name: sums for name, sums in found.items() if sums != Sums()}
