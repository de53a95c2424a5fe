"""Cases under /api/v1: the queue, one case with its evidence, review, money, and the moves around a fine."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from service.audit import note_look, write_audit
from service.cases import actions, fines, proceedings, queries
from service.cases.moves import State
from service.cases.queries import QueueFilter
from service.cases.wire import case_line, case_out
from service.door import CallerHere, Now, Record, RecordHere, RowId, SessionHere, only_reads
from service.errors import Gone
from service.idempotency import IdempotentRoute
from service.law.tariff import VIETNAM
from service.people import Caller
from service.schemas import (
    CaseList,
    CaseOut,
    DecisionReceiptIn,
    FineIn,
    LedgerLine,
    MoveIn,
    PaymentIn,
    PlateIn,
    RefundIn,
    RejectIn,
    Text,
)
from service.tables import Case

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)
EVIDENCE_CACHING = "private, max-age=120"
"""Long enough for the console to fetch the next case ahead; signing out clears it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Who works on a case, and with what."""

    caller: Caller
    session: Session
    record: Record
    now: datetime
    response: Response

    def show(self, case: Case) -> CaseOut:
        """The case for the wire; its version goes out as the ETag."""
        shown = case_out(self.session, self.record, case)
        self.response.headers["ETag"] = f'"{shown.version}"'
        return shown


def get_desk(
    caller: CallerHere, session: SessionHere, record: RecordHere, now: Now, response: Response
) -> Desk:
    """The desk of this request."""
    return Desk(caller=caller, session=session, record=record, now=now, response=response)


DeskHere = Annotated[Desk, Depends(get_desk)]


@router.get("/cases")
@only_reads
def get_cases(
    caller: CallerHere,
    session: SessionHere,
    state: Annotated[list[State] | None, Query()] = None,
    camera_id: Annotated[Text | None, Query(max_length=64)] = None,
    kind: Annotated[Text | None, Query(max_length=20)] = None,
    before_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CaseList:
    """Cases, newest first; `next_before_id` is the cursor of the next page."""
    wanted = QueueFilter(
        states=tuple(state or ()), camera_id=camera_id, kind=kind, before_id=before_id, limit=limit
    )
    rows = queries.list_cases(session, wanted, caller)
    return CaseList(
        cases=[case_line(case, camera) for case, camera in rows],
        next_before_id=rows[-1][0].id if len(rows) == limit else None,
    )


@router.get("/cases/{case_id}")
def get_case(case_id: RowId, desk: DeskHere) -> CaseOut:
    """One case with its packet, evidence, ledger and tariff; the look is audited."""
    case = queries.get_case(desk.session, case_id, desk.caller)
    write_audit(
        desk.session, at=desk.now, who=desk.caller.name, action="looked_at", subject=case.violation_id
    )
    return desk.show(case)


@router.get(
    "/cases/{case_id}/evidence/{name}",
    response_class=FileResponse,
    responses={200: {"content": {"*/*": {}}}, 206: {"description": "A range of it"}},
)
def get_evidence(
    case_id: RowId, name: str, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> FileResponse:
    """One evidence file, byte for byte; ranges are answered, so that a clip can be sought in. Audited.

    410 once retention has erased it.
    """
    case = queries.get_case(session, case_id, caller)
    if case.evidence_erased_at is not None:
        day = case.evidence_erased_at.astimezone(VIETNAM).date()
        raise Gone(f"case {case_id}: its evidence was erased on {day}")
    path = record.evidence.path_of(case.camera_id, case.violation_id, name)
    note_look(session, at=now, who=caller.name, subject=case.violation_id, name=name)
    return FileResponse(path, headers={"Cache-Control": EVIDENCE_CACHING})


@router.post("/cases/{case_id}/claim")
def post_claim(case_id: RowId, desk: DeskHere) -> CaseOut:
    """Take a case for review."""
    return desk.show(actions.claim(desk.session, case_id, caller=desk.caller, at=desk.now))


@router.post("/cases/{case_id}/release")
def post_release(case_id: RowId, desk: DeskHere) -> CaseOut:
    """Give a claimed case back."""
    return desk.show(actions.release(desk.session, case_id, caller=desk.caller, at=desk.now))


@router.post("/cases/{case_id}/confirm")
def post_confirm(case_id: RowId, desk: DeskHere) -> CaseOut:
    """Confirm a claimed case."""
    wanted = desk.record.settings.second_approval
    return desk.show(
        actions.confirm(desk.session, case_id, caller=desk.caller, at=desk.now, second_approval=wanted)
    )


@router.post("/cases/{case_id}/reject")
def post_reject(case_id: RowId, body: RejectIn, desk: DeskHere) -> CaseOut:
    """Reject a claimed case with a coded reason."""
    case = actions.reject(
        desk.session, case_id, reason=body.reason, note=body.note, caller=desk.caller, at=desk.now
    )
    return desk.show(case)


@router.post("/cases/{case_id}/undo")
def post_undo(case_id: RowId, desk: DeskHere) -> CaseOut:
    """Take back one's own decision of the last 10 seconds."""
    return desk.show(actions.undo(desk.session, case_id, caller=desk.caller, at=desk.now))


