"""Feeds of cameras that somebody calibrates, held open and compressed: a dry run has the last minutes at once.

    camera ──▶ LiveFeed ──▶ watch packets of the last minutes      read again and again, from any moment
                   └──────▶ ring of main packets                   for the stills of what would have been a case

Nothing is decoded until a look asks for it. One more connection to the camera, for as long as looks are asked for.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread

from detector.contract.camera import Camera
from detector.errors import DetectorError
from detector.sources.backlog import Queued
from detector.sources.decoding import Frame, FrameDecoder
from detector.sources.live import Patience
from detector.sources.live_feed import LiveFeed

HELD_S = 300.0
"""The ring's own bound in bytes comes first: at 4 Mb/s it holds about two minutes."""
MOST_HELD = 2
KEPT_FOR_S = 600.0
TAKE_S = 0.5
END_WAIT_S = 5.0


class HeldFeed:
    """One camera's last minutes. Ends for good with its first failure, which every reader is told."""

    def __init__(self, camera: Camera) -> None:
        self.feed = LiveFeed(camera, ring_s=HELD_S, reconnect=False, patience=Patience())
        self._packets: deque[Queued] = deque()
        self._first = 0
        """The number of the oldest packet held; numbers never come again."""
        self._changed = Condition()
        self._failure: DetectorError | None = None
        self._over = False
        self._thread = Thread(target=self._hold, name=f"hold {camera.camera_id}", daemon=True)
        self.feed.start()
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return self._over

    def close(self) -> None:
        """Hang up and forget."""
        self.feed.stop()
        self._thread.join(END_WAIT_S)

    def frames(self, *, back_s: float) -> Iterator[Frame]:
        """Frames from `back_s` ago on, or from as far back as is held, and then those that come.

        Raises the SourceError that ended the feed.
        """
        decoder: FrameDecoder | None = None
        session = -1
        for queued in self._queued(back_s):
            if decoder is None or queued.session != session:
                decoder, session = FrameDecoder(queued.info), queued.session
            for frame in decoder.decode(queued.packet):
                if (frame.video.width, frame.video.height) == (queued.info.width, queued.info.height):
                    yield frame
                else:
                    self.feed.refuse(frame)
        if decoder is not None:
            yield from decoder.flush()

    def _queued(self, back_s: float) -> Iterator[Queued]:
        number: int | None = None
        while True:
            with self._changed:
                if not self._has(number) and not self._over:
                    self._changed.wait(TAKE_S)
                if not self._has(number):
                    if self._over and self._failure is not None:
                        raise self._failure
                    if self._over:
                        return
                    continue
                number = self._start(back_s) if number is None else max(number, self._first)
                queued = self._packets[number - self._first]
            yield queued
            number += 1

    def _has(self, number: int | None) -> bool:
        return bool(self._packets) and (number is None or number < self._first + len(self._packets))

    def _start(self, back_s: float) -> int:
        """The key frame at or before `back_s` ago; the oldest one that the main stream still covers."""
        newest_s = self._packets[-1].packet.at_s
        span = self.feed.ring.span()
        from_s = max(newest_s - back_s, span[0] if span else 0.0)
        start = 0
        for place, queued in enumerate(self._packets):
            if queued.packet.at_s > from_s:
                break
            start = place if queued.packet.is_key else start
        return self._first + start

    def _hold(self) -> None:
        try:
            while not self.feed.is_over:
                queued = self.feed.take(TAKE_S)
                if queued is not None:
                    self._keep(queued)
            self.feed.finish(0)
        except DetectorError as error:
            self._failure = error
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _keep(self, queued: Queued) -> None:
        with self._changed:
            self._packets.append(queued)
            while queued.packet.at_s - self._packets[0].packet.at_s > HELD_S:
                self._packets.popleft()
                self._first += 1
            self._changed.notify_all()


class HeldFeeds:
    """The few feeds that one worker holds; all calls come from one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[tuple[str, str | None], tuple[HeldFeed, float]] = {}

    def of(self, camera: Camera) -> HeldFeed:
        """The camera's feed: the one that is held already, else a new one in the place of the oldest."""
        key = (camera.sources.main, camera.sources.sub)
        known = self._held.pop(key, None)
        if known is not None and known[0].is_over:
            known[0].close()
            known = None
        held = known[0] if known is not None else HeldFeed(camera)
        self._held[key] = (held, self._clock())
        while len(self._held) > MOST_HELD:
            oldest = next(iter(self._held))
            self._held.pop(oldest)[0].close()
        return held

    def sweep(self) -> None:
        """Hang up on those that nobody looked at for a while, and on those that ended."""
        for key, (held, used_s) in list(self._held.items()):
            if held.is_over or self._clock() - used_s > KEPT_FOR_S:
                del self._held[key]
                held.close()

    def close(self) -> None:
        """Hang up on all."""
        for held, _ in self._held.values():
            held.close()
        self._held.clear()
