"""The integrator's day in a real browser, with a real worker and a real feed: register, calibrate, dry run, enable."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator

from detector.watching.opening import open_eyes
from fixtures.rtsp.server import RtspServer
from service.database import transaction
from service.people import add_person
from service.tables import AuditEntry
from tests.detector.watching.shared_eyes import shared
from tests.service.cameras.feeds import CLIPS, lasting_camera
from tests.service.cameras.serving import Served, assisting, served
from tests.service.conftest import BEGIN, PASSWORD
from tests.service.console.conftest import Console, Officer, speak

NAME = "day_runners"
DRAWN = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
LANE, SIGNAL = DRAWN["lanes"][0], DRAWN["signals"][0]
MOST_ACTIONS = 40
TUAN, VY = "Phạm Anh Tuấn", "Đỗ Hà Vy"
PASSWORD_OF_CAMERA = "m4t-khau"
STEP_MS = 120_000


@dataclass
class Integrator(Officer):
    """Somebody who calibrates; every click, drag and typed field is counted as an action."""

    actions: list[str] = field(default_factory=list)

    def types(self, name: str, text: str) -> None:
        self.actions.append(f"type {name}")
        self.page.fill(f"[name={name}]", text)

    def presses(self, selector: str) -> None:
        self.actions.append(f"click {selector}")
        self.page.click(selector)

    def chooses(self, selector: str, value: str) -> None:
        self.actions.append(f"choose {selector}")
        self.page.select_option(selector, value)

    def _at(self, place: list[float]) -> tuple[float, float]:
        frame = self.page.locator("#stage-svg").bounding_box()
        assert frame is not None
        # A place on the picture's very edge is clicked just inside: the edge attracts.
        x, y = (min(0.999, max(0.001, value)) for value in place)
        return frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]

    def clicks_at(self, place: list[float]) -> None:
        self.actions.append("click on the picture")
        self.page.mouse.click(*self._at(place))

    def draws(self, places: list[list[float]]) -> None:
        for place in places:
            self.clicks_at(place)

    def drags(self, from_place: list[float], to_place: list[float]) -> None:
        self.actions.append("drag on the picture")
        self.page.mouse.move(*self._at(from_place))
        self.page.mouse.down()
        self.page.mouse.move(*self._at([sum(pair) / 2 for pair in zip(from_place, to_place, strict=True)]))
        self.page.mouse.move(*self._at(to_place))
        self.page.mouse.up()

    def key(self, key: str) -> None:
        self.actions.append(f"key {key}")
        self.page.keyboard.press(key)

    def waits_for_picture(self) -> None:
        self.page.wait_for_function(
            "() => document.getElementById('stage-picture').naturalWidth > 0"
            " && document.getElementById('look').hidden",
            timeout=STEP_MS,
        )

    def waits_for_look(self) -> None:
        self.page.wait_for_selector("#look:not([hidden])")
        self.page.wait_for_selector("#look", state="hidden", timeout=STEP_MS)

    def drawing(self) -> dict[str, object]:
        """The drawing as this browser keeps it until it is saved."""
        kept = self.page.evaluate(
            "() => Object.entries(localStorage).find(([key]) => key.startsWith('calibration '))"
        )
        return dict(json.loads(kept[1])["drawing"])


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with two integrators and a worker that assists them."""
    with served(tmp_path_factory.mktemp("integrators")) as running:
        with transaction(running.service.record.engine) as session:
            for name in (TUAN, VY):
                add_person(session, name=name, role="integrator", password=PASSWORD, at=BEGIN, who="tests")
        with assisting(running.url, eyes=shared(open_eyes())):
            yield running


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with lasting_camera(NAME, user="eye", password=PASSWORD_OF_CAMERA) as running:
        yield running


@pytest.fixture
def new_integrator(browser: Browser, city: Served) -> Iterator[Callable[..., Integrator]]:
    """Integrators at browsers of their own; no browser may complain of anything but refusals that a test expects."""
    opened = []

    def open_browser(name: str = TUAN, *, touch: bool = False, scheme: str = "light") -> Integrator:
        context = browser.new_context(
            viewport={"width": 1366, "height": 768},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="vi-VN",
            has_touch=touch,
        )
        context.set_default_timeout(30_000)
        console = Console(url=city.url, service=city.service)
        somebody = Integrator(page=context.new_page(), console=console)
        somebody.page.on("pageerror", lambda error: somebody.mistakes.append(str(error)))
        somebody.page.on(
            "console",
            lambda said: (
                somebody.mistakes.append(said.text)
                if said.type == "error" and "status of 4" not in said.text
                else None
            ),
        )
        opened.append((context, somebody))
        somebody.sign_in(name)
        return somebody

    yield open_browser
    mistakes = [mistake for _, somebody in opened for mistake in somebody.mistakes]
    for context, _ in opened:
        context.close()
    assert mistakes == []


