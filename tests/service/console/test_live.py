"""Live pictures: a real recorder and a real worker on a real RTSP server, seen in Chromium; and a feed that dies."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from detector.contract.camera import Camera, parse_camera
from detector.marking.studio import Studio, StudioOrder
from detector.recording.feed_line import PlainFeed
from detector.recording.recorder import Recorder
from detector.recording.retention import Retention
from detector.sources.live import Patience
from fixtures.rtsp.server import RtspServer
from service.cameras.registering import register_camera
from service.database import transaction
from service.tables import AuditEntry
from tests.detector.sources.made_clips import make_clip
from tests.service.cameras.serving import Served, assisting, served
from tests.service.conftest import BEGIN, SECRET, WARD
from tests.service.console.conftest import Console, Officer
from tests.service.console.test_accessibility import faults

NewOfficer = Callable[..., Officer]
CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
PLAIN, SMART, OLD = "cho-my-tho", "hung-vuong", "cau-quay"
"""OLD sends H.265, which Debian's Chromium cannot play."""
NAMES = {PLAIN: "Chợ Mỹ Tho", SMART: "Hùng Vương – Ấp Bắc", OLD: "Cầu Quay"}
SEGMENT_S = 4.0
MOST_LAG_S = 6.0
"""The clip has a key picture every second or two; a slow machine gets some time more."""
PLAYS = """() => {
  const film = document.querySelector('#live video');
  return film.currentTime > %s && film.videoWidth > 0;
}"""
DRAWN = (
    "() => { const one = document.querySelector('#live img'); return !one.hidden && one.naturalWidth > 0; }"
)
DEAD = "le-loi"
"""A camera that nothing is heard of: it must not keep the others from being seen."""
WALL_IS_FULL = """(ids) => ids.every((id) => {
  const one = document.querySelector(`[data-camera=${id}] :is(video, img)`);
  return one && (one.videoWidth || one.naturalWidth) > 0;
})"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Street:
    """Two cameras of one server: the one is recorded, the other is looked at by a worker."""

    console: Console
    cameras: RtspServer


def camera_of(camera_id: str, kind: str, url: str) -> Camera:
    values = {
        "schema": 1,
        "camera_id": camera_id,
        "name": NAMES[camera_id],
        "ward": WARD,
        "kind": kind,
        "footage": "rendered",
        "sources": {"main": url, "sub": None},
    }
    return parse_camera(values, "test")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("live")
    clips = {f"{name}/main": CLIPS / "day_runners.sub.mp4" for name in (PLAIN, SMART)}
    clips[f"{OLD}/main"] = make_clip(
        folder / "old.mp4", frames=200, gop=25, codec="libx265", width=640, height=352
    )
    with RtspServer(clips, loop=True) as cameras, served(folder) as running, assisting(running.url):
        register(running, cameras)
        root = running.service.record.settings.recordings_folder
        feeds = [PlainFeed(camera_id=name, url=cameras.url(f"{name}/main")) for name in (PLAIN, OLD)]
        patience = Patience(stall_s=3.0, first_pause_s=0.3, most_pause_s=1.0)
        keeps = Retention(days=4000, free_share=0.0)
        recorder = Recorder(feeds, root, retention=keeps, segment_s=SEGMENT_S, patience=patience)
        stop = threading.Event()
        recording = threading.Thread(target=recorder.run, args=(stop,), daemon=True)
        recording.start()
        studio = Studio(StudioOrder(cameras={}, root=root, state=folder, service_url="http://127.0.0.1:1"))
        answering = threading.Thread(target=answer_stills, args=(studio, stop), daemon=True)
        answering.start()
        yield Street(console=Console(url=running.url, service=running.service), cameras=cameras)
        stop.set()
        recording.join(30)
        answering.join(30)


def answer_stills(studio: Studio, stop: threading.Event) -> None:
    while not stop.is_set():
        if not studio.answer_waiting():
            stop.wait(0.05)


def register(running: Served, cameras: RtspServer) -> None:
    """Both are plain by their file; the one that is not recorded here is made a smart one without a drawing."""
    service = running.service
    with transaction(service.record.engine) as session:
        for camera_id in NAMES:
            camera = camera_of(camera_id, "plain", cameras.url(f"{camera_id}/main"))
            row = register_camera(session, camera, secret=SECRET, at=BEGIN, who="tests")
            row.kind = "smart" if camera_id == SMART else "plain"


@pytest.fixture
def console(street: Street) -> Console:
    return street.console


def opened(new_officer: NewOfficer, language: str, scheme: str) -> Officer:
    officer = new_officer(scheme=scheme)
    officer.sign_in("reviewer")
    if language == "en":
        officer.page.click("button[name=language]")
        officer.page.wait_for_selector("html[lang=en]")
        officer.wait_ready()
    return officer


def lag_s(page: Page) -> float:
    page.wait_for_selector("#lag-said:not([hidden])")
    return float(page.inner_text("#lag").replace(",", "."))


@pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])
def test_the_wall_shows_the_newest_picture_of_each_camera(
    new_officer: NewOfficer, language: str, scheme: str
) -> None:
    officer = opened(new_officer, language, scheme)
    officer.page.click("nav a[href='/live']")
    officer.wait_ready()
    officer.page.wait_for_function(WALL_IS_FULL, arg=list(NAMES))
    expect(officer.page.locator(f"[data-camera={DEAD}] [data-trouble]")).to_be_visible()
    officer.page.mouse.move(0, 0)
    officer.shoot(f"{language}-1366-live-wall-{scheme}")
    assert faults(officer, "/live") == []
    with transaction(officer.console.service.record.engine) as session:
        noted = session.query(AuditEntry).filter_by(action="live_looked_at", subject="live wall").all()
    assert {PLAIN, SMART} <= set(noted[-1].after["cameras"])


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark")])
def test_a_recorded_camera_is_followed_as_film_over_the_end_of_a_segment(
    new_officer: NewOfficer, language: str, scheme: str
) -> None:
    officer = opened(new_officer, language, scheme)
    officer.go(f"/live/{PLAIN}")
    officer.page.wait_for_function(PLAYS % (1.5 * SEGMENT_S))
    assert 0 < lag_s(officer.page) < MOST_LAG_S
    assert officer.page.locator("#trouble:visible").count() == 0
    officer.shoot(f"{language}-1366-live-film-{scheme}")
    assert faults(officer, "/live film") == []


STILL_FOR = {"vi": "trình duyệt này không phát được", "en": "which this browser cannot play"}


@pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])
def test_what_the_browser_cannot_play_is_shown_in_stills_and_it_is_said(
    new_officer: NewOfficer, language: str, scheme: str
) -> None:
    officer = opened(new_officer, language, scheme)
    officer.go(f"/live/{OLD}")
    officer.page.wait_for_function(DRAWN, timeout=40_000)
    expect(officer.page.locator("#stills-said")).to_contain_text(STILL_FOR[language])
    assert officer.page.inner_text("#still-at") != "–"
    assert officer.page.locator("#trouble:visible, #live video:visible").count() == 0
    newest = officer.console.service.client("integrator").get(f"/api/v1/live/{OLD}/still")
    assert (newest.status_code, newest.content[:2]) == (200, b"\xff\xd8")
    first = officer.page.get_attribute("#live img", "src")
    officer.page.wait_for_function(
        "(before) => document.querySelector('#live img').getAttribute('src') !== before",
        arg=first,
        timeout=40_000,
    )
    officer.shoot(f"{language}-1366-live-stills-{scheme}")
    assert faults(officer, "/live stills") == []


def test_a_browser_that_plays_h265_is_given_the_cameras_own_bits(new_officer: NewOfficer) -> None:
    """Chromium plays it where the machine decodes it: what the page asks the browser is what counts here."""
    officer = opened(new_officer, "en", "light")
    officer.page.add_init_script(
        "window.asked = []; const can = MediaSource.isTypeSupported;"
        "MediaSource.isTypeSupported = (mime) => { window.asked.push(mime); return can.call(MediaSource, mime); };"
    )
    officer.go(f"/live/{OLD}")
    officer.page.wait_for_function("() => window.asked.length > 0", timeout=40_000)
    (asked, *_) = officer.page.evaluate("() => window.asked")
    assert re.fullmatch(r'video/mp4; codecs="hvc1\.1\.\w+\.L\d+\.B0"', asked), asked


def test_the_page_of_a_plain_feed_shows_what_was_recorded_and_stops_and_starts_recording(
    new_officer: NewOfficer,
) -> None:
    integrator = new_officer()
    integrator.sign_in("integrator")
    integrator.go(f"/cameras/{PLAIN}")
    page = integrator.page
    page.wait_for_function("() => document.querySelector('#newest img')?.naturalWidth > 0", timeout=40_000)
    integrator.shoot("vi-1366-camera-plain")
    assert faults(integrator, "/cameras/… of a plain feed") == []
    page.click("#recording [data-disable]")
    expect(page.locator("#recording")).to_contain_text("Hiện không ghi hình")
    page.click("#recording [data-record]")
    expect(page.locator("#recording")).to_contain_text("Được ghi hình")


def test_only_the_newest_stills_are_shown_live(street: Street) -> None:
    client = street.console.service.client("reviewer")
    for at, status in (("2026-11-25T03:00:00Z", 400), ("2126-11-25T03:00:00Z", 400)):
        assert client.get(f"/api/v1/live/{OLD}/still", params={"at": at}).status_code == status
    moment = (datetime.now(UTC) - timedelta(minutes=9)).isoformat()
    assert client.get(f"/api/v1/live/{OLD}/still", params={"at": moment}).status_code == 404


def test_a_camera_that_is_not_recorded_is_looked_at_by_a_worker_and_viewers_share_it(
    new_officer: NewOfficer,
) -> None:
    first, second = opened(new_officer, "vi", "light"), opened(new_officer, "vi", "light")
    for officer in (first, second):
        officer.go(f"/live/{SMART}")
        officer.page.wait_for_function(DRAWN)
    asked = [
        officer.page.evaluate(
            """async (path) => (await (await fetch(path, { method: 'POST', body: '{"moving": true}', headers:
            { 'Content-Type': 'application/json', 'X-CSRF-Token': document.body.dataset.csrf } })).json()).job_id""",
            f"/api/v1/live/{SMART}/looks",
        )
        for officer in (first, second)
    ]
    assert asked[0] == asked[1]
    before = first.page.get_attribute("#live img", "src")
    first.page.wait_for_function(
        f"() => document.querySelector('#live img').getAttribute('src') !== '{before}'"
    )
    first.shoot("vi-1366-live-looks")


@pytest.mark.parametrize(
    ("camera_id", "language", "said"),
    [
        (PLAIN, "vi", "Camera không gửi gì nữa"),
        (SMART, "en", "No picture comes now"),
    ],
)
def test_a_feed_that_dies_while_it_is_watched_is_said_and_comes_back_by_itself(
    new_officer: NewOfficer, street: Street, camera_id: str, language: str, said: str
) -> None:
    officer = opened(new_officer, language, "light")
    officer.go(f"/live/{camera_id}")
    officer.page.wait_for_selector("#live[data-seen]")
    street.cameras.stop()
    try:
        trouble = officer.page.locator("#trouble")
        expect(trouble).to_be_visible(timeout=40_000)
        expect(trouble).to_contain_text(said, timeout=40_000, use_inner_text=True)
        officer.shoot(f"{language}-1366-live-lost-{camera_id}")
        assert faults(officer, "/live lost") == []
        assert "–" not in officer.page.inner_text("#last-at")
    finally:
        street.cameras.start()
    expect(trouble).to_be_hidden(timeout=40_000)


def test_nobody_looks_into_another_ward(street: Street) -> None:
    client = street.console.service.client("far-reviewer")
    for path in ("", "/film", "/glimpse"):
        assert client.get(f"/api/v1/live/{PLAIN}{path}").status_code == 404
    assert client.post(f"/api/v1/live/{SMART}/looks", json={"moving": True}).status_code == 404
    assert NAMES[PLAIN] not in client.get("/live").text


@pytest.mark.parametrize(
    "segment", ["../2026-11-25/081512345.mp4", "2026-11-25/../state.json", "2026-11-25/index.jsonl", "x"]
)
def test_only_segments_can_be_asked_for(street: Street, segment: str) -> None:
    client = street.console.service.client("reviewer")
    assert client.get(f"/api/v1/live/{PLAIN}/film", params={"segment": segment}).status_code == 400
