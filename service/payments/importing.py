"""Imports statements: a file's bytes in, every line kept with what became of it, money booked where the case is sure.

The same file again changes nothing; a transaction that an earlier file held is booked once.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.cases.fines import book_payment
from service.cases.moves import SUPERVISORS
from service.cases.moving import lock_case, note_down
from service.errors import BadInput, Conflict, Forbidden, NotFound
from service.law.tariff import VIETNAM
from service.ledger import balance_vnd, entries_of, fined_at
from service.payments.matching import BOOKED, WAITING, WITH_FINE, Match, Outcome, match_line, owed_on
from service.payments.statement import StatementLine, read_statement
from service.people import Caller
from service.tables import Case, LedgerEntry, PaymentFile, PaymentLine

IMPORT_LOCK = 7_214_004
"""PostgreSQL's advisory lock: one import at a time; SQLite has one writer anyway."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """What a statement held; `is_new` False: these very bytes were imported before and nothing was changed."""

    sha256: str
    is_new: bool
    lines: int
    booked_vnd: int
    waiting: int
    outcomes: tuple[tuple[str, int], ...]


def import_statement(
    session: Session, data: bytes, *, name: str, caller: Caller, at: datetime
) -> ImportResult:
    """Take in a statement. Raises BadInput, TooLarge, Forbidden; then nothing of it is kept."""
    require_whole_city(caller)
    lines = read_statement(data)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    digest = sha256(data).hexdigest()
    if session.get(PaymentFile, digest) is not None:
        return result_of(session, digest, is_new=False)
    session.add(PaymentFile(sha256=digest, name=name[:200], imported_at=at, imported_by=caller.person_id))
    session.flush()
    for line in lines:
        session.add(_take_line(session, line, digest, caller=caller, at=at))
        session.flush()
    result = result_of(session, digest, is_new=True)
    after = {
        "name": name[:200],
        "lines": result.lines,
        "booked_vnd": result.booked_vnd,
        **dict(result.outcomes),
    }
    write_audit(session, at=at, who=caller.name, action="payments_imported", subject=digest, after=after)
    return result


def assign_line(
    session: Session, line_id: int, case_id: int, *, why: str, caller: Caller, at: datetime
) -> PaymentLine:
    """Book a waiting line on the case that somebody found for it. Raises Conflict for a line that is booked."""
    require_whole_city(caller)
    if not why.strip():
        raise BadInput("assign: say why this line belongs to this case")
    line = session.scalars(select(PaymentLine).where(PaymentLine.id == line_id).with_for_update()).first()
    if line is None:
        raise NotFound(f"payment line {line_id}: there is none")
    if (
        line.outcome not in WAITING
        or line.amount_vnd is None
        or line.paid_on is None
        or not line.transaction_id
    ):
        raise Conflict(
            f"payment line {line_id} is {line.outcome}: only a readable line that waits can be assigned"
        )
    case = lock_case(session, case_id, caller)
    before = {"outcome": line.outcome, "case_id": line.case_id}
    if case.state not in WITH_FINE or fined_at(session, case.id) is None:
        raise Conflict(f"the case is {case.state}: it has no fine that money can be booked on")
    if _is_entered(session, case, line.transaction_id):
        raise Conflict(f"reference {line.transaction_id}: was entered for this case already")
    line.outcome, entry = _book(
        session, case, line.amount_vnd, line.transaction_id, line.paid_on, caller=caller, at=at
    )
    line.case_id, line.entry_id, line.reason = case.id, entry.id, None
    after = {"line": line.id, "outcome": line.outcome}
    note_down(session, case, "payment_assigned", caller=caller, at=at, why=why, before=before, after=after)
    return line


def require_whole_city(caller: Caller) -> None:
    """Raise Forbidden unless a supervisor of the whole city asks: statements know no wards."""
    caller.require(*SUPERVISORS)
    if caller.ward is not None:
        raise Forbidden("a statement holds payments of every ward; a supervisor of the whole city imports it")


def result_of(session: Session, digest: str, *, is_new: bool) -> ImportResult:
    """What became of an imported file's lines, as it stands now."""
    query = select(PaymentLine.outcome, PaymentLine.amount_vnd).where(PaymentLine.file_sha256 == digest)
    rows = session.execute(query).all()
    counted = Counter(str(row[0]) for row in rows)
    return ImportResult(
        sha256=digest,
        is_new=is_new,
        lines=len(rows),
        booked_vnd=sum(row[1] or 0 for row in rows if row[0] in BOOKED),
        waiting=sum(counted[outcome] for outcome in WAITING),
        outcomes=tuple(sorted(counted.items())),
    )


def _take_line(
    session: Session, line: StatementLine, digest: str, *, caller: Caller, at: datetime
) -> PaymentLine:
    match = _judge(session, line, at)
    kept = PaymentLine(
        file_sha256=digest, row_number=line.row_number, transaction_id=line.transaction_id, paid_on=line.paid_on,
        amount_vnd=line.amount_vnd, reference=line.reference, plate=line.plate, payer=line.payer,
        description=line.description, outcome=match.outcome or "", reason=match.reason, case_id=match.case_id,
    )  # fmt: skip
    if match.outcome is not None or match.case_id is None:
        return kept
    case = lock_case(session, match.case_id, caller)
    assert line.amount_vnd is not None and line.paid_on is not None  # noqa: S101 - judged readable
    if _is_entered(session, case, line.transaction_id):
        kept.outcome, kept.reason = Outcome.KNOWN, "the reference was entered for this case by hand"
        return kept
    kept.outcome, entry = _book(
        session, case, line.amount_vnd, line.transaction_id, line.paid_on, caller=caller, at=at
    )
    kept.entry_id = entry.id
    return kept


def _judge(session: Session, line: StatementLine, at: datetime) -> Match:
    if line.unreadable is not None:
        return Match(outcome=Outcome.UNREADABLE, reason=line.unreadable)
    if line.paid_on is not None and line.paid_on > at.astimezone(VIETNAM).date():
        return Match(outcome=Outcome.UNREADABLE, reason="paid_on: is a day that has not come yet")
    query = select(PaymentLine).where(
        PaymentLine.transaction_id == line.transaction_id, PaymentLine.outcome != Outcome.UNREADABLE
    )
    earlier = session.scalars(query.order_by(PaymentLine.id).limit(1)).first()
    if earlier is None:
        return match_line(session, line)
    if (earlier.amount_vnd, earlier.paid_on) == (line.amount_vnd, line.paid_on):
        return Match(outcome=Outcome.KNOWN, case_id=earlier.case_id, reason="this transaction came in before")
    return Match(
        outcome=Outcome.CONTRADICTS, reason="this transaction came in before with another amount or day"
    )


def _is_entered(session: Session, case: Case, reference: str) -> bool:
    return any(entry.reference == reference for entry in entries_of(session, case.id))


def _book(
    session: Session,
    case: Case,
    amount_vnd: int,
    reference: str,
    paid_on: date,
    *,
    caller: Caller,
    at: datetime,
) -> tuple[Outcome, LedgerEntry]:
    owed = owed_on(session, case, paid_on)
    entry = book_payment(
        session, case, amount_vnd=amount_vnd, reference=reference, paid_on=paid_on, caller=caller, at=at
    )
    left = balance_vnd(session, case.id)
    if owed <= 0:
        return Outcome.DOUBLE, entry
    return (Outcome.PART if left > 0 else Outcome.OVER if left < 0 else Outcome.PAID), entry
