"""The report of a hundred clips in a real browser: it opens at once, and shows what it should."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Route

from benchmarks.footage.page import drawn
from benchmarks.footage.picturing import WIDTH_PX, still_uri
from benchmarks.footage.results import CaseRow, ClipResult, FootageReport, SignalRow, StageTime
from tests.service.console.conftest import MOST_WAIT_MS, SCREENSHOTS

CLIPS, STILLS = 100, 8
MOST_OPENING_S = 2.0


def still(seed: int) -> str:
    """A picture as large as a real still of the report, fuller of detail than most."""
    noise = np.random.default_rng(seed).integers(0, 255, (90, 160, 3), np.uint8)
    picture = cv2.GaussianBlur(cv2.resize(noise, (WIDTH_PX, 405), interpolation=cv2.INTER_CUBIC), (0, 0), 2)
    return still_uri(picture)


def case(number: int, outcome: str, picture: str | None) -> CaseRow:
    wrong = outcome == "found" and number % 7 == 0
    return CaseRow(
        outcome=outcome,
        kind="red_light",
        vehicle_class="motorbike" if number % 3 else "car",
        truth_id=number if outcome != "false" else None,
        truth_s=8.0 + number,
        cross_s=8.0 + number + 0.01 * (number % 7 - 2) if outcome != "missed" else None,
        truth_plate="63B112345",
        plate="63B112346" if wrong else "63B112345",
        plate_confidence=0.6 if wrong else 0.97,
        plate_height_px=20.0 + number,
        vehicle_height_px=40.0 + 17 * number,
        why="condition 7, red for at least 0.5 s" if outcome in ("missed", "false") else None,
        pictures=(picture,) if picture and (wrong or outcome in ("missed", "false")) else (),
    )


def report() -> FootageReport:
    """A hundred clips of 20 cases each, three of them missed or false and shown with their stills."""
    outcomes = ["found"] * 17 + ["missed", "missed", "false"]
    signal = (
        SignalRow(signal="S1", colour="green", from_s=0.0, to_s=30.0),
        SignalRow(signal="S1", colour="red", from_s=30.0, to_s=60.0),
    )
    stills = [still(seed) for seed in range(STILLS)]
    clips = tuple(
        ClipResult(
            name=f"junction_{clip:03}.mp4",
            key=f"{clip:032x}",
            has_truth=True,
            light=("day", "night", "rain")[clip % 3],
            footage_s=60.0,
            wall_s=7.0,
            frames_analysed=360,
            peak_memory_mib=350.0,
            rows=tuple(
                case(number, outcome, stills[(clip + number) % STILLS])
                for number, outcome in enumerate(outcomes)
            ),
            signal_seen=signal,
            signal_true=signal,
            not_judged={"red_light:ran_red": 19, "lawful:green": 30, "not_judged:grace": 2},
            stages=(StageTime(stage="vehicles", calls=180, seconds=4.0),),
        )
        for clip in range(CLIPS)
    )
    return FootageReport(software_version="0.1.0", machine="a machine", workers=2, wall_s=700.0, clips=clips)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(drawn(report()), encoding="utf-8")
    return path


def test_a_report_of_a_hundred_clips_opens_at_once(page_file: Path, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    context.set_default_timeout(MOST_WAIT_MS)
    page = context.new_page()
    took_s = []
    for _ in range(3):
        began = time.perf_counter()
        page.goto(page_file.as_uri())
        page.wait_for_function("() => document.querySelector('h1').getBoundingClientRect().height > 0")
        took_s.append(time.perf_counter() - began)
        page.goto("about:blank")
    page.goto(page_file.as_uri())
    assert page.locator("article").count() >= 300
    for heading in ("Distance", "Light", "Vehicle", "Kind"):
        assert page.locator("th", has_text=heading).count() >= 1
    assert page.get_by_role("img", name="timing error of crossings").locator("rect").count() > 3
    assert page.get_by_role("row", name="lawful green 3000").count() == 1
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "footage-report.png")
    context.close()
    size_mb = page_file.stat().st_size / 1e6
    assert min(took_s) < MOST_OPENING_S, f"{size_mb:.1f} MB opened in {took_s} s"


EVIL = (
    "\"'></title></style><script>document.title='caught'</script><img src=x onerror=document.title='caught'>"
)


def hostile() -> FootageReport:
    """Every text that comes from a file is an attack; every picture is none."""
    outcomes = ("found", "missed", "false")
    rows = tuple(
        case(1, outcome, None).model_copy(
            update={
                "kind": EVIL, "vehicle_class": EVIL, "truth_plate": EVIL, "plate": EVIL + "x", "why": EVIL,
                "pictures": ("https://evil.example/beacon.png", "javascript:alert(1)"),
            }
        )
        for outcome in outcomes
    )  # fmt: skip
    signal = (SignalRow(signal=EVIL, colour=EVIL, from_s=-5.0, to_s=1e9),)
    clip = ClipResult(
        name=EVIL + "x" * 200, key="k", has_truth=True, light=EVIL, footage_s=10.0, wall_s=1.0, rows=rows,
        signal_seen=signal, signal_true=signal, not_judged={f"{EVIL}:{EVIL}": 1},
        stages=(StageTime(stage=EVIL, calls=1, seconds=1.0),),
    )  # fmt: skip
    bad = ClipResult(name=EVIL, key="k", problem=EVIL)
    return FootageReport(software_version=EVIL, machine=EVIL, workers=1, wall_s=1.0, clips=(clip, bad))


def test_nothing_that_a_file_says_runs_or_leaves_the_page(tmp_path: Path, browser: Browser) -> None:
    path = tmp_path / "report.html"
    path.write_text(drawn(hostile()), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route("http**", refuse)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    title = page.title()
    assert title == "Ngã Tư · benchmark on recorded footage"
    assert page.locator("script").count() == 0
    assert page.locator("img[onerror]").count() == 0
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "the page runs out to the right"
    )
    context.close()


def test_a_report_says_nothing_to_the_console(page_file: Path, browser: Browser) -> None:
    context = browser.new_context()
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_load_state("networkidle")
    context.close()
    assert said == []
