"""How far a run over many clips is: each worker tells the second it has reached, one bar shows footage seconds.

Clips differ in length, so the time left is estimated over seconds of footage, not over clips.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from threading import Thread

import av
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

TELL_EVERY_S = 1.0
Told = tuple[int, float]
"""Number of a clip and the second that was reached in it."""


@dataclass(kw_only=True, slots=True)
class Teller:
    """Where this worker process tells how far it is; nowhere until `tell_to` was called in it."""

    queue: "SimpleQueue[Told | None] | None" = None
    last_s: dict[int, float] = field(default_factory=dict)

    def tell(self, clip: int, at_s: float) -> None:
        """Tell the second that was reached, at most once for each second of footage."""
        if self.queue is not None and at_s >= self.last_s.get(clip, 0.0) + TELL_EVERY_S:
            self.last_s[clip] = at_s
            self.queue.put((clip, at_s))


TELLER = Teller()


def tell_to(queue: "SimpleQueue[Told | None]") -> None:
    """What each worker process begins with."""
    TELLER.queue = queue


def footage_s(clip: Path) -> float:
    """A clip's length as its container states it; 0 where it cannot be opened or states none."""
    try:
        with av.open(str(clip)) as container:
            return (container.duration or 0) / av.time_base
    except (OSError, ValueError):
        return 0.0


@contextmanager
def bar_over(
    lengths_s: Sequence[float],
    queue: "SimpleQueue[Told | None]",
    *,
    quiet: bool,
    console: Console | None = None,
) -> Iterator[Callable[[int], None]]:
    """A bar over all clips, fed from the queue; what is given is called with each clip that is done."""
    columns = (
        TextColumn("running clips"),
        BarColumn(),
        TextColumn("{task.fields[clips]} of {task.fields[all_clips]} clips"),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s of footage"),
        TimeRemainingColumn(),
    )
    reached = [0.0] * len(lengths_s)
    done: set[int] = set()
    with Progress(*columns, disable=quiet, console=console) as bar:
        task = bar.add_task("clips", total=sum(lengths_s), clips=0, all_clips=len(lengths_s))

        def show() -> None:
            bar.update(task, completed=sum(reached), clips=len(done))

        def hear() -> None:
            while (told := queue.get()) is not None:
                clip, at_s = told
                if clip not in done:
                    reached[clip] = min(at_s, lengths_s[clip])
                    show()

        def finish(clip: int) -> None:
            done.add(clip)
            reached[clip] = lengths_s[clip]
            show()

        hearing = Thread(target=hear, name="progress", daemon=True)
        hearing.start()
        try:
            yield finish
        finally:
            queue.put(None)
            hearing.join()
