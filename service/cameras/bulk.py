"""Many cameras from one CSV file and into one: every line is checked first, and with a fault in any nothing is changed.

    id,name,ward,kind,main,sub,latitude,longitude

Addresses go in, never out: an exported file has empty `main` and `sub`, and importing it again keeps the known ones.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet
from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.cameras.registering import checked_sources, edit_feed, list_cameras, register_feed
from service.cameras.schemas import FeedEdit, FeedIn, ImportOut, LineFault
from service.csv_text import BYTE_ORDER_MARK, FORMULA_STARTS, csv_line
from service.errors import BadInput, Forbidden
from service.people import Caller
from service.tables import CameraRow

COLUMNS = ("id", "name", "ward", "kind", "main", "sub", "latitude", "longitude")
NEEDED = ("name", "main")
MOST_LINES = 2000
LINE_FAULTS = (
    "no_columns", "too_long", "columns", "name", "id", "same_id", "kind", "main", "sub", "latitude", "longitude",
    "ward", "other_ward", "needs_address",
)  # fmt: skip
_CODE_OF_FIELD = {"camera_id": "id"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """One line that is good: a new feed, or an edit of a known one."""

    number: int
    feed: FeedIn | None
    row: CameraRow | None
    edit: FeedEdit | None


def import_cameras(session: Session, text: str, *, caller: Caller, secret: Fernet, at: datetime) -> ImportOut:
    """Register and edit what the file says, or say what is wrong with which line."""
    known = {row.camera_id: row for row in list_cameras(session, caller)}
    lines: list[_Line] = []
    faults: list[LineFault] = []
    seen: set[str] = set()
    for number, cells in _lines(text, faults):
        found = _checked(number, cells, known, caller)
        faults += [fault for fault in found if isinstance(fault, LineFault)]
        lines += [line for line in found if isinstance(line, _Line)]
        camera_id = cells.get("id", "")
        if camera_id and camera_id in seen:
            faults.append(LineFault(line=number, code="same_id", value=camera_id[:60]))
        seen.add(camera_id)
    if faults:
        return ImportOut(added=0, changed=0, unchanged=0, faults=sorted(faults, key=lambda f: f.line))
    changed = sum(_apply(session, line, secret=secret, at=at, who=caller.name) for line in lines)
    added = sum(line.feed is not None for line in lines)
    return ImportOut(added=added, changed=changed, unchanged=len(lines) - added - changed, faults=[])


def export_cameras(session: Session, caller: Caller) -> Iterator[str]:
    """The cameras of the caller's ward as CSV, with a byte order mark so that spreadsheets read Vietnamese."""
    yield BYTE_ORDER_MARK + csv_line(COLUMNS)
    for row in list_cameras(session, caller):
        yield csv_line((row.camera_id, row.name, row.ward, row.kind, None, None, row.latitude, row.longitude))


def _lines(text: str, faults: list[LineFault]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line's cells by their columns, with its number in the file; notes faults of the file itself."""
    plain = text.removeprefix(BYTE_ORDER_MARK)
    first = plain.split("\n", 1)[0]
    dialect = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(plain), delimiter=dialect)
    header = [cell.strip().lower() for cell in next(reader, [])]
    if not set(NEEDED) <= set(header) or not set(header) <= set(COLUMNS):
        faults.append(LineFault(line=1, code="no_columns", value=",".join(header)[:120]))
        return
    for count, cells in enumerate(reader, 1):
        if count > MOST_LINES:
            faults.append(LineFault(line=reader.line_num, code="too_long", value=str(MOST_LINES)))
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.append(LineFault(line=reader.line_num, code="columns", value=str(len(cells))))
            continue
        yield reader.line_num, {name: _plain(cell) for name, cell in zip(header, cells, strict=True)}


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _checked(
    number: int, cells: dict[str, str], known: dict[str, CameraRow], caller: Caller
) -> list[_Line | LineFault]:
    row = known.get(cells.get("id", ""))
    ward = cells.get("ward") or (row.ward if row is not None else caller.ward)
    if caller.ward is not None and ward != caller.ward:
        return [LineFault(line=number, code="other_ward", value=(ward or "")[:60])]
    if row is None and not cells["main"]:
        return [LineFault(line=number, code="needs_address", value=cells.get("id", "")[:60])]
    try:
        place = {name: _number(cells, name) for name in ("latitude", "longitude") if cells.get(name)}
        return [_line(number, cells, row, ward, place)]
    except ValidationError as error:
        return [
            _fault(number, cells, one["loc"]) for one in error.errors(include_input=False, include_url=False)
        ]
    except BadInput as error:
        code = "sub" if str(error).startswith("sources.sub") else "main"
        return [LineFault(line=number, code=code, value="")]  # an address may hold a password
    except ValueError as error:
        return [LineFault(line=number, code=str(error), value=cells.get(str(error), "")[:60])]


def _line(
    number: int, cells: dict[str, str], row: CameraRow | None, ward: str | None, place: dict[str, float]
) -> _Line:
    sources = {"main": cells["main"] or None, "sub": cells.get("sub") or None}
    if sources["main"] is not None:
        checked_sources(sources["main"], sources["sub"], "", "")
    if row is not None:
        kept = {"latitude": row.latitude, "longitude": row.longitude}
        edit = FeedEdit.model_validate({"name": cells["name"], "ward": ward, **kept, **place, **sources})
        return _Line(number=number, feed=None, row=row, edit=edit)
    kind = cells.get("kind") or "smart"
    values = {
        "name": cells["name"],
        "ward": ward,
        "kind": kind,
        "camera_id": cells.get("id") or None,
        **place,
        **sources,
    }
    return _Line(number=number, feed=FeedIn.model_validate(values), row=None, edit=None)


def _number(cells: dict[str, str], name: str) -> float:
    """A decimal point or a decimal comma. Raises ValueError with the column's name."""
    try:
        return float(cells[name].replace(",", "."))
    except ValueError:
        raise ValueError(name) from None


def _fault(number: int, cells: dict[str, str], place: tuple[int | str, ...]) -> LineFault:
    field = str(place[0]) if place else "columns"
    code = _CODE_OF_FIELD.get(field, field)
    shown = "" if code in {"main", "sub"} else cells.get(code, "")[:60]
    return LineFault(line=number, code=code if code in LINE_FAULTS else "columns", value=shown)


def _apply(session: Session, line: _Line, *, secret: Fernet, at: datetime, who: str) -> bool:
    """Write one line; whether a known camera changed by it."""
    if line.feed is not None:
        register_feed(session, line.feed, secret=secret, at=at, who=who)
        return False
    row, edit = line.row, line.edit
    if row is None or edit is None:
        raise Forbidden("a line is neither a new camera nor a known one")
    same = all(
        getattr(row, name) == getattr(edit, name) for name in ("name", "ward", "latitude", "longitude")
    )
    if same and edit.main is None:
        return False
    edit_feed(session, row, edit, secret=secret, at=at, who=who)
    return True
