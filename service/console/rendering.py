"""Turns a template and values into a page in the reader's language and theme; refusals become pages too."""

from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.console.refusals import said_in
from service.console.texts import LANGUAGES, environment, language_of
from service.door import SESSION_COOKIE
from service.people import Caller

LANGUAGE_COOKIE, THEME_COOKIE = "ngatu_language", "ngatu_theme"
THEMES = ("auto", "light", "dark")
ADVICE = {
    403: "Your role does not include this. Ask your unit's administrator if you need it.",
    404: "Check the number or the address. A case of another ward is not shown here.",
    409: "Somebody was faster, or the case has moved on. Open it again and look at its state.",
    503: "Nothing was changed. Wait a minute, then load the page again.",
}
OTHER_ADVICE = (
    "Nothing was changed. Go back and try again; if it happens again, tell your unit's administrator."
)


def render(
    request: Request, template: str, *, caller: Caller | None, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page in the reader's language and theme."""
    language = language_of(request.cookies.get(LANGUAGE_COOKIE))
    theme = request.cookies.get(THEME_COOKIE, "auto")
    html = (
        environment(language)
        .get_template(template)
        .render(
            language=language,
            theme=theme if theme in THEMES else "auto",
            caller=caller,
            path=request.url.path,
            here=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
            **values,
        )
    )
    return HTMLResponse(html, status)


def refusal(request: Request, status: int, detail: str) -> Response:
    """A refusal for people: to the sign-in page when nobody is signed in, else a page that says what to do."""
    if status == 401 and request.method == "GET":
        why = "why=ended&" if SESSION_COOKIE in request.cookies else ""
        return RedirectResponse(f"/sign-in?{why}next={quote(request.url.path)}", 303)
    said = said_in(language_of(request.cookies.get(LANGUAGE_COOKIE)), detail)
    advice = ADVICE.get(status, OTHER_ADVICE)
    caller = getattr(request.state, "page_caller", None)
    return render(
        request, "refusal.html", caller=caller, status=status, code=status, detail=said, advice=advice
    )


def localised(request: Request, detail: str) -> str:
    """A refusal for the console's scripts, which ask in the language of their page; programs get the service's line."""
    wanted = request.headers.get("Accept-Language", "")[:2]
    return said_in(wanted, detail) if wanted in LANGUAGES else detail


def inside(target: str) -> str:
    """A path on this site; anything else leads home."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain else "/"
