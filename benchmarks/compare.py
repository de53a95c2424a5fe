"""Two reports of bench footage beside each other, case by case, and whether the difference means anything.

Found or missed: exact McNemar test on truth rows of both (McNemar, Psychometrika 12, 1947, 153–157): the two-sided
binomial test over the rows that changed. Plates: percentile bootstrap of the paired difference (Efron & Tibshirani, An
Introduction to the Bootstrap, 1993). Both are SciPy's, which only this command loads.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.footage.results import CaseRow, FootageReport
from benchmarks.truth import TruthFileError
from detector.errors import printable

MEANS_SOMETHING = 0.05
DRAWS = 5_000
LEAST_RESAMPLED = 2
SEED = 0
RowName = tuple[str, int]
"""Clip and truth id: the same true crossing in both reports."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What changed from one report to the other; lines are for people."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    rows_in_both: int
    newly_found: int
    newly_missed: int
    p_value: float
    plates_in_both: int
    plate_change: float
    plate_interval: tuple[float, float] | None
    """95 % interval of the change in the share of exact plates; None for fewer than two plates in both."""
    false_before: int
    false_after: int
    only_in_one: tuple[str, ...]
    """Clips that only one report ran, or that the two ran against different truths."""

    def to_json(self) -> dict[str, Any]:
        """The last line of `ngatu bench compare --json`."""
        return asdict(self)


def compare_reports(before: FootageReport, after: FootageReport) -> Difference:
    """Set two reports beside each other over the clips that both ran. Raises TruthFileError when there are none."""
    old, new = _clips(before), _clips(after)
    both = sorted(clip for clip in old.keys() & new.keys() if _truth_of(old[clip]) == _truth_of(new[clip]))
    if not both:
        raise TruthFileError(
            "the reports have no clip in common that both ran against the same truth, so nothing can be compared; "
            "run the same folder twice, before and after the change"
        )
    rows = _paired(old, new, both)
    found, missed = _turned(rows, "missed", "found"), _turned(rows, "found", "missed")
    plates = [
        (name, a.plate == a.truth_plate, b.plate == b.truth_plate) for name, a, b in rows if _has_plates(a, b)
    ]
    gained = [int(b) - int(a) for _, a, b in plates]
    false_old, false_new = _false(old, both), _false(new, both)
    false_change = [(clip, len(false_new[clip]) - len(false_old[clip])) for clip in both]
    return Difference(
        better=(
            *(f"{_say(name)}: found now" for name in found),
            *(f"{_say(name)}: plate exact now" for name, a, b in plates if b and not a),
            *(f"{clip}: {-change} false fewer" for clip, change in false_change if change < 0),
        ),
        worse=(
            *(f"{_say(name)}: missed now" for name in missed),
            *(f"{_say(name)}: plate wrong now" for name, a, b in plates if a and not b),
            *(f"{clip}: {change} false more" for clip, change in false_change if change > 0),
        ),
        rows_in_both=len(rows),
        newly_found=len(found),
        newly_missed=len(missed),
        p_value=exact_mcnemar(len(found), len(missed)),
        plates_in_both=len(plates),
        plate_change=sum(gained) / len(gained) if gained else 0.0,
        plate_interval=bootstrap_interval(gained),
        false_before=sum(map(len, false_old.values())),
        false_after=sum(map(len, false_new.values())),
        only_in_one=tuple(sorted((old.keys() | new.keys()) - set(both))),
    )


def exact_mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of so uneven a change when gains and losses were equally likely; 1 when nothing changed."""
    if not gained + lost:
        return 1.0
    return float(_statistics().binomtest(gained, gained + lost, 0.5).pvalue)


def bootstrap_interval(changes: Sequence[int]) -> tuple[float, float] | None:
    """95 % percentile interval of the mean; None for fewer than two. Seeded, so that a report can be repeated."""
    if len(changes) < LEAST_RESAMPLED:
        return None
    found = _statistics().bootstrap(
        (np.asarray(changes, float),), np.mean, n_resamples=DRAWS, method="percentile", rng=SEED
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _statistics() -> Any:
    """SciPy's statistics. Raises TruthFileError where only what running needs is installed."""
    try:
        from scipy import stats  # noqa: PLC0415 - a large library that nothing else needs
    except ModuleNotFoundError:
        raise TruthFileError("bench compare needs SciPy; install it: pip install 'ngatu[bench]'") from None
    return stats


