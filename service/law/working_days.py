"""Working days in Vietnam: a day and a number in, the last day out.

Weekends and the free days of holidays.csv do not count; Saturdays that are worked in exchange do. A free day that the
file does not know counts as a working day, so a deadline may come out too early but never too late.
"""

from datetime import date, timedelta
from functools import lru_cache

from service.law.dated_rows import read_rows

HOLIDAYS_FILE = "holidays.csv"
FIXED_HOLIDAYS = {(1, 1), (4, 30), (5, 1), (9, 2)}
"""Free in every year, also in those that the file does not reach."""
SATURDAY = 5


@lru_cache
def _days(kind: str) -> frozenset[date]:
    return frozenset(
        date.fromisoformat(row["day"]) for row in read_rows(HOLIDAYS_FILE) if row["kind"] == kind
    )


def is_working_day(day: date) -> bool:
    """Whether offices are open."""
    if day.weekday() >= SATURDAY:
        return day in _days("worked")
    return (day.month, day.day) not in FIXED_HOLIDAYS and day not in _days("free")


def working_days_after(start: date, days: int) -> date:
    """The last of so many working days; the first day after `start` is the first that counts."""
    day = start
    while days:
        day += timedelta(days=1)
        if is_working_day(day):
            days -= 1
    return day
