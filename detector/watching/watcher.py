"""Watches one camera: sub-stream frames in, proved cases out.

    feed ─frames─▶ lamps + vehicles ─▶ CameraJudge ─findings─▶ prove in the main stream ─▶ evidence packet

A finding waits until the main stream holds the six seconds behind it. Keeps no record, knows no law's money.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from detector.contract.camera import Camera
from detector.contract.packet import ViolationPacket
from detector.errors import GapInFootage
from detector.evidence.packet_writer import PacketWriter
from detector.judging.camera_judge import CameraJudge
from detector.sources.decoding import Frame
from detector.sources.feed import CameraFeed
from detector.types import Finding, LampReading, Verdict
from detector.watching.contents import gather
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes, read_signal
from detector.watching.proving import CLIP_MARGIN_S, prove
from detector.watching.recent_sights import RecentSights

log = structlog.get_logger()

Progress = Callable[[float], None]
"""Told the stream time in seconds of each frame."""

CASE_VERDICTS = (Verdict.RED_LIGHT, Verdict.STOP_LINE)
MOST_ANALYSED_FPS = 12.5
SIGHTS_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedCase:
    """A case that was written to the outbox."""

    packet: ViolationPacket
    folder: Path


class CameraWatcher:
    """One camera's watch over one feed, from its first frame to its end."""

    def __init__(
        self,
        camera: Camera,
        eyes: Eyes,
        writer: PacketWriter,
        run: RunStamp,
        *,
        progress: Progress = lambda _at_s: None,
    ) -> None:
        self._camera = camera
        self._eyes = eyes
        self._writer = writer
        self._run = run
        self.judge = CameraJudge(camera)
        self._sights = RecentSights(SIGHTS_S)
        self._waiting: list[Finding] = []
        self._next_analysis_s = float("-inf")
        self._progress = progress
        self.last_s = 0.0
        self.frames_analysed = 0
        self.unproved = 0

    def watch(self, feed: CameraFeed) -> Iterator[ProvedCase]:
        """Judge every frame of the feed; yields each case once it is safe on disk."""
        for frame in feed:
            self.last_s = frame.at_s
            self._progress(frame.at_s)
            if frame.at_s >= self._next_analysis_s:
                self._next_analysis_s = frame.at_s + 0.9 / MOST_ANALYSED_FPS
                self._waiting += self._look(frame)
            yield from self._prove_ready(feed, until_s=feed.main_until_s)
        self._waiting += _cases_among(self.judge.finish())
        yield from self._prove_ready(feed, until_s=float("inf"))

    def _look(self, frame: Frame) -> list[Finding]:
        readings = [
            LampReading(
                signal_id=signal.id,
                at_s=frame.at_s,
                colour=read_signal(self._eyes.lamps, frame.picture, signal.lamps),
            )
            for signal in self._camera.signals
        ]
        detections = self._eyes.vehicles.detect(frame.picture)
        self._sights.add(frame.at_s, detections)
        self.frames_analysed += 1
        return _cases_among(self.judge.look(frame.at_s, readings, detections))

    def _prove_ready(self, feed: CameraFeed, *, until_s: float) -> Iterator[ProvedCase]:
        ready = [f for f in self._waiting if f.crossing.cross_s + CLIP_MARGIN_S <= until_s]
        self._waiting = [f for f in self._waiting if f not in ready]
        for finding in ready:
            case = self._prove(finding, feed)
            if case is not None:
                yield case

    def _prove(self, finding: Finding, feed: CameraFeed) -> ProvedCase | None:
        try:
            proof = prove(finding, feed, self._sights, self._eyes)
        except GapInFootage as gap:
            self.unproved += 1
            log.warning("case_not_proved", camera_id=self._camera.camera_id, reason=str(gap))
            return None
        contents = gather(
            finding,
            proof,
            camera=self._camera,
            feed=feed,
            timeline=self.judge.timeline(finding.signal_id),
            weights=self._eyes.checksums,
            run=self._run,
        )
        return ProvedCase(packet=contents.packet, folder=self._writer.put(contents))


def _cases_among(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict in CASE_VERDICTS]
