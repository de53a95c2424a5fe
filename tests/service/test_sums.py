"""Sums are those of the cases at every moment, whatever was done and however much of it was summed up already."""

from datetime import date, timedelta
from random import Random
from threading import Event

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.api import period
from service.cases import summing
from service.cases.figures import PeriodSums, spans, sums_of
from service.cases.moves import State
from service.cases.queries import count_by_state
from service.cases.summary_tables import CaseCount, DayFigure, StaleFigure
from service.cases.summing import Sums, fold_counts, fold_figures
from service.database import transaction
from service.tables import Case, LedgerEntry
from service.upkeep import kept_up, sum_up
from tests.service.conftest import BEGIN, Service
from tests.service.packets import packet_of, sealed

FIRST, LAST = date(2026, 9, 20), date(2026, 11, 25)
STATES = (State.DETECTED, State.REJECTED, State.DECISION, State.PAID, State.CANCELLED)


def add_case(session: Session, chance: Random, number: int) -> None:
    packet = sealed(packet_of(number))
    session.add(
        Case(
            violation_id=f"{number:032x}", camera_id=chance.choice(["le-loi", "far-away"]), kind="red_light",
            state=State.DETECTED, footage="rendered", detected_at=BEGIN - timedelta(hours=chance.randrange(1_500)),
            vehicle_class=chance.choice(["car", "motorbike"]), plate_confidence=0.9, plate_verdict="sure",
            packet={"of": len(packet)}, manifest_sha256="c" * 64,
        )
    )  # fmt: skip


def change_something(session: Session, chance: Random, number: int) -> None:
    """Add a case, move one, decide one, or book money."""
    ids = session.scalars(select(Case.id)).all()
    what = chance.choice(["add", "move", "decide", "book"]) if ids else "add"
    if what == "add":
        add_case(session, chance, number)
        return
    case = session.get_one(Case, chance.choice(ids))
    if what == "move":
        case.state = chance.choice(STATES)
    elif what == "decide":
        case.decided_at, case.reject_reason = BEGIN, chance.choice([None, "unreadable", "test"])
    else:
        kind = chance.choice(["fine", "payment", "refund", "surcharge"])
        amount = chance.randrange(1, 9) * (-1 if kind == "payment" else 1)
        session.add(LedgerEntry(case_id=case.id, kind=kind, amount_vnd=amount, entered_at=BEGIN))


def counted_one_by_one(session: Session, ward: str | None) -> Sums:
    """The sums of all cases, the slow way and from other statements."""
    sums = Sums()
    for case in session.scalars(select(Case)):
        if ward is not None and case.camera_id == "far-away":
            continue
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.case_id == case.id)).all()
        fines = [entry.amount_vnd for entry in entries if entry.kind == "fine"]
        is_fined = bool(fines) and case.state != State.CANCELLED
        sums += Sums(
            detected=1,
            reviewed=int(case.decided_at is not None),
            fined=int(is_fined),
            paid=int(case.state == State.PAID),
            fined_vnd=sum(fines) if is_fined else 0,
            paid_vnd=-sum(entry.amount_vnd for entry in entries if entry.kind in ("payment", "refund")),
        )
    return sums


def asked(session: Session, service: Service, name: str) -> PeriodSums:
    return sums_of(session, *period(FIRST, LAST), service.caller(name))


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_exact_after_every_change_folded_or_not(service: Service, seed: int) -> None:
    chance = Random(seed)
    for number in range(40):
        with transaction(service.record.engine) as session:
            change_something(session, chance, 1_000 * seed + number)
        with transaction(service.record.engine) as session:
            if chance.random() < 0.3:
                fold_figures(session)
        with transaction(service.record.engine) as session:
            for name, ward in (("auditor", None), ("other-reviewer", "Phường 1")):
                sums, expected = asked(session, service, name), counted_one_by_one(session, ward)
                assert sums.whole == expected
                for dimension in ("state", "kind", "class", "footage"):
                    assert sum(sums.by_value(dimension).values(), Sums()) == expected
                assert sum(sums.by_camera().values(), Sums()) == expected
                assert sums.by_value("reason").keys() <= {"unreadable", "test"}
            states = session.execute(select(Case.state, func.count()).group_by(Case.state))
            assert count_by_state(session, service.caller("auditor")) == {row[0]: row[1] for row in states}


def test_folded_sums_need_no_look_at_the_cases(service: Service) -> None:
    with transaction(service.record.engine) as session:
        for number in range(30):
            add_case(session, Random(number), number)
    with transaction(service.record.engine) as session:
        before = asked(session, service, "auditor")
        while fold_figures(session):
            pass
        assert session.scalar(select(func.count(StaleFigure.id))) == 0
        session.execute(StaleFigure.__table__.delete())
        assert asked(session, service, "auditor") == before
        months = DayFigure.begin.in_(["2026-09", "2026-10", "2026-11"]), DayFigure.dimension == "all"
        assert session.scalar(select(func.sum(DayFigure.detected)).where(*months)) == 30


def test_counts_are_merged_without_changing_them(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summing, "MOST_COUNT_ROWS", 5)
    for number in range(10):
        with transaction(service.record.engine) as session:
            add_case(session, Random(number), number)
    with transaction(service.record.engine) as session:
        before = count_by_state(session, service.caller("auditor"))
        fold_counts(session)
        assert session.scalar(select(func.count(CaseCount.id))) == 2
        assert count_by_state(session, service.caller("auditor")) == before == {"detected": 10}


def test_the_service_sums_up_by_itself(committed: Service) -> None:
    for number in range(1, 4):
        committed.new_case(number)
    engine = committed.record.engine
    folded, waiting = Event(), Event()
    with kept_up(engine):
        for _ in range(200):
            with transaction(engine, only_reads=True) as session:
                if session.scalar(select(func.count(StaleFigure.id))) == 0:
                    folded.set()
                    break
            waiting.wait(0.05)
    assert folded.is_set()
    assert sum_up(engine) == 0


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-03", "2026-11-04", ["2026-11-03", "2026-11-04"]),
        ("2026-11-01", "2026-11-30", ["2026-11"]),
        ("2025-12-31", "2026-02-01", ["2025-12-31", "2026-01", "2026-02-01"]),
        ("2024-02-01", "2024-02-28", [f"2024-02-{day:02d}" for day in range(1, 29)]),
        ("2023-12-01", "2024-02-29", ["2023-12", "2024-01", "2024-02"]),
    ],
)
def test_a_period_is_read_as_months_and_days(first: str, last: str, expected: list[str]) -> None:
    assert spans(date.fromisoformat(first), date.fromisoformat(last)) == expected
