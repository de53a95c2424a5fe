"""How the watch of cameras goes reaches the service: states, figures, the picture of a moved view, and who is told."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.publishing.delivering import tell_camera_states
from service.publishing.tables import OutboxMessage
from tests.service.cameras.drawings import JPEG
from tests.service.conftest import WORKER_TOKEN, Service

Open = Callable[..., Session]
CAMERA = "le-loi"


def watched(camera_id: str = CAMERA, **changes: Any) -> dict[str, Any]:
    return {
        "camera_id": camera_id, "state": "playing", "gear": "watching", "is_degraded": False, "lag_s": 0.2,
        "analysed_fps": 11.8, "gaps": 0, "gap_s": 0, "dropped": 0, "reconnects": 0, "restarts": 0, "cases": 3,
        "unproved": 0, "unwritten": 0, "lost": 0, "clock_offset_ms": 12.5, "view": "fit", "view_moved": 0.001,
    } | changes  # fmt: skip


def tell(service: Service, *cameras: dict[str, Any], token: str = WORKER_TOKEN) -> int:
    client = TestClient(service.app)
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/api/v1/watch/health", json={"cameras": list(cameras)}, headers=headers).status_code


def state_of(service: Service, camera_id: str = CAMERA) -> dict[str, Any]:
    states = service.client("integrator").get("/api/v1/camera-states").json()
    return next(one for one in states if one["camera_id"] == camera_id)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "watched"),
        ({"gear": "listening", "analysed_fps": 0.5}, "watched"),
        ({"is_degraded": True}, "late"),
        ({"state": "stalled"}, "lost"),
        ({"state": "refused"}, "lost"),
        ({"state": "ended"}, "lost"),
        ({"state": "connecting"}, "waiting"),
        ({"view": "moved", "view_moved": 0.04}, "moved"),
        ({"view": "moved", "view_moved": 0.04, "state": "stalled"}, "moved"),
        ({"view": "unknown", "view_moved": None}, "watched"),
    ],
)
def test_a_report_makes_a_state(changes: dict[str, Any], expected: str, service: Service) -> None:
    assert tell(service, watched(**changes)) == 204
    told = state_of(service)
    assert told["state"] == expected
    assert told["watch"]["figures"]["cases"] == 3


def test_the_state_since_when_stays_while_the_word_does(service: Service) -> None:
    tell(service, watched())
    begun = state_of(service)["watch"]["since"]
    service.clock.advance(seconds=20)
    tell(service, watched(state="connecting"))
    assert state_of(service)["state"] == "watched", "one moment of calling again is no news"
    service.clock.advance(seconds=20)
    tell(service, watched())
    assert state_of(service)["watch"]["since"] == begun
    tell(service, watched(state="stalled"))
    assert state_of(service)["watch"]["since"] > begun


def test_who_says_nothing_any_more_watches_no_more(service: Service) -> None:
    tell(service, watched())
    service.clock.advance(seconds=61)
    assert state_of(service)["state"] == "unwatched"
    assert state_of(service, "far-away")["watch"] is None


def test_others_are_told_at_once_and_once(service: Service, session_here: Open) -> None:
    for changes in ({}, {}, {"state": "stalled"}, {"state": "stalled"}, {"view": "moved"}, {}):
        tell(service, watched(**changes))
        service.clock.advance(seconds=5)
    service.clock.advance(seconds=120)
    tell_camera_states(service.record, at=service.clock.now)
    tell_camera_states(service.record, at=service.clock.now + timedelta(seconds=60))
    messages = session_here().scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    states = [one.body["state"] for one in messages if one.subject == CAMERA]
    assert states == ["watched", "lost", "moved", "watched", "unwatched"]


def test_the_picture_of_a_moved_view_is_kept_and_replaced(service: Service) -> None:
    first, second = JPEG, JPEG[:-2] + b"now" + JPEG[-2:]
    for jpeg in (first, second):
        tell(service, watched(view="moved", view_jpeg_base64=b64encode(jpeg).decode()))
        service.clock.advance(seconds=5)
        tell(service, watched(view="moved"))
        picture_id = state_of(service)["watch"]["view_picture_id"]
        got = service.client("integrator").get(f"/api/v1/camera-pictures/{picture_id}")
        assert got.content == jpeg
    assert tell(service, watched(view_jpeg_base64="no picture!")) == 400
    page = service.client("integrator").get(f"/cameras/{CAMERA}").text
    assert f"/api/v1/camera-pictures/{picture_id}" in page


def test_strangers_and_cameras_that_nobody_registered_change_nothing(service: Service) -> None:
    assert tell(service, watched(), token="no such token") == 401
    assert tell(service, watched("not-registered")) == 204
    assert state_of(service)["watch"] is None
    assert tell(service, watched(lag_s=-1)) == 422


def test_the_pages_of_cameras_show_how_the_watch_goes(service: Service) -> None:
    tell(service, watched(gaps=2, gap_s=3.4))
    client = service.client("integrator")
    for path in ("/cameras", f"/cameras/{CAMERA}"):
        page = client.get(path).text
        assert "11,8" in page, path
        assert "đang xem" in page, path
    assert "2 chỗ hổng, 3 s" in client.get("/cameras").text
    assert client.get("/cameras?state=watched&view=map").status_code == 200


def test_an_officer_sees_the_states_of_the_own_ward_only(service: Service) -> None:
    tell(service, watched(), watched("far-away"))
    seen = service.client("other-reviewer").get("/api/v1/camera-states").json()
    assert [one["camera_id"] for one in seen] == [CAMERA]
