"""Delivers beside the service, in a thread of its own, until the service stops."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.door import Record
from service.publishing.delivering import deliver_due, tell_camera_states, tidy
from service.publishing.mqtt import Broker, broker_of

log = structlog.get_logger()
PAUSE_S = 2.0
CAMERAS_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(hours=1)
STOP_WITHIN_S = 15.0


@contextmanager
def delivering(record: Record) -> Iterator[None]:
    """Deliver while the block runs. Raises BadInput for a broker's address that is none."""
    broker = broker_of(record.settings.mqtt_url.get_secret_value(), record.settings.mqtt_prefix)
    stop = Event()
    thread = Thread(target=_deliver_until, args=(record, broker, stop), name="deliver", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_WITHIN_S)
        if broker is not None:
            broker.close()


def _deliver_until(record: Record, broker: Broker | None, stop: Event) -> None:
    cameras_at = tidy_at = datetime.now(UTC)
    while not stop.wait(PAUSE_S):
        now = datetime.now(UTC)
        try:
            if now >= cameras_at:
                tell_camera_states(record, at=now)
                cameras_at = now + CAMERAS_EVERY
            if now >= tidy_at:
                tidy(record, at=now)
                tidy_at = now + TIDY_EVERY
            deliver_due(record, at=now, broker=broker)
        except SQLAlchemyError as error:  # the database is away: what it holds waits
            log.warning("delivering_waits", kind=type(error).__name__)
