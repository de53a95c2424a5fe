"""What every endpoint needs of the request: the record, one transaction, who is asking, what time it is."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import compare_digest
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from fastapi import Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from service.accounts.tokens import check_scope, token_caller, use_to_note
from service.database import transaction
from service.errors import BadInput, Forbidden, NotSignedIn, TooLarge
from service.evidence.store import EvidenceStore
from service.idempotency import Asker, look_back
from service.intake import MOST_ZIP_BYTES
from service.known_workers import KnownWorkers
from service.people import Caller, caller_of, worker_of
from service.settings import Settings
from service.tables import Worker

SESSION_COOKIE = "ngatu_session"
CSRF_HEADER = "X-CSRF-Token"
ONLY_READS = "only_reads"
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])
WITHOUT_SECOND_FACTOR = ("/api/v1/me", "/api/v1/session")
VERSION_TAG = re.compile(r'(?:W/)?"([0-9a-f]{1,64})"')
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The opened record: database, evidence, the key for camera passwords."""

    settings: Settings
    engine: Engine | Connection
    evidence: EvidenceStore
    secret: Fernet


# What waits for nothing is async: FastAPI would hand anything else to a thread and wait for it.
async def get_record(request: Request) -> Record:
    """The record of this application."""
    record: Record = request.app.state.record
    return record


def only_reads(endpoint: Endpoint) -> Endpoint:
    """Marks an endpoint that writes nothing, not even into the audit trail: on SQLite it waits for no writer."""
    setattr(endpoint, ONLY_READS, True)
    return endpoint


def get_session(request: Request, record: Annotated[Record, Depends(get_record)]) -> Iterator[Session]:
    """One transaction per request, committed when the endpoint returns."""
    marked = getattr(request.scope.get("endpoint"), ONLY_READS, False)
    with transaction(record.engine, only_reads=marked) as session:
        yield session


async def get_now() -> datetime:
    """The moment of the request; the one place where the service asks the clock."""
    return datetime.now(UTC)


# scope="function": the transaction ends before the answer is sent, so an answer never precedes its commit.
SessionHere = Annotated[Session, Depends(get_session, scope="function")]
RecordHere = Annotated[Record, Depends(get_record)]
Now = Annotated[datetime, Depends(get_now)]


def get_caller(request: Request, session: SessionHere, now: Now) -> Caller:
    """Who is signed in, or the program whose API token came along. Raises NotSignedIn, Forbidden.

    In a browser changes need the session's CSRF token in the header; no page can make it send a token.
    """
    token = _bearer(request)
    if token is not None:
        return _program(request, session, token, now)
    caller = caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)
    sent = request.headers.get(CSRF_HEADER, "")
    if request.method not in SAFE_METHODS and not compare_digest(sent.encode(), caller.csrf.encode()):
        raise Forbidden(f"the {CSRF_HEADER} header is missing or wrong; load the page again")
    if caller.must_enrol and not request.url.path.startswith(WITHOUT_SECOND_FACTOR):
        raise Forbidden(
            "your role needs a second factor: add one at /second-factor, or POST /api/v1/me/second-factor"
        )
    return caller


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _program(request: Request, session: Session, token: str, now: datetime) -> Caller:
    caller = token_caller(session, token, at=now)
    check_scope(caller, request.method, request.url.path)
    request.state.token_use = use_to_note(session, caller, at=now)
    return caller


def refuse_foreign_form(request: Request) -> None:
    """Raise Forbidden for another site's form. Forms carry no CSRF token: browsers say where a form came from."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("Host")
    if is_foreign or site not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site; open the console itself and try again")


def get_keyed_caller(request: Request, session: SessionHere, record: RecordHere, now: Now) -> Caller:
    """Who is signed in. A request that was answered before ends here; a version that was seen goes along."""
    caller = get_caller(request, session, now)
    _look_back(request, session, record, caller, now, keep_in=session)
    return replace(caller, seen_tag=_seen_tag(request))


def get_brief_caller(request: Request, record: RecordHere, now: Now) -> Caller:
    """Who is signed in, with no transaction left open: for endpoints that wait for something else in between."""
    with transaction(record.engine, only_reads=True) as session:
        caller = get_caller(request, session, now)
        _look_back(request, session, record, caller, now, keep_in=None)
        return replace(caller, seen_tag=_seen_tag(request))


def _look_back(
    request: Request, session: Session, record: Record, caller: Caller, now: datetime, keep_in: Session | None
) -> None:
    if caller.person_id is not None and request.method not in SAFE_METHODS:
        asker = Asker(
            person_id=caller.person_id, at=now, secret=record.secret, bind=record.engine, session=keep_in
        )
        look_back(request, session, asker)


def _seen_tag(request: Request) -> str | None:
    """The version that an If-Match header names; None without one, and for any version at all."""
    sent = request.headers.get("If-Match")
    if sent is None or sent.strip() == "*":
        return None
    form = VERSION_TAG.fullmatch(sent.strip())
    if form is None:
        raise BadInput('If-Match: send back the ETag as it came, such as "3"')
    return form[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class SentPacket:
    """What a known worker sent."""

    worker: Worker
    data: bytes


async def get_sent_packet(request: Request, record: RecordHere) -> SentPacket:
    """A worker's packet, whole. Raises NotSignedIn before a byte of it is read, TooLarge.

    No transaction is open while it comes in: a slow sender keeps nobody from the database.
    """
    token = _bearer(request)
    if token is None:
        raise NotSignedIn("send the worker's token as: Authorization: Bearer TOKEN")
    known: KnownWorkers = request.app.state.known_workers
    worker = known.holder_of(token)
    if worker is None:
        worker = await run_in_threadpool(_known_worker, record, token)
        known.remember(token, worker)
    pieces, size = [], 0
    async for chunk in request.stream():
        pieces.append(chunk)
        size += len(chunk)
        if size > MOST_ZIP_BYTES:
            raise TooLarge(f"packet: more than {MOST_ZIP_BYTES >> 20} MB")
    return SentPacket(worker=worker, data=b"".join(pieces))


def _known_worker(record: Record, token: str) -> Worker:
    with transaction(record.engine, only_reads=True) as session:
        return worker_of(session, token)


CallerHere = Annotated[Caller, Depends(get_keyed_caller)]
BriefCaller = Annotated[Caller, Depends(get_brief_caller)]
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
SentPacketHere = Annotated[SentPacket, Depends(get_sent_packet)]
