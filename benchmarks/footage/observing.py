"""Listens in on a replay without changing it: every finding, the detections of each frame, time per stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from detector.contract.camera import Camera
from detector.judging.camera_judge import CameraJudge
from detector.judging.candidate import Candidate
from detector.types import Crossing, Finding, LampReading
from detector.watching.eyes import Eyes
from models.types import VehicleDetection


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFrame:
    """What the vehicle detector said of one analysed frame."""

    at_s: float
    detections: tuple[VehicleDetection, ...]
    colours: tuple[str, ...] = ()
    """What each signal was read as in this frame alone."""


class ObservedJudge(CameraJudge):
    """The product's judge; keeps what it was shown and all it found, lawful and not judged too."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self.findings: list[Finding] = []
        self.frames: list[SeenFrame] = []
        self._candidates: dict[Crossing, Candidate] = {}

    def candidate_of(self, finding: Finding) -> Candidate | None:
        """What the rules were asked about a crossing; None where another judge found it."""
        return self._candidates.get(finding.crossing)

    def look(
        self, at_s: float, readings: Sequence[LampReading], detections: Sequence[VehicleDetection]
    ) -> tuple[Finding, ...]:
        colours = tuple(str(reading.colour) for reading in readings)
        self.frames.append(SeenFrame(at_s=at_s, detections=tuple(detections), colours=colours))
        found = super().look(at_s, readings, detections)
        self.findings += found
        return found

    def finish(self) -> tuple[Finding, ...]:
        found = super().finish()
        self.findings += found
        return found

    def _candidate(self, *asked: Any) -> Candidate:
        candidate = super()._candidate(*asked)
        self._candidates[candidate.crossing] = candidate
        return candidate


@dataclass(kw_only=True, slots=True)
class Stopwatch:
    """Wall seconds and calls by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def around(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, timed."""

        def timed(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
                self.calls[stage] = self.calls.get(stage, 0) + 1

        return timed


class _Timed:
    """Any network with its methods timed under one stage."""

    def __init__(self, inner: object, stage: str, watch: Stopwatch) -> None:
        self._inner, self._stage, self._watch = inner, stage, watch

    def __getattr__(self, name: str) -> Any:
        return self._watch.around(self._stage, getattr(self._inner, name))


def timed_eyes(eyes: Eyes, watch: Stopwatch) -> Eyes:
    """The same networks, each timed."""
    return replace(
        eyes,
        vehicles=_Timed(eyes.vehicles, "vehicles", watch),
        plate_finder=_Timed(eyes.plate_finder, "plate finder", watch),
        plate_reader=_Timed(eyes.plate_reader, "plate reader", watch),
        lamps=_Timed(eyes.lamps, "lamps", watch),
    )
