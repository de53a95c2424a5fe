"""Violations found in a clip beside its truth: found, missed, false, each row by row.

A case matches a truth row of the same verdict when they are at most 0.7 s apart and the boxes at the crossing
overlap (IoU > 0.1). Truth rows that are not sure count neither way.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.truth import Truth, TruthCrossing
from models.types import Box

MOST_APART_S = 0.7
LEAST_OVERLAP = 0.1
CASE_VERDICTS = ("red_light", "stop_line", "wrong_way", "wrong_lane", "illegal_stop")


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictedCase:
    """A case as `ngatu replay --json` prints it; box is [x, y, width, height] in shares."""

    violation_id: str
    kind: str
    cross_s: float
    box: tuple[float, float, float, float]
    plate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the comparison; outcome is found, missed, false or not_counted."""

    outcome: str
    kind: str
    truth_id: int | None
    violation_id: str | None
    truth_s: float | None
    cross_s: float | None
    truth_plate: str | None
    plate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """All rows of one clip; the three figures count sure truth only."""

    rows: tuple[Row, ...]

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The last line of `ngatu bench violations --json`."""
        plates = [row for row in self.rows if row.outcome == "found" and row.truth_plate]
        return {
            "found": self.count("found"),
            "missed": self.count("missed"),
            "false": self.count("false"),
            "plates_exact": sum(row.plate == row.truth_plate for row in plates),
            "plates_known": len(plates),
            "rows": [asdict(row) for row in self.rows],
        }


def compare(cases: Sequence[PredictedCase], truth: Truth) -> Comparison:
    """Match cases to truth one to one, nearest in time first."""
    due = [row for row in truth.crossings if row.verdict in CASE_VERDICTS]
    pairs = sorted(
        (apart, row.id, case.violation_id)
        for row in due
        for case in cases
        if (apart := _seconds_apart(case, row)) is not None
    )
    case_of: dict[int, str] = {}
    for _, row_id, violation_id in pairs:
        if row_id not in case_of and violation_id not in case_of.values():
            case_of[row_id] = violation_id
    by_id = {case.violation_id: case for case in cases}
    rows = [_row_of_truth(row, by_id.get(case_of.get(row.id, ""))) for row in due]
    unmatched = [case for case in cases if case.violation_id not in case_of.values()]
    return Comparison(rows=tuple(rows + [_row_of_stray(case, truth) for case in unmatched]))


def _seconds_apart(case: PredictedCase, row: TruthCrossing) -> float | None:
    if row.verdict != case.kind or row.cross_s is None or row.box is None:
        return None
    apart = abs(case.cross_s - row.cross_s)
    if apart > MOST_APART_S or _box(case.box).overlap(_box(row.box)) <= LEAST_OVERLAP:
        return None
    return apart


def _box(shares: tuple[float, float, float, float]) -> Box:
    left, top, width, height = shares
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def _row_of_truth(row: TruthCrossing, case: PredictedCase | None) -> Row:
    outcome = "found" if case else "missed"
    return Row(
        outcome=outcome if row.sure else "not_counted",
        kind=row.verdict,
        truth_id=row.id,
        violation_id=case.violation_id if case else None,
        truth_s=row.cross_s,
        cross_s=case.cross_s if case else None,
        truth_plate=row.plate,
        plate=case.plate if case else None,
    )


def _row_of_stray(case: PredictedCase, truth: Truth) -> Row:
    doubtful = any(_may_be(case, row) for row in truth.crossings if not row.sure)
    return Row(
        outcome="not_counted" if doubtful else "false",
        kind=case.kind,
        truth_id=None,
        violation_id=case.violation_id,
        truth_s=None,
        cross_s=case.cross_s,
        truth_plate=None,
        plate=case.plate,
    )


def _may_be(case: PredictedCase, row: TruthCrossing) -> bool:
    """Whether a stray stop-line case may be a vehicle that the truth leaves open."""
    if row.box is None or row.cross_s is None:
        return (
            case.kind == "stop_line" and row.from_s is not None and case.cross_s >= row.from_s - MOST_APART_S
        )
    near = abs(case.cross_s - row.cross_s) <= MOST_APART_S
    return near and _box(case.box).overlap(_box(row.box)) > LEAST_OVERLAP
