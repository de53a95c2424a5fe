"""The JSON interface under /api/v1: packets from workers, everything else for people who are signed in."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import text
from sqlalchemy.orm import Session

from service import people
from service.audit import note_look, write_audit
from service.cases import actions, fines, proceedings, queries
from service.cases.moves import State
from service.cases.queries import Figures, QueueFilter
from service.door import (
    SESSION_COOKIE,
    CallerHere,
    Now,
    Record,
    RecordHere,
    SentPacketHere,
    SessionHere,
    only_reads,
)
from service.errors import BadInput, NotSignedIn
from service.intake import take_in
from service.law.next_steps import next_due
from service.law.tariff import VIETNAM
from service.ledger import balance_vnd, entries_of, fined_at
from service.schemas import (
    CaseLine,
    CaseList,
    CaseOut,
    CountOut,
    FiguresOut,
    FineIn,
    HealthOut,
    LedgerLine,
    MoveIn,
    PaymentIn,
    PlateIn,
    ReceiptOut,
    RefundIn,
    RejectIn,
    SignInIn,
    SignInOut,
    TariffOut,
    Text,
)
from service.tables import CameraRow, Case

router = APIRouter(prefix="/api/v1")
EVIDENCE_CACHING = "private, max-age=120"
"""Long enough for the console to fetch the next case ahead; signing out clears it."""


@router.post("/packets", status_code=201, responses={200: {"model": ReceiptOut}})
def post_packet(
    response: Response, sent: SentPacketHere, session: SessionHere, record: RecordHere, now: Now
) -> ReceiptOut:
    """Take in one packet (application/zip). 201 for a new case, 200 when it is known already."""
    receipt = take_in(session, sent.data, worker=sent.worker, store=record.evidence, at=now)
    response.status_code = 201 if receipt.is_new else 200
    return ReceiptOut.model_validate(receipt)


@router.post("/session", status_code=201)
def post_session(
    body: SignInIn, response: Response, session: SessionHere, record: RecordHere, now: Now
) -> SignInOut:
    """Sign in: sets the session cookie; `csrf` goes into the X-CSRF-Token header of every change."""
    hours = record.settings.session_hours
    signed_in = people.sign_in(session, name=body.name, password=body.password, at=now, hours=hours)
    if signed_in is None:
        session.commit()
        raise NotSignedIn("name or password is wrong, or the account is locked for a quarter of an hour")
    token, caller = signed_in
    set_session_cookie(response, token, record)
    return SignInOut(name=caller.name, role=caller.role, csrf=caller.csrf)


@router.delete("/session", status_code=204)
def delete_session(request: Request, response: Response, caller: CallerHere, session: SessionHere) -> None:
    """Sign out."""
    people.sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE)


def set_session_cookie(response: Response, token: str, record: Record) -> None:
    """The cookie that keeps somebody signed in; no script can read it."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=record.settings.secure_cookies,
        path="/",
    )


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
def get_case(case_id: int, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now) -> CaseOut:
    """One case with its packet, evidence, ledger and tariff; the look is audited."""
    case = queries.get_case(session, _row_id(case_id), caller)
    write_audit(session, at=now, who=caller.name, action="looked_at", subject=case.violation_id)
    return case_out(session, record, case)