def register(somebody: Integrator, server: RtspServer, name: str) -> None:
    at = f"rtsp://127.0.0.1:{server.port}/cam"
    somebody.presses("a[href='/cameras/new']")
    somebody.wait_ready()
    fields = {
        "name": name, "main": f"{at}/main", "sub": f"{at}/sub", "user": "eye", "password": PASSWORD_OF_CAMERA,
        "ward": "Phường 1", "position": "10.3601, 106.3597",
    }  # fmt: skip
    for field_name, text in fields.items():
        somebody.types(field_name, text)
    somebody.presses("#register button.primary")
    somebody.page.wait_for_url("**/calibrate")
    somebody.waits_for_picture()


def draw(somebody: Integrator) -> None:
    somebody.draws(LANE["stop_line"])
    somebody.draws(LANE["approach"])
    somebody.key("Enter")
    somebody.draws(LANE["junction"][:4] + LANE["junction"][5:6])
    somebody.key("Enter")
    for lamp in ("red", "yellow", "green"):
        box = SIGNAL["lamps"][lamp]
        somebody.drags(box[:2], box[2:])


def draw_further(somebody: Integrator) -> None:
    """The way that the lane is driven, with its length on the road, and a solid line in it."""
    somebody.key("9")
    somebody.draws([[0.5, 0.97], [0.5, 0.84]])
    somebody.actions.append("type length")
    somebody.page.keyboard.type("9.5")
    somebody.presses("[data-tool=solid_line]")
    somebody.draws([[0.4, 0.97], [0.41, 0.84]])


def text_of(found: Locator) -> str:
    return found.inner_text()


def test_a_camera_goes_from_its_address_to_judged_in_forty_actions(
    new_integrator: Callable[..., Integrator], server: RtspServer, city: Served
) -> None:
    tuan = new_integrator()
    page = tuan.page
    tuan.go("/cameras")
    tuan.shoot("vi-1366-cameras")
    register(tuan, server, "Hùng Vương – Lê Lợi")
    tuan.shoot("vi-1366-calibration-empty")
    draw(tuan)
    draw_further(tuan)
    assert page.locator("#no-problems").is_visible(), text_of(page.locator("#problems"))
    tuan.shoot("vi-1366-calibration-drawn")
    assert tuan.drawing()["lanes"][0]["direction"]["length_m"] == 9.5  # type: ignore[index]
    assert len(tuan.drawing()["solid_lines"]) == 1  # type: ignore[arg-type]
    for part in ("approach", "stop_line"):
        drawn = tuan.drawing()["lanes"][0][part]  # type: ignore[index]
        for place, wanted in zip(drawn, LANE[part], strict=True):
            assert place == pytest.approx(wanted, abs=0.012), part

    tuan.chooses("#dry-seconds", "30")
    tuan.presses("#dry-run")
    page.wait_for_selector(".seen", state="attached", timeout=STEP_MS)
    page.wait_for_selector(".lamp-now", state="attached")
    tuan.shoot("vi-1366-calibration-judging")
    page.wait_for_selector(".would-be", timeout=STEP_MS)
    assert page.locator(".would-be figure").count() >= 2
    tuan.shoot("vi-1366-calibration-dry-run")

    tuan.presses("#save")
    page.wait_for_function("() => !document.getElementById('probe').disabled")
    tuan.presses("#probe")
    page.wait_for_selector("#fitness .checks", timeout=STEP_MS)
    tuan.shoot("vi-1366-calibration-fitness")
    fit = page.locator("#fitness .fitness-head .chip.good").count() == 1
    assert fit, text_of(page.locator("#fitness"))
    tuan.presses("#enable")
    page.wait_for_url("**?enabled=yes")
    tuan.wait_ready()
    assert "bản 1" in text_of(page.locator(".said"))
    tuan.shoot("vi-1366-camera")
    assert PASSWORD_OF_CAMERA not in page.content()
    assert len(tuan.actions) <= MOST_ACTIONS, tuan.actions
    speak(tuan, "en")
    tuan.shoot("en-1366-camera")
    tuan.presses("a[data-key=c]")
    tuan.waits_for_picture()
    assert page.locator("#no-problems").is_visible()
    tuan.shoot("en-1366-calibration-drawn")
    with transaction(city.service.record.engine) as session:
        enabled = session.query(AuditEntry).filter_by(action="camera_enabled").one()
    assert (enabled.who, enabled.after["version"]) == (TUAN, 1)
