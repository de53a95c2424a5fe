"""report.html: one page that needs no script, no network and no second file."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.footage.figures import (
    by,
    by_distance,
    calibration,
    edits,
    error_over_height,
    known_plates,
    outcomes,
    precision_over_recall,
    rows_of,
    summary,
    timing_histogram,
    wrong_classes,
)
from benchmarks.footage.results import CaseRow, ClipResult, FootageReport

WORST_PLATES = 12


def drawn(report: FootageReport) -> str:
    """The report as one self-contained page."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    run = [clip for clip in report.clips if not clip.problem]
    rows = rows_of(run)
    return pages.get_template("report.html.j2").render(
        report=report,
        figures=summary(report.clips),
        run=run,
        skipped=[clip for clip in report.clips if clip.problem],
        groups=_groups(run),
        outcomes=outcomes,
        cases=[(clip, row) for clip in run for row in clip.rows if row.outcome in ("missed", "false")],
        wrong_classes=[(clip, row) for clip in run for row in wrong_classes(clip.rows)],
        worst=_worst(run),
        edits=edits,
        stages=_stages(run),
        recall_curve=precision_over_recall(rows),
        calibration=calibration(rows),
        heights=error_over_height(rows),
        timing=timing_histogram(rows),
        judged=_judged(run),
    )


def _groups(run: list[ClipResult]) -> dict[str, dict[str, dict[str, int]]]:
    return {
        "Kind": by(run, lambda _, row: row.kind),
        "Vehicle": by(run, lambda _, row: row.true_class or row.vehicle_class or "not told"),
        "Light": by(run, lambda clip, _: clip.light),
        "Distance": by_distance(run),
    }


def _judged(run: list[ClipResult]) -> list[tuple[str, str, int]]:
    """(what a crossing was called, the word of the rule, crossings) over all clips, most first."""
    counts: dict[str, int] = {}
    for told in (clip.not_judged for clip in run):
        for name, count in told.items():
            counts[name] = counts.get(name, 0) + count
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(*name.partition(":")[::2], count) for name, count in ordered]


def _worst(run: list[ClipResult]) -> list[tuple[ClipResult, CaseRow]]:
    wrong = [(clip, row) for clip in run for row in known_plates(clip.rows) if row.plate != row.truth_plate]
    return sorted(wrong, key=lambda pair: -edits(pair[1].plate or "", pair[1].truth_plate or ""))[
        :WORST_PLATES
    ]


def _stages(run: list[ClipResult]) -> list[tuple[str, int, float]]:
    """(stage, calls, seconds) over all clips, slowest first."""
    calls: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for stage in (stage for clip in run for stage in clip.stages):
        calls[stage.stage] = calls.get(stage.stage, 0) + stage.calls
        seconds[stage.stage] = seconds.get(stage.stage, 0.0) + stage.seconds
    return sorted(((name, calls[name], seconds[name]) for name in calls), key=lambda s: -s[2])
