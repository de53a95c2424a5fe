"""Runs a folder of footage on all cores and writes the report: the work behind `ngatu bench footage`.

A result is kept per clip under REPORT_DIR/clips, so a run that was cut short goes on where it stopped.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from pydantic import ValidationError

from benchmarks.footage.figures import summary
from benchmarks.footage.folder import ClipFiles, find_clips
from benchmarks.footage.one_clip import bench_one, key_of
from benchmarks.footage.page import write_page
from benchmarks.footage.progress import TELLER, bar_over, footage_s, tell_to
from benchmarks.footage.results import ClipResult, FootageReport

REPORT_JSON, REPORT_HTML, KEPT = "report.json", "report.html", "clips"


def bench_footage(folder: Path, *, out: Path, say: Callable[[str], None], quiet: bool) -> FootageReport:
    """Run every clip of a folder, write report.json and report.html. Raises TruthFileError for no clips."""
    clips = find_clips(folder)
    (out / KEPT).mkdir(parents=True, exist_ok=True)
    workers = min(os.cpu_count() or 1, len(clips))
    started = time.perf_counter()
    keyed = [(files, key_of(files)) for files in clips]
    kept = {key: result for files, key in keyed if (result := _kept(out, files, key))}
    due = [(files, key) for files, key in keyed if key not in kept]
    if kept:
        say(f"{len(kept)} of {len(clips)} clips were run before; their results are kept.")
    for result in _run(due, workers=workers, quiet=quiet):
        kept[result.key] = result
        if result.problem:
            say(f"skipped {result.name}: {result.problem}")
        else:
            _keep(out, result)
    report = FootageReport(
        software_version=version("ngatu"),
        machine=f"{_processor()}, {os.cpu_count()} cores",
        workers=workers,
        wall_s=time.perf_counter() - started,
        clips=tuple(kept[key].model_copy(update={"name": files.name}) for files, key in keyed if key in kept),
    )
    (out / REPORT_JSON).write_text(report.without_pictures().model_dump_json(indent=1), encoding="utf-8")
    write_page(report, out / REPORT_HTML)
    return report


def say_footage(report: FootageReport, out: Path, say: Callable[[str], None]) -> None:
    """The report in a few lines."""
    figures = summary(report.clips)
    say(
        f"{figures['clips']} clips, {figures['skipped']} skipped: found {figures['found']}, missed "
        f"{figures['missed']}, false {figures['false']}; plates {figures['plates_exact']} of "
        f"{figures['plates_known']} exact"
    )
    say(f"report: {out / REPORT_HTML}")


def _run(due: list[tuple[ClipFiles, str]], *, workers: int, quiet: bool) -> Iterator[ClipResult]:
    """Results as they come; each clip in a fresh process, so that its peak memory is its own."""
    if not due:
        return
    context = get_context("spawn")
    told = context.SimpleQueue()
    lengths_s = [footage_s(files.clip) for files, _ in due]
    with (
        bar_over(lengths_s, told, quiet=quiet) as finish,
        ProcessPoolExecutor(
            workers, mp_context=context, max_tasks_per_child=1, initializer=tell_to, initargs=(told,)
        ) as pool,
    ):
        runs = {
            pool.submit(_bench_telling, number, files, key): number for number, (files, key) in enumerate(due)
        }
        for done in as_completed(runs):
            finish(runs[done])
            yield done.result()


def _bench_telling(number: int, files: ClipFiles, key: str) -> ClipResult:
    return bench_one(files, key, progress=partial(TELLER.tell, number))


def _kept(out: Path, files: ClipFiles, key: str) -> ClipResult | None:
    """The result of an earlier run; None when there is none, or when it was cut short while written."""
    try:
        result = ClipResult.model_validate_json((out / KEPT / f"{key}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return result.model_copy(update={"name": files.name})


def _keep(out: Path, result: ClipResult) -> None:
    unfinished = out / KEPT / f"{result.key}.part"
    unfinished.write_text(result.model_dump_json(), encoding="utf-8")
    unfinished.replace(out / KEPT / f"{result.key}.json")


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
