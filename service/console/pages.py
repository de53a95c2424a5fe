"""The console: pages for officers, rendered on the server. Decisions go through the JSON interface's actions."""

from datetime import datetime, timedelta
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from detector.contract.packet import Kind
from service import people
from service.accounts.signing_in import CODE_WRONG, WRONG, Proof, Refused, sign_in
from service.api import set_session_cookie
from service.audit import write_audit
from service.cameras.registering import list_cameras
from service.cases import queries
from service.cases.moves import OFFICERS, RejectReason, State
from service.cases.queries import QueueFilter
from service.cases.wire import case_out
from service.console import camera_pages, figure_pages, playback_pages, views
from service.console.next_in_line import pictures_ahead, take_next
from service.console.page_caller import PageCaller
from service.console.rendering import LANGUAGE_COOKIE, THEME_COOKIE, inside, localised, refusal, render
from service.console.stills import stills_of
from service.console.timeline import timeline_of
from service.door import (
    SESSION_COOKIE,
    Now,
    Record,
    RecordHere,
    RowId,
    SessionHere,
    only_reads,
    refuse_foreign_form,
)
from service.people import Caller

__all__ = ["localised", "refusal", "router"]

router = APIRouter(include_in_schema=False)
router.include_router(figure_pages.router)
router.include_router(camera_pages.router)
router.include_router(playback_pages.router)
HOME_OF_ROLE = {"reviewer": "/queue", "supervisor": "/queue", "auditor": "/queue", "integrator": "/cameras"}
QUEUE_STATES = {
    "open": (State.DETECTED, State.IN_REVIEW),
    "confirmed": (State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED),
    "decision": (State.DECISION, State.OVERDUE),
    "paid": (State.PAID,),
    "rejected": (State.REJECTED,),
    "all": (),
}
KINDS: tuple[Kind, ...] = get_args(Kind)
AGES = {"day": timedelta(days=1), "3_days": timedelta(days=3), "week": timedelta(days=7)}
VERDICTS = ("sure", "doubtful", "unread")
QUEUE_LENGTH = 50
CaseNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/")
def get_home(caller: PageCaller) -> RedirectResponse:
    """To where the caller's work is."""
    return RedirectResponse(HOME_OF_ROLE.get(caller.role, "/figures"), 303)


