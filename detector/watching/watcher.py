"""Watches one camera by itself: packets in, proved cases out; what `ngatu replay` and the benches run.

    feed ─packets─▶ CameraWatch ─looks─▶ detector ─▶ CameraWatch ─findings─▶ CaseProver ─▶ evidence packets

The same parts watch many cameras at once in detector.watching.camera_group.
"""

from collections.abc import Callable, Iterator

import structlog

from detector.contract.camera import Camera
from detector.evidence.packet_writer import PacketWriter
from detector.judging.camera_judge import CameraJudge
from detector.sources.feed import CameraFeed
from detector.types import Finding
from detector.watching.camera_watch import CameraWatch, Look, cases_among
from detector.watching.case_prover import CaseProver, Claim, ProvedCase
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes

log = structlog.get_logger()

Progress = Callable[[float], None]
"""Told the stream time in seconds of each packet that was watched."""

TAKE_S = 0.5


class CameraWatcher:
    """One camera's watch over one feed, from its first packet to its end."""

    def __init__(
        self,
        camera: Camera,
        eyes: Eyes,
        writer: PacketWriter,
        run: RunStamp,
        *,
        progress: Progress = lambda _at_s: None,
        keeps_unwritten: bool = False,
        judge: CameraJudge | None = None,
    ) -> None:
        """`judge` is one that also keeps what it saw, for benches; else the watch opens its own."""
        self._camera, self._eyes = camera, eyes
        self._writer, self._run, self._progress = writer, run, progress
        self._keeps_unwritten = keeps_unwritten
        self.judge = judge or CameraJudge(camera)
        self._noted: set[tuple[float, float]] = set()
        self.last_s = 0.0
        self.frames_analysed = self.frames_inferred = self.frames_decoded = 0
        self.unproved = self.lost = self.unwritten = 0

    def watch(self, feed: CameraFeed) -> Iterator[ProvedCase]:
        """Judge the feed to its end; yields each case once it is safe on disk. Raises SourceError, EvidenceError."""
        watch = CameraWatch(self._camera, self._eyes.lamps, feed, judge=self.judge)
        prover = CaseProver(
            self._camera,
            feed,
            eyes=self._eyes,
            writer=self._writer,
            run=self._run,
            keeps_unwritten=self._keeps_unwritten,
        )
        while not feed.is_over:
            queued = feed.take(TAKE_S)
            self._note_gaps(feed, watch)
            for look in watch.take(queued) if queued is not None else ():
                self._progress(look.frame.at_s)
                prover.add(self._judge(watch, look))
            yield from self._prove(watch, prover, prover.ready(until_s=feed.main_until_s))
            yield from prover.retry(now_s=watch.last_s)
        for look in watch.finish():
            prover.add(self._judge(watch, look))
        self._note_gaps(feed, watch)
        prover.add(cases_among(self.judge.finish()))
        yield from self._prove(watch, prover, prover.ready(until_s=float("inf")))
        yield from prover.finish()
        self._count(watch, prover)
        feed.finish(watch.frames_decoded)

    def _judge(self, watch: CameraWatch, look: Look) -> list[Finding]:
        picture = look.frame.picture
        return watch.conclude(look, self._eyes.vehicles.detect(picture) if look.wants_vehicles else None)

    def _prove(self, watch: CameraWatch, prover: CaseProver, ready: list[Finding]) -> Iterator[ProvedCase]:
        for finding in ready:
            timeline = self.judge.timeline(finding.signal_id)
            claim = Claim(finding=finding, sights=watch.sights, timeline=timeline)
            case = prover.prove(claim, now_s=watch.last_s)
            if case is not None:
                yield case
        self._count(watch, prover)

    def _count(self, watch: CameraWatch, prover: CaseProver) -> None:
        self.last_s = watch.last_s
        self.frames_analysed, self.frames_inferred = watch.frames_analysed, watch.frames_inferred
        self.frames_decoded = watch.frames_decoded
        self.unproved, self.lost, self.unwritten = prover.unproved, prover.lost, prover.unwritten

    def _note_gaps(self, feed: CameraFeed, watch: CameraWatch) -> None:
        self._noted = note_gaps(self.judge, feed, watch, noted=self._noted)


def note_gaps(
    judge: CameraJudge, feed: CameraFeed, watch: CameraWatch, *, noted: set[tuple[float, float]]
) -> set[tuple[float, float]]:
    """Tell the judge of stretches without footage that it does not know yet; all that are known now."""
    known = {*feed.gaps, *watch.gaps}
    for from_s, to_s in sorted(known - noted):
        judge.note_gap(from_s, to_s)
        log.warning("footage_missing", camera_id=feed.camera_id, from_s=round(from_s, 2), to_s=round(to_s, 2))
    return known