def say_difference(difference: Difference, say: Callable[[str], None]) -> None:
    """The difference in plain words."""
    for title, lines in (("better", difference.better), ("worse", difference.worse)):
        for line in lines:
            say(f"{title:7} {printable(line)}")
    for clip in difference.only_in_one:
        say(f"left out {printable(clip)}: only one report ran it, or with another truth")
    say(_word_on_cases(difference))
    if difference.plate_interval is not None:
        say(_word_on_plates(difference, difference.plate_interval))
    say(f"False cases: {difference.false_before} before, {difference.false_after} after.")


def _word_on_cases(d: Difference) -> str:
    counted = (
        f"{d.newly_found} newly found, {d.newly_missed} newly missed of {d.rows_in_both} "
        f"(exact McNemar p = {d.p_value:.3g})"
    )
    if d.newly_found == d.newly_missed == 0:
        return f"Cases: none changed, of {d.rows_in_both}. The reports say nothing about a difference."
    if d.p_value >= MEANS_SOMETHING:
        return f"Cases: {counted}. So few changes may be chance: run more clips before believing it."
    return (
        f"Cases: {counted}. This is hardly chance: {'better' if d.newly_found > d.newly_missed else 'worse'}."
    )


def _word_on_plates(d: Difference, interval: tuple[float, float]) -> str:
    low, high = interval
    means = "better" if low > 0 else "worse" if high < 0 else "may be chance"
    return (
        f"Plates exact: {100 * d.plate_change:+.1f} points over {d.plates_in_both} plates in both "
        f"(95 % from {100 * low:+.1f} to {100 * high:+.1f}): {means}."
    )


def _clips(report: FootageReport) -> dict[str, tuple[CaseRow, ...]]:
    return {clip.name: clip.rows for clip in report.clips if not clip.problem and clip.has_truth}


def _truth_of(rows: tuple[CaseRow, ...]) -> set[tuple[int, str, float | None]]:
    """What the truth says: the same id in another truth is another vehicle."""
    return {(row.truth_id, row.kind, row.truth_s) for row in rows if row.truth_id is not None}


def _paired(
    old: dict[str, tuple[CaseRow, ...]], new: dict[str, tuple[CaseRow, ...]], both: Sequence[str]
) -> list[tuple[RowName, CaseRow, CaseRow]]:
    """Sure truth rows that both reports know."""
    pairs = []
    for clip in both:
        later = {row.truth_id: row for row in new[clip] if row.truth_id is not None}
        for row in old[clip]:
            if row.truth_id is None or row.truth_id not in later:
                continue
            mate = later[row.truth_id]
            if "not_counted" not in (row.outcome, mate.outcome):
                pairs.append(((clip, row.truth_id), row, mate))
    return pairs


def _turned(rows: Sequence[tuple[RowName, CaseRow, CaseRow]], was: str, became: str) -> list[RowName]:
    return [name for name, a, b in rows if a.outcome == was and b.outcome == became]


def _has_plates(a: CaseRow, b: CaseRow) -> bool:
    same = a.truth_plate is not None and a.truth_plate == b.truth_plate
    return same and a.outcome == b.outcome == "found"


def _false(clips: dict[str, tuple[CaseRow, ...]], both: Sequence[str]) -> dict[str, list[CaseRow]]:
    return {clip: [row for row in clips[clip] if row.outcome == "false"] for clip in both}


def _say(name: RowName) -> str:
    return f"{name[0]}, vehicle {name[1]}"
