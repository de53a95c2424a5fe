"""Fines by (offence, vehicle class, moment of the act): three regimes as dated rows, with their articles.

The decree in force when the act was committed applies, even if it is handled later (Decree 168/2024 art. 54.1).
Source and confidence of each row are in tariff.csv; the police legal desk must sign every row off.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from service.errors import BadInput

TARIFF_FILE = Path(__file__).with_name("tariff.csv")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
OFFENCES = {
    "red_light": "RED_LIGHT",
    "stop_line": "SIGN_OR_MARKING",
    "wrong_way": "WRONG_WAY",
    "wrong_lane": "LANE_CHANGE",
    "illegal_stop": "STOP_PARK_MINOR",
}
"""What a camera can prove, never the graver act beside it: a lane change over a solid line (art. 6.2.a) does not show
that the other lane was forbidden to this vehicle (6.5.b); a stop on a zebra (6.2.đ) is none in the junction (6.3.đ).
"""
NAMED_OTHERWISE = {
    ("wrong_lane", "bicycle"): "SIGN_OR_MARKING",
    ("illegal_stop", "motorcycle"): "STOP_PARK_JUNCTION_OR_SIGN",
    ("illegal_stop", "bicycle"): "STOP_PARK",
}
"""The decree puts the same act elsewhere for these vehicles."""
TARIFF_CLASSES = {
    "motorbike": "motorcycle",
    "car": "car",
    "bus": "car",
    "truck": "car",
    "bicycle": "bicycle",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TariffRow:
    """One fine bracket while it is in force; `valid_to` None: still in force."""

    code: str
    vehicle_class: str
    decree: str
    article: str
    valid_from: date
    valid_to: date | None
    min_vnd: int
    max_vnd: int
    points: int | None
    suspension_months: str
    note: str
    confidence: str

    @property
    def midpoint_vnd(self) -> int:
        """The usual fine when nothing aggravates or mitigates (LHAV art. 23)."""
        return (self.min_vnd + self.max_vnd) // 2

    def allows(self, amount_vnd: int) -> bool:
        return self.min_vnd <= amount_vnd <= self.max_vnd

    def in_force_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@lru_cache
def tariff() -> tuple[TariffRow, ...]:
    """Every row of tariff.csv."""
    with TARIFF_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(row) for row in csv.DictReader(file))


def find_tariff(kind: str, vehicle_class: str, committed_at: datetime) -> TariffRow:
    """The bracket for a case's kind and the detector's vehicle class at the moment of the act.

    Raises BadInput when the law data has no row for it.
    """
    day = committed_at.astimezone(VIETNAM).date()
    law_class = TARIFF_CLASSES.get(vehicle_class, "")
    code = NAMED_OTHERWISE.get((kind, law_class), OFFENCES.get(kind))
    for row in tariff():
        if (row.code, row.vehicle_class) == (code, law_class) and row.in_force_on(day):
            return row
    raise BadInput(
        f"{TARIFF_FILE.name}: no fine for {kind} by a {vehicle_class} on {day}; add the row with its source"
    )


def _row(row: dict[str, str]) -> TariffRow:
    return TariffRow(
        code=row["code"],
        vehicle_class=row["vehicle_class"],
        decree=row["decree"],
        article=row["article"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        min_vnd=int(row["min_vnd"]),
        max_vnd=int(row["max_vnd"]),
        points=int(row["points"]) if row["points"].isdigit() else None,
        suspension_months=row["suspension_months"],
        note=row["note"],
        confidence=row["confidence"],
    )
