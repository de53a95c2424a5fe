"""Law data with effective dates: rows of a CSV file beside the code in, the row in force on a day out."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from service.errors import BadInput

LAW_FOLDER = Path(__file__).parent


class Dated(Protocol):
    """A row that holds from one day to another; `valid_to` None: still in force."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


Row = TypeVar("Row", bound=Dated)


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a law file as text."""
    with (LAW_FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def day_or_none(text: str) -> date | None:
    """The day that a law file names; None where the field is empty: still in force."""
    return date.fromisoformat(text) if text else None


def in_force(rows: Iterable[Row], day: date, *, file: str, what: str) -> Row:
    """The row in force on a day. Raises BadInput when the law data has none."""
    for row in rows:
        if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to):
            return row
    raise BadInput(f"{file}: no {what} on {day}; add the row with its source")
