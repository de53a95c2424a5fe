"""Runs a folder of footage on all cores and writes the report: the work behind `ngatu bench footage`.

A result is kept per clip under REPORT_DIR/clips, so a run that was cut short goes on where it stopped.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from benchmarks.footage.figures import summary
from benchmarks.footage.folder import ClipFiles, find_clips
from benchmarks.footage.one_clip import key_of, problem_with
from benchmarks.footage.page import drawn
from benchmarks.footage.results import ClipResult, FootageReport
from benchmarks.footage.workers import run_each
from benchmarks.machine import machine
from benchmarks.truth import TruthFileError
from benchmarks.writing import write_whole
from detector.contract.camera import CameraFileError

REPORT_JSON, REPORT_HTML, KEPT = "report.json", "report.html", "clips"
Say = Callable[[str], None]


def bench_footage(folder: Path, *, out: Path, say: Say, quiet: bool) -> FootageReport:
    """Run every clip of a folder, write report.json and report.html. Raises TruthFileError for no clips, OSError."""
    clips = find_clips(folder)
    with _held(out / KEPT) as kept_in:
        workers = min(os.cpu_count() or 1, len(clips))
        started = time.perf_counter()
        report = FootageReport(
            software_version=version("ngatu"),
            machine=machine(),
            workers=workers,
            clips=tuple(_results(clips, kept_in=kept_in, workers=workers, say=say, quiet=quiet)),
            wall_s=time.perf_counter() - started,
        )
        write_whole(out / REPORT_JSON, report.without_pictures().model_dump_json(indent=1))
        write_whole(out / REPORT_HTML, drawn(report))
    return report


def _results(
    clips: Sequence[ClipFiles], *, kept_in: Path, workers: int, say: Say, quiet: bool
) -> Iterator[ClipResult]:
    """One result for each clip, in their order; a clip that lies there twice is run once."""
    keys: dict[ClipFiles, str] = {}
    bad: dict[ClipFiles, ClipResult] = {}
    for files in clips:
        try:
            keys[files] = key_of(files)
        except (CameraFileError, TruthFileError, OSError) as error:
            bad[files] = problem_with(files, "", error)
    done = {key: result for key in keys.values() if (result := _kept(kept_in, key))}
    if done:
        count = sum(key in done for key in keys.values())
        say(f"{count} of {len(clips)} clips were run before; their results are kept.")
    for files, result in bad.items():
        say(f"skipped {files.name}: {result.problem}")
    due = {key: files for files, key in keys.items() if key not in done}
    try:
        for result in run_each([(files, key) for key, files in due.items()], workers=workers, quiet=quiet):
            done[result.key] = result
            if result.problem:
                say(f"skipped {result.name}: {result.problem}")
            else:
                write_whole(kept_in / f"{result.key}.json", result.model_dump_json())
    except KeyboardInterrupt:
        say(f"Stopped. {len(done)} results are kept; the same command goes on from there.")
        raise
    for files in clips:
        result = bad[files] if files in bad else done[keys[files]]
        yield result.model_copy(update={"name": files.name})


@contextmanager
def _held(kept_in: Path) -> Iterator[Path]:
    """The folder of results, made and held: two runs into one would write over each other. Raises OSError."""
    kept_in.mkdir(parents=True, exist_ok=True)
    if not os.access(kept_in, os.W_OK):
        raise OSError(errno.EACCES, "cannot be written", str(kept_in))
    folder = os.open(kept_in, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield kept_in
    except BlockingIOError:
        raise TruthFileError(
            f"{kept_in.parent}: another ngatu bench footage writes there; wait for it, or name another with --out"
        ) from None
    finally:
        os.close(folder)


def say_footage(report: FootageReport, out: Path, say: Say) -> None:
    """The report in a few lines."""
    figures = summary(report.clips)
    say(
        f"clips: {figures['clips']}, skipped: {figures['skipped']}; found {figures['found']}, missed "
        f"{figures['missed']}, false {figures['false']}; plates {figures['plates_exact']} of "
        f"{figures['plates_known']} exact; kinds of vehicle {figures['classes_wrong']} of "
        f"{figures['classes_known']} wrong"
    )
    say(f"report: {out / REPORT_HTML}")


def _kept(kept_in: Path, key: str) -> ClipResult | None:
    """The result of an earlier run; None when there is none that can be read."""
    try:
        return ClipResult.model_validate_json((kept_in / f"{key}.json").read_bytes())
    except (OSError, ValidationError):
        return None
