"""The same POST again, by its Idempotency-Key: answered as the first time, done once.

The answer is kept in the transaction of what was done, so there is never one without the other. Kept encrypted: answers
hold tokens and plates.
"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import Connection, Engine, ForeignKey, String, Text, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.database import transaction
from service.errors import BadInput, RefusedPacket
from service.tables import Base

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_FORM = re.compile(r"[\x21-\x7e]{1,100}")
KEPT_FOR = timedelta(hours=24)
BY_CONTENT = ("/api/v1/packets", "/api/v1/payments/import", "/api/v1/session")
"""Packets and statements are known again by their bytes; signing in again is another session."""


class IdempotentAnswer(Base):
    """What a request was answered."""

    __tablename__ = "idempotent_answer"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body_encrypted: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(index=True)


class AnsweredBefore(Exception):
    """The request was answered before."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.response = Response(body, status, media_type="application/json", headers={REPLAYED: "true"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who sent a keyed request, and how its answer is kept.

    Without a session of the request's own, the answer is kept in a transaction of its own, right afterwards.
    """

    person_id: int
    at: datetime
    secret: Fernet
    bind: Engine | Connection
    session: Session | None


@dataclass(kw_only=True, slots=True)
class KeyedRequest:
    """A request with a key; its asker is known once its caller is."""

    key: str
    sha256: str
    asker: Asker | None = None


class IdempotentRoute(APIRoute):
    """A route whose POST may be sent again with the same Idempotency-Key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, wrapped where the route takes POST."""
        handle = super().get_route_handler()
        if "POST" not in (self.methods or ()) or self.path in BY_CONTENT:
            return handle

        async def handle_once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None:
                return await handle(request)
            keyed = KeyedRequest(key=_checked(key), sha256=await _digest(request))
            request.state.keyed = keyed
            response = await handle(request)
            if keyed.asker is not None and _is_json(response):
                await run_in_threadpool(_keep, keyed, keyed.asker, response)
            return response

        return handle_once


def look_back(request: Request, session: Session, asker: Asker) -> None:
    """Raise AnsweredBefore when this was asked before, RefusedPacket when another request had the key."""
    keyed: KeyedRequest | None = getattr(request.state, "keyed", None)
    if keyed is None:
        return
    found = session.get(IdempotentAnswer, (asker.person_id, keyed.key))
    if found is not None and found.answered_at > asker.at - KEPT_FOR:
        if found.request_sha256 != keyed.sha256:
            raise RefusedPacket(f"{HEADER}: was used for another request; take a new key for each")
        raise AnsweredBefore(found.status, asker.secret.decrypt(found.body_encrypted.encode()))
    keyed.asker = asker


def forget_old(session: Session, *, at: datetime) -> None:
    """Drop answers that nobody asks for again."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.answered_at <= at - KEPT_FOR))


def _keep(keyed: KeyedRequest, asker: Asker, response: Response) -> None:
    answer = IdempotentAnswer(
        person_id=asker.person_id,
        key=keyed.key,
        request_sha256=keyed.sha256,
        status=response.status_code,
        body_encrypted=asker.secret.encrypt(bytes(response.body)).decode(),
        answered_at=asker.at,
    )
    if asker.session is not None:
        _replace(asker.session, answer)
        return
    with transaction(asker.bind) as session:
        _replace(session, answer)


def _replace(session: Session, answer: IdempotentAnswer) -> None:
    """Keep the answer. One that is still good is never replaced: two at once, and the second is undone."""
    old = IdempotentAnswer.answered_at <= answer.answered_at - KEPT_FOR
    session.execute(
        delete(IdempotentAnswer).where(
            IdempotentAnswer.person_id == answer.person_id, IdempotentAnswer.key == answer.key, old
        )
    )
    session.add(answer)
    session.flush()


def _is_json(response: Response) -> bool:
    return response.headers.get("content-type", "").startswith("application/json")


def _checked(key: str) -> str:
    if not KEY_FORM.fullmatch(key):
        raise BadInput(f"{HEADER}: 1 to 100 visible ASCII characters, a new one for each request")
    return key


async def _digest(request: Request) -> str:
    body = await request.body()
    said = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return sha256(said + body).hexdigest()
