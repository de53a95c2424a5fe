"""An officer's day on a plain feed: finds, marks and submits a violation in a recording, which becomes a case.

Real all the way: a recorder on a real RTSP server beside, the studio with its networks, a served console, Chromium.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from detector.contract.camera import Camera, parse_camera
from detector.evidence.signing import load_public_key
from detector.evidence.verifying import verify
from detector.marking.studio import StudioOrder, serve_studio
from detector.recording.feed_line import PlainFeed
from detector.recording.recorder import Recorder
from detector.recording.retention import Retention
from detector.watching.live_watch import TOKEN_FILE
from detector.watching.opening import open_signer
from fixtures.rtsp.server import RtspServer
from service.cameras.registering import register_camera
from service.database import transaction
from service.door import SESSION_COOKIE
from service.people import add_person, register_worker
from service.recordings.actions import make_patrol
from service.recordings.schemas import PatrolIn
from tests.detector.recording.recorded_clips import record_clip
from tests.detector.sources.made_clips import make_clip
from tests.service.conftest import BEGIN, PASSWORD, SECRET, WARD, build, prepare
from tests.service.console.conftest import HUNG, LAN, Console, Officer

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
CLIP = CLIPS / "day_runners.mp4"
PLAIN, OLD, LIVE = "nga-tu-le-loi", "cau-quay", "cho-my-tho"
RECORDED_AT = BEGIN.replace(hour=3)
"""10:00 in Vietnam."""
CHIEF = "Phạm Quốc Anh"
ONCE_MORE_S = 17.0
NOT_KEPT_S = 40.0


def plain_camera(camera_id: str, name: str, url: str = "rtsp://10.0.0.9/main") -> Camera:
    values = {
        "schema": 1,
        "camera_id": camera_id,
        "name": name,
        "ward": WARD,
        "kind": "plain",
        "footage": "rendered",
    }
    return parse_camera(values | {"sources": {"main": url, "sub": None}}, "test")


@contextmanager
def served(app: object) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until_s = time.monotonic() + 30
        while not server.started and time.monotonic() < until_s:
            time.sleep(0.02)
        assert server.started, "the server did not start"
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A served console with recordings, a recorder that records one more feed, and the recorder's studio."""
    folder = tmp_path_factory.mktemp("officer")
    root = folder / "recordings"
    engine = prepare(f"sqlite:///{folder / 'ngatu.db'}")
    service = build(engine, folder)
    hevc = make_clip(folder / "old.mp4", frames=200, gop=25, codec="libx265", width=640, height=352)
    record_clip(root, PLAIN, CLIP, started_at=RECORDED_AT)
    record_clip(root, PLAIN, CLIP, started_at=RECORDED_AT + timedelta(seconds=ONCE_MORE_S), follows=True)
    record_clip(root, PLAIN, CLIP, started_at=RECORDED_AT + timedelta(seconds=2 * ONCE_MORE_S + NOT_KEPT_S))
    record_clip(root, OLD, hevc, started_at=RECORDED_AT)
    signer = open_signer(folder)
    with RtspServer({f"{LIVE}/main": CLIP}, loop=True) as cameras:
        plain = {
            PLAIN: plain_camera(PLAIN, "Ngã tư Lê Lợi – Nam Kỳ Khởi Nghĩa"),
            OLD: plain_camera(OLD, "Cầu Quay"),
            LIVE: plain_camera(LIVE, "Chợ Mỹ Tho", cameras.url(f"{LIVE}/main")),
        }
        with transaction(engine) as session:
            for name, role in ((LAN, "reviewer"), (HUNG, "reviewer"), (CHIEF, "supervisor")):
                add_person(session, name=name, role=role, password=PASSWORD, ward=WARD, at=BEGIN, who="tests")
            for camera in plain.values():
                register_camera(session, camera, secret=SECRET, at=BEGIN, who="tests")
            token = register_worker(
                session, name="recorder", key_id=signer.key_id, public_pem=signer.public_pem(), at=BEGIN
            )
        (folder / "keys" / TOKEN_FILE).write_text(token, encoding="ascii")
        with served(service.app) as url:
            order = StudioOrder(cameras=plain, root=root, state=folder, service_url=url)
            threading.Thread(target=serve_studio, args=(order,), daemon=True).start()
            feed = PlainFeed(camera_id=LIVE, url=plain[LIVE].sources.main)
            recorder = Recorder([feed], root, retention=Retention(days=4000, free_share=0.0))
            stop = threading.Event()
            recording = threading.Thread(target=recorder.run, args=(stop,), daemon=True)
            recording.start()
            yield Console(url=url, service=service)
            stop.set()
            recording.join(30)
    engine.dispose()


