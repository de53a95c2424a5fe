"""Whatever is done with a fine, in whatever order: its entries add up, and nothing is charged or given back twice."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from service.audit import first_broken_entry
from service.cases.fines import correct_fine, enter_payment, enter_refund, issue_fine
from service.cases.proceedings import make_move, note_receipt
from service.cases.surcharging import run_late_payments
from service.errors import ServiceError
from service.law.tariff import VIETNAM
from service.ledger import CHARGES, balance_vnd, entries_of
from service.payments.importing import import_statement
from service.payments.matching import case_code
from service.people import Caller
from service.tables import Case
from tests.service.conftest import BEGIN, Service
from tests.service.test_money import confirmed

Open = Callable[[], Session]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "fine",
                "receive",
                "pay",
                "statement",
                "late",
                "wait",
                "appeal",
                "uphold",
                "cancel",
                "correct",
                "refund",
            ]
        ),
        st.integers(min_value=1, max_value=20_500_000),
    ),
    min_size=4,
    max_size=14,
)


def total(session: Session, case: Case, *kinds: str) -> int:
    return sum(entry.amount_vnd for entry in entries_of(session, case.id) if entry.kind in kinds)


def check(session: Session, case: Case) -> None:
    owed = balance_vnd(session, case.id)
    assert owed == sum(entry.amount_vnd for entry in entries_of(session, case.id))
    assert owed == total(session, case, *CHARGES) + total(session, case, "payment", "refund")
    assert total(session, case, "payment") <= 0 <= total(session, case, "refund")
    assert total(session, case, "refund") <= -total(session, case, "payment"), (
        "no more goes back than came in"
    )
    if case.state == "cancelled":
        assert total(session, case, *CHARGES) == 0
    elif case.state == "paid":
        assert owed <= 0
    else:
        assert total(session, case, "surcharge") >= 0


def take(
    session: Session, name: str, *, case_id: int, amount: int, number: int, caller: Caller, at: datetime
) -> None:
    """One step; the ledger or the table of moves may refuse it."""
    if name == "fine":
        issue_fine(session, case_id, without_notice="the owner came", caller=caller, at=at)
    elif name == "receive":
        note_receipt(
            session, case_id, received_on=at.astimezone(VIETNAM).date(), why="x", caller=caller, at=at
        )
    elif name == "pay":
        enter_payment(session, case_id, amount_vnd=amount, reference=f"P{number}", caller=caller, at=at)
    elif name == "refund":
        enter_refund(session, case_id, amount_vnd=amount, reference=f"R{number}", caller=caller, at=at)
    elif name == "correct":
        correct_fine(
            session, case_id, amount_vnd=18_000_000 + amount % 2_000_001, why="x", caller=caller, at=at
        )
    elif name == "statement":
        cells = f"S{case_id}-{number},{at.astimezone(VIETNAM).date()},{amount},{case_code(case_id)}"
        text = f"transaction_id,paid_on,amount_vnd,reference\n{cells}\n"
        import_statement(session, text.encode(), name="s", caller=caller, at=at)
    elif name == "late":
        run_late_payments(session, caller=caller, at=at)
    elif name != "wait":
        make_move(session, case_id, name=name, why="x", caller=caller, at=at)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_entries_add_up_whatever_is_done_in_whatever_order(
    steps: list[tuple[str, int]], service: Service, session_here: Open
) -> None:
    service.clock.now = at = BEGIN
    supervisor = service.caller("supervisor")
    with session_here() as session, session.begin():
        number = 1_000 + session.query(Case).count()
    case_id = confirmed(service, number=number)
    with session_here() as session, session.begin():
        case = session.get_one(Case, case_id)
        for number, (name, amount) in enumerate([("fine", 1), ("receive", 1), *steps]):
            at += timedelta(days=amount % 9 if name == "wait" else 0, minutes=1)
            with suppress(ServiceError), session.begin_nested():
                take(session, name, case_id=case_id, amount=amount, number=number, caller=supervisor, at=at)
            check(session, case)
        run_late_payments(session, caller=supervisor, at=at)
        before = balance_vnd(session, case_id)
        again = run_late_payments(session, caller=supervisor, at=at)
        assert (again.surcharge_vnd, again.fell_due, again.settled) == (0, 0, 0)
        assert balance_vnd(session, case_id) == before
        check(session, case)
        assert first_broken_entry(session) is None
