"""A person marks a clip on the truth page with the keyboard: proposals confirmed, rows added and taken back."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page

from benchmarks.truth import load_truth
from benchmarks.truth_page.application import create_application
from benchmarks.truth_page.frames import ClipFrames
from benchmarks.truth_page.running import open_marking
from benchmarks.truth_page.wording import CLASSES, COLOURS, LANGUAGES, SAID_BY_SCRIPT, VERDICTS, catalogue
from tests.service.console.conftest import MOST_WAIT_MS, SCREENSHOTS

CLIPS = Path("fixtures/clips")
PAGE = Path("benchmarks/truth_page/page.html.j2")
SCRIPTS = Path("benchmarks/truth_page/static")
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
START_S = 120
YELLOW_FROM_S, RED_FROM_S = 2.24, 5.2


def folder_with_clip(place: Path, name: str = "day_runners") -> Path:
    """The small stream of a rendered junction as a clip of its own; its camera is one with a password."""
    clip = place / "junction.mp4"
    copy(CLIPS / f"{name}.sub.mp4", clip)
    camera = json.loads((CLIPS / f"{name}.camera.json").read_text(encoding="utf-8"))
    camera["sources"] = {"main": "rtsp://viewer:s3cret@10.0.0.9/main", "sub": None}
    (place / "junction.camera.json").write_text(json.dumps(camera), encoding="utf-8")
    return clip


def serve(clip: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    """`ngatu truth` in a process of its own, and the address that it says."""
    command = [sys.executable, "ngatu.py", "truth", str(clip), "--port", "0", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    for line in process.stdout or ():
        said.append(line)
        if found := ADDRESS.search(line):
            return process, found.group()
    raise AssertionError(f"it ended with {process.wait()}: {''.join(said)}")


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with the truth file that the detector pre-filled and nobody has looked at."""
    clip = folder_with_clip(tmp_path_factory.mktemp("truth"))
    process, _ = serve(clip)
    end(process)
    return clip


@pytest.fixture
def open_page(
    browser: Browser, proposed: Path, tmp_path: Path
) -> Iterator[Callable[[str], tuple[Page, Path]]]:
    """The page over a fresh copy of the pre-filled clip."""
    running: list[subprocess.Popen[str]] = []
    mistakes: list[str] = []

    def open_in(language: str) -> tuple[Page, Path]:
        for file in proposed.parent.glob("junction.*"):
            copy(file, tmp_path)
        process, url = serve(tmp_path / "junction.mp4")
        running.append(process)
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.set_default_timeout(MOST_WAIT_MS)
        page = context.new_page()
        page.on("console", lambda said: mistakes.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.goto(f"{url}/?language={language}")
        page.wait_for_selector("html[data-ready]")
        return page, tmp_path / "junction.truth.json"

    yield open_in
    for process in running:
        end(process)
    assert mistakes == []


def wait_saved(page: Page) -> None:
    page.wait_for_selector("html[data-saved=yes]")


def crossings(path: Path) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))["crossings"]}