@router.get("/sign-in")
def get_sign_in(request: Request, record: RecordHere, next: str = "/", why: str = "") -> HTMLResponse:
    """The sign-in form; `why` says that a session ended, with or without a decision that was not sent."""
    return _sign_in_page(request, record, refused=None, name="", next=next, why=why)


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=200)],
    code: Annotated[str, Form(max_length=30)] = "",
    next: Annotated[str, Form(max_length=200)] = "/",
    why: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Sign in. The cookie is SameSite=Strict: a foreign page cannot use it."""
    refuse_foreign_form(request)
    proof = Proof(name=name, password=password, code=code or None)
    signed_in = sign_in(session, proof, settings=record.settings, secret=record.secret, at=now)
    if isinstance(signed_in, Refused):
        session.commit()
        return _sign_in_page(request, record, refused=signed_in.why, name=name, next=next, why=why)
    response = RedirectResponse(inside(next), 303)
    set_session_cookie(response, signed_in.token, record)
    return response


def _sign_in_page(
    request: Request, record: Record, *, refused: str | None, name: str, next: str, why: str
) -> HTMLResponse:
    page = {
        "wrong": refused == WRONG,
        "code_wrong": refused == CODE_WRONG,
        "ask_code": refused not in {None, WRONG},
        "name": name,
        "next": inside(next),
        "why": _known_why(why),
        "elsewhere": bool(record.settings.oidc_issuer),
    }
    return render(request, "sign_in.html", caller=None, status=401 if refused else 200, **page)


@router.post("/sign-out")
def post_sign_out(request: Request, session: SessionHere) -> Response:
    """Sign out."""
    refuse_foreign_form(request)
    people.sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@router.post("/settings")
def post_settings(
    request: Request,
    language: Annotated[str | None, Form(max_length=5)] = None,
    theme: Annotated[str | None, Form(max_length=5)] = None,
    back: Annotated[str, Form(max_length=300)] = "/",
) -> Response:
    """Remember language and theme in this browser."""
    refuse_foreign_form(request)
    response = RedirectResponse(inside(back), 303)
    for cookie, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if value is not None:
            response.set_cookie(cookie, value, max_age=31_536_000, samesite="strict", httponly=True)
    return response


@router.get("/queue")
@only_reads
def get_queue(
    request: Request,
    caller: PageCaller,
    session: SessionHere,
    now: Now,
    show: str = "open",
    camera_id: str = "",
    kind: str = "",
    age: str = "",
    plate: str = "",
    mine: str = "",
    before_id: CaseNumber = None,
    decided: CaseNumber = None,
) -> HTMLResponse:
    """The queue: open cases first, others by filter."""
    show = show if show in QUEUE_STATES else "open"
    chosen = {"show": show, "camera_id": camera_id, "kind": kind, "age": age, "plate": plate, "mine": mine}
    wanted = _queue_filter(chosen, caller, now, before_id)
    rows = queries.list_cases(session, wanted, caller)
    lines = views.queue_lines(session, rows, caller=caller, at=now)
    return render(
        request,
        "queue.html",
        caller=caller,
        lines=lines,
        counts={
            name: queries.count_cases(session, states, caller)
            for name, states in QUEUE_STATES.items()
            if states
        },
        chosen=chosen,
        cameras=list_cameras(session, caller),
        shows=tuple(QUEUE_STATES),
        kinds=KINDS,
        ages=tuple(AGES),
        verdicts=VERDICTS,
        older="/queue?" + urlencode({**chosen, "before_id": rows[-1][0].id})
        if len(rows) == QUEUE_LENGTH
        else None,
        decided=views.decided_of(session, decided, caller=caller, at=now),
        may_decide=caller.role in OFFICERS,
    )


@router.get("/queue/next")
def get_next(
    caller: PageCaller,
    session: SessionHere,
    now: Now,
    after: CaseNumber = None,
    decided: CaseNumber = None,
) -> RedirectResponse:
    """The next case that nobody else is reviewing, claimed for the caller; the queue when there is none."""
    case = take_next(session, caller, now, after_id=after)
    said = f"?decided={decided}" if decided else ""
    return RedirectResponse((f"/cases/{case.id}" if case else "/queue") + said, 303)


@router.get("/cases/{case_id}")
def get_case(
    request: Request,
    case_id: RowId,
    caller: PageCaller,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    decided: CaseNumber = None,
) -> HTMLResponse:
    """One case with its evidence; the look is audited."""
    case = queries.get_case(session, case_id, caller)
    write_audit(session, at=now, who=caller.name, action="looked_at", subject=case.violation_id)
    return render(
        request,
        "case.html",
        caller=caller,
        case=case_out(session, record, case),
        packet=case.packet,
        stills=stills_of(case.packet),
        timeline=timeline_of(case.packet),
        trail=queries.trail_of(session, case),
        earlier=queries.earlier_cases(session, case, caller),
        reasons=tuple(RejectReason),
        holder=views.holder_of(session, case, caller=caller, at=now),
        due=views.due_of(session, case, now),
        left_open=queries.count_cases(session, QUEUE_STATES["open"], caller),
        decided=views.decided_of(session, decided, caller=caller, at=now),
        own_decision=views.decided_of(session, case.id, caller=caller, at=now),
        may_decide=caller.role in OFFICERS,
        pictures_ahead=pictures_ahead(session, caller, now, case_id=case.id),
    )


def _queue_filter(
    chosen: dict[str, str], caller: Caller, now: datetime, before_id: int | None
) -> QueueFilter:
    """What the boxes above the queue ask for; an unknown value does not narrow."""
    older_than = AGES.get(chosen["age"])
    return QueueFilter(
        states=QUEUE_STATES[chosen["show"]],
        camera_id=chosen["camera_id"] or None,
        kind=chosen["kind"] or None,
        plate_verdict=chosen["plate"] if chosen["plate"] in VERDICTS else None,
        assigned_to=caller.person_id if chosen["mine"] else None,
        detected_before=None if older_than is None else now - older_than,
        before_id=before_id,
        limit=QUEUE_LENGTH,
    )


def _known_why(why: str) -> str:
    return why if why in {"ended", "unsent"} else ""
