"""Plain feeds are recorded from their registration on, until they are disabled; what recorders are told of them."""

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from detector.contract.camera import Camera
from service.cameras.registering import plain_cameras, register_camera, smart_cameras
from service.database import migrate, transaction
from service.tables import AuditEntry, CameraRow
from tests.service.cameras.drawings import drawing, feed
from tests.service.conftest import BEGIN, SECRET, Service, camera_file


def plain_file(camera_id: str = "market") -> dict[str, Any]:
    body: dict[str, Any] = camera_file(camera_id).model_dump(mode="json", by_alias=True)
    return body | {"kind": "plain", "signals": [], "lanes": []}


def told_to_recorders(service: Service) -> tuple[set[str], set[str]]:
    """Which are to be recorded now, and whose recordings may be marked."""
    with transaction(service.record.engine) as session:
        found = [plain_cameras(session, secret=SECRET, recorded=recorded) for recorded in (True, False)]
    recorded, known = ({camera.camera_id for camera in cameras} for cameras in found)
    return recorded, known


def test_a_plain_feed_is_recorded_until_it_is_disabled_and_again_once_it_is_enabled(service: Service) -> None:
    client = service.client("integrator")
    camera_id = client.post("/api/v1/feeds", json=feed(kind="plain")).json()["camera_id"]
    assert told_to_recorders(service) == ({camera_id}, {camera_id})
    way = f"/api/v1/cameras/{camera_id}"
    assert client.post(f"{way}/disable", json={"why": "rebuilt"}).status_code == 204
    assert told_to_recorders(service) == (set(), {camera_id}), "what was recorded can still be marked"
    assert client.post(f"{way}/disable", json={}).status_code == 409
    assert client.post(f"{way}/enable", json={}).status_code == 204
    assert told_to_recorders(service) == ({camera_id}, {camera_id})
    assert client.post(f"{way}/enable", json={}).status_code == 409
    with transaction(service.record.engine) as session:
        said = [entry.action for entry in session.query(AuditEntry).filter_by(subject=camera_id)]
    assert said == ["camera_registered", "camera_disabled", "camera_enabled"]


def test_a_plain_camera_file_is_recorded_at_once_and_stays_disabled_when_it_comes_again(
    service: Service,
) -> None:
    client = service.client("integrator")
    assert client.post("/api/v1/cameras", json=plain_file()).json()["enabled_at"] is not None
    assert told_to_recorders(service)[0] == {"market"}
    client.post("/api/v1/cameras/market/disable", json={})
    assert client.post("/api/v1/cameras", json=plain_file()).json()["enabled_at"] is None
    assert told_to_recorders(service)[0] == set()


def test_who_was_recorded_is_not_judged_before_it_is_enabled_as_a_smart_camera(service: Service) -> None:
    client = service.client("integrator")
    client.post("/api/v1/cameras", json=plain_file())
    smart = camera_file("market").model_dump(mode="json", by_alias=True)
    assert client.post("/api/v1/cameras", json=smart).json()["enabled_at"] is None
    with transaction(service.record.engine) as session:
        judged = {camera.camera_id for camera in smart_cameras(session, secret=SECRET)}
    assert "market" not in judged


def test_a_smart_camera_is_enabled_with_a_calibration_only(service: Service) -> None:
    client = service.client("integrator")
    camera_id = client.post("/api/v1/feeds", json=feed()).json()["camera_id"]
    client.put(
        f"/api/v1/cameras/{camera_id}/calibration", json={"drawing": drawing()}, headers={"If-Match": '"0"'}
    )
    answer = client.post(f"/api/v1/cameras/{camera_id}/enable", json={}, headers={"Accept-Language": "vi"})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"Camera {camera_id} thuộc loại tự động"), answer.text


def test_a_disabled_plain_feed_is_off_in_the_list_of_states(service: Service) -> None:
    client = service.client("integrator")
    client.post("/api/v1/cameras", json=plain_file())

    def state() -> str:
        told = {one["camera_id"]: one["state"] for one in client.get("/api/v1/camera-states").json()}
        return str(told["market"])

    assert state() == "plain"
    client.post("/api/v1/cameras/market/disable", json={})
    assert state() == "off"


@pytest.fixture
def before_the_upgrade(new_database_url: str) -> Engine:
    migrate(new_database_url, "0013")
    return create_engine(new_database_url)


def test_after_an_upgrade_everything_that_was_recorded_is_recorded(
    before_the_upgrade: Engine, new_database_url: str
) -> None:
    smart, plain = (
        Camera.model_validate(body) for body in (smart_file("smart-off"), plain_file("plain-old"))
    )
    with transaction(before_the_upgrade) as session:
        for camera in (smart, plain):
            register_camera(session, camera, secret=SECRET, at=BEGIN, who="tests", enable=False)
        session.execute(text("UPDATE camera SET enabled_at = NULL"))
    migrate(new_database_url)
    with transaction(before_the_upgrade) as session:
        assert session.get_one(CameraRow, "plain-old").enabled_at == BEGIN
        assert session.get_one(CameraRow, "smart-off").enabled_at is None
        recorded = plain_cameras(session, secret=SECRET, recorded=True)
    before_the_upgrade.dispose()
    assert [camera.camera_id for camera in recorded] == ["plain-old"]


def smart_file(camera_id: str) -> dict[str, Any]:
    return camera_file(camera_id).model_dump(mode="json", by_alias=True)
