"""Figures over the clips of a report: counts, plates, timing, speed. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.footage.results import CaseRow, ClipResult

Curve = tuple[tuple[float, float], ...]


def summary(clips: Sequence[ClipResult]) -> dict[str, Any]:
    """The main figures; shares are None where nothing was counted."""
    run = [clip for clip in clips if not clip.problem]
    rows = rows_of(run)
    plates = known_plates(rows)
    apart = sorted(
        abs(row.cross_s - row.truth_s)
        for row in rows
        if row.outcome == "found" and row.cross_s is not None and row.truth_s is not None
    )
    characters = sum(len(row.truth_plate or "") for row in plates)
    wrong = sum(edits(row.plate or "", row.truth_plate or "") for row in plates)
    wall_s = sum(clip.wall_s for clip in run)
    return {
        "clips": len(clips),
        "skipped": len(clips) - len(run),
        **outcomes(rows),
        "plates_exact": sum(row.plate == row.truth_plate for row in plates),
        "plates_known": len(plates),
        "character_error": wrong / characters if characters else None,
        "crossing_median_error_s": apart[len(apart) // 2] if apart else None,
        "crossing_worst_error_s": apart[-1] if apart else None,
        "real_time_factor": sum(clip.footage_s for clip in run) / wall_s if wall_s else None,
        "cpu_s_per_footage_s": _share(sum(clip.cpu_s for clip in run), sum(clip.footage_s for clip in run)),
        "peak_memory_mib": max((clip.peak_memory_mib for clip in run), default=None),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if part and whole else None


def rows_of(clips: Iterable[ClipResult]) -> list[CaseRow]:
    """All rows of several clips."""
    return [row for clip in clips for row in clip.rows]


def known_plates(rows: Iterable[CaseRow]) -> list[CaseRow]:
    """Found cases whose true plate is known."""
    return [row for row in rows if row.outcome == "found" and row.truth_plate]


def outcomes(rows: Iterable[CaseRow]) -> dict[str, int]:
    """How many rows were found, missed, false."""
    told = [row.outcome for row in rows]
    return {outcome: told.count(outcome) for outcome in ("found", "missed", "false")}


def by(clips: Sequence[ClipResult], name: Callable[[ClipResult, CaseRow], str]) -> dict[str, dict[str, int]]:
    """Outcomes by any name of a row, in order of name."""
    groups: dict[str, list[CaseRow]] = {}
    for clip in clips:
        for row in clip.rows:
            groups.setdefault(name(clip, row), []).append(row)
    return {group: outcomes(rows) for group, rows in sorted(groups.items())}


def edits(read: str, true: str) -> int:
    """Characters to insert, delete or change (Levenshtein, Soviet Physics Doklady 10, 1966, 707–710)."""
    before = list(range(len(true) + 1))
    for row, mine in enumerate(read, start=1):
        now = [row]
        for column, theirs in enumerate(true, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (mine != theirs)))
        before = now
    return before[-1]


def precision_over_recall(rows: Iterable[CaseRow]) -> Curve:
    """(recall, precision) of plates when only those at or above each confidence are given, surest first."""
    plates = known_plates(rows)
    told = sorted(
        (r for r in plates if r.plate and r.plate_confidence is not None), key=lambda r: -_confidence(r)
    )
    curve: list[tuple[float, float]] = []
    exact = 0
    for count, row in enumerate(told, start=1):
        exact += row.plate == row.truth_plate
        if count == len(told) or _confidence(told[count]) < _confidence(row):
            curve.append((exact / len(plates), exact / count))
    return tuple(curve)


def calibration(rows: Iterable[CaseRow], *, bins: int = 5) -> tuple[tuple[float, float, int], ...]:
    """(mean confidence, share exact, plates) per bin of confidence that holds plates."""
    told = [row for row in known_plates(rows) if row.plate and row.plate_confidence is not None]
    groups: dict[int, list[CaseRow]] = {}
    for row in told:
        groups.setdefault(min(int(_confidence(row) * bins), bins - 1), []).append(row)
    return tuple(
        (
            sum(_confidence(row) for row in group) / len(group),
            sum(row.plate == row.truth_plate for row in group) / len(group),
            len(group),
        )
        for _, group in sorted(groups.items())
    )


def error_over_height(rows: Iterable[CaseRow]) -> Curve:
    """(plate height in pixels, share of characters wrong) of every known plate that was looked at."""
    return tuple(
        (row.plate_height_px, min(1.0, edits(row.plate or "", row.truth_plate or "") / len(row.truth_plate)))
        for row in known_plates(rows)
        if row.plate_height_px is not None and row.truth_plate
    )


def _confidence(row: CaseRow) -> float:
    return row.plate_confidence or 0.0
