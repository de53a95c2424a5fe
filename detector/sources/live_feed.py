"""A camera as a feed: two reader threads, one clock; frames to watch out, main packets into the ring.

    main thread ──▶ alignment ──▶ ring                  held back until alignment knows the clock:
    sub thread  ──▶ alignment ──▶ backlog ──▶ consumer  a few seconds after each connection

Nothing here waits for the consumer: what it cannot take in time is dropped, counted, and a gap.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import structlog

from detector.contract.camera import Camera
from detector.contract.packet import PacketClock
from detector.errors import GapInFootage, SourceUnreadable, redact
from detector.sources.alignment import AlignedBy, Alignment, Sight
from detector.sources.backlog import Backlog, Queued
from detector.sources.decoding import Frame, FrameDecoder
from detector.sources.feed import FeedClock, FeedCounts, FeedState
from detector.sources.gaps import GapFinder
from detector.sources.live import Arrival, LiveStream, Patience, Session
from detector.sources.packets import CLOCK_HZ, StreamInfo, StreamPacket, moved
from detector.sources.ring import PacketRing
from detector.sources.translating import is_live

log = structlog.get_logger()

TAKE_S = 0.5
WATCHED_EVERY_S, PROVED_EVERY_S = 0.1, 0.4
"""How often a stream's packets are fetched: what is watched soon, what is only kept in case of need seldom."""
PROOF_S = 15.0
"""A crossing is proved from 6 s before to 6 s behind it, once it is decided: a watch that is so much later than the
ring is long would find cases that it cannot prove. What is older is dropped, counted, and a gap."""
WORST_FIRST = (
    FeedState.REFUSED,
    FeedState.STALLED,
    FeedState.CONNECTING,
    FeedState.PLAYING,
    FeedState.ENDED,
)
MAIN, SUB = "main", "sub"


@dataclass(kw_only=True, slots=True)
class _Lane:
    """One stream's packets on their way to the feed clock."""

    stream: LiveStream
    session: Session | None = None
    held: deque[StreamPacket] = field(default_factory=deque)
    last_s: float = float("-inf")


