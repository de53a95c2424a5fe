"""Who may sign a decision: the bracket's maximum and the day in, titles out. Limits are dated rows."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from service.errors import BadInput
from service.law.dated_rows import day_or_none, read_rows
from service.law.tariff import VIETNAM

AUTHORITY_FILE = "signing_authority.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningLimit:
    """The highest fine that a title may sign while this row is in force."""

    title: str
    max_vnd: int
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@lru_cache
def signing_limits() -> tuple[SigningLimit, ...]:
    """Every row of signing_authority.csv."""
    return tuple(
        SigningLimit(
            title=row["title"],
            max_vnd=int(row["max_vnd"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows(AUTHORITY_FILE)
    )


def titles_that_may_sign(max_vnd: int, signed_at: datetime) -> tuple[str, ...]:
    """The titles whose limit reaches the bracket's maximum on the day of signing, the lowest first.

    Authority goes by the maximum of the bracket, not by the amount (LHAV art. 52). Raises BadInput for a day that the
    law data does not reach: the table of 2024 and earlier (ND100 art. 76) was not read.
    """
    day = signed_at.astimezone(VIETNAM).date()
    limits = sorted((row for row in signing_limits() if row.in_force_on(day)), key=lambda row: row.max_vnd)
    if not limits:
        raise BadInput(f"{AUTHORITY_FILE}: nobody's limit is known on {day}; add the rows with their source")
    return tuple(row.title for row in limits if row.max_vnd >= max_vnd)
