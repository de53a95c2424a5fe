"""From a registered feed to an enabled camera over HTTP: versions, two editors, fitness, roll-back, roles."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from detector.contract.camera import Camera
from service.cameras.registering import calibration_picture, smart_cameras
from service.database import transaction
from service.tables import AuditEntry, CameraRow
from tests.service.cameras.drawings import FIT, JPEG, HandWorker, drawing, feed, lane
from tests.service.conftest import SECRET, Service


def registered(client: TestClient, **changes: Any) -> str:
    answer = client.post("/api/v1/feeds", json=feed(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["camera_id"])


def saved(client: TestClient, camera_id: str, drawn: dict[str, Any], *, on: int, **more: Any):  # type: ignore[no-untyped-def]
    body = {"drawing": drawn} | more
    way = f"/api/v1/cameras/{camera_id}/calibration"
    return client.put(way, json=body, headers={"If-Match": f'"{on}"'})


def probed(service: Service, client: TestClient, camera_id: str, version: int, **result: Any) -> None:
    asked = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "probe", "version": version})
    assert asked.status_code == 201, asked.text
    worker = HandWorker(service)
    job = worker.take()
    assert job is not None
    worker.done(job["job_id"], result=FIT | result)


def row_of(service: Service, camera_id: str) -> CameraRow:
    with transaction(service.record.engine) as session:
        return session.get_one(CameraRow, camera_id)


def sources_of(service: Service, camera_id: str) -> str:
    return SECRET.decrypt(row_of(service, camera_id).sources_encrypted).decode()


def audited(service: Service) -> list[AuditEntry]:
    with transaction(service.record.engine) as session:
        return session.query(AuditEntry).order_by(AuditEntry.id).all()


def judged_by_workers(service: Service) -> dict[str, Camera]:
    with transaction(service.record.engine) as session:
        return {camera.camera_id: camera for camera in smart_cameras(session, secret=SECRET)}


def test_a_feed_gets_an_id_from_its_name_and_keeps_its_password_to_itself(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    assert camera_id == "duong-hung-vuong-le-loi"
    assert registered(client) == "duong-hung-vuong-le-loi-2"
    texts = [client.get(way).text for way in ("/api/v1/cameras", f"/api/v1/cameras/{camera_id}/calibration")]
    assert not any("s3cret" in text or "10.0.0.9" in text for text in texts)
    assert "rtsp://eye:s3cret%2F%C3%A4h@10.0.0.9/main" in sources_of(service, camera_id)
    assert "s3cret" not in str([entry.after for entry in audited(service)])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"main": "http://x"}, 400),
        ({"latitude": 91}, 422),
        ({"camera_id": "le-loi"}, 409),
        ({"name": ""}, 422),
    ],
)
def test_a_feed_that_cannot_be_is_refused(changes: dict[str, Any], status: int, service: Service) -> None:
    answer = service.client("integrator").post("/api/v1/feeds", json=feed(**changes))
    assert (answer.status_code, "s3cret" in answer.text) == (status, False)


def test_a_new_address_takes_the_place_of_the_old_one_and_a_name_alone_does_not(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    way = f"/api/v1/feeds/{camera_id}"
    assert client.post(way, json={"name": "Mới", "ward": "Phường 2"}).json()["name"] == "Mới"
    assert "10.0.0.9" in SECRET.decrypt(row_of(service, camera_id).sources_encrypted).decode()
    client.post(way, json={"main": "rtsp://10.0.0.10/main"})
    assert "10.0.0.10" in sources_of(service, camera_id)
    row = row_of(service, camera_id)
    assert (row.name, row.ward) == ("Mới", "Phường 2")


def test_a_camera_is_judged_only_once_it_was_found_fit(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    assert saved(client, camera_id, drawing(), on=0).status_code == 201
    way = f"/api/v1/cameras/{camera_id}/calibrations/1/enable"
    refused = client.post(way, json={})
    assert (refused.status_code, "not found fit" in refused.json()["detail"]) == (422, True)
    assert camera_id not in judged_by_workers(service)
    probed(service, client, camera_id, 1)
    assert client.post(way, json={}).json()["in_force"] == 1
    judged = judged_by_workers(service)
    assert judged[camera_id].sources.main.startswith("rtsp://eye:")
    version = client.get(f"/api/v1/cameras/{camera_id}/calibrations").json()[0]
    assert version["sha256"] == judged[camera_id].calibration_sha256()
    assert version["fitness"]["score"] == 93
    assert audited(service)[-1].action == "camera_enabled"


def test_an_unfit_camera_is_enabled_only_with_a_reason_that_is_on_record(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    saved(client, camera_id, drawing(), on=0)
    probed(service, client, camera_id, 1, fit=False, score=40)
    way = f"/api/v1/cameras/{camera_id}/calibrations/1/enable"
    assert client.post(way, json={"why": "  "}).status_code == 422
    assert client.post(way, json={"why": "chỉ thử trong ngày"}).status_code == 200
    entry = audited(service)[-1]
    assert (entry.action, entry.why) == ("camera_enabled_unfit", "chỉ thử trong ngày")
    assert row_of(service, camera_id).enabled_why == "chỉ thử trong ngày"
    assert client.post(f"/api/v1/cameras/{camera_id}/disable", json={}).status_code == 204
    assert client.post(f"/api/v1/cameras/{camera_id}/disable", json={}).status_code == 409
    assert row_of(service, camera_id).enabled_at is None


def test_the_second_of_two_editors_is_told_and_nothing_is_overwritten(service: Service) -> None:
    first, second = service.client("integrator"), service.client("admin")
    camera_id = registered(first)
    way = f"/api/v1/cameras/{camera_id}/calibration"
    assert first.get(way).headers["ETag"] == '"0"'
    assert saved(first, camera_id, drawing(), on=0).headers["ETag"] == '"1"'
    other = drawing(lane(id="L9"))
    told = saved(second, camera_id, other, on=0)
    assert told.status_code == 412
    body = told.json()
    assert (body["newest"]["made_by"], body["newest"]["version"]) == ("integrator", 1)
    assert body["newest"]["drawing"]["lanes"][0]["id"] == "L1"
    assert told.headers["ETag"] == '"1"'
    assert saved(second, camera_id, other, on=1).json()["version"] == 2
    assert first.put(way, json={"drawing": drawing()}).status_code == 428
    assert first.put(way, json={"drawing": drawing()}, headers={"If-Match": "x"}).status_code == 400


def test_a_faulty_drawing_is_not_saved_and_every_fault_is_listed(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    bow_tie = [[0.1, 0.6], [0.9, 0.95], [0.9, 0.6], [0.1, 0.95]]
    answer = saved(client, camera_id, drawing(lane(approach=bow_tie, signal="")), on=0)
    assert answer.status_code == 422
    assert {p["code"] for p in answer.json()["problems"]} == {"crosses_itself", "no_such_signal"}
    assert client.get(f"/api/v1/cameras/{camera_id}/calibrations").json() == []


def test_going_back_to_an_earlier_version_is_one_step_and_loses_no_version(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    for number, ends in enumerate(([[0.1, 0.6], [0.9, 0.6]], [[0.1, 0.62], [0.9, 0.62]])):
        assert saved(client, camera_id, drawing(lane(stop_line=ends)), on=number).status_code == 201
        probed(service, client, camera_id, number + 1)
        way = f"/api/v1/cameras/{camera_id}/calibrations/{number + 1}/enable"
        assert client.post(way, json={}).status_code == 200
    client.post(f"/api/v1/cameras/{camera_id}/calibrations/1/enable", json={})
    row = row_of(service, camera_id)
    assert row.calibration["lanes"][0]["stop_line"] == [[0.1, 0.6], [0.9, 0.6]]
    assert row.calibration_version == 1
    assert [v["version"] for v in client.get(f"/api/v1/cameras/{camera_id}/calibrations").json()] == [2, 1]
    assert client.post(f"/api/v1/cameras/{camera_id}/calibrations/7/enable", json={}).status_code == 404


def test_the_picture_that_was_drawn_on_becomes_the_reference_of_later_probes(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "still"})
    worker = HandWorker(service)
    job = worker.take()
    assert job is not None
    assert (job["camera"]["lanes"], job["camera"]["kind"], job["has_reference"]) == ([], "plain", False)
    assert worker.picture(job["job_id"]) == 204
    worker.done(job["job_id"], result={})
    pictures = client.get(f"/api/v1/camera-jobs/{job['job_id']}").json()["pictures"]
    picture_id = pictures["still.jpg"]
    assert client.get(f"/api/v1/camera-pictures/{picture_id}").content == JPEG
    assert saved(client, camera_id, drawing(), on=0, picture_id=picture_id).status_code == 201
    client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "probe"})
    probe = worker.take()
    assert probe is not None
    assert probe["has_reference"] is True
    assert worker.reference(probe["job_id"]).content == JPEG
    other = registered(client)
    assert saved(client, other, drawing(), on=0, picture_id=picture_id).status_code == 400


@pytest.mark.parametrize("role", ["reviewer", "supervisor", "auditor"])
def test_only_integrators_and_admins_change_cameras(role: str, service: Service) -> None:
    camera_id = registered(service.client("integrator"))
    client = service.client(role)
    assert client.get(f"/api/v1/cameras/{camera_id}/calibration").status_code == 200
    assert saved(client, camera_id, drawing(), on=0).status_code == 403
    for way, body in (
        ("/api/v1/feeds", feed()),
        (f"/api/v1/feeds/{camera_id}", {"name": "x"}),
        (f"/api/v1/cameras/{camera_id}/jobs", {"kind": "still"}),
        (f"/api/v1/cameras/{camera_id}/disable", {}),
        ("/api/v1/camera-jobs", {"kind": "discover"}),
    ):
        assert client.post(way, json=body).status_code == 403, way


def test_a_camera_of_another_ward_is_not_there(service: Service) -> None:
    camera_id = registered(service.client("integrator"))
    far = service.client("far-reviewer")
    assert far.get(f"/api/v1/cameras/{camera_id}/calibration").status_code == 404


def test_the_picture_of_the_calibration_in_force_is_what_a_watch_compares_with(service: Service) -> None:
    client, worker = service.client("integrator"), HandWorker(service)
    camera_id = str(client.post("/api/v1/feeds", json=feed(name="Ảnh đã vẽ")).json()["camera_id"])
    for version, jpeg in enumerate((JPEG, JPEG[:-2] + b"two" + JPEG[-2:])):
        job_id = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "still"}).json()["id"]
        assert worker.take() is not None
        worker.picture(job_id, jpeg=jpeg)
        worker.done(job_id, result={})
        picture_id = client.get(f"/api/v1/camera-jobs/{job_id}").json()["pictures"]["still.jpg"]
        drawn = drawing(lane(stop_line=[[0.1, 0.6 + version / 100], [0.9, 0.6]]))
        assert saved(client, camera_id, drawn, on=version, picture_id=picture_id).status_code == 201

    def compared_with() -> bytes | None:
        with transaction(service.record.engine) as session:
            return calibration_picture(session, camera_id)

    assert compared_with() is None, "nothing is in force"
    for version, jpeg in ((2, JPEG[:-2] + b"two" + JPEG[-2:]), (1, JPEG)):
        way = f"/api/v1/cameras/{camera_id}/calibrations/{version}/enable"
        assert client.post(way, json={"why": "a test"}).status_code == 200
        assert compared_with() == jpeg
