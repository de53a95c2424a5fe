"""How far a run over many clips is: one bar over seconds of footage.

Clips differ in length, so the time left is estimated over seconds of footage, not over clips.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from detector.errors import SourceError
from detector.sources.reading import open_container


@dataclass(kw_only=True, slots=True)
class ClipsBar:
    """The bar, told by numbers of clips."""

    lengths_s: Sequence[float]
    progress: Progress
    task: TaskID
    reached_s: dict[int, float] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def reach(self, clip: int, at_s: float) -> None:
        """A clip is run up to this second; one that runs on counts no more than its length."""
        self.reached_s[clip] = min(at_s, self.lengths_s[clip])
        self._show()

    def finish(self, clip: int) -> None:
        """A clip is done, or given up."""
        self.done.add(clip)
        self.reach(clip, self.lengths_s[clip])

    def _show(self) -> None:
        self.progress.update(self.task, completed=sum(self.reached_s.values()), clips=len(self.done))


def footage_s(clip: Path) -> float:
    """A clip's length as its container states it; 0 where it cannot be opened or states none."""
    try:
        with open_container(str(clip)) as container:
            return max(container.duration or 0, 0) / av.time_base
    except (OSError, SourceError):
        return 0.0


@contextmanager
def bar_over(
    lengths_s: Sequence[float], *, quiet: bool, console: Console | None = None
) -> Iterator[ClipsBar]:
    """A bar over all clips."""
    columns = (
        TextColumn("running clips"),
        BarColumn(),
        TextColumn("{task.fields[clips]} of {task.fields[all_clips]} clips"),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s of footage"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=quiet, console=console) as bar:
        task = bar.add_task("clips", total=sum(lengths_s), clips=0, all_clips=len(lengths_s))
        yield ClipsBar(lengths_s=lengths_s, progress=bar, task=task)
