"""What every endpoint needs of the request: the record, one transaction, who is asking, what time it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from cryptography.fernet import Fernet
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import Forbidden, NotSignedIn
from service.evidence_store import EvidenceStore
from service.people import Caller, caller_of, worker_of
from service.settings import Settings
from service.tables import Worker

SESSION_COOKIE = "ngatu_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The opened record: database, evidence, the key for camera passwords."""

    settings: Settings
    engine: Engine | Connection
    evidence: EvidenceStore
    secret: Fernet


def get_record(request: Request) -> Record:
    """The record of this application."""
    record: Record = request.app.state.record
    return record


def get_session(record: Annotated[Record, Depends(get_record)]) -> Iterator[Session]:
    """One transaction per request, committed when the endpoint returns."""
    with transaction(record.engine) as session:
        yield session


def get_now() -> datetime:
    """The moment of the request; the one place where the service asks the clock."""
    return datetime.now(UTC)


# scope="function": the transaction ends before the answer is sent, so an answer never precedes its commit.
SessionHere = Annotated[Session, Depends(get_session, scope="function")]
RecordHere = Annotated[Record, Depends(get_record)]
Now = Annotated[datetime, Depends(get_now)]


def get_caller(request: Request, session: SessionHere, now: Now) -> Caller:
    """Who is signed in; changes need the session's CSRF token in the header. Raises NotSignedIn, Forbidden."""
    caller = caller_of(session, request.cookies.get(SESSION_COOKIE), at=now)
    if request.method not in SAFE_METHODS and request.headers.get(CSRF_HEADER) != caller.csrf:
        raise Forbidden(f"the {CSRF_HEADER} header is missing or wrong; load the page again")
    return caller


def get_worker(request: Request, session: SessionHere) -> Worker:
    """The worker whose bearer token came with the request. Raises NotSignedIn."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("send the worker's token as: Authorization: Bearer TOKEN")
    return worker_of(session, token.strip())


CallerHere = Annotated[Caller, Depends(get_caller)]
WorkerHere = Annotated[Worker, Depends(get_worker)]
