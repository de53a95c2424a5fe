"""What an attacker tried: bodies without end, names that break paths, other wards' records, folders that are in use."""

from pathlib import Path

import pytest

from service import running
from service.database import transaction
from service.errors import BadInput, Conflict
from service.tables import Person
from tests.service.conftest import WARD, Service

PASSWORD = "a password of some length"


def test_a_body_without_end_is_refused_before_it_is_held(service: Service) -> None:
    client = service.client()
    whole = client.post("/api/v1/session", json={"name": "a", "password": "x" * 3_000_000})
    in_parts = client.post("/api/v1/session", content=(b"[" * 100_000 for _ in range(40)))
    assert (whole.status_code, in_parts.status_code) == (413, 413)
    assert whole.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "name", ["a/b", "<script>alert(1)</script>", "a\nb", "\u202egnp", " ", "x" * 101, "a\\b"]
)
def test_a_name_that_breaks_a_path_or_a_line_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="name: must have"):
        running.add_person(state=tmp_path, name=name, role="reviewer", password=PASSWORD)


@pytest.mark.parametrize("name", ["Trần Thị Lan", "o'Neill", "lan.tran@csgt-mytho", "Y", "Nguyễn Văn A 2"])
def test_peoples_names_are_taken(name: str, tmp_path: Path) -> None:
    running.add_person(state=tmp_path, name=name, role="reviewer", password=PASSWORD)


def test_evidence_with_an_endless_name_is_not_found(service: Service) -> None:
    case_id = service.new_case()
    assert service.client("reviewer").get(f"/api/v1/cases/{case_id}/evidence/{'a' * 300}").status_code == 404


def test_a_case_number_beyond_all_numbers_is_not_found(service: Service) -> None:
    answer = service.client("reviewer").get("/cases/99999999999999999999")
    assert answer.status_code in {404, 422}


def test_a_state_folder_in_use_is_not_made_anew(tmp_path: Path) -> None:
    one, other = (running.hold_state(tmp_path, shared=True) for _ in range(2))
    with one, other, pytest.raises(Conflict, match="is in use by a running ngatu"):
        running.hold_state(tmp_path, shared=False)
    running.hold_state(tmp_path, shared=False).close()


def test_checking_the_audit_of_a_mistyped_folder_makes_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no record"):
        running.check_audit(state=tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_record_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "ngatu.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BadInput, match="the record cannot be used"):
        running.check_audit(state=tmp_path)


def bind(service: Service, name: str) -> None:
    """From now on the person belongs to a ward."""
    with transaction(service.record.engine) as session:
        session.query(Person).filter_by(name=name).one().ward = WARD


def test_who_is_bound_to_a_ward_does_not_read_the_whole_citys_audit(service: Service) -> None:
    assert service.client("auditor").get("/api/v1/audit").status_code == 200
    bind(service, "auditor")
    answer = service.client("auditor").get("/api/v1/audit")
    assert (answer.status_code, answer.json()["status"]) == (403, 403)


def test_an_administrator_of_a_ward_keeps_to_its_people(service: Service) -> None:
    bind(service, "admin")
    admin = service.client("admin")
    assert {person["ward"] for person in admin.get("/api/v1/people").json()} == {WARD}
    new = {"name": "Hoa", "role": "supervisor", "password": PASSWORD}
    assert admin.post("/api/v1/people", json=new).status_code == 403
    assert admin.post("/api/v1/people", json={**new, "ward": WARD}).status_code == 201
