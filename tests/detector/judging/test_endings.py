"""Tracks that end while a crossing is still to be decided: nothing breaks, nothing is told twice."""

from detector.judging.camera_judge import CameraJudge
from detector.types import Finding, LampReading
from models.types import VehicleDetection
from tests.detector.judging.builders import RED, camera, detection

FPS = 10


def look(judge: CameraJudge, number: int, *vehicles: VehicleDetection) -> tuple[Finding, ...]:
    at_s = number / FPS
    return judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], list(vehicles))


def way(number: int) -> float:
    """The foot of a vehicle that crosses the line at y = 0.5 about 2 s in."""
    return 0.7 - 0.1 * number / FPS


def test_a_vehicle_seen_twice_that_crosses_the_line_gives_one_case() -> None:
    """A second box beside the first drifts onto it half a second after both went over the line."""
    judge = CameraJudge(camera())
    findings: list[Finding] = []
    for number in range(70):
        aside = 0.08 if number < 25 else 0.01
        findings += look(judge, number, detection(0.5, way(number)), detection(0.5 + aside, way(number)))
    assert [(str(finding.verdict), finding.track.track_id) for finding in findings] == [("red_light", 1)]
    assert judge.counts["not_judged:seen_twice"] == 1


def test_a_vehicle_lost_right_after_the_line_is_still_decided() -> None:
    judge = CameraJudge(camera())
    findings: list[Finding] = []
    for number in range(90):
        seen = (detection(0.5, way(number)),) if number < 24 else ()
        findings += look(judge, number, *seen)
    assert [(str(finding.verdict), finding.reason) for finding in findings] == [("not_judged", "track_lost")]
    assert list(judge.finish()) == []
