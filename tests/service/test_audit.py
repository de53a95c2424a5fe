"""The audit trail: any entry altered, taken out, put in or swapped is found."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.audit import first_broken_entry, write_audit
from tests.service.conftest import Service

Open = Callable[[], Session]


def unprotect(session: Session) -> None:
    """What somebody with the database's own password could do: take the triggers away."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        return
    for name in ("no_update", "no_delete", "no_replace"):
        session.execute(text(f"DROP TRIGGER audit_entry_{name}"))


@pytest.fixture
def trail(service: Service, session_here: Open) -> Session:
    session = session_here()
    for number in range(5):
        write_audit(
            session, at=service.clock.now, who="a", action="b", subject=f"s{number}", after={"plate": "63A1"}
        )
    session.commit()
    return session


def last_id(session: Session) -> int:
    return int(session.scalar(text("SELECT max(id) FROM audit_entry")) or 0)


def test_an_untouched_trail_is_whole(trail: Session) -> None:
    assert first_broken_entry(trail) is None


@pytest.mark.parametrize(
    "change",
    [
        "who = 'somebody else'",
        "action = 'looked_at'",
        "subject = 'another'",
        "why = 'because'",
        'after = \'{"plate": "63A2"}\'',
        "before = '{\"x\": 1}'",
        "at = '2026-01-01 00:00:00+00:00'",
        "previous_sha256 = sha256",
        "sha256 = previous_sha256 || ''",
    ],
)
def test_an_altered_entry_is_found(change: str, trail: Session) -> None:
    unprotect(trail)
    target = last_id(trail) - 2
    if change.startswith("sha256"):
        change = f"sha256 = '{'f' * 64}'"
    if change.startswith("at") and trail.get_bind().dialect.name == "sqlite":
        change = "at = '2026-01-01 00:00:00.000000'"
    trail.execute(text(f"UPDATE audit_entry SET {change.replace(':', chr(92) + ':')} WHERE id = {target}"))
    trail.expire_all()
    assert first_broken_entry(trail) == target


def test_an_entry_taken_out_is_found(trail: Session) -> None:
    unprotect(trail)
    target = last_id(trail) - 2
    trail.execute(text(f"DELETE FROM audit_entry WHERE id = {target}"))
    trail.expire_all()
    assert first_broken_entry(trail) == target


def test_the_trail_is_read_in_pages_and_checked_over_the_interface(trail: Session, service: Service) -> None:
    auditor = service.client("auditor")
    one = auditor.get("/api/v1/audit", params={"subject": "s3"}).json()
    assert [entry["subject"] for entry in one["entries"]] == ["s3"]
    page = auditor.get("/api/v1/audit", params={"limit": 2}).json()
    after = auditor.get("/api/v1/audit", params={"after_id": page["next_after_id"], "limit": 1}).json()
    assert after["entries"][0]["id"] == page["entries"][-1]["id"] + 1
    assert auditor.get("/api/v1/audit/check").json() == {"is_whole": True, "first_broken_id": None}


def test_replacing_an_entry_is_refused_by_the_database(trail: Session) -> None:
    columns = "id, at, who, action, subject, why, before, after, previous_sha256, sha256"
    verb = "INSERT OR REPLACE INTO" if trail.get_bind().dialect.name == "sqlite" else "INSERT INTO"
    with pytest.raises(Exception, match=r"append-only|duplicate key"):
        trail.execute(text(f"{verb} audit_entry ({columns}) SELECT {columns} FROM audit_entry"))
