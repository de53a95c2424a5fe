"""Figures over the clips of a report: counts, plates, timing, speed. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.footage.results import CaseRow, ClipResult

Curve = tuple[tuple[float, float], ...]
DISTANCES = (
    (60.0, "far, under 60 px"),
    (120.0, "60 to 120 px"),
    (240.0, "120 to 240 px"),
    (float("inf"), "near, from 240 px"),
)
NO_DISTANCE = "not told"
TIMING_BINS, TIMING_BIN_S = 20, 0.05


def summary(clips: Sequence[ClipResult]) -> dict[str, Any]:
    """The main figures; shares are None where nothing was counted."""
    run = [clip for clip in clips if not clip.problem]
    rows = rows_of(run)
    plates = known_plates(rows)
    apart = sorted(map(abs, timing_errors(rows)))
    characters = sum(len(row.truth_plate or "") for row in plates)
    wrong = sum(edits(row.plate or "", row.truth_plate or "") for row in plates)
    wall_s = sum(clip.wall_s for clip in run)
    return {
        "clips": len(clips),
        "skipped": len(clips) - len(run),
        **outcomes(rows),
        "plates_exact": sum(row.plate == row.truth_plate for row in plates),
        "plates_known": len(plates),
        "classes_wrong": len(wrong_classes(rows)),
        "classes_known": len(known_classes(rows)),
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


def known_classes(rows: Iterable[CaseRow]) -> list[CaseRow]:
    """Found cases of whose vehicle the true class is known."""
    return [row for row in rows if row.outcome == "found" and row.true_class]


def wrong_classes(rows: Iterable[CaseRow]) -> list[CaseRow]:
    """Found cases that call a vehicle what it is not, as a bicycle a motorbike: the wrong law is held against it."""
    return [row for row in known_classes(rows) if row.vehicle_class != row.true_class]


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


def distance_of(row: CaseRow) -> str:
    """How far away the vehicle is, by the height of its box in the main stream."""
    height_px = row.vehicle_height_px
    if height_px is None:
        return NO_DISTANCE
    return next(name for below_px, name in DISTANCES if height_px < below_px)


def by_distance(clips: Sequence[ClipResult]) -> dict[str, dict[str, int]]:
    """Outcomes by distance, far ones first."""
    told = by(clips, lambda _, row: distance_of(row))
    return {name: told[name] for name in (*(name for _, name in DISTANCES), NO_DISTANCE) if name in told}


def timing_errors(rows: Iterable[CaseRow]) -> tuple[float, ...]:
    """Seconds by which each found crossing was told late (early: negative), in order."""
    return tuple(
        sorted(
            row.cross_s - row.truth_s
            for row in rows
            if row.outcome == "found" and row.cross_s is not None and row.truth_s is not None
        )
    )


def timing_histogram(rows: Iterable[CaseRow]) -> tuple[tuple[float, float, int], ...]:
    """(from, to, cases) of timing errors in equal bins on both sides of none; empty without found cases."""
    errors = timing_errors(rows)
    if not errors:
        return ()
    widest_s = max(TIMING_BIN_S, math.ceil(max(map(abs, errors)) / TIMING_BIN_S) * TIMING_BIN_S)
    width_s = 2 * widest_s / TIMING_BINS
    counts = [0] * TIMING_BINS
    for error_s in errors:
        counts[min(int((error_s + widest_s) / width_s), TIMING_BINS - 1)] += 1
    return tuple(
        (-widest_s + place * width_s, -widest_s + (place + 1) * width_s, count)
        for place, count in enumerate(counts)
    )


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
