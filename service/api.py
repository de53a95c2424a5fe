"""The JSON interface under /api/v1 beside the nouns with folders: packets from workers, sessions, figures, health."""

from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from service import people
from service.accounts.signing_in import Proof, Refused, sign_in
from service.api_description import zip_body
from service.cases import queries
from service.cases.queries import Figures
from service.database import transaction
from service.door import (
    SESSION_COOKIE,
    CallerHere,
    Now,
    Record,
    RecordHere,
    SentPacket,
    SentPacketHere,
    SessionHere,
    only_reads,
)
from service.errors import BadInput, NotSignedIn
from service.idempotency import IdempotentRoute
from service.intake import Receipt, take_in
from service.law.tariff import VIETNAM
from service.schemas import CountOut, FiguresOut, ReceiptOut, SignInIn, SignInOut

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)


@router.post(
    "/packets",
    status_code=201,
    responses={200: {"model": ReceiptOut}},
    openapi_extra=zip_body("The packet folder as a zip, sealed by the worker"),
)
async def post_packet(response: Response, sent: SentPacketHere, record: RecordHere, now: Now) -> ReceiptOut:
    """Take in one packet (application/zip). 201 for a new case, 200 when it is known already."""
    receipt = await run_in_threadpool(_taken_in, record, sent, now)
    response.status_code = 201 if receipt.is_new else 200
    return ReceiptOut.model_validate(receipt)


def _taken_in(record: Record, sent: SentPacket, at: datetime) -> Receipt:
    """All work of a packet in one thread: each change of threads costs as much as a question to the database."""
    with transaction(record.engine) as session:
        return take_in(session, sent.data, worker=sent.worker, store=record.evidence, at=at)


@router.post("/session", status_code=201)
def post_session(
    body: SignInIn, response: Response, session: SessionHere, record: RecordHere, now: Now
) -> SignInOut:
    """Sign in: sets the session cookie; `csrf` goes into the X-CSRF-Token header of every change."""
    proof = Proof(name=body.name, password=body.password, code=body.code)
    signed_in = sign_in(session, proof, settings=record.settings, secret=record.secret, at=now)
    if isinstance(signed_in, Refused):
        session.commit()
        raise NotSignedIn(signed_in.why)
    set_session_cookie(response, signed_in.token, record)
    caller = signed_in.caller
    return SignInOut(name=caller.name, role=caller.role, csrf=caller.csrf, must_enrol=caller.must_enrol)


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
