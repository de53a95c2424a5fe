"""Signing in: name, password and, where it is asked for, a code in; a cookie's token out. Wrong tries lock out."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.accounts import second_factor
from service.accounts.passwords import is_right
from service.audit import write_audit
from service.people import Caller, caller_from, digest
from service.settings import Settings
from service.tables import Person, SignIn

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
WRONG = "name or password is wrong, or the account is locked for a quarter of an hour"
CODE_ASKED = "a code is needed too: of your authenticator, or one of your recovery codes"
CODE_WRONG = "the code is wrong or was used before; wait for the next one"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What somebody says to sign in."""

    name: str
    password: str
    code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """An opened session; the token goes into the cookie."""

    token: str
    caller: Caller


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Why nobody was signed in. The tries are counted in the same transaction: commit it all the same."""

    why: str


def sign_in(
    session: Session, proof: Proof, *, settings: Settings, secret: Fernet, at: datetime
) -> SignedIn | Refused:
    """Check a proof. Somebody whose role asks for a second factor and who has none may only add one."""
    person = session.scalars(select(Person).where(Person.name == proof.name).with_for_update()).first()
    right = is_right(person.password_hash if person else None, proof.password)
    if person is None or not person.active or (person.locked_until is not None and person.locked_until > at):
        return Refused(why=WRONG)
    if not right:
        return _count_failure(session, person, WRONG, at)
    if second_factor.is_enrolled(person):
        if not proof.code:
            return Refused(why=CODE_ASKED)
        if not second_factor.proves(session, person, proof.code, secret=secret, at=at):
            return _count_failure(session, person, CODE_WRONG, at)
    person.failures, person.locked_until = 0, None
    must_enrol = person.role in settings.second_factor_roles and not second_factor.is_enrolled(person)
    return open_session(session, person, hours=settings.session_hours, at=at, must_enrol=must_enrol)


def open_session(
    session: Session, person: Person, *, hours: float, at: datetime, must_enrol: bool = False
) -> SignedIn:
    """A new session for somebody who proved who they are."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    row = SignIn(
        token_sha256=digest(token),
        person_id=person.id,
        csrf=csrf,
        expires_at=at + timedelta(hours=hours),
        must_enrol=must_enrol,
    )
    session.add(row)
    write_audit(session, at=at, who=person.name, action="signed_in", subject=person.name)
    return SignedIn(token=token, caller=caller_from(person, row))


def _count_failure(session: Session, person: Person, why: str, at: datetime) -> Refused:
    person.failures += 1
    if person.failures >= MOST_FAILURES:
        person.locked_until, person.failures = at + LOCKED_FOR, 0
    write_audit(session, at=at, who=person.name, action="sign_in_failed", subject=person.name)
    return Refused(why=why)
