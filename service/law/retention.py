"""How long evidence is kept, as dated rows: a state and the moment it is counted from in, the last day out.

A state that no rule names is never erased: an appealed case is held for as long as the appeal lasts.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from service.law.dated_rows import day_or_none, read_rows
from service.law.deadlines import DeadlineRow, Unit

RETENTION_FILE = "retention.csv"
LEAST_DAYS = {Unit.DAYS: 1, Unit.WORKING_DAYS: 1, Unit.MONTHS: 28, Unit.YEARS: 365}
STATE_SINCE, ACT = "state_since", "act"


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionRule:
    """Evidence of cases in these states is kept so long from the moment they came there, or from the act."""

    states: tuple[str, ...]
    counted_from: str
    also_plate: bool
    """Whether the plate is erased too: nobody was fined, so nothing has to be accounted for."""
    term: DeadlineRow

    @property
    def name(self) -> str:
        return self.term.step

    @property
    def least_days(self) -> int:
        """No term of this rule is over before so many days."""
        return self.term.length * LEAST_DAYS[self.term.unit]


@lru_cache
def retention_rules() -> tuple[RetentionRule, ...]:
    """Every row of retention.csv."""
    return tuple(_rule(row) for row in read_rows(RETENTION_FILE))


def rules_on(day: date) -> tuple[RetentionRule, ...]:
    """The rules in force on the day that evidence would be erased: a new rule holds for what is kept already."""
    return tuple(
        rule
        for rule in retention_rules()
        if rule.term.valid_from <= day and (rule.term.valid_to is None or day <= rule.term.valid_to)
    )


def _rule(row: dict[str, str]) -> RetentionRule:
    return RetentionRule(
        states=tuple(row["states"].split()),
        counted_from=row["counted_from"],
        also_plate=row["also_plate"] == "yes",
        term=DeadlineRow(
            step=row["name"],
            length=int(row["length"]),
            unit=Unit(row["unit"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        ),
    )
