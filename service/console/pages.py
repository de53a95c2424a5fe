"""The console: pages for officers, rendered on the server. Decisions go through the JSON interface's actions."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service import people
from service.accounts.signing_in import CODE_WRONG, WRONG, Proof, Refused, sign_in
from service.api import set_session_cookie
from service.audit import write_audit
from service.cameras.registering import list_cameras
from service.cases import queries
from service.cases.moves import OFFICERS, SUPERVISORS, RejectReason
from service.cases.wire import case_out
from service.console import camera_pages, figure_pages, live_pages, playback_pages, views
from service.console.approvals import Approval, approval_of
from service.console.lane_of_case import lane_of_case
from service.console.next_in_line import pictures_ahead, take_next
from service.console.page_caller import PageCaller
from service.console.queue_choices import (
    AGES,
    APPROVAL,
    CONFIDENCES,
    DUES,
    KINDS,
    QUEUE_LENGTH,
    QUEUE_STATES,
    VERDICTS,
    ChosenHere,
)
from service.console.rendering import LANGUAGE_COOKIE, THEME_COOKIE, inside, localised, refusal, render
from service.console.stills import stills_of
from service.console.timeline import timeline_of
from service.console.top_down import top_down_of
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
from service.law.circumstances import circumstances_at
from service.people import Caller

__all__ = ["localised", "refusal", "router"]

router = APIRouter(include_in_schema=False)
router.include_router(figure_pages.router)
router.include_router(camera_pages.router)
router.include_router(playback_pages.router)
router.include_router(live_pages.router)
HOLDS_LONG = timedelta(minutes=12)
"""Who holds a case so long still need not claim it again when the page opens."""
HOME_OF_ROLE = {"reviewer": "/queue", "supervisor": "/queue", "auditor": "/queue", "integrator": "/cameras"}
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
    record: RecordHere,
    now: Now,
    chosen: ChosenHere,
    beyond_id: CaseNumber = None,
    decided: CaseNumber = None,
) -> HTMLResponse:
    """The queue: open cases, the oldest first as N takes them; others by filter."""
    rows = queries.list_cases(session, chosen.to_filter(caller, now, beyond_id), caller)
    cameras = list_cameras(session, caller)
    counts = _counts(session, caller, asks_approval=record.settings.second_approval)
    further = urlencode({**chosen.to_query(), "beyond_id": rows[-1][0].id}) if rows else ""
    return render(
        request,
        "queue.html",
        caller=caller,
        lines=views.queue_lines(session, rows, caller=caller, at=now),
        counts=counts,
        chosen=chosen,
        cameras=cameras,
        wards=sorted({camera.ward for camera in cameras if camera.ward}),
        shows=[name for name in QUEUE_STATES if name in counts or name in {"all", chosen.show}],
        kinds=KINDS,
        ages=tuple(AGES),
        dues=tuple(DUES),
        verdicts=VERDICTS,
        confidences=tuple(CONFIDENCES),
        further=f"/queue?{further}" if len(rows) == QUEUE_LENGTH else None,
        decided=views.decided_of(session, decided, caller=caller, at=now),
        may_decide=caller.role in OFFICERS,
        may_approve=caller.role in SUPERVISORS,
    )


def _counts(session: Session, caller: Caller, *, asks_approval: bool) -> dict[str, int]:
    """How many cases each tab holds; approvals only where they are asked for, or some wait still."""
    by_state = queries.count_by_state(session, caller)
    counts = {
        name: sum(by_state[state] for state in states)
        for name, states in QUEUE_STATES.items()
        if states and name != APPROVAL
    }
    waiting = queries.count_to_approve(session, caller)
    return {**counts, APPROVAL: waiting} if asks_approval or waiting else counts


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


@router.get("/approvals/next")
@only_reads
def get_next_approval(caller: PageCaller, session: SessionHere, after: CaseNumber = None) -> RedirectResponse:
    """The next case that waits for the caller's approval; the list of them when there is none."""
    case = queries.next_to_approve(session, caller, after_id=after)
    return RedirectResponse(f"/cases/{case.id}" if case else f"/queue?show={APPROVAL}", 303)


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
    trail = queries.trail_of(session, case)
    approval = approval_of(session, case, trail, caller)
    lane = lane_of_case(session, case)
    holder = views.holder_of(session, case, caller=caller, at=now)
    return render(
        request,
        "case.html",
        caller=caller,
        case=case_out(session, record, case),
        packet=case.packet,
        stills=stills_of(case.packet),
        timeline=timeline_of(case.packet),
        top_down=top_down_of(case.packet, lane.drawing),
        lane_is_other=lane.is_other,
        trail=trail,
        approval=approval,
        next_path=_next_path(case.id, approval),
        earlier=queries.earlier_cases(session, case, caller),
        reasons=tuple(RejectReason),
        circumstances=circumstances_at(case.committed_at),
        holder=holder,
        holds_long=holder is not None and holder.is_caller and holder.until - now > HOLDS_LONG,
        due=views.due_of(session, case, now),
        left_open=queries.count_cases(session, QUEUE_STATES["open"], caller),
        decided=views.decided_of(session, decided, caller=caller, at=now),
        own_decision=views.decided_of(session, case.id, caller=caller, at=now),
        may_decide=caller.role in OFFICERS,
        pictures_ahead=pictures_ahead(
            session,
            caller,
            now,
            case_id=case.id,
            approves=approval is not None and approval.may_approve,
        ),
    )


def _next_path(case_id: int, approval: Approval | None) -> str:
    """Where N leads: who approves goes on approving."""
    way = "/approvals/next" if approval is not None and approval.may_approve else "/queue/next"
    return f"{way}?after={case_id}"


def _known_why(why: str) -> str:
    return why if why in {"ended", "unsent"} else ""
