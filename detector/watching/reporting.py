"""What a person sees of a run in the terminal: a progress bar while it lasts, a table of cases at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from detector.watching.case_prover import ProvedCase
from detector.watching.replay import ReplayResult
from detector.watching.watcher import Progress as TellProgress


@contextmanager
def progress_bar(clip: Path, *, quiet: bool) -> Iterator[TellProgress]:
    """A bar over the clip's length; nothing when quiet."""
    length_s = None if quiet else clip_length_s(clip)
    with progress_over(f"watching {clip.name}", length_s=length_s, quiet=quiet) as progress:
        yield progress


@contextmanager
def progress_over(what: str, *, length_s: float | None, quiet: bool) -> Iterator[TellProgress]:
    """A bar over so many seconds of stream; nothing when quiet."""
    if quiet:
        yield lambda _at_s: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(what, total=length_s)
        yield lambda at_s: bar.update(task, completed=at_s)


def clip_length_s(clip: Path) -> float | None:
    """The length a container states, in seconds; None when it cannot be told (the reader says why)."""
    try:
        with av.open(str(clip)) as container:
            return container.duration / av.time_base if container.duration else None
    except (av.FFmpegError, OSError):
        return None


def case_table(result: ReplayResult) -> None:
    """The cases of a run, and what was not judged."""
    console = Console()
    say_cases(result.cases, console)
    console.print(
        f"{len(result.cases)} cases in {result.footage_s:.1f} s of footage, "
        f"{result.frames_analysed} frames analysed in {result.wall_s:.1f} s."
    )
    for reason, count in sorted(result.not_judged.items()):
        console.print(f"  {count} × {reason}")


def say_cases(cases: tuple[ProvedCase, ...], console: Console) -> None:
    """A table of the cases, and below it where each one's packet lies: paths are too long for a column."""
    table = Table("case", "kind", "vehicle", "plate", "plate is", "at", "red for", box=SIMPLE_HEAD)
    for case in cases:
        table.add_row(*_row_of(case))
    console.print(table)
    for case in cases:
        console.print(f"{_short(case)}  {case.folder}", soft_wrap=True, highlight=False)


def _row_of(case: ProvedCase) -> tuple[str, ...]:
    packet = case.packet
    red_s = packet.signal.red_elapsed_s
    return (
        _short(case),
        packet.kind,
        packet.vehicle.vehicle_class,
        packet.plate.text or "–",
        packet.plate.verdict,
        f"{packet.cross_s:.2f} s",
        f"{red_s:.2f} s" if red_s is not None else "–",
    )


def _short(case: ProvedCase) -> str:
    return case.packet.violation_id[:8]
