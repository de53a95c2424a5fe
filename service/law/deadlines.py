"""Deadlines of the process as dated rows: a step and the moment it counts from in, the last day out."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from service.law.dated_rows import day_or_none, in_force, read_rows
from service.law.tariff import VIETNAM
from service.law.working_days import working_days_after

DEADLINES_FILE = "deadlines.csv"
MONTHS_A_YEAR = 12


class Unit(StrEnum):
    """What a deadline is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineRow:
    """How long a step may take while this row is in force."""

    step: str
    length: int
    unit: Unit
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str

    def last_day(self, start: date) -> date:
        """The last day of the step; the day it is counted from does not count."""
        match self.unit:
            case Unit.DAYS:
                return start + timedelta(days=self.length)
            case Unit.WORKING_DAYS:
                return working_days_after(start, self.length)
            case Unit.MONTHS:
                return _months_after(start, self.length)
            case Unit.YEARS:
                return _months_after(start, self.length * MONTHS_A_YEAR)


@lru_cache
def deadlines() -> tuple[DeadlineRow, ...]:
    """Every row of deadlines.csv."""
    return tuple(_rows())


def due_on(step: str, counted_from: datetime) -> date:
    """The last day for a step, in Vietnam; the row in force on the day it is counted from applies.

    Raises BadInput when the law data does not know the step on that day.
    """
    start = counted_from.astimezone(VIETNAM).date()
    rows = (row for row in deadlines() if row.step == step)
    return in_force(rows, start, file=DEADLINES_FILE, what=f"deadline for {step}").last_day(start)


def known_since(step: str) -> date:
    """The first day that the law data has a deadline for a step."""
    return min(row.valid_from for row in deadlines() if row.step == step)


def noon_of(day: date) -> datetime:
    """A moment on a day in Vietnam, for what is counted from a day."""
    return datetime.combine(day, time(12), VIETNAM)


def _rows() -> Iterator[DeadlineRow]:
    for row in read_rows(DEADLINES_FILE):
        yield DeadlineRow(
            step=row["step"],
            length=int(row["length"]),
            unit=Unit(row["unit"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        )


def _months_after(start: date, months: int) -> date:
    """The day of the same number so many months later, or the last of that month where there is none."""
    year, month = divmod(start.year * MONTHS_A_YEAR + start.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
