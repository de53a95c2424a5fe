"""A camera's measures are graded by limits that are written down, each with what to change."""

from dataclasses import replace
from typing import Any

import pytest

from detector.fitness.grading import Check, Grade, character_px, grade
from detector.fitness.measures import CameraMeasure, PlateMeasure, SignalMeasure, StreamMeasure
from models.types import LampColour

MAIN = StreamMeasure(
    codec="h264", width=1920, height=1080, fps=25.0, key_frame_interval_s=2.0, bits_per_s=4e6
)
SUB = StreamMeasure(codec="h264", width=640, height=360, fps=12.5)
LAMPS = SignalMeasure(
    signal_id="S1",
    reads={LampColour.RED: 50, LampColour.YELLOW: 5, LampColour.GREEN: 45},
    saw_full_cycle=True,
)
TWO_LINE = PlateMeasure(width_px=48, height_px=34)
GOOD = CameraMeasure(
    camera_id="c1",
    footage_s=60.0,
    main=MAIN,
    sub=SUB,
    clock_source="rtcp",
    clock_offset_ms=-40.0,
    sub_offset_s=0.04,
    gaps=0,
    signals=(LAMPS,),
    plates=(TWO_LINE,) * 5,
    vehicles_at_line=9,
    horizon=-0.4,
)


def check_of(name: str, **changes: Any) -> Check:
    (found,) = [check for check in grade(replace(GOOD, **changes)).checks if check.name == name]
    return found


def main_with(**changes: Any) -> dict[str, StreamMeasure]:
    return {"main": replace(MAIN, **changes)}


def lamps_with(saw_full_cycle: bool = True, **reads: int) -> dict[str, tuple[SignalMeasure, ...]]:
    counted = {LampColour[name.upper()]: count for name, count in reads.items()}
    return {"signals": (replace(LAMPS, reads=counted, saw_full_cycle=saw_full_cycle),)}


def plates_of(height_px: float, *, width_px: float, count: int = 5) -> dict[str, tuple[PlateMeasure, ...]]:
    return {"plates": (PlateMeasure(width_px=width_px, height_px=height_px),) * count}


def view_moved(moved: float | None) -> dict[str, object]:
    return {"moved": moved, "has_calibration_picture": True}


def test_a_camera_as_it_should_be_is_fit_with_full_marks() -> None:
    fitness = grade(GOOD)
    assert (fitness.is_fit, fitness.score) == (True, 100)
    assert {check.grade for check in fitness.checks} == {Grade.GOOD}
    assert not [check for check in fitness.checks if check.advice]