def axe_faults(officer: Officer) -> list[str]:
    """What axe finds on the page that is open."""
    found = Axe().run(officer.page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:90]}" for one in found]


def patrol_of(console: Console, name: str, **changes: object) -> int:
    """A patrol that the chief made: the first quarter of a minute of one camera."""
    values: dict[str, object] = {
        "name": name,
        "camera_ids": [PLAIN, OLD],
        "from_at": RECORDED_AT,
        "until_at": RECORDED_AT + timedelta(seconds=20),
    }
    with transaction(console.service.record.engine) as session:
        sent = PatrolIn.model_validate(values | changes)
        return make_patrol(session, sent, caller=console.service.caller(CHIEF), at=BEGIN).patrol.id


def ready(officer: Officer) -> None:
    officer.page.wait_for_selector("#playback[data-ready]")
    officer.page.wait_for_function("() => !document.getElementById('clock').textContent.includes('--')")


def clock(officer: Officer) -> str:
    return officer.page.inner_text("#clock")


def press_and_wait(officer: Officer, key: str) -> None:
    """Press a key that moves to another frame."""
    before = clock(officer)
    officer.press(key)
    officer.page.wait_for_function(f"() => document.getElementById('clock').textContent !== '{before}'")


def draw_box(officer: Officer, box: list[float], size: tuple[int, int] = (1920, 1080)) -> None:
    """Draw with the mouse, in shares of the picture as it lies in the stage."""
    edge = officer.page.locator("#stage").bounding_box()
    assert edge is not None
    scale = min(edge["width"] / size[0], edge["height"] / size[1])
    left = edge["x"] + (edge["width"] - size[0] * scale) / 2
    top = edge["y"] + (edge["height"] - size[1] * scale) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * size[0] * scale, top + y * size[1] * scale

    officer.page.mouse.move(*at(box[0], box[1]))
    officer.page.mouse.down()
    officer.page.mouse.move(*at(box[0] + box[2] / 2, box[1] + box[3] / 2))
    officer.page.mouse.move(*at(box[0] + box[2], box[1] + box[3]))
    officer.page.mouse.up()


def true_runner() -> dict[str, object]:
    crossings = json.loads((CLIPS / "day_runners.truth.json").read_text(encoding="utf-8"))["crossings"]
    return next(c for c in crossings if c["verdict"] == "red_light" and c["class"] == "motorbike")


def mark_runner(officer: Officer) -> None:
    """From 10 s of the recording: five moments by keyboard, the box by mouse."""
    for steps, key in ((18, "g"), (20, "x"), (10, "b"), (40, "i")):
        for _ in range(steps):
            press_and_wait(officer, ",")
        officer.press(key)
        if key == "x":
            draw_box(officer, true_runner()["box"])  # type: ignore[arg-type]
    press_and_wait(officer, "l")
    officer.press("o")


