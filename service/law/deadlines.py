"""Deadlines of the process as dated rows: a step and the moment it counts from in, the last day out."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from service.errors import BadInput
from service.law.tariff import VIETNAM

DEADLINES_FILE = Path(__file__).with_name("deadlines.csv")
FIXED_HOLIDAYS = {(1, 1), (4, 30), (5, 1), (9, 2)}
"""Tết and the Hùng Kings' day move with the moon and are not in this list: those days are counted as working days."""
STEP_OF_STATE = {
    "detected": "notice",
    "in_review": "notice",
    "confirmed": "notice",
    "decision": "payment",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineRow:
    """How many days a step may take while this row is in force."""

    step: str
    days: int
    working_days: bool
    valid_from: date
    valid_to: date | None
    source: str


@lru_cache
def deadlines() -> tuple[DeadlineRow, ...]:
    """Every row of deadlines.csv."""
    with DEADLINES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            DeadlineRow(
                step=row["step"],
                days=int(row["days"]),
                working_days=row["counts"] == "working",
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                source=row["source"],
            )
            for row in csv.DictReader(file)
        )


def due_on(step: str, counted_from: datetime) -> date:
    """The last day for a step, in Vietnam; the row in force on the day it is counted from applies."""
    start = counted_from.astimezone(VIETNAM).date()
    for row in deadlines():
        if row.step == step and row.valid_from <= start and (row.valid_to is None or start <= row.valid_to):
            return (
                _working_days_after(start, row.days) if row.working_days else start + timedelta(days=row.days)
            )
    raise BadInput(f"{DEADLINES_FILE.name}: no deadline for {step} on {start}; add the row with its source")


def next_due(state: str, *, detected_at: datetime, decided_at: datetime | None) -> tuple[str, date] | None:
    """The next step of a case and its last day; None for a case that waits for nothing."""
    step = STEP_OF_STATE.get(state)
    if step is None:
        return None
    counted_from = decided_at if step == "payment" and decided_at is not None else detected_at
    return step, due_on(step, counted_from)


def _working_days_after(start: date, days: int) -> date:
    day = start
    while days:
        day += timedelta(days=1)
        if day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS:
            days -= 1
    return day