@pytest.mark.parametrize(
    ("why", "name", "changes", "expected", "advice"),
    [
        ("720p reads few plates", "main picture", main_with(width=1280, height=720), Grade.WEAK, "1920×1080"),
        ("a web cam", "main picture", main_with(width=640, height=480), Grade.UNFIT, "1920×1080"),
        ("12 frames prove less well", "main frames", main_with(fps=12.0), Grade.WEAK, "frame rate"),
        ("6 frames a second are watched", "watched frames", {"sub": replace(SUB, fps=6.0)}, Grade.WEAK, "10"),
        ("under 5 no case is made", "watched frames", {"sub": replace(SUB, fps=4.0)}, Grade.UNFIT, "10"),
        ("one stream only", "watched frames", {"sub": None}, Grade.GOOD, ""),
        ("key frames 4 s apart", "key frames", main_with(key_frame_interval_s=4.0), Grade.WEAK, "1 to 2 s"),
        ("key frames 10 s apart", "key frames", main_with(key_frame_interval_s=10.0), Grade.UNFIT, "1 to 2 s"),
        ("one key frame seen", "key frames", main_with(key_frame_interval_s=None), Grade.UNMEASURED, "longer"),
        ("1 Mb/s at 1080p25", "bit rate", main_with(bits_per_s=1e6), Grade.WEAK, "1.6 Mb/s"),
        ("1 Mb/s of H.265", "bit rate", main_with(bits_per_s=1e6, codec="hevc"), Grade.GOOD, ""),
        ("0.3 Mb/s", "bit rate", main_with(bits_per_s=3e5), Grade.UNFIT, "blocks"),
        ("half a second off", "clock", {"clock_offset_ms": 500.0}, Grade.WEAK, "NTP"),
        ("five minutes off", "clock", {"clock_offset_ms": -3e5}, Grade.UNFIT, "NTP"),
        ("no sender reports", "clock", {"clock_source": "machine", "clock_offset_ms": None}, Grade.WEAK, "RTCP"),
        ("no clock at all", "clock", {"clock_source": "none"}, Grade.UNFIT, "started_at"),
        ("one gap", "gaps", {"gaps": 1}, Grade.WEAK, "network"),
        ("a gap each few seconds", "gaps", {"gaps": 9}, Grade.UNFIT, "network"),
        ("leaves in front", "lamps of S1", lamps_with(red=40, green=40, unknown=20), Grade.WEAK, "tighter"),
        ("wrong boxes", "lamps of S1", lamps_with(red=5, unknown=95), Grade.UNFIT, "anew"),
        ("never read", "lamps of S1", lamps_with(), Grade.UNFIT, "anew"),
        ("only red so far", "lamps of S1", lamps_with(red=99), Grade.UNMEASURED, "cycle"),
        ("plates 26 px", "plates at the line", plates_of(26, width_px=36), Grade.WEAK, "zoom in 1.2 times"),
        ("plates 16 px", "plates at the line", plates_of(16, width_px=22), Grade.UNFIT, "zoom in 2.0 times"),
        ("long plates 23 px", "plates at the line", plates_of(23, width_px=108), Grade.GOOD, ""),
        ("two plates", "plates at the line", plates_of(34, width_px=48, count=2), Grade.UNMEASURED, "longer"),
        ("looks too flat", "tilt", {"horizon": 0.3}, Grade.WEAK, "tilt the camera down"),
        ("no traffic", "tilt", {"horizon": None}, Grade.UNMEASURED, "longer"),
        ("sub 120 ms late", "sub against main", {"sub_offset_s": 0.12}, Grade.WEAK, "clock"),
        ("sub a second late", "sub against main", {"sub_offset_s": -1.0}, Grade.UNFIT, "clock"),
        ("as calibrated", "view", view_moved(0.002), Grade.GOOD, ""),
        ("moved a little", "view", view_moved(0.008), Grade.WEAK, "calibrate"),
        ("turned by workers", "view", view_moved(0.05), Grade.UNFIT, "calibrate it again"),
        ("fog", "view", view_moved(None), Grade.UNMEASURED, "look at the camera"),
        ("nothing moves", "sub against main", {"sub_offset_s": None}, Grade.UNMEASURED, "longer"),
    ],
)  # fmt: skip
def test_each_limit(why: str, name: str, changes: dict[str, Any], expected: Grade, advice: str) -> None:
    check = check_of(name, **changes)
    assert check.grade is expected, why
    assert advice in check.advice, why
    assert grade(replace(GOOD, **changes)).is_fit is (expected is not Grade.UNFIT)


@pytest.mark.parametrize("source", ["stated", "container"])
def test_recorded_footage_with_a_stated_moment_is_not_asked_for_a_camera_s_clock(source: str) -> None:
    fitness = grade(replace(GOOD, clock_source=source, clock_offset_ms=None))
    assert "clock" not in {check.name for check in fitness.checks}
    assert fitness.score == 100


def test_what_was_not_measured_counts_neither_way() -> None:
    assert grade(replace(GOOD, plates=(), horizon=None)).score == 100
    assert grade(replace(GOOD, gaps=1, plates=(), horizon=None)).score == 94


@pytest.mark.parametrize(
    ("plate", "expected_px"),
    [
        (PlateMeasure(width_px=38, height_px=28), 11.0),
        (PlateMeasure(width_px=104, height_px=22), 12.6),
    ],
    ids=["two lines: 55 of 140 mm", "one line: 63 of 110 mm"],
)
def test_characters_have_their_share_of_the_plates_height(plate: PlateMeasure, expected_px: float) -> None:
    assert character_px(plate) == pytest.approx(expected_px, abs=0.05)
