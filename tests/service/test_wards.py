"""What belongs to another ward does not exist: every address that names a case, paper or camera, asked from afar."""

from datetime import timedelta

import pytest

from service.cameras.tables import CameraJob, CameraPicture
from service.database import transaction
from service.people import ROLES
from service.recordings.tables import OfficerMark, Patrol, PatrolCamera
from service.tables import Person
from tests.service.conftest import Service
from tests.service.permissions import ALLOWED, MARK, address

MARK_ID = "1" * 32
IN_WARD = ("{case_id}", "{paper_id}", "{camera_id}")
NAMED = sorted(
    key for key, (roles, _) in ALLOWED.items() if roles and any(part in key[1] for part in IN_WARD)
)


def bind_everybody(service: Service, ward: str) -> None:
    """From now on everybody belongs to a ward."""
    with transaction(service.record.engine) as session:
        for person in session.query(Person):
            person.ward = ward


@pytest.mark.parametrize(("method", "path"), NAMED, ids=str)
def test_another_wards_records_do_not_exist(method: str, path: str, service: Service) -> None:
    roles, body = ALLOWED[(method, path)]
    case_id = service.new_case()
    paper_id = service.numbered_notice(case_id)
    bind_everybody(service, "Phường 9")
    url = address(path, case_id, paper_id=paper_id, camera_id="le-loi")
    for role in sorted(roles):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code == 404, (role, answer.status_code, answer.text)
        missing = service.client(role).request(
            method, address(path, 10**6, paper_id=10**6, camera_id="none"), json=body
        )
        assert missing.status_code == 404, (role, missing.text)


def rows_with_numbers_of_their_own(service: Service) -> dict[str, object]:
    """A look at a camera, its picture, a marking and a patrol of the ward, by what addresses call them."""
    at = service.clock.now
    job = CameraJob(
        camera_id="le-loi", kind="still", asked_encrypted="", asked_by="integrator", asked_at=at, state="done",
        progress={}, result={}, failure_text="",
    )  # fmt: skip
    patrol = Patrol(name="Sáng", made_at=at, from_at=at, until_at=at + timedelta(hours=1))
    marking = {**MARK, "officer": "reviewer", "marked_at": at.isoformat()}
    mark = OfficerMark(
        mark_id=MARK_ID,
        camera_id="le-loi",
        marked_at=at,
        crossing_at=at,
        kind="red_light",
        marking=marking,
        state="asked",
    )
    with transaction(service.record.engine) as session:
        session.add_all([job, patrol, mark])
        session.flush()
        picture = CameraPicture(camera_id="le-loi", job_id=job.id, name="still", taken_at=at, jpeg=b"jpeg")
        session.add_all([picture, PatrolCamera(patrol_id=patrol.id, camera_id="le-loi", place=0)])
        session.flush()
        return {"job_id": job.id, "picture_id": picture.id, "patrol_id": patrol.id, "mark_id": MARK_ID}


BY_OWN_NUMBER = sorted(
    key
    for key, (roles, _) in ALLOWED.items()
    if roles and any(part in key[1] for part in ("{job_id}", "{picture_id}", "{patrol_id}", "{mark_id}"))
)


@pytest.mark.parametrize(("method", "path"), BY_OWN_NUMBER, ids=str)
def test_what_has_a_number_of_its_own_does_not_exist_for_another_ward(
    method: str, path: str, service: Service
) -> None:
    roles, body = ALLOWED[(method, path)]
    numbers = rows_with_numbers_of_their_own(service)
    url = address(path.replace("{mark_id}", MARK_ID), 1, **numbers)
    bind_everybody(service, "Phường 9")
    for role in sorted(roles):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code == 404, (role, answer.status_code, answer.text)
    bind_everybody(service, "Phường 1")
    found = {service.client(role).request(method, url, json=body).status_code for role in sorted(roles)}
    assert 404 not in found, "in its own ward it is there"


def lists() -> list[tuple[str, str]]:
    return sorted(
        key for key, (roles, _) in ALLOWED.items() if key[0] == "GET" and roles and "{" not in key[1]
    )


@pytest.mark.parametrize(("method", "path"), lists(), ids=str)
def test_no_list_shows_another_wards_records(method: str, path: str, service: Service) -> None:
    roles, _ = ALLOWED[(method, path)]
    case_id = service.new_case()
    service.numbered_notice(case_id)
    bind_everybody(service, "Phường 9")
    for role in sorted(roles):
        shown = service.client(role).request(method, address(path, case_id)).text
        assert "le-loi" not in shown, (role, shown)
        assert "63A12345" not in shown, (role, shown)


def test_the_lists_do_show_ones_own_ward(service: Service) -> None:
    case_id = service.new_case()
    service.numbered_notice(case_id)
    bind_everybody(service, "Phường 1")
    assert "le-loi" in service.client("reviewer").get("/api/v1/cases").text
    assert service.client("reviewer").get("/api/v1/papers").json()["papers"][0]["number"] == 900 + case_id
    assert {role for role in ROLES if service.client(role).get("/api/v1/cameras").json()} == set(ROLES)
