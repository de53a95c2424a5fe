"""Money: the fine from the dated tariff, payments, what the ledger refuses, and that balances add up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.ledger import balance_vnd, enter, entries_of
from service.tables import AuditEntry, Case, LedgerEntry
from tests.service.conftest import Service

Open = Callable[[], Session]
CAR_FINE = 19_000_000


def act(service: Service, case_id: int, what: str, role: str = "reviewer", **body: Any) -> Response:
    if what == "fine":
        body.setdefault("without_notice", "the owner came to the station")
    return service.client(role).post(f"/api/v1/cases/{case_id}/{what}", json=body)


def confirmed(service: Service, **changes: Any) -> int:
    case_id = service.new_case(**changes)
    for what in ("claim", "confirm"):
        assert act(service, case_id, what).status_code == 200
    return case_id


def fined(service: Service) -> int:
    case_id = confirmed(service)
    assert act(service, case_id, "fine").status_code == 201
    return case_id


def received(service: Service, case_id: int, day: str = "2026-11-24") -> None:
    assert act(service, case_id, "decision-receipt", received_on=day).status_code == 200


def case_of(service: Service, case_id: int) -> dict[str, Any]:
    answer: dict[str, Any] = service.client("auditor").get(f"/api/v1/cases/{case_id}").json()
    return answer


@pytest.mark.parametrize(
    ("committed_at", "vehicle", "expected"),
    [
        ("2024-06-01T00:00:00+00:00", "car", 5_000_000),
        ("2024-12-31T16:59:59+00:00", "motorbike", 900_000),
        ("2024-12-31T17:00:00+00:00", "motorbike", 5_000_000),
        ("2026-06-01T00:00:00+00:00", "truck", CAR_FINE),
    ],
)
def test_the_fine_is_the_midpoint_of_the_law_of_that_day(
    committed_at: str, vehicle: str, expected: int, service: Service
) -> None:
    box = {"vehicle_class": vehicle, "class_confidence": 0.9, "track_id": 1, "box": [0.1, 0.1, 0.1, 0.1]}
    service.clock.now = datetime.fromisoformat(committed_at) + timedelta(days=7)  # inside the limitation
    case_id = confirmed(service, committed_at=committed_at, vehicle=box)
    assert act(service, case_id, "fine").json()["amount_vnd"] == expected
    assert case_of(service, case_id)["state"] == "decision"


@pytest.mark.parametrize("amount", [17_999_999, 20_000_001, 0])
def test_an_amount_outside_of_the_bracket_is_refused(amount: int, service: Service) -> None:
    case_id = confirmed(service)
    answer = act(service, case_id, "fine", amount_vnd=amount)
    assert answer.status_code == 400
    assert "18000000 to 20000000" in answer.json()["detail"]
    assert act(service, case_id, "fine", amount_vnd=18_000_000).status_code == 201


@pytest.mark.parametrize(
    ("codes", "amount", "expected"),
    [
        (["sincere"], None, 18_500_000),
        (["sincere"], 18_200_000, 18_200_000),
        (["sincere"], 19_000_000, None),
        (["fled", "repeated"], None, 20_000_000),
        (["fled", "repeated"], 19_900_000, None),
        (["nothing_of_the_law"], None, None),
    ],
)
def test_circumstances_bind_the_amount_and_stand_in_the_trail(
    codes: list[str], amount: int | None, expected: int | None, service: Service, session_here: Open
) -> None:
    case_id = confirmed(service)
    answer = act(service, case_id, "fine", circumstances=codes, amount_vnd=amount)
    if expected is None:
        assert (answer.status_code, case_of(service, case_id)["ledger"]) == (400, [])
        return
    assert answer.json()["amount_vnd"] == expected
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "issue_fine")).one()
    assert (entry.after["amount_vnd"], entry.after["circumstances"]) == (expected, codes)


def test_a_fine_is_issued_once(service: Service) -> None:
    case_id = fined(service)
    assert act(service, case_id, "fine").status_code == 409
    assert case_of(service, case_id)["balance_vnd"] == CAR_FINE


def test_parts_are_paid_until_nothing_is_owed(service: Service) -> None:
    case_id = fined(service)
    assert act(service, case_id, "payments", amount_vnd=9_000_000, reference="A").status_code == 201
    part = case_of(service, case_id)
    assert (part["state"], part["balance_vnd"]) == ("decision", 10_000_000)
    assert act(service, case_id, "payments", amount_vnd=10_000_000, reference="B").status_code == 201
    whole = case_of(service, case_id)
    assert (whole["state"], whole["balance_vnd"]) == ("paid", 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount_vnd": 19_000_001, "reference": "A"}, 400),
        ({"amount_vnd": 0, "reference": "A"}, 422),
        ({"amount_vnd": -5, "reference": "A"}, 422),
        ({"amount_vnd": 1.5, "reference": "A"}, 422),
        ({"amount_vnd": 5, "reference": " "}, 400),
        ({"amount_vnd": 5}, 422),
    ],
)
def test_a_payment_that_cannot_be_is_refused(body: dict[str, Any], status: int, service: Service) -> None:
    case_id = fined(service)
    assert act(service, case_id, "payments", **body).status_code == status
    assert case_of(service, case_id)["balance_vnd"] == CAR_FINE


def test_a_payment_is_entered_once(service: Service) -> None:
    case_id = fined(service)
    assert act(service, case_id, "payments", amount_vnd=5, reference="A").status_code == 201
    assert act(service, case_id, "payments", amount_vnd=5, reference="A").status_code == 409
    assert case_of(service, case_id)["balance_vnd"] == CAR_FINE - 5


def test_nothing_is_paid_before_a_fine(service: Service) -> None:
    assert act(service, confirmed(service), "payments", amount_vnd=5, reference="A").status_code == 409


def test_a_cancelled_fine_is_corrected_and_what_was_paid_goes_back(service: Service) -> None:
    case_id = fined(service)
    act(service, case_id, "payments", amount_vnd=4_000_000, reference="A")
    assert (
        act(service, case_id, "moves", "supervisor", move="appeal", why="was not driving").status_code == 200
    )
    assert act(service, case_id, "moves", "supervisor", move="cancel", why="stolen car").status_code == 200
    case = case_of(service, case_id)
    assert (case["state"], case["balance_vnd"]) == ("cancelled", -4_000_000)
    assert (
        act(service, case_id, "refunds", "supervisor", amount_vnd=4_000_001, reference="R").status_code == 400
    )
    assert (
        act(service, case_id, "refunds", "supervisor", amount_vnd=4_000_000, reference="R").status_code == 201
    )
    assert case_of(service, case_id)["balance_vnd"] == 0
    figures = service.client("auditor").get(
        "/api/v1/figures", params={"from_on": "2026-11-24", "to_on": "2026-11-24"}
    )
    assert [figures.json()[name] for name in ("fined", "fined_vnd", "paid_vnd")] == [0, 0, 0]


def test_an_appeal_that_is_refused_leaves_the_fine_as_it_was(service: Service) -> None:
    case_id = fined(service)
    act(service, case_id, "moves", "supervisor", move="appeal", why="was not driving")
    assert act(service, case_id, "payments", amount_vnd=5, reference="A").status_code == 409
    assert (
        act(service, case_id, "moves", "supervisor", move="uphold", why="the picture is clear").status_code
        == 200
    )
    assert act(service, case_id, "payments", amount_vnd=CAR_FINE, reference="A").status_code == 201


def test_a_fine_falls_due_only_after_its_last_day(service: Service) -> None:
    case_id = fined(service)
    assert case_of(service, case_id)["next_step"] == "decision_sent"
    service.clock.advance(days=40)
    refused = act(service, case_id, "moves", "supervisor", move="fall_due")
    assert (refused.status_code, "received the decision" in refused.json()["detail"]) == (409, True)
    received(service, case_id)
    assert case_of(service, case_id)["due_on"] == "2026-12-04"
    service.clock.now = datetime(2026, 12, 4, 16, 59, tzinfo=UTC)  # 23:59 in Vietnam
    assert act(service, case_id, "moves", "supervisor", move="fall_due").status_code == 409
    service.clock.now = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
    assert act(service, case_id, "moves", "supervisor", move="fall_due").status_code == 200
    assert act(service, case_id, "payments", amount_vnd=CAR_FINE, reference="late").status_code == 201


def test_a_second_approval_is_another_persons(service: Service) -> None:
    case_id = service.new_case()
    for what in ("claim", "confirm"):
        act(service, case_id, what, "supervisor")
    refused = act(service, case_id, "moves", "supervisor", move="approve")
    assert (refused.status_code, "another person" in refused.json()["detail"]) == (403, True)
    other = confirmed(service, number=2)
    assert act(service, other, "moves", "supervisor", move="approve").json()["state"] == "second_approval"


@pytest.mark.parametrize("move", ["cancel", "leave_owner_open"])
def test_a_move_that_takes_something_away_needs_a_reason(move: str, service: Service) -> None:
    case_id = confirmed(service)
    assert act(service, case_id, "moves", "supervisor", move=move).status_code == 400
    assert act(service, case_id, "moves", "supervisor", move=move, why=" ").status_code == 400
    assert act(service, case_id, "moves", "supervisor", move=move, why="a reason").status_code == 200


def test_a_rejected_case_is_reopened_as_if_new(service: Service) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "reject", reason="test")
    assert (
        act(service, case_id, "moves", "supervisor", move="reopen", why="it was no test").status_code == 200
    )
    case = case_of(service, case_id)
    assert (case["state"], case["reject_reason"]) == ("detected", None)


def test_a_move_that_is_none_is_refused(service: Service) -> None:
    assert act(service, service.new_case(), "moves", "supervisor", move="confirm").status_code == 400


AMOUNTS = st.lists(
    st.tuples(
        st.sampled_from(["fine", "surcharge", "payment", "correction", "refund"]),
        st.integers(min_value=-(10**12), max_value=10**12),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(movements=AMOUNTS)
def test_the_balance_is_the_sum_of_all_that_was_ever_entered(
    movements: list[tuple[str, int]], service: Service, session_here: Open
) -> None:
    session = session_here()
    with session.begin():
        case = session.scalars(select(Case).order_by(Case.id).limit(1)).first() or session.get_one(
            Case, service.new_case()
        )
        before = balance_vnd(session, case.id)
        for kind, amount in movements:
            enter(
                session,
                case,
                kind=kind,
                amount_vnd=amount,
                caller=service.caller(),
                at=service.clock.now,
            )
        assert balance_vnd(session, case.id) == before + sum(amount for _, amount in movements)
        assert balance_vnd(session, case.id) == sum(
            entry.amount_vnd for entry in entries_of(session, case.id)
        )


@pytest.mark.parametrize("table", ["ledger_entry", "audit_entry"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {table} SET id = id + 1000", "DELETE FROM {table}", "UPDATE {table} SET id = id WHERE id = 1"],
)
def test_the_database_itself_refuses_to_change_what_was_entered(
    table: str, statement: str, service: Service, session_here: Open
) -> None:
    fined(service)
    session = session_here()
    with pytest.raises(DBAPIError, match=f"{table} is append-only"), session.begin():
        session.execute(text(statement.format(table=table)))
    assert session.scalar(select(func.count(LedgerEntry.id))) == 1
