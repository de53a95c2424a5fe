"""Changing a feed in the console: its position by a press on the map, its addresses unseen, two who edit at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from service.cameras.registering import sources_of
from service.database import transaction
from service.tables import CameraRow
from tests.service.cameras.drawings import feed
from tests.service.conftest import SECRET, Service
from tests.service.console.conftest import Console, Officer, speak
from tests.service.console.test_accessibility import faults

NewOfficer = Callable[..., Officer]


def registered(service: Service, name: str, **changes: Any) -> str:
    client = service.client("integrator")
    return str(client.post("/api/v1/feeds", json=feed(name=name, **changes)).json()["camera_id"])


def row_of(service: Service, camera_id: str) -> CameraRow:
    with transaction(service.record.engine) as session:
        return session.get_one(CameraRow, camera_id)


def opened(new_officer: NewOfficer, language: str, camera_id: str) -> Officer:
    integrator = new_officer()
    integrator.sign_in("integrator")
    speak(integrator, language)
    integrator.go(f"/cameras/{camera_id}/edit")
    return integrator


def test_a_press_on_the_map_is_the_position_and_addresses_that_are_not_typed_stay(
    new_officer: NewOfficer, console: Console
) -> None:
    west = registered(console.service, "Phía tây", latitude=10.36, longitude=106.35)
    registered(console.service, "Phía đông", latitude=10.36, longitude=106.37)
    before = sources_of(row_of(console.service, west), SECRET)
    integrator = opened(new_officer, "vi", west)
    page = integrator.page
    assert "s3cret" not in page.content()
    box = page.locator("#position-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    latitude, longitude = map(float, page.input_value("[name=position]").split(", "))
    shown = page.locator("#here").bounding_box()
    assert shown is not None
    assert shown["x"] + shown["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=2)
    assert faults(integrator, "/cameras/…/edit") == []
    integrator.shoot("vi-1366-camera-edit")
    page.fill("[name=name]", "Phía tây mới")
    page.click("[data-send]")
    page.wait_for_url(f"**/cameras/{west}")
    row = row_of(console.service, west)
    assert (row.name, row.latitude, row.longitude) == ("Phía tây mới", latitude, longitude)
    assert 106.3 < longitude < 106.4
    assert sources_of(row, SECRET) == before


def test_a_password_alone_is_not_sent_and_a_new_address_takes_the_place_of_the_old_one(
    new_officer: NewOfficer, console: Console
) -> None:
    camera_id = registered(console.service, "Đổi địa chỉ")
    page = opened(new_officer, "vi", camera_id).page
    page.fill("[name=password]", "n3w")
    page.click("[data-send]")
    assert "luồng chính" in page.inner_text("#edit-fault")
    page.fill("[name=main]", "rtsp://10.0.0.10/main")
    page.fill("[name=user]", "eye")
    page.click("[data-send]")
    page.wait_for_url(f"**/cameras/{camera_id}")
    assert sources_of(row_of(console.service, camera_id), SECRET)["main"] == "rtsp://eye:n3w@10.0.0.10/main"


@pytest.mark.parametrize(("language", "said"), [("vi", "người khác thay đổi"), ("en", "was changed since")])
def test_the_second_of_two_who_edit_a_feed_is_told_and_nothing_is_overwritten(
    new_officer: NewOfficer, console: Console, language: str, said: str
) -> None:
    camera_id = registered(console.service, f"Hai người sửa {language}")
    integrator = opened(new_officer, language, camera_id)
    page = integrator.page
    theirs = console.service.client("admin").post(
        f"/api/v1/feeds/{camera_id}", json={"name": "Của người kia"}
    )
    assert theirs.status_code == 200, theirs.text
    page.fill("[name=name]", "Của tôi")
    page.click("[data-send]")
    expect(page.locator("#edit-fault")).to_contain_text(said)
    assert page.input_value("[name=name]") == "Của tôi", "what was typed stays"
    assert row_of(console.service, camera_id).name == "Của người kia"
    integrator.shoot(f"{language}-1366-camera-edit-conflict")
    integrator.mistakes[:] = [one for one in integrator.mistakes if "status of 412" not in one]


def test_a_camera_on_record_that_nobody_may_change_has_no_form(
    new_officer: NewOfficer, console: Console
) -> None:
    camera_id = registered(console.service, "Chỉ xem")
    client = console.service.client("reviewer")
    assert client.get(f"/cameras/{camera_id}/edit").status_code == 403
    assert f"/cameras/{camera_id}/edit" not in client.get(f"/cameras/{camera_id}").text
