"""Two reports of bench footage beside each other, case by case, and whether the difference means anything.

Found or missed: exact McNemar test on truth rows of both (McNemar, Psychometrika 12, 1947, 153–157; exact form:
two-sided binomial over the rows that changed, p = min(1, 2·Σ_{k≤min(b,c)} C(b+c, k)/2^(b+c))).
Plates: percentile bootstrap of the paired difference (Efron & Tibshirani, An Introduction to the Bootstrap, 1993).
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.footage.results import CaseRow, FootageReport

MEANS_SOMETHING = 0.05
DRAWS = 5_000
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
    """95 % interval of the change in the share of exact plates; None without plates in both."""
    false_before: int
    false_after: int
    only_in_one: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The last line of `ngatu bench compare --json`."""
        return asdict(self)


def compare_reports(before: FootageReport, after: FootageReport) -> Difference:
    """Set two reports beside each other over the clips that both ran."""
    old, new = _clips(before), _clips(after)
    both = sorted(old.keys() & new.keys())
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
        plate_interval=bootstrap_interval(gained) if gained else None,
        false_before=sum(map(len, false_old.values())),
        false_after=sum(map(len, false_new.values())),
        only_in_one=tuple(sorted(old.keys() ^ new.keys())),
    )


def exact_mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of so uneven a change when gains and losses were equally likely; 1 when nothing changed."""
    changed = gained + lost
    tail = sum(math.comb(changed, k) for k in range(min(gained, lost) + 1))
    return min(1.0, tail / 2.0 ** (changed - 1))


def bootstrap_interval(changes: Sequence[int]) -> tuple[float, float]:
    """95 % percentile interval of the mean; the draws are seeded, so that a report can be repeated."""
    draw = random.Random(0)
    means = sorted(sum(draw.choices(changes, k=len(changes))) / len(changes) for _ in range(DRAWS))
    return means[round(0.025 * (DRAWS - 1))], means[round(0.975 * (DRAWS - 1))]


def say_difference(difference: Difference, say: Callable[[str], None]) -> None:
    """The difference in plain words."""
    for title, lines in (("better", difference.better), ("worse", difference.worse)):
        for line in lines:
            say(f"{title:7} {line}")
    for clip in difference.only_in_one:
        say(f"left out {clip}: only one report ran it, or with another truth")
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
