"""Watches one camera without deciding who computes: packets in, frames to look at out; detections in, findings out.

    packet ─▶ gear ─▶ frame ─▶ lamps ─▶ Look ─ ─ (the detector, if it wants it) ─ ─▶ judge ─▶ findings

While every light is green only key frames are decoded and only their lamps read; the first that is not green
rewinds to the key frame before it, so that yellow and red are watched from their onset. Vehicles are looked for
while a light is not green or a crossing is still open, and only when something moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from detector.contract.camera import Camera
from detector.judging.camera_judge import CameraJudge
from detector.sources.backlog import Queued
from detector.sources.decoding import Frame
from detector.sources.feed import CameraFeed
from detector.sources.gaps import GapFinder
from detector.types import CASE_VERDICTS, Finding, LampReading
from detector.watching.eyes import ReadsLamps
from detector.watching.lamp_memory import LampMemory
from detector.watching.recent_sights import RecentSights
from detector.watching.stillness import Stillness
from detector.watching.watched_stream import RAREST_KEY_S, WatchedStream
from models.types import LampColour, VehicleDetection

LEAST_ANALYSED_FPS = {"fine": 12.0, "fast": 6.0}
"""Of a faster stream every n-th frame is looked at, so that this many a second remain."""
GREEN_TAIL_S = 1.0
"""Vehicles are still looked for so long after green came back: a crossing shows only once the vehicle is clear."""
REST_AFTER_S = 2.0
SIGHTS_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One frame to be judged. `wants_vehicles`: the detector must look at it before."""

    frame: Frame
    readings: tuple[LampReading, ...]
    wants_vehicles: bool
    holds: bool
    """Nothing moved since the detector looked: the vehicles are where they were."""


class CameraWatch:
    """The gears of one camera over one feed. Take packets, see to the looks in order, conclude each."""

    def __init__(
        self, camera: Camera, lamps: ReadsLamps, feed: CameraFeed, *, judge: CameraJudge | None = None
    ) -> None:
        self._camera = camera
        self._memories = [LampMemory(signal, lamps) for signal in camera.signals]
        self._stream = WatchedStream(feed.refuse)
        self._still = Stillness(camera)
        self.judge = judge or CameraJudge(camera)
        self.sights = RecentSights(SIGHTS_S)
        self._gaps = GapFinder()
        self._detections: Sequence[VehicleDetection] = ()
        self._next_s = self._not_green_s = float("-inf")
        self._is_listening = False
        self.last_s = 0.0
        self.frames_analysed = 0
        self.frames_inferred = 0

    @property
    def is_listening(self) -> bool:
        """Whether only key frames are decoded: every light is green and nothing is open."""
        return self._is_listening

    @property
    def frames_decoded(self) -> int:
        return self._stream.frames

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Stretches in which packets came and no picture could be made of them."""
        return self._gaps.gaps

    def take(self, queued: Queued) -> list[Look]:
        """Take the next packet; the looks it gives, in order of time."""
        if self._stream.begins_anew(queued):
            self._is_listening = False
            self._still.forget()
        self._stream.keep(queued)
        if self._is_listening:
            return self._listen(queued)
        return self._looks(self._stream.decode(queued))

    def finish(self) -> list[Look]:
        """The feed is over: what the decoder still holds back."""
        return self._looks(self._stream.flush())

    def conclude(self, look: Look, detections: Sequence[VehicleDetection] | None) -> list[Finding]:
        """Judge a look; `detections` are None unless it wanted them. The findings that can become cases."""
        at_s = look.frame.at_s
        if detections is not None:
            self._detections = detections
            self.frames_inferred += 1
        held = self._detections if detections is not None or look.holds else ()
        if detections is not None or look.holds:
            self.sights.add(at_s, held)
        findings = self.judge.look(at_s, look.readings, held)
        self._rest_if_done(at_s)
        return cases_among(findings)

    def _listen(self, queued: Queued) -> list[Look]:
        key = self._stream.peek(queued)
        if key is None:
            return self._wake() if queued.packet.at_s - self.last_s > RAREST_KEY_S else []
        readings = self._read(key)
        if not _all_green(readings):
            return self._wake()
        self._stream.given(key)
        self._gaps.restart(key.at_s)
        self.last_s = key.at_s
        self._next_s = key.at_s + self._step_s
        return [Look(frame=key, readings=readings, wants_vehicles=False, holds=False)]

    def _wake(self) -> list[Look]:
        self._is_listening = False
        self._still.forget()
        return self._looks(self._stream.rewind())

    def _looks(self, frames: list[Frame]) -> list[Look]:
        looks = []
        for frame in frames:
            self._gaps.see(frame.at_s, self._stream.fps)
            self.last_s = frame.at_s
            if frame.at_s >= self._next_s:
                self._next_s = frame.at_s + self._step_s
                looks.append(self._look(frame))
        return looks

    @property
    def _step_s(self) -> float:
        """A little less than the time between two frames that are looked at."""
        fps = self._stream.fps
        every = max(1, int(fps / LEAST_ANALYSED_FPS[self._camera.detector] + 1e-6))
        return (every - 0.5) / fps

    def _look(self, frame: Frame) -> Look:
        readings = self._read(frame)
        self.frames_analysed += 1
        if not _all_green(readings):
            self._not_green_s = frame.at_s
        is_busy = self.judge.is_busy
        needed = is_busy or frame.at_s - self._not_green_s <= GREEN_TAIL_S
        # Whoever is over the line and not decided yet is followed wherever it goes.
        wants = needed and (self._still.has_moved(frame) or is_busy)
        if not needed:
            self._still.forget()
        return Look(frame=frame, readings=readings, wants_vehicles=wants, holds=needed and not wants)

    def _read(self, frame: Frame) -> tuple[LampReading, ...]:
        return tuple(
            LampReading(
                signal_id=signal.id,
                at_s=frame.at_s,
                colour=memory.colour(frame),
            )
            for signal, memory in zip(self._camera.signals, self._memories, strict=True)
        )

    def _rest_if_done(self, at_s: float) -> None:
        if at_s - self._not_green_s > REST_AFTER_S and self._stream.has_many_keys and not self.judge.is_busy:
            self._is_listening = True


def cases_among(findings: Sequence[Finding]) -> list[Finding]:
    """Those that an officer gets to see."""
    return [finding for finding in findings if finding.verdict in CASE_VERDICTS]


def _all_green(readings: Sequence[LampReading]) -> bool:
    return all(reading.colour is LampColour.GREEN for reading in readings)
