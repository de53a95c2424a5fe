"""What the command line asks of the money and of the demo data. The one at the keyboard acts as a supervisor."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.cases.surcharging import run_late_payments
from service.database import transaction
from service.errors import BadInput
from service.payments.importing import import_statement
from service.people import Caller
from service.record_opening import begun_record, kept_record
from service.seeding import seed_year

COMMAND_LINE = Caller(person_id=None, name="command line", role="supervisor", ward=None, csrf="")


def import_payments(*, state: Path, file: Path) -> dict[str, Any]:
    """Import one statement; what became of its lines, and as `line` in words. Raises BadInput, TooLarge."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror})") from None
    with kept_record(state) as record, transaction(record.engine) as session:
        result = import_statement(session, data, name=file.name, caller=COMMAND_LINE, at=datetime.now(UTC))
    counted = dict(result.outcomes)
    told = ", ".join(f"{count} {name}" for name, count in counted.items()) or "none"
    line = f"{file.name}: lines: {result.lines} ({told}); {result.booked_vnd} VND booked, {result.waiting} to look at."
    if not result.is_new:
        line = f"{file.name}: was imported before, nothing was changed. {line}"
    return {
        "sha256": result.sha256, "is_new": result.is_new, "lines": result.lines, "booked_vnd": result.booked_vnd,
        "waiting": result.waiting, "outcomes": counted, "line": line,
    }  # fmt: skip


def run_late(*, state: Path) -> str:
    """Charge late payment through yesterday; a line that says what was done."""
    with kept_record(state) as record, transaction(record.engine) as session:
        run = run_late_payments(session, caller=COMMAND_LINE, at=datetime.now(UTC))
    return (
        f"Open fines: {run.looked_at}; {run.surcharged} surcharged by {run.surcharge_vnd} VND, "
        f"{run.fell_due} fell due, {run.settled} settled."
    )


def seed(*, state: Path, year: int, say: Callable[[str], None]) -> None:
    """Write the demo year whole or not at all. Raises BadInput, Conflict."""
    with begun_record(state) as record, transaction(record.engine) as session:
        seeded = seed_year(session, year=year, secret=record.secret, say=say)
    say(f"{year}: {seeded.cases} demo cases, {seeded.fined} of them fined, are in {state}.")
