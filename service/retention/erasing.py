"""Erases evidence whose time is over: rules of service/law/retention.csv in, an audit entry for each case out.

The case, its money and its trail stay; pictures and clip go, and the plate where nobody was fined. A case is locked,
its files are taken away, then the record says so: it never says that something is gone which is still there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.database import transaction
from service.errors import ServiceError
from service.evidence.store import EvidenceStore
from service.law.retention import STATE_SINCE, RetentionRule, rules_on
from service.law.tariff import VIETNAM
from service.retention.tables import EvidenceHold
from service.tables import Case

AT_ONCE = 500
WHO = "retention"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """A case whose evidence is due to be erased; `kept_until` was its last day."""

    case_id: int
    violation_id: str
    rule: str
    kept_until: date


@dataclass(kw_only=True, slots=True)
class RetentionRun:
    """What a run did, or would do."""

    erased: dict[str, int]
    """Cases by the name of the rule."""
    files: int = 0
    failed: int = 0
    first_failure: str | None = None


def run_retention(
    bind: Engine | Connection, store: EvidenceStore, *, at: datetime, dry: bool = False
) -> RetentionRun:
    """Erase what is due on the day of `at`, case by case, each in a transaction of its own; `dry` only counts."""
    rules = rules_on(at.astimezone(VIETNAM).date())
    run = RetentionRun(erased={rule.name: 0 for rule in rules})
    for rule in rules:
        for expired in _expired(bind, rule, at):
            if dry:
                run.erased[rule.name] += 1
                continue
            _erase_counted(bind, store, rule, expired, at=at, run=run)
    return run


def _erase_counted(
    bind: Engine | Connection,
    store: EvidenceStore,
    rule: RetentionRule,
    expired: Expired,
    *,
    at: datetime,
    run: RetentionRun,
) -> None:
    try:
        with transaction(bind) as session:
            files = _erase(session, store, rule, expired, at=at)
    except (OSError, ServiceError) as error:
        run.failed += 1
        run.first_failure = run.first_failure or f"case {expired.case_id}: {error}"
        return
    if files is not None:
        run.erased[rule.name] += 1
        run.files += files


def _expired(bind: Engine | Connection, rule: RetentionRule, at: datetime) -> Iterator[Expired]:
    """Cases that the rule lets go, in the order of their ids, read some hundred at a time."""
    after_id = 0
    while True:
        with transaction(bind, only_reads=True) as session:
            query = select(Case.id, Case.violation_id, _start(rule)).where(
                *_due(rule, at), Case.id > after_id
            )
            rows = session.execute(query.order_by(Case.id).limit(AT_ONCE)).all()
        for case_id, violation_id, start in rows:
            kept_until = _kept_until(rule, start)
            if kept_until < at.astimezone(VIETNAM).date():
                yield Expired(
                    case_id=case_id, violation_id=violation_id, rule=rule.name, kept_until=kept_until
                )
        if len(rows) < AT_ONCE:
            return
        after_id = rows[-1][0]


def _erase(
    session: Session, store: EvidenceStore, rule: RetentionRule, expired: Expired, *, at: datetime
) -> int | None:
    """How many files were erased; None when the case has moved on or is held since it was found."""
    due = select(Case).where(Case.id == expired.case_id, *_due(rule, at)).with_for_update()
    case = session.scalars(due).first()
    if case is None:
        return None
    names = store.erase(case.camera_id, case.violation_id)
    case.evidence_erased_at = at
    if rule.also_plate:
        _forget_plate(case)
    write_audit(
        session,
        at=at,
        who=WHO,
        action="evidence_erased",
        subject=case.violation_id,
        why=f"{rule.name}: kept until {expired.kept_until}; {rule.term.source}",
        before={"files": names, "manifest_sha256": case.manifest_sha256},
        after={"files": [], "plate_erased": rule.also_plate},
    )
    return len(names)


def _forget_plate(case: Case) -> None:
    case.plate_machine = case.plate_officer = None
    case.plate_confidence, case.plate_verdict = 0.0, "unread"
    unread = {
        **case.packet["plate"], "text": None, "confidence": 0.0, "verdict": "unread", "reason": "erased", "rows": [],
        "reads": [],
    }  # fmt: skip
    case.packet = {**case.packet, "plate": unread}


def _due(rule: RetentionRule, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """What the database can tell: the exact last day is counted in Python, by the law's calendar."""
    return (
        Case.state.in_(rule.states),
        Case.evidence_erased_at.is_(None),
        _start(rule) <= at - timedelta(days=rule.least_days),
        ~exists().where(EvidenceHold.case_id == Case.id),
    )


def _start(rule: RetentionRule) -> ColumnElement[datetime]:
    if rule.counted_from == STATE_SINCE:
        return func.coalesce(Case.state_since, Case.decided_at, Case.detected_at)
    return func.coalesce(Case.committed_at, Case.detected_at)


def _kept_until(rule: RetentionRule, start: datetime) -> date:
    return rule.term.last_day(start.astimezone(VIETNAM).date())
