"""One thread reads one stream of a camera, for as long as it is wanted: connects, plays, waits, connects again.

Packets go out on their session's own clock, with the moment of their arrival taken after the read.
Decodes nothing, aligns nothing.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

import structlog

from detector.errors import SourceError, SourceRefused, redact
from detector.sources.feed import FeedState
from detector.sources.packets import StreamInfo, StreamPacket
from detector.sources.rtsp_reading import RtspReader

log = structlog.get_logger()

STOP_WAIT_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a silent camera is waited for, and how soon a lost one is called again."""

    stall_s: float = 10.0
    first_pause_s: float = 0.5
    most_pause_s: float = 30.0
    refused_pause_s: float = 60.0
    """After a refused password: cameras lock users out who try again fast."""

    def pause_s(self, failures: int, error: SourceError | None) -> float:
        """Seconds until the next attempt: doubling, a quarter of it chance, lest a whole city calls at once."""
        pause_s = min(self.most_pause_s, self.first_pause_s * 2.0 ** min(failures, 16))
        if isinstance(error, SourceRefused):
            pause_s = self.refused_pause_s
        return pause_s * random.uniform(0.75, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Session:
    """One connection of one stream, from its first packet to its break."""

    number: int
    info: StreamInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A packet that just came; `arrived_s` is this machine's Unix time after the read."""

    session: Session
    packet: StreamPacket
    arrived_s: float


class LiveStream:
    """A stream and its reader thread, which calls `on_arrival` and `on_end`; it looks for packets `every_s`."""

    def __init__(
        self,
        url: str,
        *,
        patience: Patience,
        reconnect: bool,
        every_s: float,
        on_arrival: Callable[[Arrival], None],
        on_end: Callable[[], None],
    ) -> None:
        self.url = url
        self.state = FeedState.CONNECTING
        self.info: StreamInfo | None = None
        self.failure: SourceError | None = None
        """Why the stream is over; only without reconnecting."""
        self.sessions = 0
        self.skipped_before_key = 0
        self.damaged = self.timestamps_missing = self.timestamps_backward = 0
        self._patience = patience
        self._reconnect, self._every_s = reconnect, every_s
        self._on_arrival = on_arrival
        self._on_end = on_end
        self._stopping = Event()
        self._reopening = Event()
        self._thread = Thread(target=self._run, name=f"reader {redact(url)}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up. A thread that waits for a silent camera ends by itself when its patience does."""
        self._stopping.set()
        self._thread.join(STOP_WAIT_S)

    def reopen(self) -> None:
        """Hang up and connect anew, because the stream changed."""
        self._reopening.set()

    def wait_ended(self, timeout_s: float) -> None:
        """Wait for the stream to be over; without reconnecting only."""
        self._thread.join(timeout_s)

    @property
    def is_alive(self) -> bool:
        """Whether the reader thread still runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            played_before = self.sessions
            error = self._play_surviving()
            if not self._reconnect:
                self.failure = error
                break
            failures = 0 if self.sessions > played_before else failures + 1
            self.state = FeedState.REFUSED if isinstance(error, SourceRefused) else FeedState.STALLED
            pause_s = self._patience.pause_s(failures, error)
            log.warning(
                "stream_lost", url=redact(self.url), reason=str(error or "ended"), pause_s=round(pause_s, 1)
            )
            self._stopping.wait(pause_s)
        self._on_end()
        self.state = FeedState.ENDED

    def _play_surviving(self) -> SourceError | None:
        """Play one session; whatever breaks in it ends the session, never the thread."""
        try:
            self._play()
        except SourceError as error:
            return error
        # The reader loop must survive. The error's text may hold the URL with its password: only its type is told.
        except Exception as error:  # noqa: BLE001
            log.error("stream_reader_broke", url=redact(self.url), error=type(error).__name__)
            return SourceError(
                f"{redact(self.url)}: reading broke ({type(error).__name__}); see the log, report it"
            )
        return None

    def _play(self) -> None:
        if self.sessions == 0:
            self.state = FeedState.CONNECTING
        with RtspReader(self.url, timeout_s=self._patience.stall_s, every_s=self._every_s) as reader:
            session: Session | None = None
            for packet in reader.packets():
                arrived_s = time.time()
                if session is None:
                    session = self._begin(reader.info)
                self._on_arrival(Arrival(session=session, packet=packet, arrived_s=arrived_s))
                if self._stopping.is_set() or self._reopening.is_set():
                    self._reopening.clear()
                    break
            self.skipped_before_key += reader.skipped_before_key
            self.damaged += reader.damaged
            self.timestamps_missing += reader.repair.missing
            self.timestamps_backward += reader.repair.backward

    def _begin(self, info: StreamInfo) -> Session:
        self.sessions += 1
        self.info = info
        self.state = FeedState.PLAYING
        log.info(
            "stream_opened", url=redact(self.url), codec=info.codec, width=info.width, height=info.height
        )
        return Session(number=self.sessions, info=info)
