"""A worker does camera jobs against a real service and real RTSP: stills, probes, dry runs, live looks, failures."""

import json
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from detector.watching.opening import open_eyes
from fixtures.rtsp.server import RtspServer
from tests.detector.calibrating.onvif_device import simulated_device
from tests.detector.watching.shared_eyes import shared
from tests.service.cameras.feeds import CLIPS, lasting_camera
from tests.service.cameras.serving import Integrator, Served, assisting, served

NAME = "day_runners"
DRAWN = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
TRUTH = json.loads((CLIPS / f"{NAME}.truth.json").read_text(encoding="utf-8"))
DRAWING = {name: DRAWN[name] for name in ("signals", "lanes")}
SECRET = "pa55/wörd"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        served(tmp_path_factory.mktemp("assisted")) as running,
        assisting(running.url, eyes=shared(open_eyes())),
    ):
        yield running


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with lasting_camera(NAME, user="eye", password=SECRET) as running:
        yield running


@pytest.fixture
def integrator(service: Served) -> Iterator[Integrator]:
    somebody = service.integrator()
    yield somebody
    somebody.client.close()


def feed_of(server: RtspServer, **changes: Any) -> dict[str, Any]:
    at = f"rtsp://127.0.0.1:{server.port}/cam"
    return {
        "name": "Hùng Vương",
        "main": f"{at}/main",
        "sub": f"{at}/sub",
        "user": "eye",
        "password": SECRET,
    } | changes


def picture_at(integrator: Integrator, picture_id: int) -> Any:
    answer = integrator.client.get(f"/api/v1/camera-pictures/{picture_id}")
    assert answer.headers["content-type"] == "image/jpeg"
    return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)


def test_a_still_is_the_main_streams_picture(integrator: Integrator, server: RtspServer) -> None:
    camera_id = integrator.registers(**feed_of(server))
    job = integrator.waits_for(integrator.asks(camera_id, "still"))
    assert (job["state"], job["result"]["main"]["width"]) == ("done", 1920), job
    picture = picture_at(integrator, job["pictures"]["still.jpg"])
    assert picture.shape == (1080, 1920, 3)
    assert picture.std() > 20


def test_a_feed_without_a_drawing_is_probed_for_what_its_streams_are(
    integrator: Integrator, server: RtspServer
) -> None:
    camera_id = integrator.registers(**feed_of(server))
    job = integrator.waits_for(integrator.asks(camera_id, "probe", seconds=4))
    assert job["state"] == "done", job
    grades = {check["name"]: check["grade"] for check in job["result"]["checks"]}
    assert grades["main picture"] == "good"
    assert grades["plates at the line"] == "unmeasured"
    assert job["result"]["moved"] is None


@pytest.fixture
def once() -> Iterator[RtspServer]:
    """The clip from its beginning, for one client."""
    mounts = {"cam/main": CLIPS / f"{NAME}.mp4", "cam/sub": CLIPS / f"{NAME}.sub.mp4"}
    with RtspServer(mounts, user="eye", password=SECRET) as running:
        yield running


def test_a_dry_run_finds_the_planted_cases_and_makes_none(integrator: Integrator, once: RtspServer) -> None:
    server = once
    camera_id = integrator.registers(**feed_of(server))
    planted = [one for one in TRUTH["crossings"] if one["verdict"] == "red_light" and one["sure"]]
    job_id = integrator.asks(camera_id, "dry_run", seconds=16, drawing=DRAWING)
    watched = integrator.waits_for(job_id, "taken", "failed")
    until_s = time.monotonic() + 60
    while not watched["progress"].get("tracks"):
        assert time.monotonic() < until_s, watched
        time.sleep(0.1)
        watched = integrator.looks_at(job_id)
    assert watched["progress"]["signals"][0]["signal_id"] == "S1"
    assert picture_at(integrator, watched["pictures"]["live.jpg"]).shape[1] == 640
    job = integrator.waits_for(job_id)
    assert job["state"] == "done", job
    found = [case for case in job["result"]["cases"] if case["kind"] == "red_light"]
    assert len(found) == len(planted)
    assert all(case["red_for_s"] > 0 and len(case["pictures"]) == 3 for case in found)
    assert picture_at(integrator, job["pictures"][found[0]["pictures"][1]]).shape[1] >= 1920
    assert not integrator.client.get("/api/v1/cases").json().get("cases")


