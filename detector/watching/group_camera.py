"""One camera of a group: its feed, its watch, its prover, begun anew whenever the feed breaks."""

import time
from collections import deque
from copy import deepcopy
from pathlib import Path

import cv2
import structlog

from detector.contract.camera import Camera
from detector.evidence.packet_writer import PacketWriter
from detector.fitness.view_watch import ViewWatch
from detector.sources.feed import RING_S, FeedState
from detector.sources.live import Patience
from detector.sources.live_feed import LiveFeed
from detector.types import Finding
from detector.watching.camera_health import DEGRADED_FOR_S, DEGRADED_LAG_S, CameraHealth
from detector.watching.camera_watch import CameraWatch, Look, cases_among
from detector.watching.case_prover import CaseProver, Claim
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes
from detector.watching.watcher import note_gaps
from models.types import VehicleDetection

log = structlog.get_logger()

MOST_PACKETS = 25
"""A camera that catches up takes so many packets a round at most, so that the others get their turn."""


class GroupCamera:
    """A camera's part in the rounds of its group. All but `prove` is called from the group's own thread."""

    def __init__(
        self, camera: Camera, *, eyes: Eyes, writer: PacketWriter, run: RunStamp, views: Path | None = None
    ) -> None:
        """`views`: where pictures of the views are kept; without it nobody notices that the camera moved."""
        self.camera = camera
        self.camera_id = camera.camera_id
        self.restarts = self.cases = 0
        self.is_stopping = False
        self._eyes, self._writer, self._run = eyes, writer, run
        self.view = ViewWatch(camera, views) if views is not None else None
        self._blind_from_s: float | None = None
        self._noted: set[tuple[float, float]] = set()
        self._gap_seen_s = float("-inf")
        self._told: FeedState | None = None
        self._dropped_told = 0
        self._reported = (0, time.monotonic())
        self.looks_due: deque[Look] = deque()
        """Looks of the last packet that wait for the detector, in order."""
        self._open()

    def _open(self) -> None:
        self.feed = LiveFeed(self.camera, ring_s=RING_S, reconnect=True, patience=Patience())
        self.watch = CameraWatch(self.camera, self._eyes.lamps, self.feed)
        self.prover = CaseProver(
            self.camera,
            self.feed,
            eyes=self._eyes,
            writer=self._writer,
            run=self._run,
            keeps_unwritten=True,
        )
        self._noted = set()
        self._dropped_told = 0
        self._reported = (0, time.monotonic())
        self.looks_due.clear()
        self.feed.start()

    @property
    def detector(self) -> str:
        """Which detector looks at its frames."""
        return self.camera.detector

    def take(self) -> bool:
        """Take packets until one gives a frame that the detector must see; whether anything was taken."""
        for count in range(MOST_PACKETS):
            queued = self.feed.take(0.0)
            if queued is None:
                return count > 0
            self.looks_due.extend(self._on_the_drawing(self.watch.take(queued)))
            self._conclude_free()
            if self.looks_due:
                return True
        return True

    def _on_the_drawing(self, looks: list[Look]) -> list[Look]:
        """The looks that may be judged: none while the view is not the one that was drawn on."""
        view = self.view
        if view is None or not looks:
            return looks
        for look in looks:
            if view.wants(look.frame.at_s):
                view.see(look.frame.at_s, look.frame.picture)
        at_s = looks[-1].frame.at_s
        if view.is_moved:
            self._blind_from_s = at_s if self._blind_from_s is None else self._blind_from_s
            return []
        if self._blind_from_s is not None:
            self.watch.judge.note_gap(min(self._blind_from_s, at_s), at_s)
            self._blind_from_s = None
        return looks

    def check_view(self) -> None:
        """Compare the view with the one that was drawn on, if that is due; called from the proving thread."""
        try:
            if self.view is not None:
                self.view.check()
        except cv2.error as error:
            log.error("view_not_compared", camera_id=self.camera_id, error=type(error).__name__)

    def wanted(self) -> Look:
        """The look that the detector must see next; there is one while `looks_due` is not empty."""
        return self.looks_due[0]

    def conclude(self, detections: list[VehicleDetection]) -> None:
        """What the detector saw in the wanted look; looks behind it that need no detector are judged too."""
        self._judge(self.looks_due.popleft(), detections)
        self._conclude_free()

    def _conclude_free(self) -> None:
        while self.looks_due and not self.looks_due[0].wants_vehicles:
            self._judge(self.looks_due.popleft(), None)

    def _judge(self, look: Look, detections: list[VehicleDetection] | None) -> None:
        known = note_gaps(self.watch.judge, self.feed, self.watch, noted=self._noted)
        if known != self._noted:
            self._gap_seen_s = time.monotonic()
        self._noted = known
        self.prover.add(self.watch.conclude(look, detections))

    def claims(self) -> list[Claim]:
        """Findings whose footage is complete now, with what another thread needs to prove them."""
        return [self._claim(finding) for finding in self.prover.ready(until_s=self.feed.main_until_s)]

    def last_claims(self) -> list[Claim]:
        """The camera is stopped: everything that is pending, as far as it was seen."""
        self.prover.add(cases_among(self.watch.judge.finish()))
        return [self._claim(finding) for finding in self.prover.ready(until_s=float("inf"))]

    def _claim(self, finding: Finding) -> Claim:
        timeline = deepcopy(self.watch.judge.timeline(finding.signal_id))
        return Claim(finding=finding, sights=self.watch.sights.snapshot(), timeline=timeline)

    def prove(self, claim: Claim) -> None:
        """Prove and write one case; called from the group's proving thread."""
        case = self.prover.prove(claim, now_s=self.watch.last_s)
        if case is not None:
            self.cases += 1
            violation_id, kind = case.packet.violation_id, case.packet.kind
            log.info("case_written", camera_id=self.camera_id, violation_id=violation_id, kind=kind)

    def retry(self) -> None:
        """Write what the disk refused; called from the proving thread."""
        self.cases += sum(1 for _ in self.prover.retry(now_s=self.watch.last_s))

    def finish(self) -> None:
        """The last try to write; called from the proving thread once the camera is stopped."""
        self.cases += sum(1 for _ in self.prover.finish())

    def begin_anew(self, error_name: str) -> None:
        """Something broke: a new feed and a new watch; what was pending is lost and said."""
        log.error("watch_begins_anew", camera_id=self.camera_id, error=error_name)
        self.feed.stop()
        self.restarts += 1
        self._open()

    def tell_changes(self) -> None:
        """Log the camera's state when it changed, and what the watch was too slow for."""
        state, dropped = self.feed.state, self.feed.counts.dropped
        if state is not self._told:
            self._told = state
            log.info("camera_state_changed", camera_id=self.camera_id, state=str(state))
        if dropped > self._dropped_told:
            log.warning(
                "watch_packets_dropped",
                camera_id=self.camera_id,
                dropped=dropped - self._dropped_told,
                lag_s=round(self.feed.lag_s, 1),
            )
        self._dropped_told = dropped

    def health(self) -> CameraHealth:
        """How the watch goes; the rate counts from the last call."""
        feed, watch, counts = self.feed, self.watch, self.feed.counts
        frames, since_s = self._reported
        now_s = time.monotonic()
        self._reported = (watch.frames_analysed, now_s)
        span = feed.ring.span()
        gaps = feed.gaps
        is_late = feed.lag_s > DEGRADED_LAG_S
        return CameraHealth(
            camera_id=self.camera_id,
            state=str(feed.state),
            gear="listening" if watch.is_listening else "watching",
            is_degraded=is_late or now_s - self._gap_seen_s < DEGRADED_FOR_S,
            lag_s=feed.lag_s,
            ring_s=span[1] - span[0] if span else 0.0,
            ring_bytes=feed.ring.held_bytes,
            analysed_fps=(watch.frames_analysed - frames) / max(now_s - since_s, 1e-3),
            frames_decoded=watch.frames_decoded,
            frames_analysed=watch.frames_analysed,
            frames_inferred=watch.frames_inferred,
            gaps=len(gaps),
            gap_s=sum(to_s - from_s for from_s, to_s in gaps),
            dropped=counts.dropped,
            reconnects=counts.reconnects,
            restarts=self.restarts,
            cases=self.cases,
            unproved=self.prover.unproved,
            unwritten=self.prover.unwritten,
            lost=self.prover.lost,
            clock_offset_ms=feed.clock.clock.offset_ms,
            not_judged=dict(watch.judge.counts),
            view=self.view.word if self.view else "unknown",
            view_moved=self.view.moved if self.view else None,
            view_jpeg=self.view.take_overlay() if self.view else b"",
        )
