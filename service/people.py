"""People, their roles, and how they prove who they are. Passwords and tokens are kept as digests only."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from detector.contract.sealing import key_id_of
from service.accounts.passwords import check_new_password, hashed, is_right
from service.audit import write_audit
from service.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from service.tables import Person, SignIn, Worker

ROLES = ("reviewer", "supervisor", "integrator", "auditor", "admin")
WORKER_NOT_KNOWN = "the worker's token is not known or was revoked; register the worker again"
NAME_FORM = re.compile(r"[^\W_](?:[\w .'@\-\u0300-\u036f]{0,98}[\w.])?")
"""A name stands in addresses, lists and papers: letters of any language, nothing that breaks a line or a path."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is asking, for every action and query."""

    person_id: int | None
    """None for somebody at the command line, who has no account."""
    name: str
    role: str
    ward: str | None
    csrf: str
    must_enrol: bool = False
    """Whether a second factor must be added before anything else is done."""
    scopes: frozenset[str] | None = None
    """What a program with a token may do; None for a person."""
    token_id: int | None = None
    seen_tag: str | None = None
    """The version that the caller looked at, where the request names it."""

    def require(self, *roles: str) -> None:
        """Raise Forbidden unless the caller has one of the roles; an admin is not above the law of roles."""
        if self.role not in roles:
            raise Forbidden(f"the role {self.role} may not do this; it needs: {', '.join(roles)}")


def add_person(
    session: Session, *, name: str, role: str, password: str, at: datetime, who: str, ward: str | None = None
) -> Person:
    """Add somebody who may sign in. Raises BadInput, Conflict."""
    if role not in ROLES:
        raise BadInput(f"role {role!r}: is none of {', '.join(ROLES)}")
    if not NAME_FORM.fullmatch(name.strip()):
        raise BadInput("name: must have 1 to 100 letters, digits, spaces or . _ - ' @")
    check_new_password(password, name)
    if session.scalars(select(Person).where(Person.name == name)).first():
        raise Conflict(f"name {name!r}: somebody has it already; choose another")
    person = Person(name=name, role=role, ward=ward, password_hash=hashed(password), failures=0, active=True)
    session.add(person)
    write_audit(
        session, at=at, who=who, action="person_added", subject=name, after={"role": role, "ward": ward}
    )
    return person


def caller_of(session: Session, token: str | None, *, at: datetime) -> Caller:
    """Who holds a cookie's token. Raises NotSignedIn."""
    sign_in_row = session.get(SignIn, digest(token)) if token else None
    if sign_in_row is None or sign_in_row.expires_at <= at:
        raise NotSignedIn("nobody is signed in, or the session is over; sign in again")
    person = session.get_one(Person, sign_in_row.person_id)
    if not person.active:
        raise NotSignedIn("this account is closed; ask the administrator")
    return caller_from(person, sign_in_row)


def sign_out(session: Session, token: str) -> None:
    """Forget a cookie's token."""
    sign_in_row = session.get(SignIn, digest(token))
    if sign_in_row is not None:
        session.delete(sign_in_row)


def register_worker(
    session: Session, *, name: str, key_id: str, public_pem: str, at: datetime, who: str = "system"
) -> str:
    """Register a video worker's key; its new bearer token, shown once. A known key gets a new token.

    Raises BadInput for a key that is not the one it says it is, Conflict for a revoked one.
    """
    if _key_id_in(public_pem) != key_id:
        raise BadInput(f"worker key {key_id}: the public key is another one; send the worker's own")
    token = secrets.token_urlsafe(32)
    worker = session.get(Worker, key_id)
    if worker is None:
        worker = Worker(key_id=key_id, name=name, public_pem=public_pem, token_sha256=digest(token))
        session.add(worker)
    if worker.revoked_at is not None:
        raise Conflict(f"worker key {key_id}: was revoked; make a new key")
    worker.token_sha256 = digest(token)
    write_audit(session, at=at, who=who, action="worker_registered", subject=key_id, after={"name": name})
    return token


def revoke_worker(session: Session, key_id: str, *, at: datetime, who: str) -> Worker:
    """Believe nothing more that is signed with this key. Raises NotFound."""
    worker = session.get(Worker, key_id)
    if worker is None:
        raise NotFound(f"worker key {key_id}: is not registered")
    if worker.revoked_at is None:
        worker.revoked_at = at
        write_audit(session, at=at, who=who, action="worker_revoked", subject=key_id)
    return worker


