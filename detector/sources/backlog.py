"""Compressed watch packets between the reader thread and the slower consumer. Late is allowed, lost is counted.

Bounded in seconds: when it is full, whole groups of pictures go, oldest first, and the next packet says so.
"""

from collections import deque
from dataclasses import dataclass
from threading import Condition

from detector.sources.packets import StreamInfo, StreamPacket


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """A packet with the stream that it belongs to; `session` changes when decoding must begin anew."""

    session: int
    info: StreamInfo
    packet: StreamPacket


class Backlog:
    """What still has to be watched."""

    def __init__(self, *, most_s: float) -> None:
        self._most_s = most_s
        self._queue: deque[Queued] = deque()
        self._changed = Condition()
        self._closed = False
        self._needs_key = True
        self.dropped = 0

    def put(self, session: int, info: StreamInfo, packet: StreamPacket) -> None:
        """Add a packet; what cannot be decoded for lack of a key frame before it is dropped and counted."""
        with self._changed:
            if self._needs_key and not packet.is_key:
                self.dropped += 1
                return
            self._needs_key = False
            self._queue.append(Queued(session=session, info=info, packet=packet))
            if packet.at_s - self._queue[0].packet.at_s > self._most_s:
                self._drop_oldest_group()
            self._changed.notify()

    def restart(self) -> None:
        """A new session begins: wait for its first key frame."""
        with self._changed:
            self._needs_key = True

    def take(self, timeout_s: float) -> Queued | None:
        """The next packet; None when none came in time, or no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed, timeout_s)
            return self._queue.popleft() if self._queue else None

    def close(self) -> None:
        """No more packets will come; those held are still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left and nothing more will come."""
        with self._changed:
            return self._closed and not self._queue

    @property
    def lag_s(self) -> float:
        """Seconds of stream that wait to be watched."""
        with self._changed:
            return self._queue[-1].packet.at_s - self._queue[0].packet.at_s if self._queue else 0.0

    def _drop_oldest_group(self) -> None:
        self._queue.popleft()
        self.dropped += 1
        while self._queue and not self._queue[0].packet.is_key:
            self._queue.popleft()
            self.dropped += 1
        self._needs_key = not self._queue
