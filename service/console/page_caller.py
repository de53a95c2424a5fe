"""Who asks for a page: a session cookie in, a caller out. Refused where nobody is signed in."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from service.door import SESSION_COOKIE, Now, SessionHere
from service.people import Caller, caller_of


def get_page_caller(request: Request, session: SessionHere, now: Now) -> Caller:
    """Who is signed in, for pages. Who must add a second factor first is led there."""
    caller = caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)
    if caller.must_enrol:
        raise HTTPException(303, "add a second factor first", headers={"Location": "/second-factor"})
    request.state.page_caller = caller  # a refusal's page keeps the navigation, the name and the way out
    return caller


PageCaller = Annotated[Caller, Depends(get_page_caller)]