def test_what_the_detector_proposes_is_not_sure_and_the_camera_address_is_kept_out(proposed: Path) -> None:
    path = proposed.with_name("junction.truth.json")
    rows = crossings(path)
    assert {row["verdict"] for row in rows.values()} >= {"red_light"}
    assert not any(row["sure"] or row["confirmed"] for row in rows.values())
    assert "s3cret" not in path.read_text(encoding="utf-8")
    assert all(row.sure is False for row in load_truth(path).crossings)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_confirms_adds_changes_and_takes_back_with_keys_alone(
    open_page: Callable[[str], tuple[Page, Path]], language: str
) -> None:
    page, path = open_page(language)
    keys = page.keyboard
    assert page.get_attribute("html", "lang") == language
    marks = page.locator("#marks button").count()

    while page.locator('#marks [aria-current][data-what="signal"]').count():
        keys.press("Enter")  # the signal's first colour; Enter leads to the next that nobody confirmed
    first = page.inner_text("#chosen-title")
    keys.press("p")
    page.keyboard.type("63b1-123.45")
    keys.press("Enter")
    keys.press("Enter")
    wait_saved(page)
    number = int(first.split()[0].removeprefix("#"))
    confirmed = crossings(path)[number]
    assert (confirmed["sure"], confirmed["confirmed"], confirmed["plate"]) == (True, True, "63B112345")
    assert confirmed["light"] == (
        "red"
        if confirmed["cross_s"] > RED_FROM_S
        else "yellow"
        if confirmed["cross_s"] > YELLOW_FROM_S
        else "green"
    )

    keys.press("End")
    page.wait_for_selector("html[data-shown='212']")
    for _ in range(3):
        keys.press("ArrowLeft")
    page.wait_for_selector("html[data-shown='209']")
    keys.press("c")
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowRight", "Enter", "v", "2", "u"):
        keys.press(key)
    wait_saved(page)
    added = max(crossings(path).values(), key=lambda row: row["id"])
    assert (added["class"], added["verdict"], added["sure"], added["confirmed"]) == (
        "motorbike", "stop_line", False, True,
    )  # fmt: skip
    assert added["light"] == "red"
    assert added["cross_s"] == pytest.approx(209 / 12.5, abs=0.02)

    keys.press("Home")
    page.wait_for_selector("html[data-shown='0']")
    keys.press("Shift+ArrowRight")
    page.wait_for_selector("html[data-shown='12'], html[data-shown='13']")
    keys.press("o")
    wait_saved(page)
    assert "off" in {span["colour"] for span in json.loads(path.read_text(encoding="utf-8"))["signal"]}
    assert page.locator("#marks button").count() == marks + 2
    keys.press("z")
    wait_saved(page)
    assert page.locator("#marks button").count() == marks + 1

    keys.press("k")
    while page.locator("#marks [data-state=proposed]").count():
        keys.press("n")
        keys.press("Enter")
    wait_saved(page)
    assert all(row["confirmed"] for row in crossings(path).values())
    shoot(page, f"truth-{language}")


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "bạn đánh dấu, chờ xác nhận"), ("en", "yours, to confirm")]
)
def test_a_person_s_own_mark_is_not_called_proposed_and_may_be_of_any_kind(
    open_page: Callable[[str], tuple[Page, Path]], language: str, said: str
) -> None:
    page, path = open_page(language)
    proposed_before = page.locator("#marks [data-state=proposed]").count()
    page.keyboard.press("c")
    page.keyboard.press("Enter")  # the box stays as it is
    own = page.locator("#marks [data-state=own]")
    assert (own.count(), said in own.inner_text()) == (1, True)
    assert page.locator("#marks [data-state=proposed]").count() == proposed_before
    for key, verdict in (("6", "wrong_way"), ("7", "wrong_lane"), ("8", "illegal_stop")):
        page.keyboard.press(key)
        wait_saved(page)
        added = max(crossings(path).values(), key=lambda row: row["id"])
        assert (added["verdict"], added["confirmed"], added["by_person"]) == (verdict, False, True)
        assert page.locator(f"[data-verdict={verdict}][aria-pressed=true]").count() == 1
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#marks [data-state=own]").count() == 1


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_a_box_is_drawn_over_the_picture_and_another_window_cannot_undo_it(
    open_page: Callable[[str], tuple[Page, Path]],
) -> None:
    page, path = open_page("en")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("html[data-ready]")
    while page.locator('#marks [aria-current][data-what="signal"]').count():
        page.keyboard.press("Enter")
    wait_saved(page)
    number = int(page.inner_text("#chosen-title").split()[0].removeprefix("#"))
    frame = page.locator("#picture").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + 0.25 * frame["width"], frame["y"] + 0.5 * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.75 * frame["height"], steps=4)
    page.mouse.up()
    wait_saved(page)
    assert crossings(path)[number]["box"] == pytest.approx([0.25, 0.5, 0.25, 0.25], abs=0.01)

    other.keyboard.press("r")
    other.wait_for_selector("#saving.bad")
    assert "another window" in other.inner_text("#saving")
    assert crossings(path)[number]["box"] == pytest.approx([0.25, 0.5, 0.25, 0.25], abs=0.01)


def test_two_at_once_are_refused_and_foreign_pages_are_not_answered(proposed: Path) -> None:
    process, url = serve(proposed)
    try:
        second = subprocess.run(
            [sys.executable, "ngatu.py", "truth", str(proposed), "--port", "0"],
            capture_output=True, text=True, check=False, timeout=START_S,
        )  # fmt: skip
        assert second.returncode == 2
        assert "is being marked by another ngatu truth" in second.stderr
        assert second.stderr.count("\n") == 1
        marks = {"revision": 0, "signal": [], "crossings": []}
        assert httpx.put(f"{url}/marks", json=marks).status_code == 422
        assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 400
        assert httpx.get(f"{url}/frames/-1").status_code == 404
        assert httpx.get(f"{url}/frames/99999").status_code == 404
        sure = {"id": 1, "verdict": "lawful", "sure": True, "confirmed": False}
        unfit = httpx.put(f"{url}/marks", json=marks | {"crossings": [sure]}, headers={"X-Ngatu-Truth": "1"})
        assert unfit.status_code == 422
        assert "nobody confirmed it" in unfit.text
    finally:
        said = end(process)
    assert "wait to be confirmed" in said
    assert not list(proposed.parent.glob(".*.lock"))


