"""The console: pages for officers, rendered on the server. Decisions go through the JSON interface's actions."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service import people
from service.api import case_out, figures_out, period, set_session_cookie
from service.audit import write_audit
from service.cameras import list_cameras
from service.cases import queries
from service.cases.moves import RejectReason, State
from service.cases.queries import QueueFilter
from service.console.texts import VIETNAM, environment, language_of
from service.console.timeline import timeline_of
from service.door import SESSION_COOKIE, Now, RecordHere, SessionHere
from service.errors import Forbidden
from service.people import Caller, caller_of

router = APIRouter(include_in_schema=False)
LANGUAGE_COOKIE, THEME_COOKIE = "ngatu_language", "ngatu_theme"
HOME_OF_ROLE = {"reviewer": "/queue", "supervisor": "/queue", "auditor": "/queue", "integrator": "/cameras"}
QUEUE_STATES = {
    "open": (State.DETECTED, State.IN_REVIEW),
    "confirmed": (State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED),
    "decision": (State.DECISION, State.OVERDUE),
    "paid": (State.PAID,),
    "rejected": (State.REJECTED,),
    "all": (),
}


def get_page_caller(request: Request, session: SessionHere, now: Now) -> Caller:
    """Who is signed in, for pages."""
    return caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)


PageCaller = Annotated[Caller, Depends(get_page_caller)]


def render(
    request: Request, template: str, *, caller: Caller | None, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page in the reader's language and theme."""
    language = language_of(request.cookies.get(LANGUAGE_COOKIE))
    theme = request.cookies.get(THEME_COOKIE, "auto")
    page = environment(language).get_template(template)
    html = page.render(
        language=language,
        theme=theme if theme in {"light", "dark"} else "auto",
        caller=caller,
        path=request.url.path,
        **values,
    )
    return HTMLResponse(html, status)


def refusal(request: Request, status: int, detail: str) -> Response:
    """A refusal for people: to the sign-in page when nobody is signed in, else a page that says what to do."""
    if status == 401 and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    return render(request, "refusal.html", caller=None, status=status, code=status, detail=detail)


@router.get("/")
def get_home(caller: PageCaller) -> RedirectResponse:
    """To where the caller's work is."""
    return RedirectResponse(HOME_OF_ROLE.get(caller.role, "/figures"), 303)


@router.get("/sign-in")
def get_sign_in(request: Request, next: str = "/") -> HTMLResponse:
    """The sign-in form."""
    return render(request, "sign_in.html", caller=None, wrong=False, name="", next=_inside(next))


@router.post("/sign-in")
def post_sign_in(
    request: Request,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form(max_length=200)] = "/",
) -> Response:
    """Sign in. The cookie is SameSite=Strict: a foreign page cannot use it."""
    _refuse_foreign_form(request)
    signed_in = people.sign_in(
        session, name=name, password=password, at=now, hours=record.settings.session_hours
    )
    if signed_in is None:
        session.commit()
        return render(
            request, "sign_in.html", caller=None, status=401, wrong=True, name=name, next=_inside(next)
        )
    response = RedirectResponse(_inside(next), 303)
    set_session_cookie(response, signed_in[0], record)
    return response


@router.post("/sign-out")
def post_sign_out(request: Request, session: SessionHere) -> Response:
    """Sign out."""
    _refuse_foreign_form(request)
    people.sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/settings")
def post_settings(
    request: Request,
    language: Annotated[str | None, Form(max_length=5)] = None,
    theme: Annotated[str | None, Form(max_length=5)] = None,
    back: Annotated[str, Form(max_length=200)] = "/",
) -> Response:
    """Remember language and theme in this browser."""
    _refuse_foreign_form(request)
    response = RedirectResponse(_inside(back), 303)
    for cookie, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if value is not None:
            response.set_cookie(cookie, value, max_age=31_536_000, samesite="strict", httponly=True)
    return response


@router.get("/queue")
def get_queue(
    request: Request,
    caller: PageCaller,
    session: SessionHere,
    show: str = "open",
    camera_id: str | None = None,
    kind: str | None = None,
    before_id: int | None = None,
) -> HTMLResponse:
    """The queue: open cases first, others by filter."""
    states = QUEUE_STATES.get(show, QUEUE_STATES["open"])
    wanted = QueueFilter(
        states=states, camera_id=camera_id or None, kind=kind or None, before_id=before_id, limit=50
    )
    rows = queries.list_cases(session, wanted, caller)
    counts = {name: queries.count_cases(session, held, caller) for name, held in QUEUE_STATES.items() if held}
    return render(
        request,
        "queue.html",
        caller=caller,
        rows=rows,
        counts=counts,
        show=show,
        camera_id=camera_id or "",
        kind=kind or "",
        cameras=list_cameras(session, caller),
        shows=list(QUEUE_STATES),
        more_before=rows[-1][0].id if len(rows) == wanted.limit else None,
    )


@router.get("/queue/next")
def get_next(
    caller: PageCaller, session: SessionHere, now: Now, after: int | None = None
) -> RedirectResponse:
    """The next case that nobody else is reviewing; the queue when there is none."""
    case = queries.next_case(session, caller, now, after_id=after)
    return RedirectResponse(f"/cases/{case.id}" if case else "/queue", 303)


@router.get("/cases/{case_id}")
def get_case(
    request: Request, case_id: int, caller: PageCaller, session: SessionHere, record: RecordHere, now: Now
) -> HTMLResponse:
    """One case with its evidence; the look is audited."""
    case = queries.get_case(session, case_id, caller)
    write_audit(session, at=now, who=caller.name, action="looked_at", subject=case.violation_id)
    holder_is_other = (
        case.state == State.IN_REVIEW
        and case.assigned_to not in (None, caller.person_id)
        and case.assigned_until is not None
        and case.assigned_until > now
    )
    return render(
        request,
        "case.html",
        caller=caller,
        case=case_out(session, record, case),
        timeline=timeline_of(case.packet),
        trail=queries.trail_of(session, case),
        earlier=queries.earlier_cases(session, case, caller),
        reasons=list(RejectReason),
        held_by_other=holder_is_other,
        held_by_me=case.state == State.IN_REVIEW and case.assigned_to == caller.person_id,
        may_decide=caller.role in ("reviewer", "supervisor"),
    )


@router.get("/figures")
def get_figures(
    request: Request, caller: PageCaller, session: SessionHere, now: Now, from_on: str = "", to_on: str = ""
) -> HTMLResponse:
    """Figures of a period; the last 30 days unless others are asked for."""
    today = now.astimezone(VIETNAM).date()
    first, last = _day(from_on) or today - timedelta(days=29), _day(to_on) or today
    found = figures_out(queries.figures(session, *period(first, last), caller))
    return render(request, "figures.html", caller=caller, figures=found, from_on=first, to_on=last)


@router.get("/cameras")
def get_cameras(request: Request, caller: PageCaller, session: SessionHere) -> HTMLResponse:
    """Registered cameras and when each last sent a packet."""
    return render(request, "cameras.html", caller=caller, cameras=list_cameras(session, caller))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _inside(target: str) -> str:
    """A path on this site; anything else leads home."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


def _refuse_foreign_form(request: Request) -> None:
    """Forms without a session carry no CSRF token: browsers say where a form came from."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site; open the console itself and try again")