@router.get("/cases/{case_id}/evidence/{name}")
def get_evidence(
    case_id: int, name: str, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> FileResponse:
    """One evidence file, byte for byte; ranges are answered, so that a clip can be sought in. Audited."""
    case = queries.get_case(session, _row_id(case_id), caller)
    path = record.evidence.path_of(case.camera_id, case.violation_id, name)
    note_look(session, at=now, who=caller.name, subject=case.violation_id, name=name)
    return FileResponse(path, headers={"Cache-Control": EVIDENCE_CACHING})


@router.post("/cases/{case_id}/claim")
def post_claim(
    case_id: int, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Take a case for review."""
    return case_out(session, record, actions.claim(session, _row_id(case_id), caller=caller, at=now))


@router.post("/cases/{case_id}/release")
def post_release(
    case_id: int, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Give a claimed case back."""
    return case_out(session, record, actions.release(session, _row_id(case_id), caller=caller, at=now))


@router.post("/cases/{case_id}/confirm")
def post_confirm(
    case_id: int, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Confirm a claimed case."""
    return case_out(session, record, actions.confirm(session, _row_id(case_id), caller=caller, at=now))


@router.post("/cases/{case_id}/reject")
def post_reject(
    case_id: int, body: RejectIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Reject a claimed case with a coded reason."""
    case = actions.reject(
        session, _row_id(case_id), reason=body.reason, note=body.note, caller=caller, at=now
    )
    return case_out(session, record, case)


@router.post("/cases/{case_id}/undo")
def post_undo(
    case_id: int, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Take back one's own decision of the last 10 seconds."""
    return case_out(session, record, actions.undo(session, _row_id(case_id), caller=caller, at=now))


@router.post("/cases/{case_id}/plate")
def post_plate(
    case_id: int, body: PlateIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Enter the plate as the officer reads it."""
    case = actions.correct_plate(session, _row_id(case_id), plate=body.plate, caller=caller, at=now)
    return case_out(session, record, case)


@router.post("/cases/{case_id}/fine", status_code=201)
def post_fine(case_id: int, body: FineIn, caller: CallerHere, session: SessionHere, now: Now) -> LedgerLine:
    """Issue the fine: the midpoint of the bracket unless an amount inside it is given."""
    entry = fines.issue_fine(session, _row_id(case_id), amount_vnd=body.amount_vnd, caller=caller, at=now)
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/payments", status_code=201)
def post_payment(
    case_id: int, body: PaymentIn, caller: CallerHere, session: SessionHere, now: Now
) -> LedgerLine:
    """Enter a payment; a reference counts once."""
    entry = fines.enter_payment(
        session,
        _row_id(case_id),
        amount_vnd=body.amount_vnd,
        reference=body.reference,
        paid_on=body.paid_on,
        caller=caller,
        at=now,
    )
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/refunds", status_code=201)
def post_refund(
    case_id: int, body: RefundIn, caller: CallerHere, session: SessionHere, now: Now
) -> LedgerLine:
    """Enter money that was given back; a reference counts once."""
    entry = fines.enter_refund(
        session, _row_id(case_id), amount_vnd=body.amount_vnd, reference=body.reference, caller=caller, at=now
    )
    return LedgerLine.model_validate(entry)


@router.post("/cases/{case_id}/moves")
def post_move(
    case_id: int, body: MoveIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CaseOut:
    """Approve, notify, appeal, uphold, cancel, reopen, let fall due, or leave the owner open."""
    case = proceedings.make_move(
        session, _row_id(case_id), name=body.move, why=body.why, caller=caller, at=now
    )
    return case_out(session, record, case)


@router.get("/figures")
@only_reads
def get_figures(caller: CallerHere, session: SessionHere, from_on: date, to_on: date) -> FiguresOut:
    """Figures of the days from_on … to_on, both included, in Vietnam."""
    return figures_out(queries.figures(session, *period(from_on, to_on), caller))


def period(from_on: date, to_on: date) -> tuple[datetime, datetime]:
    """The moments between which the days lie. Raises BadInput when they are the wrong way round."""
    if not date(2000, 1, 1) <= from_on <= to_on <= date(2200, 1, 1):
        raise BadInput(f"period {from_on} to {to_on}: give the first day first, between 2000 and 2200")
    start = datetime.combine(from_on, time(), VIETNAM)
    return start, datetime.combine(to_on + timedelta(days=1), time(), VIETNAM)


def figures_out(found: Figures) -> FiguresOut:
    """Figures for the wire."""
    counted = {
        name: [CountOut(name=key, count=count) for key, count in getattr(found, name)]
        for name in ("by_state", "by_day", "by_camera", "by_kind", "by_footage", "reject_reasons")
    }
    return FiguresOut(
        detected=found.detected,
        fined=found.fined,
        fined_vnd=found.fined_vnd,
        paid_vnd=found.paid_vnd,
        **counted,
    )


def case_line(case: Case, camera: CameraRow) -> CaseLine:
    """A case for a list."""
    return CaseLine(**_line_values(case, camera))  # type: ignore[arg-type]


def case_out(session: Session, record: Record, case: Case) -> CaseOut:
    """A case with all that belongs to it."""
    session.flush()
    due = next_due(
        case.state,
        detected_at=case.detected_at,
        decided_at=fined_at(session, case.id),
        since_at=case.state_since,
    )
    return CaseOut(
        **_line_values(case, queries.camera_of(session, case)),  # type: ignore[arg-type]
        plate_machine=case.plate_machine,
        plate_officer=case.plate_officer,
        plate_confidence=case.plate_confidence,
        assigned_to=case.assigned_to,
        reject_reason=case.reject_reason,
        reject_note=case.reject_note,
        packet=case.packet,
        evidence=record.evidence.names_of(case.camera_id, case.violation_id),
        ledger=[LedgerLine.model_validate(entry) for entry in entries_of(session, case.id)],
        balance_vnd=balance_vnd(session, case.id),
        tariff=tariff_out(case),
        next_step=due[0] if due else None,
        due_on=due[1] if due else None,
    )


def _line_values(case: Case, camera: CameraRow) -> dict[str, object]:
    names = (
        "id", "violation_id", "camera_id", "kind", "state", "vehicle_class", "plate", "plate_verdict", "footage",
        "committed_at", "detected_at", "version",
    )  # fmt: skip
    return {**{name: getattr(case, name) for name in names}, "camera_name": camera.name}


def tariff_out(case: Case) -> TariffOut | None:
    """The bracket of a case; None when it has no moment or the law data has no row."""
    try:
        return TariffOut.model_validate(fines.tariff_of(case))
    except BadInput:
        return None


def _row_id(case_id: int) -> int:
    if not 0 < case_id < 2**31:
        raise BadInput("case: its number is between 1 and 2147483647")
    return case_id


health = APIRouter()


@health.get("/health")
def get_health(session: SessionHere, record: RecordHere) -> HealthOut:
    """Whether the database answers and evidence can be kept."""
    session.execute(text("SELECT 1"))
    return HealthOut(status="ok", database="ok", evidence_free_mb=record.evidence.free_bytes() >> 20)
