"""The last seconds of a camera's compressed main stream, in memory, bounded in seconds and bytes.

Written by one reader thread, read by the prover. Whole groups of pictures leave it, oldest first.
"""

from collections import deque
from threading import Lock

from detector.sources.packets import StreamPacket


class PacketRing:
    """Compressed packets in decoding order; always begins with a key frame."""

    def __init__(self, *, most_s: float, most_bytes: int = 64 * 1024 * 1024) -> None:
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._packets: deque[StreamPacket] = deque()
        self._bytes = 0
        self._lock = Lock()
        self.dropped_before_key = 0
        """Packets that came before any key frame: nobody can decode them."""
        self.dropped_old = 0
        """Packets that left because newer ones came."""
        self.dropped_too_big = 0
        """Packets of a group that alone was bigger than the ring: a camera that sends hardly any key frames."""

    def put(self, packet: StreamPacket) -> None:
        """Add the newest packet, and let the oldest groups go that no longer fit."""
        with self._lock:
            if not self._packets and not packet.is_key:
                self.dropped_before_key += 1
                return
            self._packets.append(packet)
            self._bytes += packet.size
            while self._too_much(packet.at_s) and self._drop_oldest_group():
                pass
            if self._bytes > self._most_bytes:
                self.dropped_too_big += self._empty()

    def clear(self) -> None:
        """Forget everything; counted as dropped."""
        with self._lock:
            self.dropped_old += self._empty()

    def span(self) -> tuple[float, float] | None:
        """First and last moment held, in seconds on the stream clock; None when empty."""
        with self._lock:
            return (self._packets[0].at_s, self._packets[-1].at_s) if self._packets else None

    @property
    def held_bytes(self) -> int:
        """Bytes of compressed video held now."""
        with self._lock:
            return self._bytes

    def between(self, from_s: float, to_s: float) -> list[StreamPacket]:
        """Packets needed to show from_s…to_s, from the key frame at or before from_s; or from the oldest held."""
        with self._lock:
            held = list(self._packets)
        start = 0
        for place, packet in enumerate(held):
            if packet.decode_s > to_s:
                return held[start:place]
            if packet.is_key and packet.at_s <= from_s:
                start = place
        return held[start:]

    def nearest_at_s(self, at_s: float, *, within_s: float) -> float:
        """The moment of the held packet nearest to at_s, when there is one within `within_s`; else at_s."""
        with self._lock:
            moments = [packet.at_s for packet in self._packets if abs(packet.at_s - at_s) <= within_s]
        return min(moments, key=lambda moment: abs(moment - at_s), default=at_s)

    def _too_much(self, newest_s: float) -> bool:
        return newest_s - self._packets[0].at_s > self._most_s or self._bytes > self._most_bytes

    def _drop_oldest_group(self) -> bool:
        second_key = next((i for i, p in enumerate(self._packets) if i and p.is_key), None)
        if second_key is None:
            return False
        for _ in range(second_key):
            self._bytes -= self._packets.popleft().size
        self.dropped_old += second_key
        return True

    def _empty(self) -> int:
        count = len(self._packets)
        self._packets.clear()
        self._bytes = 0
        return count
