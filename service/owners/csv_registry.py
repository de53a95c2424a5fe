"""A vehicle registry in a CSV file (UTF-8, with or without a byte-order mark), read anew when the file changes.

plate           as on the plate, dots, dashes and spaces do not count: 63B1-123.45
plate_colour    white, yellow, blue, red; may be empty
vehicle_class   motorbike, car, bus, truck, bicycle; may be empty
make, colour    of the vehicle, in words; may be empty
owner_kind      person or organisation; empty: person
owner_name      must be there
owner_address   where the notice goes
valid_from      first day, 2024-03-01; must be there
valid_to        last day, included; empty: still in force
"""

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from service.owners.registry import Registration, RegistryFailed, in_force
from service.plates import canonical_plate

NEEDED_COLUMNS = ("plate", "owner_name", "valid_from")
ByPlate = dict[str, tuple[Registration, ...]]


class CsvRegistry:
    """Answers from one CSV file."""

    def __init__(self, path: Path) -> None:
        self.name = f"csv:{path.name}"
        self._path = path
        self._lock = Lock()
        self._read_at_ns = -1
        self._by_plate: ByPlate = {}

    def registrations_of(self, plate: str, at: datetime) -> tuple[Registration, ...]:
        """Every registration of the plate in force at the moment. Raises RegistryFailed for an unreadable file."""
        with self._lock:
            self._read_when_changed()
            return in_force(self._by_plate.get(canonical_plate(plate), ()), at)

    def _read_when_changed(self) -> None:
        try:
            changed_at_ns = self._path.stat().st_mtime_ns
            if changed_at_ns != self._read_at_ns:
                with self._path.open(encoding="utf-8-sig", newline="") as file:
                    self._by_plate = _read(file, self._path.name)
                self._read_at_ns = changed_at_ns
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise RegistryFailed(
                f"{self._path.name}: cannot be read as UTF-8 CSV ({type(error).__name__}); check NGATU_OWNERS_CSV"
            ) from None


def _read(lines: Iterable[str], name: str) -> ByPlate:
    rows = csv.DictReader(lines)
    missing = [column for column in NEEDED_COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise RegistryFailed(f"{name}: has no column {', '.join(missing)}; add it")
    found: dict[str, list[Registration]] = defaultdict(list)
    for row in rows:
        registration = _registration(row, f"{name} line {rows.line_num}")
        found[registration.plate].append(registration)
    return {plate: tuple(registrations) for plate, registrations in found.items()}


def _registration(row: dict[str, str | None], place: str) -> Registration:
    said = {column: text.strip() for column, text in row.items() if column and text and text.strip()}
    try:
        return Registration.model_validate({**said, "plate": canonical_plate(said.get("plate", ""))})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        column = ".".join(str(part) for part in first["loc"])
        raise RegistryFailed(f"{place}: {column}: {first['msg']}; correct the line") from None
