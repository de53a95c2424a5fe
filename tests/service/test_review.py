"""Review: who may hold and decide a case, in which order, and what stays on record."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.plates.grammar import plate_classes
from service.cases import queries
from service.cases.moves import MOVES, RejectReason, State
from service.database import transaction
from service.plates import is_of_known_form
from service.tables import AuditEntry, Case
from tests.service.conftest import Service
from tests.service.packets import plate_of

Open = Callable[[], Session]


def act(service: Service, case_id: int, what: str, role: str = "reviewer", **body: Any) -> Response:
    if what == "fine":
        body.setdefault("without_notice", "the owner came to the station")
    client = service.client(role)
    path = f"/api/v1/cases/{case_id}/{what}"
    return client.post(path, json=body) if body else client.post(path)


def in_review(service: Service, **changes: Any) -> int:
    case_id = service.new_case(**changes)
    assert act(service, case_id, "claim").status_code == 200
    return case_id


def state_of(service: Service, case_id: int) -> str:
    return str(service.client("auditor").get(f"/api/v1/cases/{case_id}").json()["state"])


def test_only_one_officer_holds_a_case(service: Service) -> None:
    case_id = in_review(service)
    other = act(service, case_id, "claim", "other-reviewer")
    assert other.status_code == 409
    assert "another officer" in other.json()["detail"]
    assert act(service, case_id, "confirm", "other-reviewer").status_code == 409
    assert state_of(service, case_id) == "in_review"


def test_a_hold_that_ran_out_can_be_taken_over_and_no_longer_decides(
    service: Service, session_here: Open
) -> None:
    case_id = in_review(service)
    service.clock.advance(minutes=15)
    assert act(service, case_id, "confirm").status_code == 409
    assert act(service, case_id, "claim", "other-reviewer").status_code == 200
    assert act(service, case_id, "confirm").status_code == 409
    assert act(service, case_id, "confirm", "other-reviewer").status_code == 200
    assert "take_over" in session_here().scalars(select(AuditEntry.action)).all()


def test_a_page_that_was_loaded_again_gives_back_nothing_when_its_release_comes_late(
    service: Service,
) -> None:
    case_id = service.new_case()
    earlier = act(service, case_id, "claim").headers["etag"]
    service.clock.advance(minutes=1)
    assert act(service, case_id, "claim").headers["etag"] != earlier
    way = f"/api/v1/cases/{case_id}/release"
    assert service.client("reviewer").post(way, headers={"If-Match": earlier}).status_code == 412
    assert act(service, case_id, "confirm").status_code == 200


def test_the_holder_may_renew_the_hold(service: Service) -> None:
    case_id = in_review(service)
    service.clock.advance(minutes=14)
    assert act(service, case_id, "claim").status_code == 200
    service.clock.advance(minutes=14)
    assert act(service, case_id, "confirm").status_code == 200


def test_a_released_case_is_free_again(service: Service) -> None:
    case_id = in_review(service)
    assert act(service, case_id, "release").json()["state"] == "detected"
    assert act(service, case_id, "claim", "other-reviewer").status_code == 200


def test_nothing_is_decided_without_a_claim(service: Service) -> None:
    case_id = service.new_case()
    for what, body in (("confirm", {}), ("reject", {"reason": "test"}), ("plate", {"plate": "63A99999"})):
        answer = act(service, case_id, what, **body)
        assert answer.status_code == 409, what
        assert "claim it first" in answer.json()["detail"]


@pytest.mark.parametrize("reason", [reason for reason in RejectReason if reason != "other"])
def test_a_case_is_rejected_with_a_coded_reason(reason: str, service: Service) -> None:
    case_id = in_review(service)
    answer = act(service, case_id, "reject", reason=reason)
    assert (answer.json()["state"], answer.json()["reject_reason"]) == ("rejected", reason)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"reason": "because"}, "is none of"),
        ({"reason": "other"}, "say why"),
        ({"reason": "other", "note": "  "}, "say why"),
    ],
)
def test_a_rejection_without_a_proper_reason_is_refused(
    body: dict[str, str], says: str, service: Service
) -> None:
    case_id = in_review(service)
    answer = act(service, case_id, "reject", **body)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert act(service, case_id, "reject", reason="other", note="a film set").status_code == 200


def test_both_readings_of_a_plate_are_kept(service: Service, session_here: Open) -> None:
    case_id = in_review(service)
    answer = act(service, case_id, "plate", plate="63a-123.46").json()
    assert (answer["plate"], answer["plate_officer"], answer["plate_machine"]) == (
        "63A12346",
        "63A12346",
        "63A12345",
    )
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "plate_corrected")).one()
    assert (entry.who, entry.before, entry.after) == (
        "reviewer",
        {"plate": "63A12345"},
        {"plate": "63A12346"},
    )


@pytest.mark.parametrize(
    "plate", ["63", "63A1234567890", "63A-12*45", "=1+1+2+3", "<b>63A</b>", "'; DROP --"]
)
def test_a_plate_that_is_none_is_refused(plate: str, service: Service) -> None:
    case_id = in_review(service)
    assert act(service, case_id, "plate", plate=plate).status_code == 400


def test_a_plate_of_no_known_form_is_taken_only_on_purpose(service: Service, session_here: Open) -> None:
    case_id = in_review(service)
    answer = act(service, case_id, "plate", plate="HELLO")
    assert (answer.status_code, "unusual" in answer.json()["detail"]) == (422, True)
    assert service.client("auditor").get(f"/api/v1/cases/{case_id}").json()["plate_officer"] is None
    assert act(service, case_id, "plate", plate="HELLO", unusual=True).json()["plate"] == "HELLO"
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "plate_corrected")).one()
    assert entry.after == {"plate": "HELLO", "unusual": True}


@pytest.mark.parametrize(
    "plate",
    [
        "63A1234",
        "80B12345",
        "63AB12345",
        "63B112345",
        "63RM55689",
        "63LD01234",
        "T6323588",
        "80441NG02",
        "TM1234",
    ],
)
def test_plates_of_every_known_form_are_taken_at_once(plate: str, service: Service) -> None:
    assert act(service, in_review(service), "plate", plate=plate).status_code == 200


def test_the_forms_of_plates_are_those_that_are_read() -> None:
    digits, letters = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    chance = random.Random(7)
    shapes = (
        "ddLddddd",
        "ddLLddddd",
        "ddLdddddd",
        "ddLddd",
        "LddLdddd",
        "dddddLLdd",
        "dddddLLddd",
        "LLddd",
        "Lddddddd",
    )
    for _ in range(20_000):
        shape = chance.choice(shapes)
        text = "".join(chance.choice(digits if place == "d" else letters) for place in shape)
        assert is_of_known_form(text) == bool(plate_classes(text)), text


def test_a_decided_case_keeps_its_plate(service: Service) -> None:
    case_id = in_review(service)
    act(service, case_id, "confirm")
    assert act(service, case_id, "plate", plate="63A99999").status_code == 409


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"committed_at": None, "clock": {"source": "none", "offset_ms": None}}, "no clock"),
        ({"plate": plate_of(None)}, "plate is not known"),
    ],
    ids=["no moment", "no plate"],
)
def test_a_case_nobody_could_be_fined_for_is_not_confirmed(
    changes: dict[str, Any], says: str, service: Service
) -> None:
    case_id = in_review(service, **changes)
    answer = act(service, case_id, "confirm")
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert state_of(service, case_id) == "in_review"


def test_an_officers_reading_makes_an_unread_case_confirmable(service: Service) -> None:
    case_id = in_review(service, plate=plate_of(None))
    act(service, case_id, "plate", plate="63B1-123.45")
    assert act(service, case_id, "confirm").status_code == 200


def test_a_decision_can_be_undone_for_ten_seconds_by_its_maker(service: Service) -> None:
    case_id = in_review(service)
    act(service, case_id, "reject", reason="test")
    service.clock.advance(seconds=10)
    assert act(service, case_id, "undo", "other-reviewer").status_code == 409
    undone = act(service, case_id, "undo").json()
    assert (undone["state"], undone["reject_reason"]) == ("in_review", None)
    act(service, case_id, "confirm")
    service.clock.advance(seconds=10.1)
    assert act(service, case_id, "undo").status_code == 409


def test_cases_of_another_ward_do_not_exist_for_an_officer(service: Service) -> None:
    case_id = service.new_case()
    far = service.client("far-reviewer")
    assert far.get("/api/v1/cases").json()["cases"] == []
    assert far.get(f"/api/v1/cases/{case_id}").status_code == 404
    assert far.get(f"/api/v1/cases/{case_id}/evidence/plate.jpg").status_code == 404
    assert far.post(f"/api/v1/cases/{case_id}/claim").status_code == 404
    period = {"from_on": "2026-11-24", "to_on": "2026-11-24"}
    assert far.get("/api/v1/figures", params=period).json()["detected"] == 0
    near = service.client("other-reviewer")
    assert near.get(f"/api/v1/cases/{case_id}").status_code == 200
    assert near.get("/api/v1/figures", params=period).json()["detected"] == 1


def test_every_state_can_be_reached_and_every_move_leads_somewhere_known() -> None:
    assert {move.target for move in MOVES.values()} == set(State)
    assert all(move.sources and move.roles for move in MOVES.values())
    assert not any(move.target in move.sources for move in MOVES.values())


def test_no_move_is_made_from_a_state_that_the_table_does_not_name(
    service: Service, session_here: Open
) -> None:
    case_id = service.new_case()
    session = session_here()
    case = session.get_one(Case, case_id)
    ways = {
        "claim": ("claim", {}),
        "confirm": ("confirm", {}),
        "reject": ("reject", {"reason": "test"}),
        "release": ("release", {}),
        "undo": ("undo", {}),
        "issue_fine": ("fine", {"amount_vnd": None}),
        "forward": ("moves", {"move": "forward", "why": "a reason", "to_unit": "another"}),
        "uphold_notice": ("moves", {"move": "uphold", "why": "a reason"}),
    }
    for name, move in MOVES.items():
        what, body = ways.get(name, ("moves", {"move": name, "why": "a reason"}))
        if name == "settle":
            what, body = "payments", {"amount_vnd": 1, "reference": "x"}
        for state in set(State) - move.sources - {State.IN_REVIEW}:
            case.state = state
            session.commit()
            answer = act(service, case_id, what, "supervisor", **body)
            assert answer.status_code == 409, (name, state, answer.text)


def test_every_move_is_on_record_with_who_when_and_what(service: Service, session_here: Open) -> None:
    case_id = in_review(service)
    service.clock.advance(seconds=5)
    act(service, case_id, "reject", reason="other", note="a film set")
    entries = session_here().scalars(select(AuditEntry).where(AuditEntry.subject == f"{1:032x}")).all()
    rows = [(e.action, e.who, e.why, e.before.get("state"), e.after.get("state")) for e in entries]
    assert rows[1:] == [
        ("claim", "reviewer", None, "detected", "in_review"),
        ("reject", "reviewer", "other: a film set", "in_review", "rejected"),
    ]
    assert entries[-1].at == service.clock.now


def test_looks_at_a_case_and_at_its_evidence_are_on_record(service: Service, session_here: Open) -> None:
    case_id = service.new_case()
    officer = service.client("reviewer")
    officer.get(f"/api/v1/cases/{case_id}")
    for _ in range(3):
        officer.get(f"/api/v1/cases/{case_id}/evidence/clip.mp4", headers={"Range": "bytes=0-9"})
    service.clock.advance(minutes=16)
    officer.get(f"/api/v1/cases/{case_id}/evidence/clip.mp4")
    looks = session_here().scalars(
        select(AuditEntry.action).where(AuditEntry.who == "reviewer").order_by(AuditEntry.id)
    )
    assert looks.all() == ["looked_at", "saw_evidence", "saw_evidence"]


def test_the_list_is_filtered_and_paged(service: Service) -> None:
    ids = [service.new_case(number, kind="stop_line" if number == 3 else "red_light") for number in (1, 2, 3)]
    act(service, ids[0], "claim")
    officer = service.client("reviewer")

    def listed(**query: Any) -> list[int]:
        return [case["id"] for case in officer.get("/api/v1/cases", params=query).json()["cases"]]

    assert listed() == ids[::-1]
    assert listed(state="in_review") == [ids[0]]
    assert listed(state=["detected", "in_review"]) == ids[::-1]
    assert listed(kind="stop_line") == [ids[2]]
    assert listed(camera_id="far-away") == []
    first = officer.get("/api/v1/cases", params={"limit": 2}).json()
    assert listed(before_id=first["next_before_id"], limit=2) == [ids[0]]
    assert officer.get("/api/v1/cases", params={"state": "flying"}).status_code == 422


def test_earlier_cases_go_by_the_plate_that_counts(service: Service) -> None:
    case_ids = [service.new_case(number) for number in range(1, 5)]
    with transaction(service.record.engine) as session:
        session.get_one(
            Case, case_ids[1]
        ).plate_officer = "63A99999"  # the machine read the plate of the others
        session.get_one(Case, case_ids[2]).plate_machine = None
        session.get_one(Case, case_ids[2]).plate_officer = "63A12345"
        caller = service.caller("reviewer")
        earlier = queries.earlier_cases(session, session.get_one(Case, case_ids[3]), caller)
        assert [case.id for case in earlier] == [case_ids[2], case_ids[0]]
        assert queries.earlier_cases(session, session.get_one(Case, case_ids[1]), caller) == []
