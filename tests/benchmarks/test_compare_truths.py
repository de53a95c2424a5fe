"""Two people's truths of one clip: agreement, and every difference in a line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.compare_truths import compare_truth_files, compare_truths, say_agreement
from benchmarks.truth import Truth, TruthFileError
from ngatu import app

BOX = (0.4, 0.4, 0.1, 0.2)


def row(number: int, cross_s: float | None, verdict: str = "red_light", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "class": "car",
        "cross_s": cross_s,
        "box": BOX,
        "verdict": verdict,
        "sure": True,
        **more,
    }


def truth(rows: Sequence[dict[str, Any]], *, red_from_s: float = 5.0, **more: Any) -> dict[str, Any]:
    signal = [
        {"signal": "S1", "colour": "green", "from_s": 0.0, "to_s": red_from_s},
        {"signal": "S1", "colour": "red", "from_s": red_from_s, "to_s": 20.0},
    ]
    return {"clip": "a.mp4", "camera": {}, "signal": signal, "crossings": list(rows), **more}


def agreement(a: dict[str, Any], b: dict[str, Any]) -> Any:
    return compare_truths(Truth.model_validate(a), Truth.model_validate(b))


def test_the_same_truth_agrees_in_everything() -> None:
    rows = [row(1, 8.0, plate="63A12345"), row(2, 3.0, "lawful")]
    same = agreement(truth(rows), truth(rows))
    assert (same.seen_by_both, same.same_verdict, same.same_plate, same.plates_by_both) == (2, 2, 1, 1)
    assert (same.kappa, same.signal_share, same.differences) == (1.0, 1.0, ())


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (row(1, 8.0, "stop_line"), "verdict red_light in A, stop_line in B"),
        (row(1, 8.0, plate="63A12346"), "plate 63A12345 in A, 63A12346 in B"),
        (row(1, 8.0, plate="63A12345") | {"class": "truck"}, "class car in A, truck in B"),
        (row(1, 8.0, plate="63A12345", sure=False), "sure only in A"),
        (row(1, 8.8, plate="63A12345"), "only in B"),
        (row(1, 8.0, plate="63A12345") | {"box": (0.1, 0.1, 0.1, 0.1)}, "only in A"),
    ],
)
def test_each_difference_is_said(theirs: dict[str, Any], said: str) -> None:
    different = agreement(truth([row(1, 8.0, plate="63A12345")]), truth([theirs]))
    assert any(said in line for line in different.differences)


def test_one_vehicle_is_paired_once_with_the_nearest() -> None:
    pairs = agreement(truth([row(1, 8.0), row(2, 8.4)]), truth([row(1, 8.35)]))
    assert pairs.seen_by_both == 1
    assert pairs.median_apart_s == 0.05
    assert [line.split("s  ")[1] for line in pairs.differences] == ["only in A: car, red_light"]


def test_rows_without_a_moment_are_paired_by_their_place() -> None:
    waiting = row(1, None, "already_over", sure=False)
    assert agreement(truth([waiting]), truth([waiting])).differences == ()


def test_what_nobody_confirmed_counts_in_no_figure() -> None:
    proposed = row(2, 9.0, sure=False, confirmed=False)
    left_out = agreement(truth([row(1, 8.0), proposed]), truth([row(1, 8.0)]))
    assert (left_out.crossings_a, left_out.unconfirmed, left_out.differences) == (1, 1, ())


def test_signals_are_compared_by_time() -> None:
    assert agreement(truth([]), truth([], red_from_s=6.0)).signal_share == pytest.approx(0.95)


def test_kappa_is_none_where_only_one_verdict_was_given() -> None:
    assert agreement(truth([row(1, 8.0)]), truth([row(1, 8.0)])).kappa is None


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "lan.truth.json", tmp_path / "hung.truth.json"
    paths[0].write_text(json.dumps(truth([row(1, 8.0), row(2, 3.0, "lawful")])), encoding="utf-8")
    paths[1].write_text(
        json.dumps(truth([row(1, 8.1, "stop_line"), row(2, 3.0, "lawful")])), encoding="utf-8"
    )
    return paths


def test_the_command_says_differences_then_figures_then_json(two: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(app, ["truth", "--compare", str(two[0]), str(two[1]), "--json"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == "   8.00 s  verdict red_light in A, stop_line in B"
    assert "Same verdict: 1 of 2" in done.output
    assert json.loads(lines[-1])["seen_by_both"] == 2


def test_truths_of_different_clips_are_not_compared(two: tuple[Path, Path]) -> None:
    two[1].write_text(json.dumps(truth([], clip="b.mp4")), encoding="utf-8")
    with pytest.raises(TruthFileError, match="another clip than"):
        compare_truth_files(*two)


def test_a_renamed_copy_of_the_clip_is_the_same_clip(two: tuple[Path, Path]) -> None:
    for path, name in zip(two, ("a.mp4", "b.mp4"), strict=True):
        path.write_text(json.dumps(truth([], clip=name, clip_sha256="ab")), encoding="utf-8")
    assert compare_truth_files(*two).seen_by_both == 0


def test_a_plate_in_a_truth_writes_no_line_of_its_own(two: tuple[Path, Path]) -> None:
    first, second = two
    text = json.loads(second.read_text(encoding="utf-8"))
    text["crossings"][0]["plate"] = "\x1b[2J\nSame verdict: all"
    second.write_text(json.dumps(text), encoding="utf-8")
    said: list[str] = []
    say_agreement(compare_truth_files(first, second), said.append)
    assert any(r"\x1b[2J\nSame verdict: all" in line for line in said)
    assert all(line.isprintable() for line in said)


def test_half_a_character_is_told_as_no_text(two: tuple[Path, Path]) -> None:
    first, second = two
    text = json.loads(second.read_text(encoding="utf-8"))
    text["crossings"][0]["plate"] = "\ud800"
    second.write_text(json.dumps(text), encoding="utf-8")
    with pytest.raises(TruthFileError, match="is not JSON"):
        compare_truth_files(first, second)


def test_the_command_asks_for_a_clip_when_none_is_named() -> None:
    done = CliRunner().invoke(app, ["truth"])
    assert done.exit_code == 2
    assert "name a clip" in done.output
