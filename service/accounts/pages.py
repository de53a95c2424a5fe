"""Pages of signing in beside the form: at another provider, and adding a second factor."""

from typing import Annotated

import segno
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.accounts import oidc, second_factor
from service.accounts.signing_in import open_session
from service.api import set_session_cookie
from service.console.rendering import inside, render
from service.database import transaction
from service.door import SESSION_COOKIE, Now, Record, RecordHere, SessionHere, refuse_foreign_form
from service.errors import BadInput, Conflict, NotFound
from service.people import caller_of, digest
from service.tables import Person, SignIn

router = APIRouter(include_in_schema=False)
ATTEMPT_COOKIE = "ngatu_oidc"
GO_ON = """<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={next}">
<title>Ngã Tư</title><a href="{next}">Ngã Tư</a>"""
"""The session cookie is SameSite=Strict: only a page of ours may lead on with it, a redirect from elsewhere may not."""


@router.get("/sign-in/oidc")
def get_oidc(record: RecordHere, next: str = "/") -> Response:
    """Leave for the provider."""
    _require_provider(record)
    address, sealed = oidc.start(record.settings, next=inside(next), secret=record.secret)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        ATTEMPT_COOKIE,
        sealed,
        max_age=oidc.ATTEMPT_S,
        httponly=True,
        samesite="lax",
        secure=record.settings.secure_cookies,
        path=oidc.CALLBACK,
    )
    return response


@router.get(oidc.CALLBACK)
def get_oidc_callback(
    request: Request,
    record: RecordHere,
    now: Now,
    code: Annotated[str, Query(max_length=2000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Come back from the provider; nothing is written while it is asked."""
    _require_provider(record)
    if error or not code:
        raise BadInput("the provider did not sign you in; begin again")
    sealed = request.cookies.get(ATTEMPT_COOKIE, "")
    claims, next_page = oidc.finish(
        record.settings, sealed=sealed, code=code, state=state, secret=record.secret, at=now
    )
    with transaction(record.engine) as session:
        person = oidc.person_of(session, claims, settings=record.settings, at=now)
        signed_in = open_session(session, person, hours=record.settings.session_hours, at=now)
    response = HTMLResponse(GO_ON.format(next=inside(next_page)))
    response.delete_cookie(ATTEMPT_COOKIE, path=oidc.CALLBACK)
    set_session_cookie(response, signed_in.token, record)
    return response


@router.get("/second-factor")
def get_second_factor(request: Request, session: SessionHere, record: RecordHere, now: Now) -> HTMLResponse:
    """A new second factor as a QR code, and a place for its first code."""
    person = _person_here(request, session, now)
    if second_factor.is_enrolled(person):
        left = second_factor.codes_left(session, person)
        return _page(request, left=left)
    _, uri = second_factor.begin(person, record.secret)
    return _enrolment(request, uri, wrong=False)


@router.post("/second-factor")
def post_second_factor(
    request: Request,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    code: Annotated[str, Form(max_length=30)],
) -> Response:
    """Put it in force and show the recovery codes, this once."""
    refuse_foreign_form(request)
    person = _person_here(request, session, now)
    try:
        codes = second_factor.confirm(session, person, code, secret=record.secret, at=now)
    except Conflict:
        return RedirectResponse("/second-factor", 303)
    except BadInput:
        return _enrolment(request, second_factor.begun_uri(person, record.secret), wrong=True)
    row = session.get_one(SignIn, digest(request.cookies.get(SESSION_COOKIE, "")))
    row.must_enrol = False
    return _page(request, codes=codes)


def _enrolment(request: Request, uri: str, *, wrong: bool) -> HTMLResponse:
    picture = segno.make(uri, error="m").svg_inline(scale=5)
    secret = uri.split("secret=", 1)[1].split("&", 1)[0]
    return _page(request, status=400 if wrong else 200, picture=picture, secret=secret, wrong=wrong)


def _page(request: Request, *, status: int = 200, **shown: object) -> HTMLResponse:
    """The page; what is not shown is None."""
    page = {"left": None, "codes": None, "picture": None, "secret": None, "wrong": False, **shown}
    return render(request, "second_factor.html", caller=None, status=status, **page)


def _person_here(request: Request, session: Session, now: Now) -> Person:
    caller = caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)
    return session.get_one(Person, caller.person_id, with_for_update=True)


def _require_provider(record: Record) -> None:
    if not record.settings.oidc_issuer:
        raise NotFound("no other provider is set: sign in with name and password")
