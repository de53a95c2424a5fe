"""What the service does for itself between requests: sums are brought up to date, short, on a thread of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from service.cases.summing import fold_counts, fold_figures
from service.database import transaction

log = structlog.get_logger()
EVERY_S = 20.0


def sum_up(engine: Engine | Connection, *, stop: Event | None = None) -> int:
    """Sum up all that is stale, some hundred days of cameras in a transaction; how many there were."""
    done = 0
    while stop is None or not stop.is_set():
        with transaction(engine) as session:
            folded = fold_figures(session)
        if not folded:
            break
        done += folded
    with transaction(engine) as session:
        fold_counts(session)
    return done


@contextmanager
def kept_up(engine: Engine | Connection) -> Iterator[None]:
    """Keep the sums up to date while the service runs. A database that is away is asked again later."""
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            try:
                sum_up(engine, stop=stop)
            except DBAPIError as error:
                log.warning("summing_up_failed", kind=type(error).__name__)
            stop.wait(EVERY_S)

    thread = Thread(target=run, name="upkeep")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
