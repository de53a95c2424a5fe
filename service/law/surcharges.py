"""What late payment adds: 0.05 % of the unpaid fine for every day after the last day to pay. Whole VND.

The surcharge is never part of what it is counted on: no interest on interest. Money that came in counts on its day
and lessens the fine before the surcharge, which is the reading that favours the person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from service.law.dated_rows import day_or_none, in_force, read_rows

SURCHARGES_FILE = "surcharges.csv"
LATE_PAYMENT = "late_payment"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SurchargeRow:
    """A share of the unpaid fine per day while this row is in force."""

    name: str
    per_day: Fraction
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str


@lru_cache
def surcharges() -> tuple[SurchargeRow, ...]:
    """Every row of surcharges.csv."""
    return tuple(
        SurchargeRow(
            name=row["name"],
            per_day=Fraction(row["per_day"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows(SURCHARGES_FILE)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What changed the unpaid fine on a day: a fine or a refund adds, a payment takes away."""

    on: date
    amount_vnd: int


def late_surcharge_vnd(changes: Iterable[Change], *, last_day: date, through_on: date) -> int:
    """The whole surcharge from the day after `last_day` through `through_on`, rounded down to whole VND.

    What came in on a day counts for that day: who pays on it owes nothing for it.
    """
    found = sorted(changes, key=lambda change: change.on)
    total, day = Fraction(0), last_day + ONE_DAY
    while day <= through_on:
        unpaid = sum(change.amount_vnd for change in found if change.on <= day)
        # The same amount is owed until the next change or the end: one step instead of one per day.
        until = min([through_on, *(change.on - ONE_DAY for change in found if change.on > day)])
        days = (until - day).days + 1
        total += max(unpaid, 0) * _per_day(day) * days
        day = until + ONE_DAY
    return int(total)


def _per_day(day: date) -> Fraction:
    rows = (row for row in surcharges() if row.name == LATE_PAYMENT)
    return in_force(rows, day, file=SURCHARGES_FILE, what="surcharge for late payment").per_day
