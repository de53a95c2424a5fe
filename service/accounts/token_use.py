"""Notes that API tokens are used, after the answer: no request waits for it, and none that only reads has to write."""

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Receive, Scope, Send

from service.accounts.tokens import TokenUse, note_use
from service.database import transaction

log = structlog.get_logger()


class NotedTokens:
    """ASGI middleware: puts the use of a token on record that the door left in the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        used: TokenUse | None = scope.get("state", {}).get("token_use")
        if used is not None:
            await run_in_threadpool(_note, scope["app"].state.record.engine, used)


def _note(bind: Engine | Connection, used: TokenUse) -> None:
    try:
        with transaction(bind) as session:
            note_use(session, used)
    except DBAPIError as error:  # the request is answered; the next use is noted again
        log.warning("token_use_not_noted", token_id=used.token_id, kind=type(error).__name__)
