"""Turns one camera's findings into written cases: waits for the footage behind them, proves, gathers, writes.

A finding waits until the main stream holds the six seconds behind it; near a gap no case is made.
What cannot be written is kept and tried again, where the footage does not come back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from detector.contract.camera import Camera
from detector.contract.packet import ViolationPacket
from detector.errors import EvidenceError, GapInFootage
from detector.evidence.packet_writer import PacketContents, PacketWriter
from detector.judging.candidate import GAP_MARGIN_S
from detector.judging.timeline import SignalTimeline
from detector.sources.feed import CameraFeed
from detector.types import Finding
from detector.watching.contents import gather
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes
from detector.watching.proving import CLIP_MARGIN_S, prove
from detector.watching.recent_sights import RecentSights

log = structlog.get_logger()

RETRY_S = 10.0
MOST_UNWRITTEN = 20
"""Cases of one camera that are kept in memory while the outbox cannot be written: some 10 MB each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedCase:
    """A case that was written to the outbox."""

    packet: ViolationPacket
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A finding whose footage is complete, with what was seen and shown around it."""

    finding: Finding
    sights: RecentSights
    timeline: SignalTimeline


class CaseProver:
    """One camera's prover over one feed.

    A packet that cannot be written ends the watch with its error; with `keeps_unwritten`, for cameras whose
    footage does not come back, it is kept and tried again.
    """

    def __init__(
        self,
        camera: Camera,
        feed: CameraFeed,
        *,
        eyes: Eyes,
        writer: PacketWriter,
        run: RunStamp,
        keeps_unwritten: bool,
    ) -> None:
        self._camera, self._feed = camera, feed
        self._eyes, self._writer, self._run = eyes, writer, run
        self._keeps_unwritten = keeps_unwritten
        self._waiting: list[Finding] = []
        self._unwritten: list[PacketContents] = []
        self._next_retry_s = float("inf")
        self._now_s = 0.0
        self.unproved = 0
        self.lost = 0
        """Cases that were proved and could not be written."""

    @property
    def unwritten(self) -> int:
        """Cases that wait for the outbox to be writable again."""
        return len(self._unwritten)

    def add(self, findings: list[Finding]) -> None:
        """Take findings that can become cases."""
        self._waiting += findings

    def ready(self, *, until_s: float) -> list[Finding]:
        """Those whose footage is complete up to a moment of the main stream; they wait no more."""
        ready = [f for f in self._waiting if f.crossing.cross_s + CLIP_MARGIN_S <= until_s]
        self._waiting = [f for f in self._waiting if f not in ready]
        return ready

    def prove(self, claim: Claim, *, now_s: float) -> ProvedCase | None:
        """Decode, read, write; None when it cannot be proved, or not be written now."""
        self._now_s = now_s
        finding, feed = claim.finding, self._feed
        try:
            _refuse_near_gap(finding, feed)
            proof = prove(finding, feed, claim.sights, self._eyes)
        except GapInFootage as gap:
            self.unproved += 1
            log.warning("case_not_proved", camera_id=self._camera.camera_id, reason=str(gap))
            return None
        contents = gather(
            finding,
            proof,
            camera=self._camera,
            feed=feed,
            timeline=claim.timeline,
            weights=self._eyes.checksums,
            run=self._run,
        )
        return self._write(contents)

    def retry(self, *, now_s: float) -> Iterator[ProvedCase]:
        """Try again to write what was kept, when it is time."""
        self._now_s = now_s
        if now_s >= self._next_retry_s:
            yield from self._write_kept()

    def finish(self) -> Iterator[ProvedCase]:
        """The watch ends: write what was kept, or say that it is lost."""
        yield from self._write_kept()
        for contents in self._unwritten:
            self._give_up(contents)

    def _write(self, contents: PacketContents) -> ProvedCase | None:
        """Write a packet; None when it could not be written and is kept. Raises EvidenceError unless kept."""
        try:
            return ProvedCase(packet=contents.packet, folder=self._writer.put(contents))
        except EvidenceError as error:
            if not self._keeps_unwritten:
                raise
            log.error("packet_not_written", camera_id=self._camera.camera_id, reason=str(error))
        self._unwritten.append(contents)
        self._next_retry_s = self._now_s + RETRY_S
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
