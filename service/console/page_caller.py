"""Who asks for a page: a session cookie in, a caller out. Refused where nobody is signed in."""

from typing import Annotated

from fastapi import Depends, Request

from service.door import SESSION_COOKIE, Now, SessionHere
from service.people import Caller, caller_of


def get_page_caller(request: Request, session: SessionHere, now: Now) -> Caller:
    """Who is signed in, for pages."""
    return caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)


PageCaller = Annotated[Caller, Depends(get_page_caller)]
