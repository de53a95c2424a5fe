"""The table of moves, generated: from every state each move is made or refused as declared, with what went before."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import MOVES, Guard, Move, State
from service.papers.tables import Paper
from service.people import ROLES
from service.tables import AuditEntry, Case
from tests.service.conftest import Service
from tests.service.test_review import act

Open = Callable[[], Session]
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "claim": ("claim", {}),
    "confirm": ("confirm", {}),
    "reject": ("reject", {"reason": "test"}),
    "release": ("release", {}),
    "undo": ("undo", {}),
    "issue_fine": ("fine", {"amount_vnd": None}),
    "settle": ("payments", {"amount_vnd": 19_000_000, "reference": "x"}),
    "forward": ("moves", {"move": "forward", "why": "a reason", "to_unit": "Công an tỉnh Vĩnh Long"}),
    "uphold_notice": ("moves", {"move": "uphold", "why": "a reason"}),
}
FINED = {State.DECISION, State.OVERDUE, State.PAID, State.APPEALED}


def way_of(move: Move) -> tuple[str, dict[str, Any]]:
    return WAYS.get(move.name, ("moves", {"move": move.name, "why": "a reason"}))


def case_in(service: Service, session: Session, state: State, move: Move) -> int:
    """A case in a state, with everything that the move asks for; the supervisor acts on it."""
    case_id = service.new_case()
    case = session.get_one(Case, case_id)
    if state in FINED and move.name != "uphold_notice":
        act(service, case_id, "claim")
        act(service, case_id, "confirm")
        act(service, case_id, "fine", amount_vnd=None)
        session.expire(case)
        case.decision_received_on = date(2026, 11, 1)
    service.numbered_notice(case_id)
    supervisor = service.caller("supervisor").person_id
    if state == State.IN_REVIEW:
        case.assigned_to, case.assigned_until = supervisor, service.clock.now.replace(year=2030)
    if move.name == "undo":
        case.decided_by, case.decided_at = supervisor, service.clock.now
    case.state = state.value
    session.commit()
    return case_id


ALLOWED = [(move.name, state) for move in MOVES.values() for state in sorted(move.sources)]


@pytest.mark.parametrize(("name", "state"), ALLOWED, ids=str)
def test_every_move_of_the_table_is_made_and_put_on_record(
    name: str, state: State, service: Service, session_here: Open
) -> None:
    session, move = session_here(), MOVES[name]
    case_id = case_in(service, session, state, move)
    what, body = way_of(move)
    answer = act(service, case_id, what, "supervisor", **body)
    assert answer.status_code in {200, 201}, answer.text
    session.expire_all()
    assert session.get_one(Case, case_id).state == move.target
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == name)).all()[-1]
    assert (entry.who, entry.at) == ("supervisor", service.clock.now)
    assert (entry.before["state"], entry.after["state"]) == (state, move.target)
    assert Guard.WORDS not in move.guards or entry.why == "a reason"


@pytest.mark.parametrize("name", sorted(MOVES))
def test_no_other_role_makes_a_move(name: str, service: Service) -> None:
    move, case_id = MOVES[name], service.new_case()
    what, body = way_of(move)
    for role in sorted(set(ROLES) - move.roles):
        assert act(service, case_id, what, role, **body).status_code == 403, role


def fined(service: Service) -> int:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    assert act(service, case_id, "fine", amount_vnd=None).status_code == 201
    return case_id


def shown(service: Service, case_id: int) -> dict[str, Any]:
    return dict(service.client("auditor").get(f"/api/v1/cases/{case_id}").json())


def test_with_the_setting_a_case_waits_for_another_persons_approval(service: Service) -> None:
    service.record.settings.second_approval = True
    case_id = service.new_case()
    act(service, case_id, "claim", "supervisor")
    assert act(service, case_id, "confirm", "supervisor").json()["needs_second_approval"] is True
    service.numbered_notice(case_id)
    for what, body in (("fine", {"amount_vnd": None}), ("moves", {"move": "notify"})):
        answer = act(service, case_id, what, "supervisor", **body)
        assert (answer.status_code, "second approval" in answer.json()["detail"]) == (409, True)
    assert act(service, case_id, "moves", "supervisor", move="approve").status_code == 403
    assert act(service, case_id, "moves", "reviewer", move="approve").status_code == 403


def test_once_another_person_approved_the_case_goes_on(service: Service) -> None:
    service.record.settings.second_approval = True
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    assert act(service, case_id, "moves", "supervisor", move="approve").status_code == 200
    assert act(service, case_id, "fine", amount_vnd=None).status_code == 201


def test_what_was_confirmed_before_the_setting_needs_no_second_approval(service: Service) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    service.record.settings.second_approval = True
    assert act(service, case_id, "fine", amount_vnd=None).status_code == 201


def test_nobody_is_fined_without_a_notice_or_a_reason_why_none_was_needed(
    service: Service, session_here: Open
) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    for words in (None, "  "):
        answer = act(service, case_id, "fine", amount_vnd=None, without_notice=words)
        assert (answer.status_code, "a notice first" in answer.json()["detail"]) == (409, True)
    assert shown(service, case_id)["state"] == "confirmed"
    assert (
        act(service, case_id, "fine", amount_vnd=None, without_notice="stopped by a patrol").status_code
        == 201
    )
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "issue_fine")).one()
    assert entry.why == "stopped by a patrol"


def test_who_was_notified_is_fined_unless_the_notice_was_cancelled(
    service: Service, session_here: Open
) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    notice = service.numbered_notice(case_id)
    act(service, case_id, "moves", move="notify")
    session = session_here()
    session.get_one(Paper, notice).cancelled_at = service.clock.now
    session.commit()
    assert act(service, case_id, "fine", amount_vnd=None, without_notice=None).status_code == 409
    session.get_one(Paper, notice).cancelled_at = None
    session.commit()
    assert act(service, case_id, "fine", amount_vnd=None, without_notice=None).status_code == 201


def test_nobody_is_notified_without_a_numbered_notice(service: Service) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    answer = act(service, case_id, "moves", "supervisor", move="notify")
    assert (answer.status_code, "no numbered notice" in answer.json()["detail"]) == (409, True)
    assert shown(service, case_id)["state"] == "confirmed"


def test_a_forwarded_case_says_where_it_is_and_comes_back(service: Service, session_here: Open) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    nowhere = act(service, case_id, "moves", "supervisor", move="forward", why="theirs", to_unit=" ")
    assert (nowhere.status_code, "name the unit" in nowhere.json()["detail"]) == (400, True)
    unit = "Công an tỉnh Vĩnh Long"
    sent = act(service, case_id, "moves", "supervisor", move="forward", why="theirs", to_unit=unit).json()
    assert (sent["state"], sent["forwarded_to"], sent["next_step"]) == ("forwarded", unit, None)
    back = act(service, case_id, "moves", "supervisor", move="take_back", why="not theirs").json()
    assert (back["state"], back["forwarded_to"]) == ("confirmed", None)
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "take_back")).one()
    assert (entry.before["forwarded_to"], entry.after["forwarded_to"]) == (unit, None)


def test_a_unit_is_named_for_forwarding_only(service: Service) -> None:
    case_id = fined(service)
    answer = act(service, case_id, "moves", "supervisor", move="cancel", why="x", to_unit="y")
    assert (answer.status_code, shown(service, case_id)["state"]) == (400, "decision")


def test_the_term_of_payment_counts_from_the_day_of_receipt(service: Service) -> None:
    case_id = fined(service)
    service.clock.advance(days=6)
    assert shown(service, case_id)["next_step"] == "decision_sent"
    answer = act(service, case_id, "decision-receipt", received_on="2026-11-28").json()
    assert (answer["next_step"], answer["due_on"]) == ("payment", "2026-12-08")
    assert service.client("auditor").get("/queue?show=all").status_code == 200


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-26"])
def test_a_decision_is_not_received_before_it_was_issued_or_tomorrow(day: str, service: Service) -> None:
    case_id = fined(service)
    service.clock.advance(days=1)
    assert act(service, case_id, "decision-receipt", received_on=day).status_code == 400


def test_nothing_is_charged_for_days_before_anybody_received_the_decision(service: Service) -> None:
    case_id = fined(service)
    service.clock.advance(days=60)
    run = service.client("supervisor").post("/api/v1/payments/late-run").json()
    assert (run["surcharge_vnd"], run["fell_due"]) == (0, 0)
    act(service, case_id, "decision-receipt", received_on="2027-01-23")
    service.clock.advance(days=12)
    run = service.client("supervisor").post("/api/v1/payments/late-run").json()
    assert (run["surcharge_vnd"], run["fell_due"]) == (9_500, 1)


def test_a_day_of_receipt_is_changed_by_a_supervisor_with_a_reason_and_the_surcharge_follows(
    service: Service, session_here: Open
) -> None:
    case_id = fined(service)
    act(service, case_id, "decision-receipt", received_on="2026-11-24")
    service.clock.advance(days=20)
    service.client("supervisor").post("/api/v1/payments/late-run")
    assert shown(service, case_id)["balance_vnd"] == 19_000_000 + 9 * 9_500
    later = {"received_on": "2026-11-30"}
    assert act(service, case_id, "decision-receipt", **later).status_code == 403
    assert act(service, case_id, "decision-receipt", "supervisor", **later).status_code == 400
    why = {"why": "the postman's slip says so"}
    assert act(service, case_id, "decision-receipt", "supervisor", **later, **why).status_code == 200
    assert shown(service, case_id)["balance_vnd"] == 19_000_000 + 3 * 9_500
    entry = (
        session_here().scalars(select(AuditEntry).where(AuditEntry.action == "decision_received")).all()[-1]
    )
    assert (entry.before, entry.after) == (
        {"decision_received_on": "2026-11-24"},
        {"decision_received_on": "2026-11-30"},
    )


def test_a_fine_that_was_paid_can_be_appealed_and_is_paid_again_when_upheld(service: Service) -> None:
    case_id = fined(service)
    act(service, case_id, "payments", amount_vnd=19_000_000, reference="A")
    assert act(service, case_id, "moves", "supervisor", move="appeal", why="was abroad").status_code == 200
    upheld = act(service, case_id, "moves", "supervisor", move="uphold", why="was not").json()
    assert (upheld["state"], upheld["balance_vnd"]) == ("paid", 0)


def test_page_and_interface_show_the_same_last_day(service: Service) -> None:
    case_id = fined(service)
    act(service, case_id, "decision-receipt", received_on="2026-11-24")
    assert shown(service, case_id)["due_on"] == "2026-12-04"
    assert "04/12/2026" in service.client("auditor").get(f"/cases/{case_id}").text


# The act was committed on 2026-11-20 in Vietnam. The next day there begins at 17:00 UTC.
LAST_MOMENT = datetime(2027, 11, 20, 16, 59, tzinfo=UTC)


def test_a_fine_is_issued_on_the_last_day_of_the_limitation(service: Service) -> None:
    case_id = confirmed_until(service, LAST_MOMENT)
    assert act(service, case_id, "fine", amount_vnd=None).status_code == 201


def test_nobody_is_fined_once_the_limitation_is_over(service: Service) -> None:
    case_id = confirmed_until(service, LAST_MOMENT + timedelta(minutes=1))
    officer = service.client("reviewer")
    for language, words in (("en", "until 2027-11-20, its limitation"), ("vi", "2027-11-20 (thời hiệu)")):
        officer.headers["Accept-Language"] = language
        for body in ({"without_notice": "the owner came"}, {"amount_vnd": 18_000_000}):
            answer = officer.post(f"/api/v1/cases/{case_id}/fine", json=body)
            assert (answer.status_code, words in answer.json()["detail"]) == (409, True), answer.text
    seen = shown(service, case_id)
    assert (seen["state"], seen["ledger"]) == ("confirmed", [])


def test_a_fine_taken_back_is_not_issued_again_after_the_limitation(service: Service) -> None:
    case_id = fined(service)
    for move in ("cancel", "reopen"):
        assert act(service, case_id, "moves", "supervisor", move=move, why="a reason").status_code == 200
    service.clock.now = LAST_MOMENT + timedelta(minutes=1)
    for what in ("claim", "confirm"):
        assert act(service, case_id, what).status_code == 200
    assert act(service, case_id, "fine", amount_vnd=None).status_code == 409
    assert shown(service, case_id)["balance_vnd"] == 0


def confirmed_until(service: Service, moment: datetime) -> int:
    """A case that was confirmed in time; now it is the moment."""
    case_id = service.new_case()
    for what in ("claim", "confirm"):
        assert act(service, case_id, what).status_code == 200
    service.clock.now = moment
    return case_id
