"""Watches one camera: sub-stream frames in, proved cases out.

    feed ─frames─▶ lamps + vehicles ─▶ CameraJudge ─findings─▶ prove in the main stream ─▶ evidence packet

A finding waits until the main stream holds the six seconds behind it; near a gap no case is made.
Keeps no record, knows no law's money.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from detector.contract.camera import Camera
from detector.contract.packet import ViolationPacket
from detector.errors import EvidenceError, GapInFootage
from detector.evidence.packet_writer import PacketContents, PacketWriter
from detector.judging.camera_judge import CameraJudge
from detector.judging.candidate import GAP_MARGIN_S
from detector.sources.decoding import Frame
from detector.sources.feed import CameraFeed
from detector.types import CASE_VERDICTS, Finding, LampReading
from detector.watching.contents import gather
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes, read_signal
from detector.watching.proving import CLIP_MARGIN_S, prove
from detector.watching.recent_sights import RecentSights

log = structlog.get_logger()

Progress = Callable[[float], None]
"""Told the stream time in seconds of each frame."""

MOST_ANALYSED_FPS = 12.5
SIGHTS_S = 30.0
RETRY_S = 10.0
MOST_UNWRITTEN = 20
"""Cases of one camera that are kept in memory while the outbox cannot be written: some 10 MB each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedCase:
    """A case that was written to the outbox."""

    packet: ViolationPacket
    folder: Path


class CameraWatcher:
    """One camera's watch over one feed, from its first frame to its end.

    A packet that cannot be written ends the watch with its error; with `keeps_unwritten`, for cameras whose
    footage does not come back, it is kept and tried again.
    """

    def __init__(
        self,
        camera: Camera,
        eyes: Eyes,
        writer: PacketWriter,
        run: RunStamp,
        *,
        progress: Progress = lambda _at_s: None,
        keeps_unwritten: bool = False,
    ) -> None:
        self._camera = camera
        self._eyes = eyes
        self._writer = writer
        self._run = run
        self.judge = CameraJudge(camera)
        self._sights = RecentSights(SIGHTS_S)
        self._waiting: list[Finding] = []
        self._gaps_noted: tuple[tuple[float, float], ...] = ()
        self._keeps_unwritten = keeps_unwritten
        self._unwritten: list[PacketContents] = []
        self._next_retry_s = float("inf")
        self._next_analysis_s = float("-inf")
        self._progress = progress
        self.last_s = 0.0
        self.frames_analysed = 0
        self.unproved = 0
        self.lost = 0
        """Cases that were proved and could not be written."""

    @property
    def unwritten(self) -> int:
        """Cases that wait for the outbox to be writable again."""
        return len(self._unwritten)

    def watch(self, feed: CameraFeed) -> Iterator[ProvedCase]:
        """Judge every frame of the feed; yields each case once it is safe on disk."""
        for frame in feed:
            self.last_s = frame.at_s
            self._progress(frame.at_s)
            if frame.at_s >= self._next_analysis_s:
                self._next_analysis_s = frame.at_s + 0.9 / MOST_ANALYSED_FPS
                self._note_gaps(feed)
                self._waiting += self._look(frame)
            yield from self._prove_ready(feed, until_s=feed.main_until_s)
            if frame.at_s >= self._next_retry_s:
                yield from self._write_kept()
        self._note_gaps(feed)
        self._waiting += _cases_among(self.judge.finish())
        yield from self._prove_ready(feed, until_s=float("inf"))
        yield from self._write_kept()
        for contents in self._unwritten:
            self._give_up(contents)

    def _note_gaps(self, feed: CameraFeed) -> None:
        gaps = feed.gaps
        for from_s, to_s in sorted(set(gaps) - set(self._gaps_noted)):
            self.judge.note_gap(from_s, to_s)
            log.warning(
                "footage_missing",
                camera_id=self._camera.camera_id,
                from_s=round(from_s, 2),
                to_s=round(to_s, 2),
            )
        self._gaps_noted = gaps

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
            _refuse_near_gap(finding, feed)
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
        return self._write(contents)

    def _write(self, contents: PacketContents) -> ProvedCase | None:
        """Write a packet; None when it could not be written and is kept. Raises EvidenceError unless kept."""
        try:
            return ProvedCase(packet=contents.packet, folder=self._writer.put(contents))
        except EvidenceError as error:
            if not self._keeps_unwritten:
                raise
            log.error("packet_not_written", camera_id=self._camera.camera_id, reason=str(error))
        self._unwritten.append(contents)
        self._next_retry_s = self.last_s + RETRY_S
        if len(self._unwritten) > MOST_UNWRITTEN:
            self._give_up(self._unwritten.pop(0))
        return None

    def _write_kept(self) -> Iterator[ProvedCase]:
        kept, self._unwritten, self._next_retry_s = self._unwritten, [], float("inf")
        for contents in kept:
            case = self._write(contents)
            if case is not None:
                yield case

    def _give_up(self, contents: PacketContents) -> None:
        self.lost += 1
        log.error(
            "case_lost",
            camera_id=self._camera.camera_id,
            violation_id=contents.packet.violation_id,
            reason="the outbox could not be written",
        )


def _refuse_near_gap(finding: Finding, feed: CameraFeed) -> None:
    """Raises GapInFootage for a gap near the crossing that the judge could not know of: main may come later."""
    cross_s = finding.crossing.cross_s
    for from_s, to_s in feed.gaps:
        if from_s <= cross_s + GAP_MARGIN_S and to_s >= cross_s - GAP_MARGIN_S:
            raise GapInFootage(
                f"camera {feed.camera_id}: footage is missing from {from_s:.2f} to {to_s:.2f} s, near a crossing at "
                f"{cross_s:.2f} s; no case is made. Check the camera's network and this machine's load"
            )


def _cases_among(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict in CASE_VERDICTS]