@pytest.mark.parametrize(
    ("language", "scheme", "case_word", "who"),
    [("vi", "light", "Vụ", LAN), ("en", "dark", "Case", HUNG)],
    ids=["in Vietnamese, light", "in English, dark"],
)
def test_an_officer_finds_marks_and_submits_a_violation_on_a_plain_feed(
    console: Console,
    new_officer: Callable[..., Officer],
    language: str,
    scheme: str,
    case_word: str,
    who: str,
) -> None:
    name = f"Sáng thứ Ba, {language}"
    patrol_of(console, name)
    officer = new_officer(scheme=scheme)
    officer.sign_in(who)
    if language == "en":
        officer.page.click("[name=language]")
        officer.wait_ready()
    officer.page.click("nav a[href='/playback']")
    officer.wait_ready()
    officer.shoot(f"recordings_{language}_{scheme}")
    officer.page.click(f"article:has-text('{name}') a.primary")
    ready(officer)
    assert clock(officer) == "10:00:00.000"
    press_and_wait(officer, "l")
    assert clock(officer) == "10:00:10.000"
    mark_runner(officer)
    officer.page.wait_for_function(
        "() => document.querySelector('#suggestion [data-text]').textContent !== ''"
    )
    true_plate = str(true_runner()["plate"])
    assert officer.page.inner_text("#suggestion [data-text]").upper() == true_plate
    officer.page.wait_for_function("() => document.querySelectorAll('#thumbs img').length > 0")
    press_and_wait(officer, "h")
    for _ in range(50):  # to the frame of the act, where the box is shown
        press_and_wait(officer, ".")
    expect(officer.page.locator("#stage rect:not([hidden])")).to_have_count(1)
    officer.shoot(f"marking_{language}_{scheme}")
    if language == "en":  # another offence of the same act: another case
        officer.page.select_option("[name=kind]", "stop_line")
    officer.press("u")
    assert officer.page.input_value("[name=plate]") == true_plate
    officer.page.fill("[name=note]", "Xe đi từ phía cầu.")
    officer.page.click("#submit-mark")
    link = officer.page.locator("#marks li:first-child a")
    expect(link).to_have_text(re.compile(rf"{case_word} \d+"), timeout=60_000)
    officer.shoot(f"marked_{language}_{scheme}")
    link.click()
    officer.wait_ready()
    expect(officer.page.locator("h1")).to_contain_text(case_word)
    officer.page.wait_for_function(
        "() => [...document.images].every((image) => image.complete && image.naturalWidth)"
    )
    officer.shoot(f"marked_case_{language}_{scheme}")
    case = (
        console.service.client("reviewer").get(f"/api/v1/cases/{officer.page.url.rsplit('/', 1)[1]}").json()
    )
    assert case["packet"]["origin"] == "officer"
    assert case["packet"]["marking"]["officer"] == who
    assert case["plate_officer"] == true_plate
    evidence = console.service.record.evidence.path_of(PLAIN, case["violation_id"], "packet.json").parent
    assert (
        verify(evidence, load_public_key(console.service.record.settings.keys_folder / "worker.pub")).problems
        == ()
    )


