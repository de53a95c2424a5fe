"""Runs clips side by side, each in a fresh process: its peak memory is its own, and so is its end.

A process that dies, whatever it dies of, costs its own clip and no other. Keeps nothing.
"""

import signal
import sys
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from benchmarks.footage.folder import ClipFiles
from benchmarks.footage.one_clip import bench_one
from benchmarks.footage.progress import bar_over, footage_s
from benchmarks.footage.results import ClipResult

TELL_EVERY_S = 1.0
Due = tuple[ClipFiles, str]
"""A clip and the key that its result is kept under."""


@dataclass(kw_only=True, slots=True)
class _Worker:
    number: int
    due: Due
    process: SpawnProcess


@dataclass(kw_only=True, slots=True)
class Teller:
    """Tells how far a worker is, at most once for each second of footage."""

    telling: Connection
    last_s: float = field(default=0.0)

    def __call__(self, at_s: float) -> None:
        if at_s >= self.last_s + TELL_EVERY_S:
            self.last_s = at_s
            self.telling.send(at_s)


def run_each(due: Sequence[Due], *, workers: int, quiet: bool) -> Iterator[ClipResult]:
    """Results as they come, with a bar over all clips unless quiet. Left early, it ends what runs."""
    waiting = deque(enumerate(due))
    running: dict[Connection, _Worker] = {}
    with bar_over([footage_s(files.clip) for files, _ in due], quiet=quiet) as bar:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    hearing, worker = _started(*waiting.popleft())
                    running[hearing] = worker
                for ready in wait(list(running)):
                    assert isinstance(ready, Connection)  # noqa: S101 - nothing else was waited for
                    told = _heard(ready)
                    if isinstance(told, float):
                        bar.reach(running[ready].number, told)
                        continue
                    worker = running.pop(ready)
                    worker.process.join()
                    bar.finish(worker.number)
                    yield told or _died(worker)
        finally:
            _end(running.values())


def _started(number: int, due: Due) -> tuple[Connection, _Worker]:
    hearing, telling = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=work, args=(telling, *due))
    with _no_interrupt():
        process.start()
    telling.close()  # only the worker holds it now: its death is heard
    return hearing, _Worker(number=number, due=due, process=process)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """What is started here never sees Ctrl+C: the one that started it ends it, and once."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def work(telling: Connection, files: ClipFiles, key: str) -> None:
    """What a worker process does. Its packets are temporary: also when ended early it clears them away."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        telling.send(bench_one(files, key, progress=Teller(telling=telling)))
    except BrokenPipeError:  # whoever started it is gone, and nobody else wants the result
        sys.exit(1)


def _heard(hearing: Connection) -> ClipResult | float | None:
    """How far a worker is, its result, or None when it died without one."""
    try:
        told: ClipResult | float = hearing.recv()
    except (EOFError, OSError):
        return None
    return told


def _died(worker: _Worker) -> ClipResult:
    code = worker.process.exitcode or 0
    how = (
        f"was ended by signal {-code} ({signal.strsignal(-code)}); mostly memory was too little for it"
        if code < 0
        else "failed; what it died of is printed above"
    )
    files, key = worker.due
    return ClipResult(
        name=files.name, key=key, problem=f"the process that ran it {how}. Run the same command again"
    )


def _end(workers: Collection[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join()
