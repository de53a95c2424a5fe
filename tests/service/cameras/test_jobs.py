"""The job door: a worker takes a job once, reports, sends pictures, ends it; what is lost is noticed."""

from base64 import b64encode
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.cameras.tables import CameraJob, CameraPicture
from service.database import transaction
from tests.service.cameras.drawings import JPEG, HandWorker, drawing, feed
from tests.service.cameras.test_calibrating import registered, saved
from tests.service.conftest import Service


def asked(service: Service, kind: str = "still", **body: Any) -> tuple[TestClient, str, int]:
    client = service.client("integrator")
    camera_id = registered(client)
    answer = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": kind} | body)
    assert answer.status_code == 201, answer.text
    return client, camera_id, int(answer.json()["id"])


def stands(client: TestClient, job_id: int) -> dict[str, Any]:
    answer = client.get(f"/api/v1/camera-jobs/{job_id}")
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_job_goes_to_one_worker_with_the_addresses_and_forgets_them_at_its_end(service: Service) -> None:
    client, _, job_id = asked(service)
    assert (stands(client, job_id)["state"], stands(client, job_id)["worker_seen"]) == ("waiting", False)
    worker = HandWorker(service)
    job = worker.take()
    assert job is not None
    assert "s3cret" in job["camera"]["sources"]["main"]
    assert worker.take() is None
    assert stands(client, job_id)["worker_seen"] is True
    worker.done(job_id, result={"main": {}})
    said = client.get(f"/api/v1/camera-jobs/{job_id}").text
    assert '"done"' in said
    assert "s3cret" not in said
    with transaction(service.record.engine) as session:
        assert session.get_one(CameraJob, job_id).asked_encrypted == ""


def test_an_unknown_worker_gets_nothing(service: Service) -> None:
    asked(service)
    stranger = TestClient(service.app)
    assert stranger.post("/api/v1/assist/take", json={}).status_code == 401
    headers = {"Authorization": "Bearer nonsense"}
    assert stranger.post("/api/v1/assist/take", json={}, headers=headers).status_code == 401


def test_a_failure_is_told_with_its_code(service: Service) -> None:
    client, _, job_id = asked(service)
    worker = HandWorker(service)
    worker.take()
    worker.done(job_id, failure="refused", failure_text="rtsp://…@10.0.0.9/main: refused")
    assert (stands(client, job_id)["state"], stands(client, job_id)["failure"]) == ("failed", "refused")


def test_a_live_look_goes_on_only_while_somebody_watches(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    saved(client, camera_id, drawing(), on=0)
    answer = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "watch_along", "seconds": 60})
    job_id = answer.json()["id"]
    worker = HandWorker(service)
    assert worker.take() is not None
    jpeg = b64encode(JPEG).decode()
    for number in range(3):
        service.clock.advance(seconds=8)
        assert worker.frame(job_id, jpeg, at_s=number + 1.0) is True
        assert stands(client, job_id)["progress"]["number"] == number + 1
    with transaction(service.record.engine) as session:
        assert session.query(CameraPicture).filter_by(job_id=job_id).count() == 1
    service.clock.advance(seconds=16)
    assert worker.frame(job_id, jpeg) is False


def test_a_stopped_job_is_stopped_at_the_workers_next_report(service: Service) -> None:
    client, _, job_id = asked(service)
    worker = HandWorker(service)
    worker.take()
    assert worker.frame(job_id) is True
    assert client.post(f"/api/v1/camera-jobs/{job_id}/stop").json()["failure"] == "stopped"
    assert worker.frame(job_id) is False
    worker.done(job_id, result={"late": True})
    assert stands(client, job_id)["result"] == {}


def test_a_worker_that_dies_and_one_that_never_comes_are_noticed(service: Service) -> None:
    client, camera_id, job_id = asked(service)
    HandWorker(service).take()
    service.clock.advance(seconds=61)
    assert stands(client, job_id)["failure"] == "worker_lost"
    second = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "still"}).json()["id"]
    service.clock.advance(minutes=6)
    assert HandWorker(service).take() is None
    assert stands(client, second)["failure"] == "nobody_took"


def test_another_worker_cannot_touch_a_job(service: Service) -> None:
    _, _, job_id = asked(service)
    assert HandWorker(service).picture(job_id) == 404


@pytest.mark.parametrize(
    ("jpeg", "name", "status"),
    [
        (b"<svg/>", "still.jpg", 400),
        (JPEG, "../x.jpg", 404),
        (JPEG, "Still.jpg", 422),
        (JPEG * 40_000, "a.jpg", 413),
    ],
)
def test_what_is_no_picture_is_refused(jpeg: bytes, name: str, status: int, service: Service) -> None:
    _, _, job_id = asked(service)
    worker = HandWorker(service)
    worker.take()
    assert worker.picture(job_id, name, jpeg) == status


def test_a_look_that_needs_lanes_is_refused_before_any_are_drawn(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client)
    way = f"/api/v1/cameras/{camera_id}/jobs"
    assert "draw a lane" in client.post(way, json={"kind": "dry_run"}).json()["detail"]
    assert client.post(way, json={"kind": "dry_run", "drawing": drawing()}).status_code == 201
    bad = client.post(way, json={"kind": "dry_run", "drawing": {"lanes": [], "signals": []}})
    assert {p["code"] for p in bad.json()["problems"]} == {"no_lane", "no_signal"}
    assert client.post(way, json={"kind": "discover"}).status_code == 400
    assert client.post("/api/v1/camera-jobs", json={"kind": "still"}).status_code == 400


def test_looks_of_last_week_are_swept_but_not_the_picture_that_was_drawn_on(service: Service) -> None:
    client, camera_id, job_id = asked(service)
    worker = HandWorker(service)
    worker.take()
    assert worker.picture(job_id) == 204
    assert worker.picture(job_id, "other.jpg") == 204
    worker.done(job_id)
    kept = stands(client, job_id)["pictures"]["still.jpg"]
    assert saved(client, camera_id, drawing(), on=0, picture_id=kept).status_code == 201
    service.clock.advance(days=8)
    client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "still"})
    assert client.get(f"/api/v1/camera-jobs/{job_id}").status_code == 404
    assert client.get(f"/api/v1/camera-pictures/{kept}").status_code == 200
    with transaction(service.record.engine) as session:
        assert session.query(CameraPicture).filter_by(camera_id=camera_id).count() == 1


def test_too_many_waiting_looks_are_refused(service: Service) -> None:
    client = service.client("integrator")
    camera_id = registered(client, name=feed()["name"])
    way = f"/api/v1/cameras/{camera_id}/jobs"
    statuses = [client.post(way, json={"kind": "still"}).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [409]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/", "localhost:80", "http://169.254.169.254/", "http://"]
)
def test_no_worker_is_made_to_ask_its_own_machine_for_streams(address: str, service: Service) -> None:
    body = {"kind": "profiles", "device": {"address": address}}
    answer = service.client("integrator").post("/api/v1/camera-jobs", json=body)
    assert answer.status_code == 400, answer.text
    assert HandWorker(service).take() is None