def test_a_patrol_goes_on_where_the_officer_stopped_and_says_who_looked_how_far(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    patrol_id = patrol_of(console, "Chiều", camera_ids=[PLAIN])
    officer = new_officer()
    officer.sign_in(LAN)
    officer.go(f"/playback/{PLAIN}?patrol={patrol_id}")
    ready(officer)
    officer.press("3", " ")  # twice as fast
    officer.page.wait_for_function("() => document.getElementById('clock').textContent > '10:00:07'")
    with officer.page.expect_response("**/progress"):
        officer.press(" ")
    stopped_at = clock(officer)
    officer.go("/playback")
    line = officer.page.locator("article:has-text('Chiều') tbody tr")
    expect(line).to_contain_text(LAN)
    officer.page.click("article:has-text('Chiều') a.primary")
    ready(officer)
    assert "10:00:04" < clock(officer) <= stopped_at
    with officer.page.expect_response(
        lambda answer: answer.url.endswith("/progress") and "00:20" in answer.text()
    ):
        officer.press("5", " ")
    officer.go("/playback")
    expect(officer.page.locator("article:has-text('Chiều') .chip").first).to_have_text("100 %")


def test_playing_on_over_the_end_of_a_file_and_over_a_gap_loses_nothing(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    officer = new_officer()
    officer.sign_in(LAN)
    officer.go(
        f"/playback/{PLAIN}?at={(RECORDED_AT + timedelta(seconds=8)).isoformat().replace('+00:00', 'Z')}"
    )
    ready(officer)
    officer.press("4", " ")
    officer.page.wait_for_function("() => document.getElementById('clock').textContent > '10:00:31'")
    officer.page.wait_for_function("() => document.getElementById('clock').textContent > '10:01:15'")
    officer.press(" ")
    assert "10:01:14" < clock(officer) < "10:01:32"


def test_what_the_browser_cannot_play_is_shown_in_stills_and_can_be_marked(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    officer = new_officer()
    officer.sign_in(HUNG)
    officer.go(f"/playback/{OLD}?at={RECORDED_AT.isoformat().replace('+00:00', 'Z')}")
    ready(officer)
    expect(officer.page.locator("#unplayable")).to_contain_text("H.265")
    officer.page.wait_for_function("() => document.getElementById('stage-still').naturalWidth > 0")
    for key, steps in (("i", 1), ("b", 5), ("x", 5)):
        for _ in range(steps):
            press_and_wait(officer, ".")
        officer.press(key)
    draw_box(officer, [0.3, 0.5, 0.2, 0.3], (640, 352))
    for key in ("g", "o"):
        for _ in range(5):
            press_and_wait(officer, ".")
        officer.press(key)
    officer.shoot("playback_stills")
    officer.page.click("#submit-mark")
    expect(officer.page.locator("#marks li:first-child a")).to_be_visible(timeout=60_000)


def test_a_marking_that_met_an_ended_session_is_kept_and_sent_after_signing_in(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    officer = new_officer()
    officer.sign_in(LAN)
    at = (RECORDED_AT + timedelta(seconds=20)).isoformat().replace("+00:00", "Z")
    officer.go(f"/playback/{PLAIN}?at={at}")
    ready(officer)
    for key in ("i", "b", "x"):
        press_and_wait(officer, ".")
        officer.press(key)
    draw_box(officer, [0.4, 0.3, 0.1, 0.3])
    for key in ("g", "o"):
        press_and_wait(officer, ".")
        officer.press(key)
    officer.page.wait_for_function(
        "() => document.querySelector('#suggestion [data-said]').textContent !== ''"
    )
    officer.page.wait_for_load_state("networkidle")
    cookies = [cookie for cookie in officer.page.context.cookies() if cookie["name"] != SESSION_COOKIE]
    officer.page.context.clear_cookies()
    officer.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    officer.page.click("#submit-mark")
    officer.page.wait_for_selector("[name=password]")
    officer.sign_in_here(LAN)
    officer.page.wait_for_selector("#playback[data-ready]")
    officer.page.click("[data-unsent-send]")
    expect(officer.page.locator("#marks li:first-child a")).to_be_visible(timeout=60_000)
    officer.mistakes[:] = [mistake for mistake in officer.mistakes if "401" not in mistake]


def test_a_feed_that_is_recorded_now_can_be_looked_at_and_an_unfinished_marking_is_not_sent(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    officer = new_officer()
    officer.sign_in(LAN)
    officer.go("/playback")
    expect(officer.page.locator(f"tr:has(a[href='/playback/{LIVE}']) .chip")).to_have_text(
        "đang ghi", timeout=30_000
    )
    officer.go(f"/playback/{PLAIN}?at={RECORDED_AT.isoformat().replace('+00:00', 'Z')}")
    ready(officer)
    officer.page.click("#submit-mark")
    expect(officer.page.locator("#notice")).to_contain_text("năm thời điểm")


def test_the_recordings_pages_have_no_accessibility_breach(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    patrol_of(console, "Đêm")
    for scheme in ("light", "dark"):
        officer = new_officer(scheme=scheme)
        officer.sign_in(CHIEF)
        for path in ("/playback", f"/playback/{PLAIN}"):
            officer.go(path)
            if path != "/playback":
                ready(officer)
            assert axe_faults(officer) == []


def test_a_supervisor_makes_and_closes_a_patrol(
    console: Console, new_officer: Callable[..., Officer]
) -> None:
    officer = new_officer()
    officer.sign_in(CHIEF)
    officer.go("/playback")
    officer.page.click("#new-patrol summary")
    officer.page.fill("#patrol-form [name=name]", "Giờ tan tầm")
    officer.page.check(f"#patrol-form [value={PLAIN}]")
    officer.page.click("#patrol-form button")
    made = officer.page.locator("article:has-text('Giờ tan tầm')")
    expect(made).to_be_visible()
    made.locator("[data-close-patrol]").click()
    expect(made).to_have_count(0)
