"""All cases of a filter as CSV, XLSX or JSON lines: read from the database piece by piece, never held whole."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from service.api import period
from service.audit import write_audit
from service.cases.moves import State
from service.cases.queries import READERS
from service.csv_text import BYTE_ORDER_MARK, csv_line
from service.database import reading
from service.door import CallerHere, Now, Record, RecordHere, SessionHere
from service.errors import BadInput
from service.people import Caller
from service.schemas import Text
from service.spreadsheet import XLSX, xlsx
from service.tables import CameraRow, Case, LedgerEntry

router = APIRouter(prefix="/api/v1")
AT_ONCE = 250
COLUMNS = (
    "id", "violation_id", "camera_id", "camera_name", "ward", "kind", "state", "vehicle_class", "plate",
    "plate_machine", "plate_officer", "plate_confidence", "plate_verdict", "footage", "committed_at", "detected_at",
    "decided_at", "reject_reason", "fine_vnd", "surcharge_vnd", "paid_vnd", "balance_vnd",
)  # fmt: skip


class Form(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.JSONL: "application/jsonl; charset=utf-8",
    Form.XLSX: XLSX,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFilter:
    """Which cases; None does not narrow. The period is that of detection, as for the figures."""

    states: Sequence[str] = ()
    camera_id: str | None = None
    kind: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@router.get("/cases/export")
def get_export(
    caller: CallerHere,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    format: Form = Form.CSV,
    state: Annotated[list[State] | None, Query()] = None,
    camera_id: Annotated[Text | None, Query(max_length=64)] = None,
    kind: Annotated[Text | None, Query(max_length=20)] = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> StreamingResponse:
    """All cases of a filter, oldest first, streamed. Days are Vietnam's and need each other. Audited."""
    caller.require(*READERS)
    if (from_on is None) != (to_on is None):
        raise BadInput("period: give both from_on and to_on, or neither")
    from_at, to_at = period(from_on, to_on) if from_on and to_on else (None, None)
    wanted = ExportFilter(
        states=tuple(state or ()), camera_id=camera_id, kind=kind, from_at=from_at, to_at=to_at
    )
    asked: dict[str, Any] = {
        "format": format.value, "states": [str(each) for each in wanted.states], "camera_id": camera_id, "kind": kind,
        "from_on": str(from_on or ""), "to_on": str(to_on or ""),
    }  # fmt: skip
    write_audit(session, at=now, who=caller.name, action="cases_exported", subject="cases", after=asked)
    headers = {"Content-Disposition": f'attachment; filename="cases.{format.value}"'}
    return StreamingResponse(
        _streamed(record, wanted, format, caller), media_type=MEDIA_TYPES[format], headers=headers
    )


def export_cases(session: Session, wanted: ExportFilter, form: Form, caller: Caller) -> Iterator[bytes]:
    """An export in pieces of some hundred cases."""
    caller.require(*READERS)
    found = session.execute(_query(wanted, caller).execution_options(yield_per=AT_ONCE))
    if form is Form.XLSX:
        yield from xlsx("cases", COLUMNS, (map(_plain, row) for rows in found.partitions() for row in rows))
        return
    if form is Form.CSV:
        yield (BYTE_ORDER_MARK + csv_line(COLUMNS)).encode()
    for rows in found.partitions():
        yield "".join(_written(row, form) for row in rows).encode()


def _streamed(record: Record, wanted: ExportFilter, form: Form, caller: Caller) -> Iterator[bytes]:
    with reading(record.engine) as session:
        yield from export_cases(session, wanted, form, caller)


def _query(wanted: ExportFilter, caller: Caller) -> Select[Any]:
    query = select(*_columns()).select_from(Case).join(CameraRow).order_by(Case.id)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    if wanted.states:
        query = query.where(Case.state.in_(wanted.states))
    if wanted.camera_id:
        query = query.where(Case.camera_id == wanted.camera_id)
    if wanted.kind:
        query = query.where(Case.kind == wanted.kind)
    if wanted.from_at is not None and wanted.to_at is not None:
        query = query.where(Case.detected_at >= wanted.from_at, Case.detected_at < wanted.to_at)
    return query


def _columns() -> Iterator[Any]:
    made = {
        "camera_name": CameraRow.name,
        "ward": CameraRow.ward,
        "plate": func.coalesce(Case.plate_officer, Case.plate_machine),
        "fine_vnd": _sum("fine", "correction"),
        "surcharge_vnd": _sum("surcharge"),
        "paid_vnd": -_sum("payment", "refund"),
        "balance_vnd": _sum(),
    }
    for name in COLUMNS:
        column = made[name] if name in made else getattr(Case, name)
        yield column.label(name)


def _sum(*kinds: str) -> Any:
    query = select(func.coalesce(func.sum(LedgerEntry.amount_vnd), 0)).where(LedgerEntry.case_id == Case.id)
    if kinds:
        query = query.where(LedgerEntry.kind.in_(kinds))
    return query.correlate(Case).scalar_subquery()


def _written(row: Row[Any], form: Form) -> str:
    values = [_plain(value) for value in row]
    if form is Form.CSV:
        return csv_line(values)
    return json.dumps(dict(zip(COLUMNS, values, strict=True)), ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int | float | str) else int(str(value))
