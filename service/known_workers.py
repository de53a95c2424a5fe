"""Workers whose tokens were found good a moment ago: a packet's sender is not looked up anew before each packet.

Only whether a packet is read at all is decided by it. Whoever takes the packet in asks the record again, in the
transaction that makes the case: a worker that was revoked meanwhile gets nothing in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from service.people import digest
from service.tables import Worker

GOOD_FOR_S = 30.0
MOST_WORKERS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    worker: Worker
    until_s: float


class KnownWorkers:
    """One application's memory of tokens, by their digests."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._found, self._lock = clock, dict[str, _Found](), Lock()

    def holder_of(self, token: str) -> Worker | None:
        """The worker that held the token less than `GOOD_FOR_S` ago; None: the record must be asked."""
        found = self._found.get(digest(token))
        return found.worker if found is not None and self._clock() < found.until_s else None

    def remember(self, token: str, worker: Worker) -> None:
        """Keep what the record said of a token."""
        with self._lock:
            if len(self._found) >= MOST_WORKERS:
                self._found.clear()
            self._found[digest(token)] = _Found(worker=worker, until_s=self._clock() + GOOD_FOR_S)
