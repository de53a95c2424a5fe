"""Two reports beside each other: what changed, and whether it means anything."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks.compare import bootstrap_interval, compare_reports, exact_mcnemar, say_difference
from benchmarks.footage.results import CaseRow, ClipResult, FootageReport, load_report
from benchmarks.truth import TruthFileError


def row(truth_id: int | None, outcome: str, plate: str | None = "63B112345") -> CaseRow:
    return CaseRow(
        outcome=outcome,
        kind="red_light",
        vehicle_class="car",
        truth_id=truth_id,
        truth_s=1.0,
        cross_s=1.0,
        truth_plate="63B112345",
        plate=plate,
        plate_confidence=0.9,
        plate_height_px=20.0,
    )


def report(*rows: CaseRow, name: str = "a.mp4") -> FootageReport:
    clip = ClipResult(name=name, key="k", has_truth=True, rows=rows)
    return FootageReport(software_version="1", machine="m", workers=1, wall_s=1.0, clips=(clip,))


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 0.0625),
        (6, 0, 0.03125),
        (0, 6, 0.03125),
        (3, 3, 1.0),
        (8, 2, 0.109375),
    ],
)
def test_the_exact_mcnemar_test_gives_the_figures_of_the_binomial_table(
    gained: int, lost: int, p_value: float
) -> None:
    assert exact_mcnemar(gained, lost) == pytest.approx(p_value)


def test_every_case_that_changed_is_told_with_its_direction() -> None:
    before = report(row(1, "missed"), row(2, "found"), row(3, "found", plate="63B112340"))
    after = report(row(1, "found"), row(2, "missed"), row(3, "found"), row(None, "false"))
    difference = compare_reports(before, after)
    assert difference.better == ("a.mp4, vehicle 1: found now", "a.mp4, vehicle 3: plate exact now")
    assert difference.worse == ("a.mp4, vehicle 2: missed now", "a.mp4: 1 false more")
    assert (difference.plates_in_both, difference.plate_change) == (1, 1.0)


@pytest.mark.parametrize(("rows", "word"), [(3, "may be chance"), (9, "hardly chance: worse")])
def test_few_changes_are_called_chance_and_many_are_not(rows: int, word: str) -> None:
    before = report(*(row(number, "found") for number in range(rows)))
    after = report(*(row(number, "missed") for number in range(rows)))
    said: list[str] = []
    say_difference(compare_reports(before, after), said.append)
    assert any(word in line for line in said)


def test_clips_that_only_one_report_ran_are_left_out_and_named() -> None:
    both = report(row(1, "found"), name="c.mp4").clips
    before = report(row(1, "found"))
    after = report(row(1, "missed"), name="b.mp4")
    difference = compare_reports(
        *(one.model_copy(update={"clips": one.clips + both}) for one in (before, after))
    )
    assert (difference.rows_in_both, difference.only_in_one) == (1, ("a.mp4", "b.mp4"))


@pytest.mark.parametrize("other", [{"truth_s": 4.0}, {"kind": "stop_line"}])
def test_the_same_clip_under_another_truth_is_not_compared(other: dict[str, object]) -> None:
    same = report(row(1, "found"), name="b.mp4").clips
    before = report(*(row(number, "missed") for number in range(9)))
    after = report(*(row(number, "found").model_copy(update=other) for number in range(9)))
    difference = compare_reports(
        *(one.model_copy(update={"clips": one.clips + same}) for one in (before, after))
    )
    assert (difference.newly_found, difference.only_in_one) == (0, ("a.mp4",))


def test_reports_without_a_clip_in_common_are_refused() -> None:
    with pytest.raises(TruthFileError, match="no clip in common"):
        compare_reports(report(row(1, "found")), report(row(1, "found"), name="b.mp4"))


def test_a_name_in_a_report_writes_no_line_of_its_own() -> None:
    name = "a\nbetter  all\x1b[2J.mp4"
    said: list[str] = []
    found, missed = (report(row(1, outcome), name=name) for outcome in ("found", "missed"))
    say_difference(compare_reports(found, missed), said.append)
    assert said[0] == r"worse   a\nbetter  all\x1b[2J.mp4, vehicle 1: missed now"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file: Invalid JSON"),
        ("[" * 100_000, "the file: Invalid JSON"),
        ('{"workers": 1}', "software_version: Field required"),
        (report().model_copy(update={"wall_s": float("nan")}).model_dump_json(), "wall_s: Input should be"),
        (
            report().model_dump_json()[:-1] + ',"new":1}',
            "new: Extra inputs are not permitted; give a report.json",
        ),
    ],
)
def test_what_is_no_report_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(TruthFileError, match=re.escape(says)):
        load_report(tmp_path / "a.json")


def test_the_bootstrap_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    changes = [1] * 6 + [0] * 10 + [-1] * 4
    interval = bootstrap_interval(changes)
    assert interval is not None
    low, high = interval
    assert low < 0.1 < high
    assert bootstrap_interval(changes) == (low, high)
    assert bootstrap_interval([1] * 4) == (1.0, 1.0)
    assert bootstrap_interval([1]) is None, "one plate tells nothing about how much it may vary"


def test_a_machine_without_the_statistics_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)

    with pytest.raises(TruthFileError, match=r"needs SciPy; install it: pip install 'ngatu\[bench\]'"):
        exact_mcnemar(1, 0)
