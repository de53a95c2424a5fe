"""The audit trail: every entry holds the digest of the one before, so that none can be altered or taken out unseen."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from service.tables import AuditEntry, table_of

GENESIS = "0" * 64
ONE_LOOK = timedelta(minutes=15)
LOCK_KEY = 7_214_001
"""PostgreSQL's advisory lock that makes entries follow each other; SQLite has one writer anyway."""
_ENTRIES = table_of(AuditEntry)
COLUMNS = tuple(_ENTRIES.columns.keys())
LAST_ENTRY = select(_ENTRIES.c.id, _ENTRIES.c.sha256).order_by(_ENTRIES.c.id.desc()).limit(1)
NEW_ENTRY = insert(_ENTRIES)


def write_audit(
    session: Session,
    *,
    at: datetime,
    who: str,
    action: str,
    subject: str,
    why: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append one entry in the caller's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    last = session.execute(LAST_ENTRY).first()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=at.astimezone(UTC),
        who=who,
        action=action,
        subject=subject,
        why=why,
        before=before or {},
        after=after or {},
        previous_sha256=last.sha256 if last else GENESIS,
    )
    entry.sha256 = digest_of(entry)
    session.flush()
    session.execute(NEW_ENTRY, {name: getattr(entry, name) for name in COLUMNS})


def note_look(session: Session, *, at: datetime, who: str, subject: str, name: str) -> None:
    """Put on record who saw which evidence; seeking in a clip asks for it many times and counts once in a while."""
    seen = select(AuditEntry.after).where(
        AuditEntry.subject == subject,
        AuditEntry.who == who,
        AuditEntry.action == "saw_evidence",
        AuditEntry.at > at - ONE_LOOK,
    )
    if not any(after.get("name") == name for after in session.scalars(seen)):
        write_audit(session, at=at, who=who, action="saw_evidence", subject=subject, after={"name": name})


def digest_of(entry: AuditEntry) -> str:
    """The digest of an entry and, through `previous_sha256`, of all before it."""
    return seal(
        entry.id, entry.at, entry.who, entry.action, entry.subject, entry.why, entry.before, entry.after,
        entry.previous_sha256,
    )  # fmt: skip


def seal(
    number: int, at: datetime, who: str, action: str, subject: str, why: str | None, before: dict[str, Any],
    after: dict[str, Any], previous_sha256: str,
) -> str:  # fmt: skip
    """The digest over the values of one entry."""
    sealed = [
        number, at.isoformat(timespec="microseconds"), who, action, subject, why, before, after, previous_sha256
    ]  # fmt: skip
    return sha256(json.dumps(sealed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_broken_entry(session: Session) -> int | None:
    """The id of the first entry that does not fit its seal or its predecessor; None when the trail is whole."""
    expected_id, previous = 1, GENESIS
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)).yield_per(500):
        whole = (
            entry.id == expected_id and entry.previous_sha256 == previous and entry.sha256 == digest_of(entry)
        )
        if not whole:
            return expected_id
        expected_id, previous = entry.id + 1, entry.sha256
    return None


def list_entries(session: Session, *, subject: str | None, after_id: int, limit: int) -> list[AuditEntry]:
    """Entries in order, after an id; of one subject when it is given."""
    query = select(AuditEntry).where(AuditEntry.id > after_id).order_by(AuditEntry.id).limit(limit)
    if subject is not None:
        query = query.where(AuditEntry.subject == subject)
    return list(session.scalars(query))
