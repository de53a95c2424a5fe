"""Evidence goes on the day after its last day, never before, never on hold, never of an appealed case; all audited."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.audit import first_broken_entry
from service.cases.moves import State
from service.database import transaction
from service.errors import BadInput, Conflict, NotFound
from service.law.retention import retention_rules, rules_on
from service.law.tariff import VIETNAM
from service.retention.erasing import RetentionRun, run_retention
from service.retention.holding import hold_evidence, release_evidence
from service.tables import AuditEntry, Case
from tests.service.conftest import Service

SINCE = datetime(2026, 1, 10, 23, 30, tzinfo=VIETNAM)
LAST_DAYS = [
    ("rejected", date(2026, 2, 9)),
    ("cancelled", date(2027, 1, 10)),
    ("paid", date(2027, 1, 10)),
    ("decision", date(2028, 1, 10)),
    ("overdue", date(2028, 1, 10)),
    ("detected", date(2028, 1, 10)),
    ("in_review", date(2028, 1, 10)),
    ("confirmed", date(2028, 1, 10)),
    ("second_approval", date(2028, 1, 10)),
    ("notified", date(2028, 1, 10)),
    ("unresolved_owner", date(2028, 1, 10)),
    ("forwarded", date(2028, 1, 10)),
]
NEVER = {State.APPEALED}


def case_in(service: Service, state: str, number: int = 1) -> int:
    """A case with evidence that came into a state on SINCE."""
    case_id = service.new_case(number)
    with transaction(service.record.engine) as session:
        case = session.get_one(Case, case_id)
        case.state, case.state_since, case.committed_at, case.detected_at = state, SINCE, SINCE, SINCE
    return case_id


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), VIETNAM)


def run(service: Service, day: date, *, dry: bool = False) -> RetentionRun:
    return run_retention(service.record.engine, service.record.evidence, at=at_noon(day), dry=dry)


def files_of(service: Service) -> list[str]:
    return service.record.evidence.names_of("le-loi", f"{1:032x}")


def trail(service: Service, action: str) -> list[AuditEntry]:
    with transaction(service.record.engine) as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_every_state_has_one_rule_or_is_held_for_ever() -> None:
    ruled = [state for rule in rules_on(date(2026, 11, 24)) for state in rule.states]
    assert sorted(ruled) == sorted(set(State) - NEVER)
    assert all(rule.term.source and rule.term.confidence for rule in retention_rules())
    assert sorted(state for state, _ in LAST_DAYS) == sorted(ruled)


@pytest.mark.parametrize(("state", "last_day"), LAST_DAYS)
def test_evidence_goes_on_the_day_after_its_last_day(service: Service, state: str, last_day: date) -> None:
    case_in(service, state)
    assert sum(run(service, last_day).erased.values()) == 0
    assert len(files_of(service)) > 5
    assert sum(run(service, last_day + timedelta(days=1)).erased.values()) == 1
    assert files_of(service) == []
    assert sum(run(service, last_day + timedelta(days=2)).erased.values()) == 0


def test_an_appealed_case_is_held(service: Service) -> None:
    case_in(service, "appealed")
    assert sum(run(service, date(2040, 1, 1)).erased.values()) == 0
    assert files_of(service) != []


def test_a_dry_run_counts_and_erases_nothing(service: Service) -> None:
    case_in(service, "rejected")
    assert run(service, date(2026, 3, 1), dry=True).erased["rejected"] == 1
    assert files_of(service) != []
    assert trail(service, "evidence_erased") == []


def test_what_was_erased_is_in_the_chained_trail_and_the_record_stays(service: Service) -> None:
    case_id = case_in(service, "rejected")
    names = files_of(service)
    found = run(service, date(2026, 3, 1))
    assert (found.erased["rejected"], found.files, found.failed) == (1, len(names), 0)
    (entry,) = trail(service, "evidence_erased")
    assert entry.before["files"] == names
    assert (entry.who, entry.after) == ("retention", {"files": [], "plate_erased": True})
    assert "rejected: kept until 2026-02-09; Law 91/2025" in str(entry.why)
    with transaction(service.record.engine) as session:
        case = session.get_one(Case, case_id)
        assert (case.plate, case.plate_verdict, case.evidence_erased_at) == (
            None,
            "unread",
            at_noon(date(2026, 3, 1)),
        )
        assert "63A12345" not in str(case.packet)
        assert first_broken_entry(session) is None
    answer = service.client("auditor").get(f"/api/v1/cases/{case_id}")
    assert (answer.status_code, answer.json()["evidence"]) == (200, [])
    assert answer.json()["evidence_erased_at"].startswith("2026-03-01T05:00")
    file = service.client("auditor").get(f"/api/v1/cases/{case_id}/evidence/clip.mp4")
    assert (file.status_code, "was erased on 2026-03-01" in file.json()["detail"]) == (410, True)
    assert service.client("auditor").get(f"/cases/{case_id}").status_code == 200


@pytest.mark.parametrize(
    ("state", "what", "body"),
    [
        ("rejected", "moves", {"move": "reopen", "why": "was a car after all"}),
        ("cancelled", "moves", {"move": "reopen", "why": "was the owner after all"}),
        ("in_review", "confirm", {}),
        ("confirmed", "moves", {"move": "notify"}),
        ("notified", "fine", {"amount_vnd": None}),
    ],
)
def test_nobody_is_accused_once_the_evidence_is_erased(
    service: Service, state: str, what: str, body: dict[str, object]
) -> None:
    case_id = case_in(service, state)
    run(service, date(2028, 3, 1))
    supervisor = service.caller("supervisor").person_id
    with transaction(service.record.engine) as session:
        case = session.get_one(Case, case_id)
        case.assigned_to, case.assigned_until = supervisor, service.clock.now + timedelta(minutes=9)
    answer = service.client("supervisor").post(f"/api/v1/cases/{case_id}/{what}", json=body)
    said = "the evidence of this case was erased on 2028-03-01"
    assert (answer.status_code, said in answer.json()["detail"]) == (409, True), answer.text
    with transaction(service.record.engine) as session:
        assert session.get_one(Case, case_id).state == state


def test_a_case_on_hold_can_be_reopened_as_long_as_its_evidence_is_there(service: Service) -> None:
    case_id = case_in(service, "rejected")
    with transaction(service.record.engine) as session:
        hold_evidence(session, case_id, why="a complaint", who="auditor", at=SINCE)
    run(service, date(2028, 3, 1))
    body = {"move": "reopen", "why": "the complaint is right"}
    answer = service.client("supervisor").post(f"/api/v1/cases/{case_id}/moves", json=body)
    assert (answer.status_code, answer.json()["evidence_erased_at"]) == (200, None)


def test_a_paid_case_keeps_its_plate_for_the_accounts(service: Service) -> None:
    case_id = case_in(service, "paid")
    run(service, date(2027, 1, 11))
    with transaction(service.record.engine) as session:
        assert session.get_one(Case, case_id).plate == "63A12345"


def test_evidence_on_hold_stays_until_it_is_released(service: Service) -> None:
    case_id = case_in(service, "rejected")
    at = at_noon(date(2026, 1, 20))
    with transaction(service.record.engine) as session:
        hold_evidence(session, case_id, why="asked for by the court", who="auditor", at=at)
    assert sum(run(service, date(2026, 3, 1)).erased.values()) == 0
    with transaction(service.record.engine) as session:
        release_evidence(session, case_id, why="the court is done", who="auditor", at=at)
    assert sum(run(service, date(2026, 3, 1)).erased.values()) == 1
    assert [trail(service, name)[0].why for name in ("evidence_held", "evidence_released")] == [
        "asked for by the court",
        "the court is done",
    ]


Act = Callable[..., Case]


@pytest.mark.parametrize(
    ("act", "case_id", "why", "error"),
    [
        (hold_evidence, 1, " ", BadInput),
        (hold_evidence, 10**6, "why", NotFound),
        (release_evidence, 1, "why", Conflict),
    ],
)
def test_a_hold_needs_a_case_and_a_reason(
    service: Service, act: Act, case_id: int, why: str, error: type[Exception]
) -> None:
    first = case_in(service, "rejected")
    with transaction(service.record.engine) as session, pytest.raises(error):
        act(session, first if case_id == 1 else case_id, why=why, who="auditor", at=SINCE)


def test_what_is_gone_cannot_be_held(service: Service) -> None:
    case_id = case_in(service, "rejected")
    run(service, date(2026, 3, 1))
    with (
        transaction(service.record.engine) as session,
        pytest.raises(Conflict, match="was erased on 2026-03-01"),
    ):
        hold_evidence(session, case_id, why="too late", who="auditor", at=SINCE)


def test_files_that_cannot_be_erased_are_told_and_tried_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_in(service, "rejected")

    def refuse(_self: object, camera_id: str, violation_id: str) -> list[str]:
        raise PermissionError(13, "Permission denied", str(Path(camera_id) / violation_id))

    with monkeypatch.context() as patched:
        patched.setattr(type(service.record.evidence), "erase", refuse)
        found = run(service, date(2026, 3, 1))
    assert (found.failed, found.erased["rejected"]) == (1, 0)
    assert "Permission denied" in str(found.first_failure)
    assert trail(service, "evidence_erased") == []
    assert run(service, date(2026, 3, 1)).erased["rejected"] == 1
