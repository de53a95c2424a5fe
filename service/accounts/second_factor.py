"""The second factor: codes of an authenticator (RFC 6238) or, once each, recovery codes.

begin ─▶ a secret, not yet in force      confirm, with a first code ─▶ in force, recovery codes shown once
"""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp
from cryptography.fernet import Fernet
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.accounts.tables import RecoveryCode
from service.audit import write_audit
from service.errors import BadInput, Conflict
from service.tables import Person, SignIn

STEP_S = 30
STEPS_AROUND = (-1, 0, 1)
"""A clock may be half a minute off."""
RECOVERY_CODES = 10
ISSUER = "Ngã Tư"


def is_enrolled(person: Person) -> bool:
    """Whether a second factor is in force."""
    return person.totp_since is not None


def begin(person: Person, secret: Fernet) -> tuple[str, str]:
    """A new secret and the address that an authenticator reads from a QR code. Raises Conflict when one is in force."""
    if is_enrolled(person):
        raise Conflict("a second factor is in force: an administrator can take it away first")
    totp_secret = pyotp.random_base32()
    person.totp_encrypted = secret.encrypt(totp_secret.encode()).decode()
    return totp_secret, begun_uri(person, secret)


def begun_uri(person: Person, secret: Fernet) -> str:
    """The address of a second factor that was begun. Raises BadInput when none was."""
    if person.totp_encrypted is None:
        raise BadInput("no second factor was begun; begin one first")
    totp = pyotp.TOTP(secret.decrypt(person.totp_encrypted.encode()).decode())
    return totp.provisioning_uri(name=person.name, issuer_name=ISSUER)


def confirm(session: Session, person: Person, code: str, *, secret: Fernet, at: datetime) -> list[str]:
    """Put the begun second factor in force; the recovery codes, shown this once. Raises BadInput, Conflict."""
    if is_enrolled(person):
        raise Conflict("a second factor is in force already")
    if not _is_totp(person, code, secret=secret, at=at):
        raise BadInput("code: does not fit; look at the authenticator again, and at the clock of its phone")
    person.totp_since = at
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_sha256=_digest(person, code), person_id=person.id) for code in codes)
    write_audit(session, at=at, who=person.name, action="second_factor_added", subject=person.name)
    return codes


def proves(session: Session, person: Person, code: str, *, secret: Fernet, at: datetime) -> bool:
    """Whether the code is the authenticator's, not used before, or a recovery code that is still good."""
    if _is_totp(person, code, secret=secret, at=at):
        return True
    found = session.get(RecoveryCode, _digest(person, code))
    if found is None or found.used_at is not None or found.person_id != person.id:
        return False
    found.used_at = at
    write_audit(session, at=at, who=person.name, action="recovery_code_used", subject=person.name)
    return True


def take_away(session: Session, person: Person, *, at: datetime, who: str) -> None:
    """Take somebody's second factor away, because phone and codes are lost; all sessions end."""
    person.totp_encrypted = person.totp_since = person.totp_last_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    write_audit(session, at=at, who=who, action="second_factor_removed", subject=person.name)


def codes_left(session: Session, person: Person) -> int:
    """How many recovery codes are still good."""
    query = select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return len(session.scalars(query).all())


def _is_totp(person: Person, code: str, *, secret: Fernet, at: datetime) -> bool:
    """Each step's code counts once: what somebody read over the shoulder is worth nothing."""
    if person.totp_encrypted is None:
        return False
    totp = pyotp.TOTP(secret.decrypt(person.totp_encrypted.encode()).decode(), interval=STEP_S)
    now = int(at.timestamp()) // STEP_S
    for step in (now + offset for offset in STEPS_AROUND):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode())
        if fits and step > (person.totp_last_step or 0):
            person.totp_last_step = step
            return True
    return False


def _new_recovery_code() -> str:
    text = secrets.token_hex(8)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digest(person: Person, code: str) -> str:
    return sha256(f"{person.id}:{code.strip().lower()}".encode()).hexdigest()
