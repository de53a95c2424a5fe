"""Tracks, findings and boxes with defaults, for tests of the watch."""

from detector.types import Crossing, Direction, Finding, Track, TrackPoint, Verdict
from models.types import Box, VehicleClass


def box(left: float = 0.4, top: float = 0.4, width: float = 0.1, height: float = 0.2) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def track(*moments_and_boxes: tuple[float, Box]) -> Track:
    points = moments_and_boxes or tuple((10.0 + i * 0.1, box(top=0.6 - i * 0.02)) for i in range(20))
    return Track(
        track_id=1,
        vehicle_class=VehicleClass.MOTORBIKE,
        class_confidence=1.0,
        points=tuple(TrackPoint(at_s=at_s, box=b, score=0.9) for at_s, b in points),
    )


def finding(
    *,
    verdict: Verdict = Verdict.RED_LIGHT,
    cross_s: float = 10.5,
    red_since_s: float | None = 5.0,
    entered_s: float | None = 11.0,
    seen: Track | None = None,
    place_x: float = 0.45,
) -> Finding:
    crossed = box()
    return Finding(
        verdict=verdict,
        reason="ran_red",
        rule="red_light",
        rule_version="1",
        crossing=Crossing(
            track_id=1,
            lane_id="L1",
            direction=Direction.FORWARD,
            cross_s=cross_s,
            place=box(left=place_x - 0.05).ground,
            box=crossed,
        ),
        track=seen or track(),
        signal_id="S1",
        red_since_s=red_since_s,
        entered_junction_s=entered_s,
    )