class LiveFeed:
    """A camera's feed; iterate once. Times are on one clock: 0 = the first main picture that came."""

    def __init__(self, camera: Camera, *, ring_s: float, reconnect: bool, patience: Patience) -> None:
        self.camera_id = camera.camera_id
        self.ring = PacketRing(most_s=ring_s)
        self.main_until_s = 0.0
        self._backlog = Backlog(most_s=max(ring_s - PROOF_S, ring_s / 2))
        self._lock = Lock()
        self._patience = patience
        self._main_info: StreamInfo | None = None
        self._watch_info: StreamInfo | None = None
        # What the consumer missed counts, whether the camera did not send it or the backlog had to drop it.
        self._watch_gaps, self._main_gaps = GapFinder(), GapFinder()
        self._frames = self._damaged = self._main_packets = self._never_placed = 0
        urls = {MAIN: camera.sources.main} | ({SUB: camera.sources.sub} if camera.sources.sub else {})
        self._watched = SUB if SUB in urls else MAIN
        self._alignment = Alignment(*urls)
        self._lanes = {
            role: _Lane(stream=self._stream(role, url, patience, reconnect=reconnect))
            for role, url in urls.items()
        }

    def _stream(self, role: str, url: str, patience: Patience, *, reconnect: bool) -> LiveStream:
        return LiveStream(
            url,
            patience=patience,
            reconnect=reconnect,
            every_s=WATCHED_EVERY_S if role == self._watched else PROVED_EVERY_S,
            on_arrival=lambda arrival: self._arrived(role, arrival),
            on_end=lambda: self._ended(role),
        )

    def start(self) -> None:
        """Begin to connect both streams."""
        for lane in self._lanes.values():
            lane.stream.start()

    def stop(self) -> None:
        """Hang up."""
        self._backlog.close()
        for lane in self._lanes.values():
            lane.stream.stop()

    @property
    def main_info(self) -> StreamInfo:
        if self._main_info is None:
            raise GapInFootage(
                f"camera {self.camera_id}: its main stream was never connected; no case can be proved. "
                f"Check {redact(self._lanes[MAIN].stream.url)}"
            )
        return self._main_info

    @property
    def watch_info(self) -> StreamInfo:
        if self._watch_info is None:
            raise SourceUnreadable(
                f"camera {self.camera_id}: not connected yet; check {redact(self._lanes[self._watched].stream.url)}"
            )
        return self._watch_info

    @property
    def state(self) -> FeedState:
        states = [lane.stream.state for lane in self._lanes.values()]
        return min(states, key=WORST_FIRST.index)

    @property
    def aligned_by(self) -> AlignedBy | None:
        """What holds main and sub together; None while nothing came."""
        return self._alignment.aligned_by

    @property
    def lag_s(self) -> float:
        """Seconds of video that came and are not watched yet."""
        return self._backlog.lag_s

    def lateness_s(self, at_s: float) -> float:
        """How long ago the picture shown at `at_s` came, by the least delayed arrival; 0 before that is known."""
        with self._lock:
            zero_s = self._alignment.machine_zero_s
        return max(0.0, time.time() - zero_s - at_s) if zero_s is not None else 0.0

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        with self._lock:
            return tuple(sorted({*self._watch_gaps.gaps, *self._main_gaps.gaps}))

    @property
    def clock(self) -> FeedClock:
        with self._lock:
            camera_s, machine_s = self._alignment.camera_zero_s, self._alignment.machine_zero_s
        if camera_s is not None and machine_s is not None:
            offset_ms = round((camera_s - machine_s) * 1000, 1)
            clock = PacketClock(source="rtcp", offset_ms=offset_ms)
            return FeedClock(started_at=datetime.fromtimestamp(camera_s, UTC), clock=clock)
        if machine_s is not None:
            started_at = datetime.fromtimestamp(machine_s, UTC)
            return FeedClock(started_at=started_at, clock=PacketClock(source="machine"))
        return FeedClock(started_at=None, clock=PacketClock(source="none"))

    @property
    def counts(self) -> FeedCounts:
        streams = [lane.stream for lane in self._lanes.values()]
        return FeedCounts(
            frames=self._frames,
            main_packets=self._main_packets,
            damaged=self._damaged + sum(stream.damaged for stream in streams),
            timestamps_missing=sum(stream.timestamps_missing for stream in streams),
            timestamps_backward=sum(stream.timestamps_backward for stream in streams),
            dropped=self._backlog.dropped + self._never_placed,
            reconnects=sum(max(0, stream.sessions - 1) for stream in streams),
            clock_steps=self._alignment.steps,
        )

    def __iter__(self) -> Iterator[Frame]:
        decoder: FrameDecoder | None = None
        current = -1
        while not self.is_over:
            queued = self.take(TAKE_S)
            if queued is None:
                continue
            if decoder is None or queued.session != current:
                decoder, current = FrameDecoder(queued.info), queued.session
            yield from self._sound(decoder, queued)
        if decoder is not None:
            yield from self._counted(decoder.flush())
        self.finish(self._frames)

    def take(self, timeout_s: float) -> Queued | None:
        """The next packet to watch; None when none came. Raises the failure of a lost main stream."""
        queued = self._backlog.take(timeout_s)
        if queued is None:
            failure = self._lanes[MAIN].stream.failure
            if failure is not None and not self._backlog.is_done:
                raise failure
            return None
        self._watch_gaps.see(queued.packet.decode_s, queued.info.fps)
        return queued

    @property
    def is_over(self) -> bool:
        return self._backlog.is_done

    def finish(self, frames: int) -> None:
        for lane in self._lanes.values():
            lane.stream.wait_ended(self._patience.stall_s)
            if lane.stream.failure is not None:
                raise lane.stream.failure

    def refuse(self, frame: Frame) -> None:
        """The camera changed its picture: connect anew."""
        log.warning("picture_size_changed", camera_id=self.camera_id, at_s=frame.at_s)
        self._lanes[self._watched].stream.reopen()

    def _sound(self, decoder: FrameDecoder, queued: Queued) -> Iterator[Frame]:
        """The frames of a packet that have the session's size; another size means that the camera changed."""
        damaged = decoder.damaged
        frames = decoder.decode(queued.packet)
        self._damaged += decoder.damaged - damaged
        for frame in self._counted(frames):
            if (frame.video.width, frame.video.height) == (queued.info.width, queued.info.height):
                yield frame
            else:
                self.refuse(frame)

    def _counted(self, frames: list[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self._frames += 1
            yield frame

    def _arrived(self, role: str, arrival: Arrival) -> None:
        with self._lock:
            lane = self._lanes[role]
            packet = arrival.packet
            if lane.session is not arrival.session:
                self._begin(role, lane, arrival)
            sight = Sight(at_s=packet.at_s, arrived_s=arrival.arrived_s, wall_s=packet.wall_s)
            self._alignment.see(role, sight)
            lane.held.append(packet)
            self._release()

    def _begin(self, role: str, lane: _Lane, arrival: Arrival) -> None:
        self._never_placed += len(lane.held)
        lane.held.clear()
        lane.session = arrival.session
        info = arrival.session.info
        self._alignment.begin(role, fps=info.fps, arrived_s=arrival.arrived_s, at_s=arrival.packet.at_s)
        if role == MAIN:
            if self._main_info is not None and not info.decodes_like(self._main_info):
                self.ring.clear()
            self._main_info = info
        if role == self._watched:
            self._watch_info = info
            self._backlog.restart()

    def _ended(self, role: str) -> None:
        with self._lock:
            self._alignment.finish(role)
            self._release()
        if role == self._watched:
            self._backlog.close()

    def _release(self) -> None:
        for role, lane in self._lanes.items():
            shift_s = self._alignment.shift_s(role)
            if shift_s is None or lane.session is None:
                continue
            while lane.held:
                self._place(role, lane, lane.session, moved(lane.held.popleft(), round(shift_s * CLOCK_HZ)))

    def _place(self, role: str, lane: _Lane, session: Session, packet: StreamPacket) -> None:
        """Put one packet where it belongs; what would go back in time after a new session is dropped."""
        if packet.decode_s <= lane.last_s or packet.at_s < -0.5 / session.info.fps:
            self._never_placed += 1
            return
        lane.last_s = packet.decode_s
        if role == MAIN:
            self._main_gaps.see(packet.decode_s, session.info.fps)
            self.ring.put(packet)
            self._main_packets += 1
            self.main_until_s = max(self.main_until_s, packet.decode_s)
        if role == self._watched:
            self._backlog.put(session.number, session.info, packet)


@contextmanager
def open_live_feed(
    camera: Camera, *, ring_s: float, reconnect: bool, patience: Patience | None = None
) -> Iterator[LiveFeed]:
    """Connect to a camera. Raises SourceError for an address that is no camera; other failures show in its state."""
    if camera.sources.sub is not None and not is_live(camera.sources.sub):
        raise SourceUnreadable(
            f"{camera.camera_id}: main is a camera and sub is not; name two streams, or two files"
        )
    feed = LiveFeed(camera, ring_s=ring_s, reconnect=reconnect, patience=patience or Patience())
    feed.start()
    try:
        yield feed
    finally:
        feed.stop()
