"""Late payment in the ledger: what the law adds for each day is entered once, and taken back when a payment that
came in earlier becomes known later. Entries only: the surcharge of a case is the sum of its surcharge entries.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import SUPERVISORS, State
from service.cases.moving import go, lock_case
from service.law.deadlines import due_on, noon_of
from service.law.surcharges import Change, late_surcharge_vnd
from service.law.tariff import VIETNAM
from service.ledger import balance_vnd, counts_on, enter, entries_of
from service.people import Caller
from service.tables import CameraRow, Case, LedgerEntry

OWING = (State.DECISION, State.OVERDUE, State.APPEALED)
"""A complaint does not put off payment (LHAV art. 73.1)."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenFine:
    """The fine that counts, the last one of its case, and what changed what is owed of it."""

    last_day: date | None
    """Its last day without a surcharge; None while nobody is on record as having received the decision."""
    changes: tuple[Change, ...]
    surcharges: tuple[LedgerEntry, ...]

    def surcharge_vnd(self, through_on: date) -> int:
        """What late payment costs through a day."""
        if self.last_day is None:
            return 0
        return late_surcharge_vnd(self.changes, last_day=self.last_day, through_on=through_on)

    def is_late(self, through_on: date) -> bool:
        """Whether its last day has passed by the end of a day."""
        return self.last_day is not None and self.last_day <= through_on


@dataclass(frozen=True, kw_only=True, slots=True)
class LateRun:
    """What a run over all open fines did."""

    looked_at: int = 0
    surcharged: int = 0
    surcharge_vnd: int = 0
    fell_due: int = 0
    settled: int = 0


def open_fine_of(session: Session, case: Case) -> OpenFine | None:
    """The fine that a case owes; None when it owes none. Money of an earlier, cancelled fine counts for this one."""
    entries = entries_of(session, case.id)
    at = max((place for place, entry in enumerate(entries) if entry.kind == "fine"), default=None)
    if at is None or case.state not in OWING:
        return None
    fine, later = entries[at], entries[at + 1 :]
    brought_in = sum(entry.amount_vnd for entry in entries[:at])
    changes = [Change(on=counts_on(fine), amount_vnd=fine.amount_vnd + brought_in)]
    changes += [
        Change(on=counts_on(entry), amount_vnd=entry.amount_vnd)
        for entry in later
        if entry.kind != "surcharge"
    ]
    return OpenFine(
        last_day=due_on("payment", noon_of(case.decision_received_on)) if case.decision_received_on else None,
        changes=tuple(changes),
        surcharges=tuple(entry for entry in later if entry.kind == "surcharge"),
    )


def bring_surcharge_up_to_date(
    session: Session, case: Case, *, through_on: date, caller: Caller, at: datetime
) -> int:
    """Enter what is missing of the surcharge through a day, or take back what is too much; the amount entered.

    Days that were charged before are counted again with what is known now, so doing it again enters nothing.
    The caller has locked the case.
    """
    fine = open_fine_of(session, case)
    if fine is None:
        return 0
    through_on = max([through_on, *(counts_on(entry) for entry in fine.surcharges)])
    whole = fine.surcharge_vnd(through_on)
    missing = whole - sum(entry.amount_vnd for entry in fine.surcharges)
    if missing:
        first = fine.last_day + ONE_DAY if fine.last_day else "–"
        note = f"{first} – {through_on}: {whole} VND"
        enter(
            session, case, kind="surcharge", amount_vnd=missing, caller=caller, at=at, note=note, value_on=through_on
        )  # fmt: skip
    return missing


def settle_when_paid(session: Session, case: Case, *, caller: Caller, at: datetime) -> bool:
    """Close the case once nothing is owed any more."""
    if case.state not in {State.DECISION, State.OVERDUE} or balance_vnd(session, case.id) > 0:
        return False
    go(session, case, "settle", caller=caller, at=at)
    return True


def run_late_payments(session: Session, *, caller: Caller, at: datetime) -> LateRun:
    """Surcharge through yesterday for every open fine; what is late falls due, what is paid is closed."""
    caller.require(*SUPERVISORS)
    query = select(Case.id).join(CameraRow).where(Case.state.in_(OWING)).order_by(Case.id)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    runs = [_run_one(session, case_id, caller=caller, at=at) for case_id in session.scalars(query).all()]
    return LateRun(
        looked_at=len(runs),
        surcharged=sum(run.surcharged for run in runs),
        surcharge_vnd=sum(run.surcharge_vnd for run in runs),
        fell_due=sum(run.fell_due for run in runs),
        settled=sum(run.settled for run in runs),
    )


def _run_one(session: Session, case_id: int, *, caller: Caller, at: datetime) -> LateRun:
    case = lock_case(session, case_id, caller)
    yesterday = at.astimezone(VIETNAM).date() - ONE_DAY
    added = bring_surcharge_up_to_date(session, case, through_on=yesterday, caller=caller, at=at)
    settled = settle_when_paid(session, case, caller=caller, at=at)
    fine = open_fine_of(session, case)
    falls_due = case.state == State.DECISION and fine is not None and fine.is_late(yesterday)
    if falls_due:
        go(session, case, "fall_due", caller=caller, at=at)
    return LateRun(
        surcharged=int(bool(added)), surcharge_vnd=added, fell_due=int(falls_due), settled=int(settled)
    )
