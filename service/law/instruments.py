"""How decrees and circulars are named on paper: a name and a day in, the official words in force on that day out."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from service.law.dated_rows import day_or_none, in_force, read_rows

INSTRUMENTS_FILE = "instruments.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """The words for one legal basis while they hold."""

    name: str
    text: str
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str


@lru_cache
def instruments() -> tuple[Instrument, ...]:
    """Every row of instruments.csv."""
    return tuple(
        Instrument(
            name=row["name"],
            text=row["text"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day_or_none(row["valid_to"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows(INSTRUMENTS_FILE)
    )


def words_for(name: str, day: date) -> str:
    """The official words, with amendments, on a day. Raises BadInput when the law data has none."""
    rows = (row for row in instruments() if row.name == name)
    return in_force(rows, day, file=INSTRUMENTS_FILE, what=f"words for {name}").text
