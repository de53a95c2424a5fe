"""The money's part of /api/v1: statements and their lines, corrections, the run over late fines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.api_description import csv_body
from service.audit import write_audit
from service.cases.fines import correct_fine
from service.cases.queries import READERS
from service.cases.surcharging import run_late_payments
from service.database import reading, transaction
from service.door import CallerHere, Now, Record, RecordHere, RowId, SessionHere, get_caller, only_reads
from service.errors import TooLarge
from service.idempotency import IdempotentRoute
from service.payments.importing import assign_line, import_statement, require_whole_city
from service.payments.matching import Outcome
from service.payments.queries import lines_as_csv, list_lines
from service.payments.schemas import AssignIn, ImportOut, LateRunOut, PaymentLineList, PaymentLineOut
from service.payments.statement import MOST_STATEMENT_BYTES
from service.people import Caller
from service.schemas import CorrectionIn, CountOut, LedgerLine

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentStatement:
    """A statement's bytes, from somebody who may import it."""

    data: bytes


async def get_sent_statement(request: Request, record: RecordHere, now: Now) -> SentStatement:
    """The statement, whole. Refuses before a byte of it is read; no transaction is open while it comes in."""

    def check() -> None:
        with transaction(record.engine) as session:
            require_whole_city(get_caller(request, session, now))

    await run_in_threadpool(check)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_STATEMENT_BYTES:
            raise TooLarge(f"statement: more than {MOST_STATEMENT_BYTES >> 20} MB; send it in parts")
    return SentStatement(data=bytes(data))


@router.post(
    "/payments/import",
    status_code=201,
    openapi_extra=csv_body("The statement as it came from bank or portal"),
)
def post_import(
    sent: Annotated[SentStatement, Depends(get_sent_statement)],
    caller: CallerHere,
    session: SessionHere,
    now: Now,
    name: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "statement.csv",
) -> ImportOut:
    """Import a bank's or the portal's statement (the body is the CSV file). The same file again changes nothing."""
    result = import_statement(session, sent.data, name=name, caller=caller, at=now)
    counted = [CountOut(name=outcome, count=count) for outcome, count in result.outcomes]
    return ImportOut(
        sha256=result.sha256, is_new=result.is_new, lines=result.lines, booked_vnd=result.booked_vnd,
        waiting=result.waiting, outcomes=counted,
    )  # fmt: skip


@router.get("/payments")
@only_reads
def get_payments(
    caller: CallerHere,
    session: SessionHere,
    outcome: Outcome | None = None,
    before_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PaymentLineList:
    """Lines of all statements with what became of them, the latest first."""
    lines = list_lines(session, caller, outcome=outcome, before_id=before_id, limit=limit)
    return PaymentLineList(
        lines=[PaymentLineOut.model_validate(line) for line in lines],
        next_before_id=lines[-1].id if len(lines) == limit else None,
    )


@router.get("/payments/export")
def get_payments_export(
    caller: CallerHere, session: SessionHere, record: RecordHere, now: Now, outcome: Outcome | None = None
) -> StreamingResponse:
    """The same lines as CSV; no cell begins like a formula. Audited."""
    caller.require(*READERS)
    after = {"outcome": outcome}
    write_audit(session, at=now, who=caller.name, action="payments_exported", subject="payments", after=after)
    headers = {"Content-Disposition": 'attachment; filename="payments.csv"'}
    return StreamingResponse(
        _streamed(record, caller, outcome), media_type="text/csv; charset=utf-8", headers=headers
    )


def _streamed(record: Record, caller: Caller, outcome: Outcome | None) -> Iterator[str]:
    with reading(record.engine) as session:
        yield from lines_as_csv(session, caller, outcome=outcome)


@router.post("/payments/{line_id}/assign")
def post_assign(
    line_id: RowId, body: AssignIn, caller: CallerHere, session: SessionHere, now: Now
) -> PaymentLineOut:
    """Book a line that waits on the case that it belongs to."""
    line = assign_line(session, line_id, body.case_id, why=body.why, caller=caller, at=now)
    return PaymentLineOut.model_validate(line)


@router.post("/payments/late-run")
def post_late_run(caller: CallerHere, session: SessionHere, now: Now) -> LateRunOut:
    """Enter the surcharge through yesterday for every open fine; late fines fall due. Again on a day: nothing."""
    return LateRunOut.model_validate(run_late_payments(session, caller=caller, at=now))


@router.post("/cases/{case_id}/corrections", status_code=201)
def post_correction(
    case_id: RowId, body: CorrectionIn, caller: CallerHere, session: SessionHere, now: Now
) -> LedgerLine:
    """Set an issued fine to another amount inside its bracket."""
    entry = correct_fine(session, case_id, amount_vnd=body.amount_vnd, why=body.why, caller=caller, at=now)
    return LedgerLine.model_validate(entry)