@router.post("/cases/{case_id}/plate")
def post_plate(case_id: RowId, body: PlateIn, desk: DeskHere) -> CaseOut:
    """Enter the plate as the officer reads it. One of no Vietnamese form is taken with `unusual` only, else 422."""
    case = actions.correct_plate(
        desk.session, case_id, plate=body.plate, unusual=body.unusual, caller=desk.caller, at=desk.now
    )
    return desk.show(case)


@router.post("/cases/{case_id}/fine", status_code=201)
def post_fine(case_id: RowId, body: FineIn, desk: DeskHere) -> LedgerLine:
    """Issue the fine: the midpoint of the bracket unless an amount inside it is given. A notice comes first.

    Circumstances narrow the bracket: one mitigating leaves its lower half, two its least amount, and so on.
    """
    entry = fines.issue_fine(
        desk.session,
        case_id,
        amount_vnd=body.amount_vnd,
        circumstances=body.circumstances,
        without_notice=body.without_notice,
        caller=desk.caller,
        at=desk.now,
    )
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/payments", status_code=201)
def post_payment(case_id: RowId, body: PaymentIn, desk: DeskHere) -> LedgerLine:
    """Enter a payment; a reference counts once."""
    entry = fines.enter_payment(
        desk.session,
        case_id,
        amount_vnd=body.amount_vnd,
        reference=body.reference,
        paid_on=body.paid_on,
        caller=desk.caller,
        at=desk.now,
    )
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/refunds", status_code=201)
def post_refund(case_id: RowId, body: RefundIn, desk: DeskHere) -> LedgerLine:
    """Enter money that was given back; a reference counts once."""
    entry = fines.enter_refund(
        desk.session,
        case_id,
        amount_vnd=body.amount_vnd,
        reference=body.reference,
        caller=desk.caller,
        at=desk.now,
    )
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/moves")
def post_move(case_id: RowId, body: MoveIn, desk: DeskHere) -> CaseOut:
    """Approve, send back, notify, let fall due, appeal, uphold, cancel, reopen, leave open, forward, take back."""
    case = proceedings.make_move(
        desk.session,
        case_id,
        name=body.move,
        why=body.why,
        to_unit=body.to_unit,
        caller=desk.caller,
        at=desk.now,
    )
    return desk.show(case)


@router.post("/cases/{case_id}/decision-receipt")
def post_decision_receipt(case_id: RowId, body: DecisionReceiptIn, desk: DeskHere) -> CaseOut:
    """Put on record the day that the person received the decision; the term of payment counts from it."""
    case = proceedings.note_receipt(
        desk.session, case_id, received_on=body.received_on, why=body.why, caller=desk.caller, at=desk.now
    )
    return desk.show(case)
