"""All SQL about look-ups of owners, and the only place where what they found is decrypted."""

from cryptography.fernet import Fernet
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.owners.registry import Registration
from service.owners.tables import OwnerLookup

REGISTRATIONS = TypeAdapter(tuple[Registration, ...])


def lookups_of(session: Session, case_id: int) -> list[OwnerLookup]:
    """A case's look-ups, the newest first."""
    query = select(OwnerLookup).where(OwnerLookup.case_id == case_id).order_by(OwnerLookup.id.desc())
    return list(session.scalars(query))


def last_lookup(session: Session, case_id: int) -> OwnerLookup | None:
    """The look-up that counts: the newest."""
    query = select(OwnerLookup).where(OwnerLookup.case_id == case_id).order_by(OwnerLookup.id.desc())
    return session.scalars(query.limit(1)).first()


def found_by(lookup: OwnerLookup, secret: Fernet) -> tuple[Registration, ...]:
    """What a look-up found."""
    return REGISTRATIONS.validate_json(secret.decrypt(lookup.registrations_encrypted.encode()))


def sealed_for_record(found: tuple[Registration, ...], secret: Fernet) -> str:
    """What a look-up found, encrypted for its row."""
    return secret.encrypt(REGISTRATIONS.dump_json(found)).decode()
