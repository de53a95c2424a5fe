"""A reviewer's day: fifty cases decided by keyboard; screenshots in both languages are kept. And what goes wrong."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.cases.moves import RejectReason, State
from service.database import transaction
from service.retention.erasing import run_retention
from service.tables import Case
from tests.detector.sources.made_clips import make_clip
from tests.service.conftest import BEGIN
from tests.service.console.conftest import HUNG, LAN, MAI, Console, Officer, open_console, speak
from tests.service.console.evidence import packet_zip, runners
from tests.service.console.test_accessibility import faults

NewOfficer = Callable[..., Officer]
CASES = 50
MOST_S = 10.0
"""A clear case is decided within this; what the console itself takes of it is measured by `ngatu bench console`."""
HELD = "#case[data-held=yes]"
PICTURES_SEEN = (
    "() => [...document.querySelectorAll('#stills img')].every((one) => one.complete && one.naturalWidth)"
)
PLAYHEAD_OFF_PX = """((head, line) => head.getAttribute('visibility') === 'visible'
  ? head.getBoundingClientRect().left + head.getBoundingClientRect().width / 2 - line.getBoundingClientRect().left
  : NaN)(document.getElementById('playhead'), document.querySelector('#timeline .crossing'))"""
"""How far right of the crossing the playhead stands; no number while it is not seen."""
OVERLAP = """() => [...document.querySelectorAll('.top-down, .timeline')].every((part) => {
  const box = part.getBoundingClientRect();
  return box.width > 250 && box.right <= innerWidth;
})"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Fifty clear cases."""
    packets = [
        (
            timedelta(minutes=5 * number),
            packet_zip(number % 2, number, committed_at=BEGIN - timedelta(hours=8), footage="live"),
        )
        for number in range(CASES, 0, -1)
    ]
    people = {LAN: "reviewer", HUNG: "reviewer", MAI: "auditor"}
    with open_console(tmp_path_factory.mktemp("reviewer"), packets, people) as opened:
        yield opened


def decide(officer: Officer, number: int) -> float:
    """Look at the case that is open and decide it; seconds until the next one can be decided."""
    officer.page.wait_for_function(PICTURES_SEEN)
    if number % 10 == 7:
        officer.press("e")
        officer.page.keyboard.type("63-A1 234.56")
        officer.press_to_next_page("Enter")
        officer.page.wait_for_selector(HELD)
    keys = ("r", "1") if number % 10 == 3 else ("c",)
    begun = time.perf_counter()
    officer.press_to_next_page(*keys)
    if number < CASES - 1:
        officer.page.wait_for_selector(HELD)
    return time.perf_counter() - begun


def test_a_reviewer_decides_fifty_cases_by_keyboard(new_officer: NewOfficer) -> None:
    lan = new_officer()
    lan.sign_in(LAN)
    lan.shoot("vi-1366-reviewer-begins")
    lan.press_to_next_page("n")
    lan.page.wait_for_selector(HELD)
    took_s = []
    for number in range(CASES):
        if number == 1:
            lan.shoot("vi-1366-reviewer-case")
            assert lan.page.evaluate(OVERLAP)
        if number == CASES // 2:
            speak(lan, "en")
            lan.page.wait_for_selector(HELD)
            lan.shoot("en-1366-reviewer-case")
        took_s.append(decide(lan, number))
    assert "/queue" in lan.page.url
    assert "Every case is decided" in lan.page.inner_text("main")
    lan.shoot("en-1366-reviewer-ends")
    assert max(took_s) < MOST_S
    with transaction(lan.console.service.record.engine) as session:
        rows = session.query(Case.state, Case.reject_reason, Case.plate_officer).all()
    assert sorted({row.state for row in rows}) == [State.CONFIRMED, State.REJECTED]
    assert sum(row.reject_reason == RejectReason.PRIORITY_VEHICLE for row in rows) == CASES // 10
    assert sum(row.plate_officer == "63A123456" for row in rows) == CASES // 10


def test_the_playhead_follows_the_clip_as_it_steps_and_plays(new_officer: NewOfficer) -> None:
    mai = new_officer()
    mai.sign_in(MAI)
    mai.go("/cases/2")
    cross_s = runners()[1].cross_s
    mai.page.evaluate("(at) => { document.getElementById('clip').currentTime = at; }", cross_s)
    mai.page.wait_for_function(f"() => Math.abs({PLAYHEAD_OFF_PX}) < 3")
    said = mai.page.inner_text("#clip-at")
    assert said.endswith(" s")
    assert abs(float(said.removesuffix(" s").replace(",", "."))) < 0.1, (
        "the frame before, in Vietnamese figures"
    )
    for key, step in ((".", ">"), (",", "<")):
        before_px = mai.page.evaluate(f"() => {PLAYHEAD_OFF_PX}")
        mai.press(key)
        mai.page.wait_for_function(f"(before) => {PLAYHEAD_OFF_PX} {step} before", arg=before_px)
    mai.page.evaluate("(at) => { document.getElementById('clip').currentTime = at; }", cross_s - 4)
    mai.page.wait_for_function(f"() => {PLAYHEAD_OFF_PX} < -100")
    mai.press(" ")
    mai.page.wait_for_function(f"() => {PLAYHEAD_OFF_PX} > 50", timeout=60_000)
    mai.page.click("#timeline", position={"x": 20, "y": 60})
    mai.page.wait_for_function(f"() => {PLAYHEAD_OFF_PX} < -100 && document.getElementById('clip').paused")


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "không phát được đoạn phim"), ("en", "cannot play the clip")]
)
def test_a_clip_that_the_browser_cannot_play_is_said_and_can_be_taken_along(
    new_officer: NewOfficer, tmp_path: Path, language: str, said: str
) -> None:
    clip = make_clip(tmp_path / "hevc.mp4", frames=30, gop=15, codec="libx265", width=320, height=192)
    lan = new_officer()
    lan.page.route("**/evidence/clip.mp4", lambda route: route.fulfill(path=clip, content_type="video/mp4"))
    lan.sign_in(LAN)
    speak(lan, language)
    lan.go("/cases/2")
    lan.page.wait_for_selector("#clip-trouble:not([hidden])")
    assert said in lan.page.inner_text("#clip-trouble")
    assert lan.page.locator("#clip-trouble a[download]").count() == 1
    assert lan.page.locator("#clip:visible").count() == 0
    assert faults(lan, "unplayable clip") == []
    lan.shoot(f"{language}-1366-clip-unplayable")


@pytest.mark.parametrize(("language", "said"), [("vi", "đã được xóa"), ("en", "were erased")])
def test_a_case_whose_evidence_was_erased_says_so(new_officer: NewOfficer, language: str, said: str) -> None:
    service = new_officer().console.service
    with transaction(service.record.engine) as session:
        old = session.get_one(Case, 1)
        old.state, old.state_since = State.REJECTED, BEGIN - timedelta(days=60)
        old.reject_reason = RejectReason.TEST
    run_retention(service.record.engine, service.record.evidence, at=BEGIN)
    mai = new_officer()
    mai.sign_in(MAI)
    speak(mai, language)
    mai.go("/cases/1")
    assert said in mai.page.inner_text("#erased")
    assert mai.page.locator("#stills, #clip").count() == 0
    mai.shoot(f"{language}-1366-evidence-erased")
