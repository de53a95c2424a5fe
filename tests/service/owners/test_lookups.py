"""Owner look-ups over HTTP: who may ask, for what, what goes on record, and where the case stands afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.owners.csv_registry import CsvRegistry
from service.owners.tables import OwnerLookup
from service.tables import AuditEntry
from tests.service.conftest import Service
from tests.service.owners.test_registries import HEAD

OWNER = "63A12345,white,car,Toyota,trắng,person,Lê Thị An,12 Lê Lợi,2020-01-01,"
OTHER = "63A12345,white,car,Kia,đen,person,Võ Dũng,5 Ấp Bắc,2020-01-01,"
EARLIER = "63A12345,white,car,Kia,đen,person,Võ Dũng,5 Ấp Bắc,2015-01-01,2026-11-19"
REASON = {"reason": "gửi thông báo vi phạm"}


def with_registry(service: Service, folder: Path, *rows: str) -> None:
    path = folder / "owners.csv"
    path.write_text("\n".join((HEAD, *rows)), encoding="utf-8")
    service.app.state.owner_registry = CsvRegistry(path)


def confirmed(service: Service, number: int = 1) -> int:
    case_id = service.new_case(number)
    client = service.client("reviewer")
    client.post(f"/api/v1/cases/{case_id}/claim")
    client.post(f"/api/v1/cases/{case_id}/plate", json={"plate": "63A12345"})
    answer = client.post(f"/api/v1/cases/{case_id}/confirm")
    assert answer.status_code == 200, answer.text
    return case_id


def actions_on_record(session: Session) -> list[str]:
    return [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


@pytest.mark.parametrize(
    ("rows", "outcome", "state", "names"),
    [
        ([OWNER], "found", "confirmed", ["Lê Thị An"]),
        ([OWNER, EARLIER], "found", "confirmed", ["Lê Thị An"]),
        ([OWNER, OWNER], "found", "confirmed", ["Lê Thị An", "Lê Thị An"]),
        ([], "none", "unresolved_owner", []),
        ([EARLIER], "none", "unresolved_owner", []),
        ([OWNER, OTHER], "ambiguous", "unresolved_owner", ["Lê Thị An", "Võ Dũng"]),
    ],
)
def test_a_case_without_one_clear_owner_waits_as_unresolved(
    rows: list[str], outcome: str, state: str, names: list[str], service: Service, tmp_path: Path
) -> None:
    with_registry(service, tmp_path, *rows)
    case_id = confirmed(service)
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/owner", json=REASON)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["outcome"], found["case_state"]) == (outcome, state)
    assert [row["owner_name"] for row in found["registrations"]] == names
    assert found["owned_at"].startswith("2026-11-20T03:04:05")
    assert found["source"] == "csv:owners.csv"


def test_the_question_is_on_record_before_the_answer_also_when_the_registry_fails(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    with_registry(service, tmp_path, OWNER)
    case_id = confirmed(service)
    service.app.state.owner_registry = CsvRegistry(tmp_path / "missing.csv")
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/owner", json=REASON)
    assert answer.status_code == 503
    assert "missing.csv" in answer.json()["detail"]
    asked = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "owner_asked")).one()
    assert (asked.who, asked.why) == ("reviewer", REASON["reason"])


def test_every_look_is_on_record_without_the_owner_in_it(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    with_registry(service, tmp_path, OWNER)
    case_id = confirmed(service)
    client = service.client("reviewer")
    client.post(f"/api/v1/cases/{case_id}/owner", json=REASON)
    seen = client.get(f"/api/v1/cases/{case_id}/owner").json()
    assert seen[0]["registrations"][0]["owner_address"] == "12 Lê Lợi"
    session = session_here()
    assert actions_on_record(session)[-3:] == ["owner_asked", "owner_looked_up", "saw_owner"]
    everything = str([entry.after for entry in session.scalars(select(AuditEntry))])
    assert "Lê Thị An" not in everything
    row = session.scalars(select(OwnerLookup)).one()
    assert "Lê" not in row.registrations_encrypted


@pytest.mark.parametrize(
    ("seen", "differing"),
    [
        ({}, []),
        ({"seen_colour": "white"}, []),
        ({"seen_colour": "đỏ"}, ["colour"]),
        ({"seen_make": "Mazda", "seen_colour": "đỏ"}, ["colour", "make"]),
    ],
)
def test_a_vehicle_seen_otherwise_than_registered_may_have_a_cloned_plate(
    seen: dict[str, str], differing: list[str], service: Service, tmp_path: Path
) -> None:
    with_registry(service, tmp_path, OWNER)
    case_id = confirmed(service)
    found = service.client("reviewer").post(f"/api/v1/cases/{case_id}/owner", json=REASON | seen).json()
    assert found["possible_cloned_plate"] is bool(differing)
    assert sorted(mismatch["what"] for mismatch in found["mismatches"]) == differing


def test_the_class_that_the_camera_saw_is_compared_without_being_told(
    service: Service, tmp_path: Path
) -> None:
    with_registry(service, tmp_path, OWNER.replace(",car,", ",motorbike,"))
    case_id = confirmed(service)
    found = service.client("reviewer").post(f"/api/v1/cases/{case_id}/owner", json=REASON).json()
    assert found["mismatches"] == [{"what": "vehicle_class", "seen": "car", "registered": "motorbike"}]


def test_nobody_asks_for_an_owner_without_a_reason_or_a_case_in_hand(
    service: Service, tmp_path: Path
) -> None:
    with_registry(service, tmp_path, OWNER)
    case_id = service.new_case()
    client = service.client("reviewer")
    url = f"/api/v1/cases/{case_id}/owner"
    assert client.post(url, json={"reason": "   "}).status_code == 422
    assert client.post(url, json=REASON).status_code == 409
    client.post(f"/api/v1/cases/{case_id}/claim")
    assert service.client("other-reviewer").post(url, json=REASON).status_code == 409
    assert client.post(url, json=REASON).status_code == 201
    client.post(f"/api/v1/cases/{case_id}/reject", json={"reason": "test"})
    assert client.post(url, json=REASON).status_code == 409


def test_another_ward_neither_asks_nor_reads(service: Service, tmp_path: Path) -> None:
    with_registry(service, tmp_path, OWNER)
    case_id = confirmed(service)
    client = service.client("far-reviewer")
    assert client.post(f"/api/v1/cases/{case_id}/owner", json=REASON).status_code == 404
    assert client.get(f"/api/v1/cases/{case_id}/owner").status_code == 404


@pytest.mark.parametrize("change", ["UPDATE owner_lookup SET reason = 'x'", "DELETE FROM owner_lookup"])
def test_the_database_itself_refuses_to_change_a_look_up(
    change: str, service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    with_registry(service, tmp_path, OWNER)
    service.client("reviewer").post(f"/api/v1/cases/{confirmed(service)}/owner", json=REASON)
    with pytest.raises(DBAPIError, match="append-only"):
        session_here().execute(text(change))
