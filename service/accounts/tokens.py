"""API tokens for programs: what one may do is narrower than its person, by scopes, and ends on a day.

A scope is the first word of an address and whether it is read or written: cameras:write lets POST /api/v1/cameras.
People, tokens and decisions about cases are no scope: those are for somebody who is signed in.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.accounts.tables import ApiToken
from service.audit import write_audit
from service.errors import BadInput, Forbidden, NotFound, NotSignedIn
from service.people import Caller, caller_from, digest
from service.tables import Person

PREFIX = "ngatu_"
"""What scanners for leaked secrets can look for."""
SCOPES = (
    "audit:read", "cameras:read", "cameras:write", "cases:read", "deadlines:read", "feeds:write", "figures:read",
    "me:read", "papers:read", "payments:read", "workers:read", "workers:write",
)  # fmt: skip
MOST_DAYS = 366
READS = {"GET", "HEAD"}
USE_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenUse:
    """A token that was used, and when."""

    token_id: int
    at: datetime


def create_token(
    session: Session, caller: Caller, *, name: str, scopes: list[str], days: int, at: datetime
) -> tuple[ApiToken, str]:
    """A new token of the caller's; its text is shown this once. Raises BadInput."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadInput(f"scopes: {', '.join(unknown) or 'none given'}; there are {', '.join(SCOPES)}")
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"days: 1 to {MOST_DAYS}")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        token_sha256=digest(text),
        person_id=caller.person_id,
        name=name,
        scopes=" ".join(sorted(set(scopes))),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    after = {
        "token": token.id,
        "name": name,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat(),
    }
    write_audit(session, at=at, who=caller.name, action="token_created", subject=caller.name, after=after)
    return token, text


def list_tokens(session: Session, caller: Caller, *, after_id: int, limit: int) -> list[ApiToken]:
    """The caller's own tokens, the oldest first."""
    query = select(ApiToken).where(ApiToken.person_id == caller.person_id, ApiToken.id > after_id)
    return list(session.scalars(query.order_by(ApiToken.id).limit(limit)))


def revoke_token(session: Session, token_id: int, caller: Caller, *, at: datetime) -> ApiToken:
    """Let a token do nothing more: one's own, or as an administrator anybody's. Raises NotFound."""
    token = session.get(ApiToken, token_id)
    owner = session.get_one(Person, token.person_id) if token else None
    may_see = owner is not None and (caller.ward is None or owner.ward == caller.ward)
    if (
        token is None
        or owner is None
        or not (owner.id == caller.person_id or (caller.role == "admin" and may_see))
    ):
        raise NotFound(f"token {token_id}: there is none of yours")
    if token.revoked_at is None:
        token.revoked_at = at
        after = {"token": token.id, "name": token.name}
        write_audit(session, at=at, who=caller.name, action="token_revoked", subject=owner.name, after=after)
    return token


def token_caller(session: Session, text: str, *, at: datetime) -> Caller:
    """Who a program acts for. Raises NotSignedIn."""
    token = session.scalars(select(ApiToken).where(ApiToken.token_sha256 == digest(text))).first()
    if token is None or token.revoked_at is not None or token.expires_at <= at:
        raise NotSignedIn("the API token is not known, was revoked or has expired; make a new one")
    person = session.get_one(Person, token.person_id)
    if not person.active:
        raise NotSignedIn("the account of this API token is closed; ask the administrator")
    caller = caller_from(person, None)
    return replace(
        caller,
        name=f"{caller.name[:80]} (token {token.id})",
        scopes=frozenset(token.scopes.split()),
        token_id=token.id,
    )


def use_to_note(session: Session, caller: Caller, *, at: datetime) -> TokenUse | None:
    """What is to be remembered of this use; None while the last one is but a few minutes old."""
    token = session.get_one(ApiToken, caller.token_id)
    if token.last_used_at is not None and at - token.last_used_at <= USE_NOTED_EVERY:
        return None
    return TokenUse(token_id=token.id, at=at)


def note_use(session: Session, used: TokenUse) -> None:
    """Remember that a token was used; of two at once the later one counts."""
    earlier = ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at < used.at)
    session.execute(
        update(ApiToken).where(ApiToken.id == used.token_id, earlier).values(last_used_at=used.at)
    )


def check_scope(caller: Caller, method: str, path: str) -> None:
    """Raise Forbidden when the caller is a program whose scopes do not hold this request."""
    if caller.scopes is None:
        return
    noun = path.removeprefix("/api/v1/").split("/", 1)[0]
    wanted = f"{noun}:{'read' if method in READS else 'write'}"
    if wanted not in caller.scopes:
        raise Forbidden(f"this API token may not do this; it needs the scope {wanted}, which must exist")
