"""Hands on the calibration page: keyboard, touch, undo, mistakes, two who draw at once, a dying feed, going back."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from detector.contract.assist import STILL
from tests.service.cameras.drawings import (
    FIT,
    HandWorker,
    direction,
    drawing,
    feed,
    lane,
    no_stop_zone,
)
from tests.service.cameras.feeds import still_of_clip
from tests.service.cameras.test_calibrating import saved
from tests.service.cameras.test_drawings import FURTHER
from tests.service.cameras.test_health import tell, watched
from tests.service.conftest import PASSWORD, WARD, Service
from tests.service.console.conftest import Console, Officer, speak
from tests.service.console.test_accessibility import faults

NewOfficer = Callable[..., Officer]
BOW_TIE = [[0.1, 0.6], [0.9, 0.95], [0.9, 0.6], [0.1, 0.95]]
LANGUAGES = ("vi", "en")
EXPECTED = ("status of 4",)


def camera_with_picture(service: Service, name: str, **drawn: Any) -> tuple[str, int]:
    """A registered camera with a still, and a first version where something is drawn."""
    client = service.client("integrator")
    camera_id = str(client.post("/api/v1/feeds", json=feed(name=name)).json()["camera_id"])
    job_id = client.post(f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "still"}).json()["id"]
    worker = HandWorker(service)
    while (job := worker.take()) is not None and job["job_id"] != job_id:
        worker.done(job["job_id"], failure="broke")
    assert worker.picture(job_id, STILL, still_of_clip()) == 204
    worker.done(job_id, result={})
    picture_id = client.get(f"/api/v1/camera-jobs/{job_id}").json()["pictures"][STILL]
    answer = saved(client, camera_id, drawn or drawing(), on=0, picture_id=picture_id)
    assert answer.status_code == 201, answer.text
    return camera_id, picture_id


def fit(service: Service, camera_id: str, version: int) -> None:
    client = service.client("integrator")
    asked = client.post(
        f"/api/v1/cameras/{camera_id}/jobs", json={"kind": "probe", "version": version}
    ).json()
    worker = HandWorker(service)
    while (job := worker.take()) is not None:
        worker.done(job["job_id"], result=FIT)
        if job["job_id"] == asked["id"]:
            return
    raise AssertionError("the probe was not asked for")


def opened(officer: Officer, camera_id: str, query: str = "") -> Page:
    officer.go(f"/cameras/{camera_id}/calibrate{query}")
    officer.page.wait_for_function("() => document.getElementById('stage-picture').naturalWidth > 0")
    return officer.page


def kept(page: Page) -> Any:
    """The drawing as this browser keeps it; None when all is saved."""
    found = page.evaluate(
        "() => Object.entries(localStorage).find(([key]) => key.startsWith('calibration '))"
    )
    return json.loads(found[1])["drawing"] if found else None


def at(page: Page, place: tuple[float, float]) -> tuple[float, float]:
    frame = page.locator("#stage-svg").bounding_box()
    assert frame is not None
    return frame["x"] + place[0] * frame["width"], frame["y"] + place[1] * frame["height"]


def only_expected(officer: Officer) -> None:
    """Refusals are part of these tests; anything else that the browser complains of is not."""
    assert [said for said in officer.mistakes if not any(word in said for word in EXPECTED)] == []
    officer.mistakes.clear()


@pytest.fixture
def integrator(new_officer: NewOfficer) -> Officer:
    somebody = new_officer()
    somebody.sign_in("integrator")
    return somebody


def test_points_are_moved_removed_and_taken_back_by_keyboard(integrator: Officer, console: Console) -> None:
    camera_id, _ = camera_with_picture(console.service, "Bàn phím")
    page = opened(integrator, camera_id)
    page.focus("#stage-svg")
    integrator.press("n")
    integrator.press("Shift+ArrowRight", "ArrowDown")
    moved = kept(page)["lanes"][0]["approach"][0]
    assert moved[0] > 0.1
    assert 0.6 < moved[1] < 0.61
    integrator.press("Control+z", "Control+z")
    assert kept(page) is None
    integrator.press("Control+y")
    assert kept(page)["lanes"][0]["approach"][0][0] > 0.1
    integrator.press("n", "n", "Delete")
    assert len(kept(page)["lanes"][0]["approach"]) == 3
    integrator.press("Escape", "Escape")
    assert page.locator(".handle.chosen").count() == 0

    page.click("[data-tool=free_on_red]")
    page.focus("#stage-svg")
    for keys in (["ArrowRight"], ["Shift+ArrowRight"], ["Shift+ArrowDown"]):
        integrator.press(*keys, *keys, " ")
    integrator.press("Enter")
    assert len(kept(page)["lanes"][0]["free_on_red"][0]) == 3


def test_a_drawing_is_made_by_touch(new_officer: NewOfficer, console: Console) -> None:
    camera_id, _ = camera_with_picture(console.service, "Màn hình chạm")
    somebody = new_officer(width=1024, height=900)
    somebody.sign_in("integrator")
    page = opened(somebody, camera_id)
    page.click("[data-tool=free_on_red]")
    for x, y in ((0.3, 0.3), (0.5, 0.3), (0.5, 0.45)):
        where = dict(zip(("clientX", "clientY"), at(page, (x, y)), strict=True))
        for kind in ("pointerdown", "pointerup"):
            touch = where | {"pointerId": 1, "pointerType": "touch", "isPrimary": True, "button": 0}
            page.dispatch_event("#stage-svg", kind, touch)
    page.click("#close-shape")
    drawn = kept(page)["lanes"][0]["free_on_red"][0]
    assert [value for place in drawn for value in place] == pytest.approx(
        [0.3, 0.3, 0.5, 0.3, 0.5, 0.45], abs=0.01
    )
    assert page.eval_on_selector("#stage-svg", "svg => getComputedStyle(svg).touchAction") == "none"
    somebody.mistakes.clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"approach": BOW_TIE}, {"vi": "tự cắt nhau", "en": "crosses itself"}),
        ({"stop_line": [[0.1, 0.15], [0.9, 0.15]]}, {"vi": "nằm ngoài làn", "en": "lies outside its lane"}),
        ({"junction": []}, {"vi": "chưa có vùng giao lộ", "en": "has no junction yet"}),
        ({"signal": "S9"}, {"vi": "chưa được gán đèn", "en": "has no signal"}),
    ],
)
def test_a_mistake_is_told_while_it_is_drawn_and_cannot_be_saved(
    integrator: Officer, console: Console, change: dict[str, Any], said: dict[str, str], language: str
) -> None:
    speak(integrator, language)
    camera_id, _ = camera_with_picture(console.service, "Lỗi vẽ")
    page = opened(integrator, camera_id)
    faulty = drawing(lane(**change))
    key = f"calibration {camera_id}"
    value = json.dumps({"drawing": faulty, "version": 1, "base": drawing()})
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, value])
    page = opened(integrator, camera_id)
    assert page.locator("#restored").is_visible()
    assert said[language] in page.inner_text("#problems")
    assert page.is_disabled("#save")
    assert page.is_disabled("#dry-run")
    integrator.shoot(f"{language}-1366-calibration-problem")


def test_the_page_and_the_service_find_the_same_mistakes(integrator: Officer, console: Console) -> None:
    from service.cameras.drawings import Drawing, problems_of

    camera_id, _ = camera_with_picture(console.service, "Cùng luật")
    page = opened(integrator, camera_id)
    tables: list[dict[str, Any]] = [
        drawing(lane(**change))
        for change in (
            {}, {"approach": BOW_TIE}, {"stop_line": [[0.1, 0.1], [0.9, 0.1]]}, {"stop_line": [[0.1, 0.6]]},
            {"junction": [[0.1, 0.7], [0.9, 0.7], [0.9, 0.9]]}, {"approach": [[0.1, 0.6], [0.9, 0.6], [0.9, 1.2]]},
            {"free_on_red": [BOW_TIE]}, {"signal": "S9"}, {"junction": [[0.1, 0.2], [0.2, 0.2], [0.3, 0.2]]},
        )
    ]  # fmt: skip
    tables += [
        drawing(signals=[{"id": "S1", "lamps": lamps}]) for lamps in ({}, {"head": [0.9, 0.1, 1.1, 0.2]})
    ]
    tables += [drawn for _, drawn, _ in FURTHER]
    found = page.evaluate(
        """async (all) => {
            const { problemsOf } = await import("/static/calibration_shapes.js");
            return all.map((one) => problemsOf(one).map((p) => [p.code, p.where, p.part]));
        }""",
        tables,
    )
    wanted = [[[p.code, p.where, p.part] for p in problems_of(Drawing.model_validate(one))] for one in tables]
    assert found == wanted


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "admin đã lưu bản 2"), ("en", "admin saved version 2")]
)
def test_two_who_draw_at_once_merge_and_nothing_is_lost(
    integrator: Officer, console: Console, language: str, said: str
) -> None:
    speak(integrator, language)
    camera_id, picture_id = camera_with_picture(console.service, "Hai người")
    page = opened(integrator, camera_id)
    page.focus("#stage-svg")
    integrator.press("n", "Shift+ArrowRight")
    mine = kept(page)["lanes"][0]["approach"][0]
    theirs = drawing(lane(junction=[[0.1, 0.4], [0.9, 0.4], [0.8, 0.1], [0.2, 0.1]]))
    admin = console.service.client("admin")
    assert saved(admin, camera_id, theirs, on=1, picture_id=picture_id).status_code == 201
    page.click("#save")
    page.wait_for_selector("#conflict:not([hidden])")
    assert said in page.inner_text("#conflict-text")
    assert page.locator(".shape.other").count() > 0
    integrator.shoot(f"{language}-1366-calibration-conflict")
    page.click("#merge")
    page.click("#save")
    page.wait_for_function("() => document.getElementById('save-state').textContent.includes('3')")
    merged = admin.get(f"/api/v1/cameras/{camera_id}/calibration").json()["drawing"]["lanes"][0]
    assert merged["junction"] == theirs["lanes"][0]["junction"]
    assert merged["approach"][0] == mine
    only_expected(integrator)


def test_arrow_solid_line_and_no_stop_zone_are_drawn_by_keyboard_with_what_they_say(
    integrator: Officer, console: Console
) -> None:
    service = console.service
    camera_id, _ = camera_with_picture(service, "Vạch liền")
    page = opened(integrator, camera_id)
    page.focus("#stage-svg")
    integrator.press("9", "ArrowDown", *["Shift+ArrowDown"] * 7, " ", *["Shift+ArrowUp"] * 3, " ")
    assert "không" not in page.inner_text("#hint")
    assert page.locator("#problems li").count() == 1
    assert page.is_disabled("#save")
    integrator.press("1", "2", "Enter")
    integrator.press("l", *["ArrowDown"] * 30, " ", *["ArrowUp"] * 9, " ")
    integrator.press(
        "z", *["Shift+ArrowLeft"] * 3, " ", "Shift+ArrowDown", " ", "Shift+ArrowRight", " ", "Enter"
    )
    integrator.press("4", "5", "Tab", "ArrowDown")
    drawn = kept(page)
    assert drawn["lanes"][0]["direction"]["length_m"] == 12
    (solid,), (zone,) = drawn["solid_lines"], drawn["no_stop_zones"]
    assert solid["line"][0][1] > solid["line"][1][1]
    assert (zone["id"], zone["most_s"], zone["signal"], len(zone["area"])) == ("Z1", 45, "S1", 3)
    integrator.shoot("vi-1366-calibration-further-shapes")
    page.focus("#stage-svg")
    integrator.press("Control+z", "Control+z", "Control+z")
    assert kept(page)["no_stop_zones"] == []
    integrator.press("Control+y", "Control+y", "Control+s")
    page.wait_for_function("() => document.getElementById('save-state').textContent.includes('2')")
    client = service.client("integrator")
    in_service = client.get(f"/api/v1/cameras/{camera_id}/calibration").json()["drawing"]
    assert in_service["lanes"][0]["direction"]["length_m"] == 12
    assert [zone["most_s"] for zone in in_service["no_stop_zones"]] == [45]


def test_points_of_the_further_shapes_snap_and_two_who_draw_them_merge(
    integrator: Officer, new_officer: NewOfficer, console: Console
) -> None:
    camera_id, picture_id = camera_with_picture(console.service, "Hút điểm")
    page = opened(integrator, camera_id)
    page.click("[data-tool=solid_line]")
    near_corner, on_edge = (0.104, 0.604), (0.5, 0.606)
    for place in (near_corner, on_edge):
        page.mouse.click(*at(page, place))
    (line,) = kept(page)["solid_lines"]
    assert line["line"][0] == [0.1, 0.6]
    assert line["line"][1][1] == pytest.approx(0.6, abs=1e-6)
    theirs = drawing(lane(direction=direction()), no_stop_zones=[no_stop_zone()])
    admin = console.service.client("admin")
    assert saved(admin, camera_id, theirs, on=1, picture_id=picture_id).status_code == 201
    page.click("#save")
    page.click("#merge")
    page.click("#save")
    page.wait_for_function("() => document.getElementById('save-state').textContent.includes('3')")
    merged = admin.get(f"/api/v1/cameras/{camera_id}/calibration").json()["drawing"]
    assert [merged["solid_lines"], merged["no_stop_zones"]] == [[line], [no_stop_zone()]]
    assert merged["lanes"][0]["direction"] == direction()
    integrator.go(f"/cameras/{camera_id}?old=1&new=3")
    assert page.locator(".drawn.new.changed").count() == 3
    only_expected(integrator)


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "không nhận được hình"), ("en", "Connected, but nothing comes")]
)
def test_a_feed_that_dies_while_drawn_on_is_told_and_the_drawing_stays(
    integrator: Officer, console: Console, language: str, said: str
) -> None:
    speak(integrator, language)
    camera_id, _ = camera_with_picture(console.service, "Luồng chết")
    page = opened(integrator, camera_id)
    page.focus("#stage-svg")
    integrator.press("n", "Shift+ArrowRight")
    page.click("#watch")
    page.wait_for_selector("#look:not([hidden])")
    worker = HandWorker(console.service)
    while (job := worker.take()) is not None:
        worker.done(job["job_id"], failure="stalled", failure_text="rtsp://…@10.0.0.9/main: nothing comes")
    page.wait_for_selector("#feed-lost:not([hidden])")
    assert said in page.inner_text("#feed-lost")
    integrator.shoot(f"{language}-1366-calibration-feed-lost")
    assert kept(page) is not None
    page.click("#save")
    page.wait_for_function("() => document.getElementById('save-state').textContent.includes('2')")


def test_versions_are_compared_and_gone_back_to(integrator: Officer, console: Console) -> None:
    service = console.service
    camera_id, picture_id = camera_with_picture(service, "Quay lại")
    other = drawing(
        lane(stop_line=[[0.1, 0.63], [0.9, 0.63]]), judging={"grace_s": 1.0}, no_stop_zones=[no_stop_zone()]
    )
    assert (
        saved(service.client("integrator"), camera_id, other, on=1, picture_id=picture_id).status_code == 201
    )
    fit(service, camera_id, 1)
    integrator.go(f"/cameras/{camera_id}?old=1&new=2")
    page = integrator.page
    assert page.locator(".drawn.old.changed").count() == 1
    assert page.locator(".drawn.new.changed").count() == 2
    changed = page.inner_text("#changed-values")
    assert "grace_s: 0.5 → 1.0" in changed
    assert "vùng cấm dừng Z1 · Được dừng tối đa (s): – → 10.0" in changed
    integrator.shoot("vi-1366-camera-versions")
    page.click("[data-enable='2']")
    page.wait_for_selector("dialog[open]")
    page.fill("dialog textarea", "thử một ngày")
    page.click("dialog button.primary")
    page.wait_for_url("**?enabled=yes")
    assert "thử một ngày" in page.inner_text(".title-row")
    page.click("[data-enable='1']")
    page.wait_for_function("() => document.querySelector('.said')?.textContent.includes('bản 1')")
    row = service.client("integrator").get(f"/api/v1/cameras/{camera_id}/calibration").json()
    assert row["in_force"] == 1


@pytest.mark.parametrize(("scheme", "language"), [("light", "vi"), ("dark", "en")])
def test_the_pages_of_cameras_can_be_used_by_everybody(
    new_officer: NewOfficer, console: Console, scheme: str, language: str
) -> None:
    camera_id, _ = camera_with_picture(console.service, f"Ai cũng dùng {scheme}")
    fit(console.service, camera_id, 1)
    enabled = console.service.client("integrator").post(
        f"/api/v1/cameras/{camera_id}/calibrations/1/enable", json={}
    )
    assert enabled.status_code == 200
    view = b64encode(still_of_clip()).decode()
    assert (
        tell(console.service, watched(camera_id, view="moved", view_moved=0.03, view_jpeg_base64=view)) == 204
    )
    somebody = new_officer(scheme=scheme)
    somebody.sign_in("integrator")
    if language == "en":
        somebody.page.click("button[name=language]")
        somebody.page.wait_for_selector("html[lang=en]")
    found: list[str] = []
    pages = {
        "cameras": "/cameras", "map": "/cameras?view=map", "new": "/cameras/new", "import": "/cameras/import",
        "camera": f"/cameras/{camera_id}", "calibrate": f"/cameras/{camera_id}/calibrate",
    }  # fmt: skip
    for name, path in pages.items():
        somebody.go(path)
        somebody.page.wait_for_load_state("networkidle")
        somebody.shoot(f"{language}-1366-cameras-{name}-{scheme}")
        found += faults(somebody, path)
        if name == "camera":
            assert somebody.page.locator("#watch-health img").evaluate("image => image.naturalWidth") > 0
    assert found == []


def test_a_list_of_cameras_is_imported_and_each_faulty_line_is_told(
    integrator: Officer, console: Console
) -> None:
    page = integrator.page
    integrator.go("/cameras/import")
    header = "id,name,ward,kind,main,sub,latitude,longitude"
    bad = f"{header}\nx1,Nút 1,{WARD},smart,http://x/1,,,\nx2,Nút 2,{WARD},smart,rtsp://10.0.0.1/2,,95,106\n"
    good = f"{header}\nx1,Nút 1,{WARD},smart,rtsp://10.0.0.1/1,,10.35,106.35\n"
    for text, wanted in ((bad, "2 chỗ sai"), (good, "Đã thêm 1")):
        file = {"name": "cameras.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.set_input_files("[name=file]", file)  # type: ignore[arg-type]
        page.click("#import button.primary")
        page.wait_for_function(
            "(wanted) => document.getElementById('import-outcome').textContent.includes(wanted)", arg=wanted
        )
        if text == bad:
            assert page.locator("#faults tbody tr").count() == 2
            assert "95" in page.inner_text("#faults")
            integrator.shoot("vi-1366-cameras-import-faults")
    assert PASSWORD not in page.content()
