"""`ngatu bench footage` over folders of clips: good ones, bad ones, and the same twice."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.footage.figures import by_distance, edits, precision_over_recall, summary, timing_histogram
from benchmarks.footage.folder import find_clips
from benchmarks.footage.one_clip import bench_one, light_of
from benchmarks.footage.page import drawn
from benchmarks.footage.progress import bar_over, footage_s
from benchmarks.footage.results import CaseRow, ClipResult, FootageReport, load_report
from benchmarks.footage.running import bench_footage, say_footage
from benchmarks.truth import TruthFileError

CLIPS = Path("fixtures/clips")
CLIP = "night_runner"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good clip, and neighbours that are bad in three ways."""
    place = tmp_path_factory.mktemp("footage")
    for end in ("mp4", "sub.mp4", "camera.json", "truth.json"):
        shutil.copy(CLIPS / f"{CLIP}.{end}", place)
    whole = (CLIPS / f"{CLIP}.mp4").read_bytes()
    camera = json.loads((CLIPS / f"{CLIP}.camera.json").read_text(encoding="utf-8"))
    camera["sources"] = {"main": "x.mp4", "sub": None}
    (place / "cut.mp4").write_bytes(whole[:2000])
    (place / "cut.camera.json").write_text(json.dumps(camera), encoding="utf-8")
    (place / "lonely.mp4").write_bytes(whole)
    (place / "wrong.mp4").write_bytes(whole)
    (place / "wrong.camera.json").write_text(json.dumps({**camera, "kind": "odd"}), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def first(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[FootageReport, Path, list[str]]:
    out = tmp_path_factory.mktemp("report")
    said: list[str] = []
    return bench_footage(folder, out=out, say=said.append, quiet=True), out, said


def test_bad_clips_are_told_in_one_line_each_and_the_good_one_is_run(
    first: tuple[FootageReport, Path, list[str]],
) -> None:
    report, _, said = first
    problems = {clip.name: clip.problem for clip in report.clips}
    assert problems[f"{CLIP}.mp4"] is None
    assert "has no camera file" in str(problems["lonely.mp4"])
    assert "kind" in str(problems["wrong.mp4"])
    assert problems["cut.mp4"]
    assert sum(line.startswith("skipped") for line in said) == 3
    assert not any(line.count("lonely.mp4") > 1 for line in said)
    assert not any("\n" in line for line in said)


def test_the_good_clip_is_measured(first: tuple[FootageReport, Path, list[str]]) -> None:
    clip = next(clip for clip in first[0].clips if clip.name == f"{CLIP}.mp4")
    assert clip.has_truth
    assert clip.light == "night"
    assert clip.frames_analysed > 50
    assert clip.peak_memory_mib > 50
    assert {"vehicles", "lamps"} <= {stage.stage for stage in clip.stages}
    assert clip.not_judged, "what became of every crossing"
    assert all(row.vehicle_height_px for row in clip.rows)
    assert all(row.why for row in clip.rows if row.outcome in ("missed", "false"))


def test_a_vehicle_told_to_be_another_kind_is_counted_and_shown(tmp_path: Path) -> None:
    for end in ("mp4", "sub.mp4", "camera.json"):
        shutil.copy(CLIPS / f"{CLIP}.{end}", tmp_path)
    truth = json.loads((CLIPS / f"{CLIP}.truth.json").read_text(encoding="utf-8"))
    for row in truth["crossings"]:
        row["class"] = "bicycle"
    (tmp_path / f"{CLIP}.truth.json").write_text(json.dumps(truth), encoding="utf-8")
    clip = bench_one(find_clips(tmp_path)[0], "k")
    found = [row for row in clip.rows if row.outcome == "found"]
    assert found
    assert {(row.vehicle_class in ("motorbike", "car"), row.true_class) for row in found} == {
        (True, "bicycle")
    }
    assert all(row.pictures for row in found)

    figures = summary([clip])
    assert (figures["classes_wrong"], figures["classes_known"]) == (len(found), len(found))
    report = FootageReport(software_version="1", machine="m", workers=1, wall_s=1.0, clips=(clip,))
    page = drawn(report)
    assert page.count('class="card wrong-class"') == len(found)
    assert f'in {CLIP}.mp4" src="{found[0].pictures[0][:40]}' in page
    said: list[str] = []
    say_footage(report, tmp_path, said.append)
    assert f"kinds of vehicle {len(found)} of {len(found)} wrong" in said[0]


def test_a_kind_told_right_is_shown_nowhere(first: tuple[FootageReport, Path, list[str]]) -> None:
    figures = summary(first[0].clips)
    assert (figures["classes_wrong"], figures["classes_known"]) == (0, figures["found"])
    assert "Kind of vehicle told wrong" not in (first[1] / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_else_and_the_json_holds_no_picture_and_no_path(
    first: tuple[FootageReport, Path, list[str]], folder: Path
) -> None:
    _, out, _ = first
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "lonely.mp4" in page
    text = (out / "report.json").read_text(encoding="utf-8")
    assert "data:image" not in text
    assert str(folder) not in text
    assert len(load_report(out / "report.json").clips) == 4


def test_the_second_run_takes_the_kept_results(
    first: tuple[FootageReport, Path, list[str]], folder: Path
) -> None:
    report, out, _ = first
    said: list[str] = []
    again = bench_footage(folder, out=out, say=said.append, quiet=True)
    assert said[0] == "1 of 4 clips were run before; their results are kept."
    assert again.clips == report.clips


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_clips_is_told_in_one_line(tmp_path: Path, made: bool) -> None:
    with pytest.raises(TruthFileError, match=r"holds no clip|is no folder"):
        find_clips(tmp_path if made else tmp_path / "none")


@pytest.mark.parametrize(
    ("stem", "luma", "light"),
    [
        ("day_fast", 20, "day"),
        ("rain-runner", 200, "rain"),
        ("monday", 20, "measured dark"),
        ("cam3", 70, "measured dim"),
        ("cam3", 90, "measured bright"),
    ],
)
def test_the_light_is_the_stated_one_else_the_measured(stem: str, luma: float, light: str) -> None:
    assert light_of(stem, luma) == light


@pytest.mark.parametrize(
    ("read", "true", "count"),
    [("", "", 0), ("", "AB", 2), ("AB", "AB", 0), ("A8", "AB", 1), ("51A1", "51A12", 1)],
)
def test_wrong_characters_are_counted_by_the_fewest_edits(read: str, true: str, count: int) -> None:
    assert edits(read, true) == count


def test_precision_over_recall_gives_the_surest_plates_first() -> None:
    rows = [_plate("A", 0.9), _plate("B", 0.5), _plate("A", 0.3), _plate(None, 0.0)]
    assert precision_over_recall(rows) == ((0.25, 1.0), (0.25, 0.5), (0.5, pytest.approx(2 / 3)))


def test_outcomes_by_distance_begin_with_the_farthest() -> None:
    rows = [
        _plate("A", 0.9).model_copy(update={"vehicle_height_px": height, "outcome": outcome})
        for height, outcome in ((300.0, "found"), (59.9, "missed"), (60.0, "found"), (None, "false"))
    ]
    clip = ClipResult(name="a.mp4", key="k", rows=tuple(rows))

    assert list(by_distance([clip]).items()) == [
        ("far, under 60 px", {"found": 0, "missed": 1, "false": 0}),
        ("60 to 120 px", {"found": 1, "missed": 0, "false": 0}),
        ("near, from 240 px", {"found": 1, "missed": 0, "false": 0}),
        ("not told", {"found": 0, "missed": 0, "false": 1}),
    ]


def test_timing_errors_are_counted_on_both_sides_of_none() -> None:
    late = [
        _plate("A", 0.9).model_copy(update={"cross_s": 1.0 + error}) for error in (-0.1, 0.0, 0.001, 0.09)
    ]
    bins = timing_histogram(late)

    assert (bins[0][0], bins[-1][1]) == (pytest.approx(-0.1), pytest.approx(0.1))
    assert [count for *_, count in bins] == [1, *[0] * 9, 2, *[0] * 8, 1]
    assert timing_histogram([]) == ()


def test_the_bar_runs_over_seconds_of_footage_and_counts_clips() -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, width=150)
    with bar_over([10.0, 30.0], quiet=False, console=shown) as bar:
        for at_s in (1.0, 1.5, 8.0, 99.0):
            bar.reach(1, at_s)
        bar.finish(0)
    last = shown.file.getvalue()  # type: ignore[attr-defined]

    assert "1 of 2 clips" in last
    assert "40 of 40 s of footage" in last, "a clip that runs on counts no more than its length"


def test_a_clip_that_cannot_be_opened_has_no_length(folder: Path) -> None:
    assert footage_s(folder / f"{CLIP}.mp4") == pytest.approx(16, abs=3)
    assert footage_s(folder / "cut.mp4") == 0.0
    assert footage_s(folder / "none.mp4") == 0.0


def _plate(read: str | None, confidence: float) -> CaseRow:
    return CaseRow(
        outcome="found",
        kind="red_light",
        vehicle_class=None,
        truth_id=1,
        truth_s=1.0,
        cross_s=1.0,
        truth_plate="A",
        plate=read,
        plate_confidence=confidence,
        plate_height_px=None,
    )
