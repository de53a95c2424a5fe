"""Counts by day as bars for an SVG: days and counts in, places in percent out. The exact table stands beneath."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.cases.workload import WeekdayHours

MOST_LABELS = 10
HOTTEST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBar:
    """One day: left edge, width and height in percent; `is_labelled` where there is room for the date."""

    on: date
    count: int
    left: float
    width: float
    height: float
    is_labelled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DayChart:
    """All days of a period, those without a case too; `most` is the height of the scale."""

    bars: tuple[DayBar, ...]
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HeatRow:
    """A weekday: for each hour the count and its warmth, 0 for none to HOTTEST for the most of all."""

    weekday: str
    cells: tuple[tuple[int, int], ...]
    total: int


def heat_of(hours: Sequence[WeekdayHours]) -> tuple[HeatRow, ...]:
    """Counts by weekday and hour with how warm each is drawn; the numbers stand in the cells."""
    most = max((count for row in hours for count in row.counts), default=0)
    return tuple(
        HeatRow(
            weekday=row.weekday,
            cells=tuple((count, -(-HOTTEST * count // most) if most else 0) for count in row.counts),
            total=row.total,
        )
        for row in hours
    )


def day_chart(counted: Iterable[tuple[str, int]], from_on: date, to_on: date) -> DayChart:
    """The chart of a period from counts by ISO day."""
    counts = dict(counted)
    days = [from_on + timedelta(days=number) for number in range((to_on - from_on).days + 1)]
    most = max(1, *counts.values()) if counts else 1
    slot = 100 / len(days)
    step = -(-len(days) // MOST_LABELS)
    bars = tuple(
        DayBar(
            on=on,
            count=counts.get(on.isoformat(), 0),
            left=round(number * slot + slot * 0.12, 3),
            width=round(slot * 0.76, 3),
            height=round(100 * counts.get(on.isoformat(), 0) / most, 2),
            is_labelled=number % step == 0,
        )
        for number, on in enumerate(days)
    )
    return DayChart(bars=bars, most=most)
