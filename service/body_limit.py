"""Refuses bodies that are too big before they are held in memory. Packets and statements have limits of their own."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 2 * 1024 * 1024
OWN_LIMITS = ("/api/v1/packets", "/api/v1/payments")


class BodyLimit:
    """ASGI middleware: 413 once a body is longer than `MOST_BODY_BYTES`, whatever its header says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OWN_LIMITS):
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BODY_BYTES or (stated.isdigit() and int(stated) > MOST_BODY_BYTES):
                raise HTTPException(
                    413, f"the body is bigger than {MOST_BODY_BYTES >> 20} MB; nothing was changed"
                )
            return message

        await self._app(scope, counted, send)