def test_a_live_look_ends_when_its_page_is_closed(integrator: Integrator, server: RtspServer) -> None:
    camera_id = integrator.registers(**feed_of(server))
    job_id = integrator.asks(camera_id, "watch_along", seconds=300, drawing=DRAWING)
    until_s = time.monotonic() + 40
    numbers = set()
    while len(numbers) < 5:
        assert time.monotonic() < until_s, integrator.looks_at(job_id)
        numbers.add(integrator.looks_at(job_id)["progress"].get("number", 0))
        time.sleep(0.1)
    integrator.client.post(f"/api/v1/camera-jobs/{job_id}/stop")
    next_job = integrator.waits_for(integrator.asks(camera_id, "still"))
    assert next_job["state"] == "done", "the worker is free again"


def test_a_probe_measures_drift_against_the_picture_that_was_drawn_on(
    integrator: Integrator, server: RtspServer
) -> None:
    camera_id = integrator.registers(**feed_of(server))
    still = integrator.waits_for(integrator.asks(camera_id, "still"))
    body = {"drawing": DRAWING, "picture_id": still["pictures"]["still.jpg"]}
    way = f"/api/v1/cameras/{camera_id}/calibration"
    assert integrator.client.put(way, json=body, headers={"If-Match": '"0"'}).status_code == 201
    job = integrator.waits_for(integrator.asks(camera_id, "probe", seconds=5))
    assert job["state"] == "done", job
    assert job["result"]["moved"] is not None
    assert job["result"]["moved"] < 0.004
    versions = integrator.client.get(f"/api/v1/cameras/{camera_id}/calibrations").json()
    assert versions[0]["fitness"]["score"] == job["result"]["score"]


@pytest.mark.parametrize(
    ("what", "changes", "failure"),
    [
        ("a wrong password", {"password": "wrong"}, "refused"),
        ("no such stream", {"main": "rtsp://127.0.0.1:{port}/nothing"}, "unreachable"),
        ("a port where nobody listens", {"main": "rtsp://127.0.0.1:1/main"}, "unreachable"),
    ],
)
def test_a_feed_that_cannot_be_seen_says_why_and_tells_no_password(
    what: str, changes: dict[str, Any], failure: str, integrator: Integrator, server: RtspServer
) -> None:
    changed = {name: value.format(port=server.port) for name, value in changes.items()}
    camera_id = integrator.registers(**feed_of(server, **changed))
    job_id = integrator.asks(camera_id, "still")
    job = integrator.waits_for(job_id)
    assert (job["state"], job["failure"]) == ("failed", failure), what
    said = integrator.client.get(f"/api/v1/camera-jobs/{job_id}").text
    assert "pa55" not in said
    assert "eye:" not in said


def test_a_feed_that_dies_during_a_dry_run_is_told(integrator: Integrator, server: RtspServer) -> None:
    camera_id = integrator.registers(**feed_of(server))
    job_id = integrator.asks(camera_id, "dry_run", seconds=300, drawing=DRAWING)
    until_s = time.monotonic() + 40
    while integrator.looks_at(job_id)["progress"].get("at_s", 0) < 1:
        assert time.monotonic() < until_s, integrator.looks_at(job_id)
        time.sleep(0.1)
    server.stop()
    job = integrator.waits_for(job_id)
    assert job["state"] == "failed" or job["result"]["footage_s"] < 300, job


def test_a_device_is_found_and_its_streams_are_told_through_the_service(integrator: Integrator) -> None:
    with simulated_device("eye", SECRET) as device:
        found = integrator.waits_for(integrator.asks_network("discover", seconds=2))
        assert device.address in [one["address"] for one in found["result"]["devices"]], found
        asked = {"address": device.address, "user": "eye", "password": SECRET}
        job = integrator.waits_for(integrator.asks_network("profiles", device=asked))
        assert [one["url"] for one in job["result"]["profiles"]] == [
            "rtsp://127.0.0.1:554/main",
            "rtsp://127.0.0.1:554/sub",
        ], job
        wrong = integrator.asks_network("profiles", device=asked | {"password": "wrong"})
        assert integrator.waits_for(wrong)["failure"] == "no_device"
