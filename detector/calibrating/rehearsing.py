"""A rehearsal: a held feed through the product's judge with a calibration under test. Cases are shown, none is made.

    frames ─▶ lamps + vehicles ─▶ ObservedJudge ─findings─▶ proved in the main stream ─▶ stills
                                       └──▶ what is seen now, for the page that watches along

Every frame that is looked at is looked at whole, also at green: an integrator wants to see the tracks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from detector.calibrating.held_feeds import HeldFeed
from detector.calibrating.observing import ObservedJudge
from detector.contract.assist import DryRunResult, SeenFrame, WouldBeCase
from detector.contract.camera import Camera
from detector.errors import GapInFootage, NoPictures
from detector.evidence.packet_writer import PacketContents
from detector.sources.decoding import Frame
from detector.sources.feed import CameraFeed
from detector.types import CASE_VERDICTS, Finding, LampReading
from detector.watching.contents import gather
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes, Picture, read_signal
from detector.watching.proving import CLIP_MARGIN_S, prove
from detector.watching.recent_sights import RecentSights

Show = Callable[[Picture, SeenFrame], None]
"""Told each look; raises what shall end the rehearsal."""

ANALYSED_FPS = 8.0
SIGHTS_S = 30.0
MOST_CASES = 30
"""A calibration that finds more in one rehearsal is wrong; thirty are enough to see how."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """The result and its stills by name."""

    result: DryRunResult
    pictures: dict[str, bytes] = field(default_factory=dict)


def rehearse(
    camera: Camera, held: HeldFeed, *, eyes: Eyes, run: RunStamp, seconds: float, looks_back: bool, show: Show
) -> Rehearsed:
    """Judge `seconds` of a feed. Raises SourceError, and what `show` raises.

    `looks_back`: from so long ago, or as far back as is held, and only what is missing is waited for; else from now.
    """
    rehearsal: _Rehearsal | None = None
    for frame in held.frames(back_s=seconds if looks_back else 0.0):
        if rehearsal is None:
            rehearsal = _Rehearsal(camera, held.feed, eyes=eyes, run=run, seconds=seconds, from_s=frame.at_s)
        if rehearsal.takes(frame):
            show(frame.picture, rehearsal.look(frame))
        rehearsal.prove_ready(until_s=held.feed.main_until_s)
        if frame.at_s - rehearsal.from_s >= seconds:
            break
    if rehearsal is None:
        raise NoPictures(
            f"camera {camera.camera_id}: the stream ended before a picture came; look at the camera"
        )
    return rehearsal.finish()


class _Rehearsal:
    def __init__(
        self, camera: Camera, feed: CameraFeed, *, eyes: Eyes, run: RunStamp, seconds: float, from_s: float
    ) -> None:
        self._camera, self._feed, self._eyes, self._run = camera, feed, eyes, run
        self.from_s, self._seconds = from_s, seconds
        self._judge = ObservedJudge(camera)
        self._sights = RecentSights(SIGHTS_S)
        self._waiting: list[Finding] = []
        self._gaps: set[tuple[float, float]] = set()
        self._next_s = float("-inf")
        self._last_s = 0.0
        self._frames = self._unproved = 0
        self._cases: list[WouldBeCase] = []
        self._pictures: dict[str, bytes] = {}

    def takes(self, frame: Frame) -> bool:
        """Whether this frame is one of those that are looked at."""
        if frame.at_s < self._next_s:
            return False
        self._next_s = frame.at_s + 0.9 / ANALYSED_FPS
        return True

    def look(self, frame: Frame) -> SeenFrame:
        """Judge one frame; what is seen in it."""
        self._note_gaps()
        readings = [
            LampReading(
                signal_id=signal.id,
                at_s=frame.at_s,
                colour=read_signal(self._eyes.lamps, frame.picture, signal.lamps),
            )
            for signal in self._camera.signals
        ]
        vehicles = self._eyes.vehicles.detect(frame.picture)
        self._sights.add(frame.at_s, vehicles)
        self._waiting += _cases_among(self._judge.look(frame.at_s, readings, vehicles))
        self._frames += 1
        self._last_s = frame.at_s
        cases = len(self._cases) + len(self._waiting)
        return self._judge.seen(from_s=self.from_s, of_s=self._seconds, cases=cases)

    def prove_ready(self, *, until_s: float) -> None:
        """Take the stills of findings whose footage is complete up to a moment."""
        ready = [f for f in self._waiting if f.crossing.cross_s + CLIP_MARGIN_S <= until_s]
        self._waiting = [f for f in self._waiting if f not in ready]
        for finding in ready:
            self._prove(finding)

    def finish(self) -> Rehearsed:
        """The time is over: what is pending is decided with what is there."""
        self._note_gaps()
        self._waiting += _cases_among(self._judge.finish())
        self.prove_ready(until_s=float("inf"))
        result = DryRunResult(
            footage_s=round(max(0.0, self._last_s - self.from_s), 1),
            frames_analysed=self._frames,
            cases=tuple(self._cases),
            not_judged=dict(self._judge.counts),
            unproved=self._unproved,
            gaps=len(self._gaps),
        )
        return Rehearsed(result=result, pictures=self._pictures)

    def _note_gaps(self) -> None:
        behind = {gap for gap in self._feed.gaps if gap[1] > self.from_s and gap[0] <= self._last_s}
        for gap in sorted(behind - self._gaps):
            self._gaps.add(gap)
            self._judge.note_gap(*gap)

    def _prove(self, finding: Finding) -> None:
        if len(self._cases) >= MOST_CASES:
            return
        try:
            proof = prove(finding, self._feed, self._sights, self._eyes)
        except GapInFootage:
            self._unproved += 1
            return
        contents = gather(
            finding,
            proof,
            camera=self._camera,
            feed=self._feed,
            timeline=self._judge.timeline(finding.signal_id),
            weights=self._eyes.checksums,
            run=self._run,
        )
        self._keep(contents)

    def _keep(self, contents: PacketContents) -> None:
        packet = contents.packet
        number = len(self._cases) + 1
        scenes = {
            f"case{number}_{picture.name}": picture.jpeg
            for picture in contents.pictures
            if picture.name.startswith("scene_")
        }
        self._pictures |= scenes
        self._cases.append(
            WouldBeCase(
                kind=packet.kind,
                lane_id=packet.lane_id,
                cross_s=round(packet.cross_s - self.from_s, 2),
                at=packet.committed_at,
                vehicle_class=packet.vehicle.vehicle_class,
                red_for_s=packet.signal.red_elapsed_s,
                plate=packet.plate.verdict,
                pictures=tuple(scenes),
            )
        )


def _cases_among(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict in CASE_VERDICTS]
