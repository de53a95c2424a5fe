"""Cameras and accounts through the interface: judged only once enabled, changed only as they were looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.database import transaction
from service.tables import AuditEntry, CameraRow, Person
from tests.service.conftest import WARD, Service, camera_file

Open = Callable[[], Session]


def camera_of(service: Service, camera_id: str) -> dict[str, Any]:
    return dict(service.client("integrator").get(f"/api/v1/cameras/{camera_id}").json())


def test_a_camera_that_was_registered_is_not_judged_before_it_is_enabled(service: Service) -> None:
    client = service.client("integrator")
    body = camera_file("new-camera").model_dump(mode="json", by_alias=True)
    made = client.post("/api/v1/cameras", json=body).json()
    assert (made["enabled_at"], made["calibration_version"]) == (None, 1)
    enable = "/api/v1/cameras/new-camera/calibrations/1/enable"
    assert client.post(enable, json={"why": None}).status_code == 422, "not found fit, and no reason"
    assert client.post(enable, json={"why": "checked by hand"}).status_code == 200
    assert camera_of(service, "new-camera")["enabled_at"] is not None


def test_a_camera_that_is_judged_goes_on_by_its_drawing_until_the_new_one_is_enabled(
    service: Service,
) -> None:
    client = service.client("integrator")
    before = camera_of(service, "le-loi")
    body = camera_file().model_dump(mode="json", by_alias=True)
    body["name"], body["lanes"][0]["stop_line"] = "Lê Lợi mới", [[0, 0.6], [1, 0.6]]
    answer = client.post("/api/v1/cameras", json=body)
    assert answer.status_code == 201, answer.text
    after = camera_of(service, "le-loi")
    assert (after["name"], after["enabled_at"]) == ("Lê Lợi mới", before["enabled_at"])
    assert after["calibration"]["lanes"] == before["calibration"]["lanes"]
    assert after["calibration"]["name"] == "Lê Lợi mới"
    versions = client.get("/api/v1/cameras/le-loi/calibrations").json()
    assert [version["version"] for version in versions] == [2, 1]
    client.post("/api/v1/cameras/le-loi/calibrations/2/enable", json={"why": "checked by hand"})
    assert camera_of(service, "le-loi")["calibration"]["lanes"][0]["stop_line"] == [[0, 0.6], [1, 0.6]]


@pytest.mark.parametrize(
    ("camera_id", "ward", "status"), [("le-loi", "Phường 9", 409), ("x", WARD, 403), ("x", "Phường 9", 201)]
)
def test_who_is_bound_to_a_ward_registers_cameras_of_that_ward_only(
    camera_id: str, ward: str, status: int, service: Service
) -> None:
    with transaction(service.record.engine) as session:
        session.query(Person).filter_by(name="integrator").one().ward = "Phường 9"
    body = camera_file(camera_id, ward=ward).model_dump(mode="json", by_alias=True)
    assert service.client("integrator").post("/api/v1/cameras", json=body).status_code == status
    with transaction(service.record.engine) as session:
        assert session.get_one(CameraRow, "le-loi").ward == WARD


def test_cameras_and_people_are_changed_only_as_they_were_looked_at(service: Service) -> None:
    keeper, admin = service.client("integrator"), service.client("admin")
    changes = [
        (keeper, "/cameras/le-loi", "/feeds/le-loi", {"name": "Lê Lợi 2"}),
        (keeper, "/cameras/le-loi", "/feeds/le-loi", {"main": "rtsp://10.0.0.8/main"}),
        (
            keeper,
            "/cameras/far-away",
            "/cameras",
            camera_file("far-away").model_dump(mode="json", by_alias=True),
        ),
        (admin, "/people/far-reviewer", "/people/far-reviewer", {"ward": WARD}),
    ]
    for client, looked_at, way, body in changes:
        seen = client.get(f"/api/v1{looked_at}").headers["etag"]
        headers = {"If-Match": seen}
        first = client.post(f"/api/v1{way}", json=body, headers=headers)
        assert first.status_code in {200, 201}, first.text
        assert first.headers["etag"] == client.get(f"/api/v1{looked_at}").headers["etag"] != seen
        late = client.post(f"/api/v1{way}", json=body, headers=headers)
        assert (late.status_code, "load it again" in late.json()["detail"]) == (412, True), way
        assert client.post(f"/api/v1{way}", json=body, headers={"If-Match": "*"}).status_code in {200, 201}


def test_a_packet_does_not_change_a_cameras_version(service: Service) -> None:
    seen = service.client("integrator").get("/api/v1/cameras/le-loi").headers["etag"]
    service.new_case()
    assert service.client("integrator").get("/api/v1/cameras/le-loi").headers["etag"] == seen


@pytest.mark.parametrize("change", ["password", "second-factor", ""])
def test_an_account_that_was_changed_meanwhile_is_not_closed_or_reset(change: str, service: Service) -> None:
    admin = service.client("admin")
    way = "/api/v1/people/other-reviewer"
    seen = {"If-Match": admin.get(way).headers["etag"]}
    assert admin.post(way, json={"role": "auditor"}).json()["role"] == "auditor"
    if change == "password":
        answer = admin.post(f"{way}/password", json={"password": "five words make it long"}, headers=seen)
    else:
        answer = admin.delete(f"{way}/{change}".rstrip("/"), headers=seen)
    assert answer.status_code == 412


def test_a_role_counts_from_the_next_request_on_and_is_put_on_record(
    service: Service, session_here: Open
) -> None:
    officer, admin = service.client("other-reviewer"), service.client("admin")
    assert officer.get("/api/v1/cases").status_code == 200
    assert admin.post("/api/v1/people/other-reviewer", json={"role": "integrator"}).status_code == 200
    assert officer.get("/api/v1/cases").status_code == 403
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "person_edited")).one()
    assert (entry.before, entry.after) == (
        {"role": "reviewer", "ward": WARD},
        {"role": "integrator", "ward": WARD},
    )


def test_nobody_changes_or_closes_the_own_account(service: Service) -> None:
    admin = service.client("admin")
    assert admin.post("/api/v1/people/admin", json={"role": "reviewer"}).status_code == 409
    assert admin.delete("/api/v1/people/admin").status_code == 409
    assert admin.post("/api/v1/people/reviewer", json={"role": "king"}).status_code == 400


def test_an_administrator_of_a_ward_moves_nobody_out_of_it(service: Service) -> None:
    with transaction(service.record.engine) as session:
        session.query(Person).filter_by(name="admin").one().ward = WARD
    admin = service.client("admin")
    assert admin.get("/api/v1/people/far-reviewer").status_code == 404
    assert admin.post("/api/v1/people/other-reviewer", json={"ward": None}).status_code == 403