def list_people(session: Session, caller: Caller, *, after: str, limit: int) -> list[Person]:
    """Who has an account in the caller's ward, by name, after a name."""
    query = select(Person).where(Person.name > after).order_by(Person.name).limit(limit)
    if caller.ward is not None:
        query = query.where(Person.ward == caller.ward)
    return list(session.scalars(query))


def find_person(session: Session, name: str, caller: Caller, *, lock: bool = False) -> Person:
    """Somebody of the caller's ward; `lock` makes others wait who change the account too. Raises NotFound."""
    query = select(Person).where(Person.name == name)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    person = session.scalars(query).first()
    if person is None or (caller.ward is not None and person.ward != caller.ward):
        raise NotFound(f"{name!r}: there is nobody of that name")
    return person


def change_password(session: Session, person: Person, *, old: str, new: str, at: datetime, keep: str) -> None:
    """Change one's own password; all other sessions end. Raises BadInput."""
    if not is_right(person.password_hash, old):
        raise BadInput("old: is not the password in use")
    _set_password(session, person, new)
    session.execute(delete(SignIn).where(SignIn.person_id == person.id, SignIn.token_sha256 != digest(keep)))
    write_audit(session, at=at, who=person.name, action="password_changed", subject=person.name)


def reset_password(session: Session, person: Person, *, new: str, at: datetime, who: str) -> None:
    """Give somebody a new password and lift a lock-out; all their sessions end. Raises BadInput."""
    _set_password(session, person, new)
    person.failures, person.locked_until = 0, None
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    write_audit(session, at=at, who=who, action="password_reset", subject=person.name)


def _set_password(session: Session, person: Person, new: str) -> None:
    check_new_password(new, person.name)
    if is_right(person.password_hash, new):
        raise BadInput("password: is the one in use; choose another")
    person.password_hash = hashed(new)


def names_of(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    """The names of people by their ids."""
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {row[0]: row[1] for row in rows}


def list_workers(session: Session, *, after: str = "", limit: int = 1000) -> list[Worker]:
    """Registered workers by the id of their key, after one."""
    return list(
        session.scalars(select(Worker).where(Worker.key_id > after).order_by(Worker.key_id).limit(limit))
    )


def edit_person(
    session: Session, person: Person, *, role: str | None, ward: str | None, caller: Caller, at: datetime
) -> Person:
    """Give somebody another role or ward; what they may do changes with their next request.

    Nobody changes the own account: there is always an administrator left. Raises BadInput, Conflict, Forbidden.
    """
    if role is not None and role not in ROLES:
        raise BadInput(f"role {role!r}: is none of {', '.join(ROLES)}")
    if caller.ward is not None and ward != caller.ward:
        raise Forbidden("who is bound to a ward may add people of that ward only")
    if person.id == caller.person_id:
        raise Conflict("your own account is changed by another administrator")
    before = {"role": person.role, "ward": person.ward}
    person.role, person.ward = role or person.role, ward
    after = {"role": person.role, "ward": person.ward}
    write_audit(
        session,
        at=at,
        who=caller.name,
        action="person_edited",
        subject=person.name,
        before=before,
        after=after,
    )
    return person


def close_account(session: Session, name: str, *, at: datetime, who: str) -> Person:
    """Let somebody sign in no more; sessions end at once. Raises NotFound."""
    person = session.scalars(select(Person).where(Person.name == name)).first()
    if person is None:
        raise NotFound(f"{name!r}: there is nobody of that name")
    person.active = False
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    write_audit(session, at=at, who=who, action="account_closed", subject=name)
    return person


def worker_of(session: Session, token: str | None) -> Worker:
    """The worker that holds a bearer token. Raises NotSignedIn."""
    worker = (
        session.scalars(select(Worker).where(Worker.token_sha256 == digest(token))).first() if token else None
    )
    if worker is None or worker.revoked_at is not None:
        raise NotSignedIn(WORKER_NOT_KNOWN)
    return worker


def digest(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()


def _key_id_in(public_pem: str) -> str:
    try:
        key = load_pem_public_key(public_pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadInput("public key: is no PEM file of a public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput("public key: must be an Ed25519 key")
    return key_id_of(key)


def caller_from(person: Person, sign_in_row: SignIn | None) -> Caller:
    """The caller that a person is, in a browser or, without a session, as a program."""
    return Caller(
        person_id=person.id,
        name=person.name,
        role=person.role,
        ward=person.ward,
        csrf=sign_in_row.csrf if sign_in_row else "",
        must_enrol=sign_in_row is not None and sign_in_row.must_enrol,
    )
