"""`ngatu bench footage` over folders of clips: good ones, bad ones, and the same twice."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.footage.figures import edits, precision_over_recall
from benchmarks.footage.folder import find_clips
from benchmarks.footage.one_clip import light_of
from benchmarks.footage.results import CaseRow, FootageReport, load_report
from benchmarks.footage.running import bench_footage
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
    assert not any("\n" in line for line in said)


def test_the_good_clip_is_measured(first: tuple[FootageReport, Path, list[str]]) -> None:
    clip = next(clip for clip in first[0].clips if clip.name == f"{CLIP}.mp4")
    assert clip.has_truth
    assert clip.light == "night"
    assert clip.frames_analysed > 50
    assert clip.peak_memory_mib > 50
    assert {"vehicles", "lamps"} <= {stage.stage for stage in clip.stages}
    assert all(row.why for row in clip.rows if row.outcome in ("missed", "false"))


def test_the_page_needs_nothing_else_and_the_json_holds_no_picture_and_no_path(
    first: tuple[FootageReport, Path, list[str]], folder: Path
) -> None:
    _, out, _ = first
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http" not in page
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