def test_what_another_program_wrote_into_the_file_is_not_lost(
    open_page: Callable[[str], tuple[Page, Path]],
) -> None:
    first, path = open_page("vi")
    page = first.context.new_page()
    page.goto(first.url)
    page.wait_for_selector("html[data-ready]")
    by_hand = path.read_text(encoding="utf-8") + "\n"
    path.write_text(by_hand, encoding="utf-8")
    page.keyboard.press("r")
    page.wait_for_selector("#saving.bad")
    assert "chương trình khác đã sửa tệp" in page.inner_text("#saving")
    assert path.read_text(encoding="utf-8") == by_hand


def test_marks_that_do_not_fit_or_cannot_be_written_leave_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = folder_with_clip(tmp_path)
    path = tmp_path / "junction.truth.json"
    row = {"id": 1, "verdict": "lawful", "cross_s": 1.0}

    headers = {"X-Ngatu-Truth": "1", "Content-Type": "application/json"}

    def answer(*rows: dict[str, Any], **more: Any) -> Any:
        body = json.dumps({"revision": 0, "signal": [], "crossings": rows, **more})
        return page.put("/marks", content=body, headers=headers)

    with ClipFrames(clip) as frames:
        marking = open_marking(
            clip, frames=frames, camera_file=None, truth_file=path, proposes=False, say=lambda _: None
        )
        page = TestClient(create_application(marking), base_url="http://localhost")
        begun = path.read_bytes()
        assert answer(row, row).json() == {"detail": "Value error, two crossings have the same id"}
        assert answer({**row, "cross_s": float("nan")}).json()["detail"] == "Input should be a finite number"
        monkeypatch.setattr(os, "fsync", _disk_is_full)
        full = answer(row)
        assert (full.status_code, path.read_bytes()) == (507, begun)
        assert "No space left" in full.json()["detail"]
        monkeypatch.undo()
        assert answer(row).json() == {"revision": 1}
        assert crossings(path).keys() == {1}


def _disk_is_full(_: int) -> None:
    raise OSError(28, "No space left on device")


def bad_input(kind: str, place: Path) -> tuple[Path, list[str], str]:
    """A clip that cannot be marked, more arguments, and what must be said."""
    clip = folder_with_clip(place)
    truth = place / "junction.truth.json"
    if kind == "no video":
        clip.write_text("no video at all\n", encoding="utf-8")
        return clip, [], "junction.mp4"
    if kind == "cut off":
        clip.write_bytes(clip.read_bytes()[:200_000])
        return clip, [], "junction.mp4"
    if kind == "not there":
        return place / "none.mp4", [], "there is no such file"
    if kind == "no camera file":
        (place / "junction.camera.json").unlink()
        return clip, [], "has no camera file"
    if kind == "truth of another clip":
        copy(CLIPS / "day_fast.truth.json", truth)
        return clip, [], "is the truth of another clip (day_fast.mp4)"
    if kind == "truth that is no truth":
        truth.write_text('{"camera": {}, "signal": [], "crossings": [{"id": 1}]}', encoding="utf-8")
        return clip, [], "verdict"
    if kind == "truth that is a folder":
        return clip, ["--truth", str(place)], "is a folder; name a file in it with --truth"
    if kind == "folder that is not there":
        return clip, ["--truth", str(place / "none/a.truth.json")], "a.truth.json: cannot be written there"
    return clip, ["--port", "99999"], "cannot listen there"


@pytest.mark.parametrize(
    "kind",
    [
        "no video", "cut off", "not there", "no camera file", "truth of another clip", "truth that is no truth",
        "truth that is a folder", "folder that is not there", "no such port",
    ],
)  # fmt: skip
def test_what_cannot_be_marked_is_said_in_one_line(kind: str, tmp_path: Path) -> None:
    clip, more, expected = bad_input(kind, tmp_path)
    done = subprocess.run(
        [sys.executable, "ngatu.py", "truth", str(clip), "--empty", *more],
        capture_output=True, text=True, check=False, timeout=START_S,
    )  # fmt: skip
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_page_is_there_and_none_is_left_over(language: str) -> None:
    sentences = set(re.findall(r'_\("([^"]+)"\)', PAGE.read_text(encoding="utf-8")))
    sentences |= set(re.findall(r"_\('([^']+)'\)", PAGE.read_text(encoding="utf-8")))
    named = {*SAID_BY_SCRIPT, *VERDICTS, *CLASSES, *COLOURS}
    texts = {str(name): text for name, text in catalogue(language)._catalog.items() if name}  # type: ignore[attr-defined]
    assert sorted(named - texts.keys()) == []
    assert sorted(texts.keys() - named - sentences) == []
    assert all(texts.values())
    if language == "vi":
        assert sorted(sentences - texts.keys()) == []


def test_the_script_says_only_texts_that_the_page_gives_it() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js"))
    said = set(re.findall(r'texts\["([^"]+)"\]', source)) | set(re.findall(r'sayState\("([^"]+)"', source))
    assert said
    assert said <= set(SAID_BY_SCRIPT)
