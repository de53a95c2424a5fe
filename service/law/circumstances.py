"""What aggravates or mitigates, as dated rows, and what that leaves of a bracket (LHAV art. 23.4).

least ───(two or more mitigating: least)─── midpoint ───(two or more aggravating: most)─── most
        one mitigating: between the two                one aggravating: between the two
One of each cancel out. Without any the midpoint is usual.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from service.errors import BadInput
from service.law.dated_rows import day_or_none, read_rows
from service.law.tariff import VIETNAM, TariffRow

CIRCUMSTANCES_FILE = "circumstances.csv"
AGGRAVATING, MITIGATING = "aggravating", "mitigating"


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstance:
    """A circumstance that the law names, while this row is in force."""

    code: str
    effect: str
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, kw_only=True, slots=True)
class FineRange:
    """What a fine may be, both ends included, and what it is unless another amount inside is chosen."""

    least_vnd: int
    usual_vnd: int
    most_vnd: int

    def allows(self, amount_vnd: int) -> bool:
        return self.least_vnd <= amount_vnd <= self.most_vnd


@lru_cache
def circumstances() -> tuple[Circumstance, ...]:
    """Every row of circumstances.csv."""
    return tuple(
        Circumstance(
            code=row["code"],
            effect=row["effect"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows(CIRCUMSTANCES_FILE)
    )


def fine_range(row: TariffRow, codes: Iterable[str], committed_at: datetime) -> FineRange:
    """What is left of a bracket by the circumstances. Raises BadInput for one that the law does not name.

    Without circumstances the whole bracket, as the officer may have reasons that the law does not list.
    """
    codes = tuple(codes)
    middle = row.midpoint_vnd
    if not codes:
        return FineRange(least_vnd=row.min_vnd, usual_vnd=middle, most_vnd=row.max_vnd)
    match _weight(codes, committed_at):
        case 0:
            return _only(middle)
        case -1:
            return _between(row.min_vnd, middle)
        case 1:
            return _between(middle, row.max_vnd)
        case weight:
            return _only(row.max_vnd if weight > 0 else row.min_vnd)


def circumstances_at(moment: datetime | None) -> tuple[Circumstance, ...]:
    """What the law named at a moment, the mitigating first; nothing when the moment is not known."""
    if moment is None:
        return ()
    day = moment.astimezone(VIETNAM).date()
    there = (each for each in circumstances() if each.in_force_on(day))
    return tuple(sorted(there, key=lambda each: each.effect == AGGRAVATING))


def _weight(codes: tuple[str, ...], committed_at: datetime) -> int:
    """Aggravating ones less mitigating ones."""
    effects = {each.code: each.effect for each in circumstances_at(committed_at)}
    unknown = sorted(set(codes) - set(effects))
    if unknown:
        raise BadInput(f"circumstance {unknown[0]!r}: is none of {', '.join(sorted(effects))}")
    if len(set(codes)) != len(codes):
        raise BadInput("circumstances: each is named once")
    return sum(1 if effects[code] == AGGRAVATING else -1 for code in codes)


def _only(amount_vnd: int) -> FineRange:
    return FineRange(least_vnd=amount_vnd, usual_vnd=amount_vnd, most_vnd=amount_vnd)


def _between(least_vnd: int, most_vnd: int) -> FineRange:
    """Inside of two amounts, neither of them; the middle is usual."""
    return FineRange(least_vnd=least_vnd + 1, usual_vnd=(least_vnd + most_vnd) // 2, most_vnd=most_vnd - 1)
