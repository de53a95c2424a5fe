"""Grades a camera's measures: good, weak or unfit, each with what to change. Pure; knows no feed and no picture.

Limits and where they come from:
- characters 12.5 and 9.4 px tall: `python -m benchmarks.plate_height` on 209 held-back real plates reads 96 % of those
  at 32 px of two-line plate, 79 % at 24 px (55 of its 140 mm are a character, 63 of 110 mm on a one-line plate).
- 5 analysed frames a second: below it no automatic case is made (JudgingSettings.least_analysed_fps).
- clock within 100 ms: practice of red-light cameras (docs: calibration guide).
- the others are engineering choices: what the ring, the proof and an officer's eye need.
"""

from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from detector.fitness.measures import CameraMeasure, PlateMeasure, SignalMeasure, StreamMeasure
from detector.judging.plate_vote import CHARACTER_SHARE
from models.types import LampColour, PlateLayout

ONE_LINE_ASPECT = 2.6
GOOD_CHARACTER_PX, LEAST_CHARACTER_PX = 12.5, 9.4
LEAST_PLATES = 3
MOST_MOVED = 0.012
"""Of the picture's width: half a motorbike's width at the calibrated views; more, and places are wrong."""
GOOD_BITS_PER_PIXEL, LEAST_BITS_PER_PIXEL = 0.03, 0.015
NEWER_CODECS = {"hevc": 0.6, "av1": 0.5}
"""What these need of H.264's bits for the same picture."""


class Grade(StrEnum):
    """`unmeasured` says that the probe did not see enough, not that the camera is bad."""

    GOOD = "good"
    WEAK = "weak"
    UNFIT = "unfit"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One point of the report: what was measured, how good that is, what to change."""

    name: str
    measured: str
    grade: Grade
    advice: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitness:
    """The whole report. `score` is 0…100 over what was measured; fit means that nothing is unfit."""

    camera_id: str
    checks: tuple[Check, ...]

    @property
    def is_fit(self) -> bool:
        return all(check.grade is not Grade.UNFIT for check in self.checks)

    @property
    def score(self) -> int:
        worth = {Grade.GOOD: 1.0, Grade.WEAK: 0.5, Grade.UNFIT: 0.0}
        marks = [worth[check.grade] for check in self.checks if check.grade in worth]
        return round(100 * sum(marks) / max(1, len(marks)))


def grade(measure: CameraMeasure) -> Fitness:
    """Every check that applies to this camera."""
    checks = [
        _size(measure.main),
        _rate("main frames", measure.main.fps, good=20.0, least=8.0),
        _rate("watched frames", (measure.sub or measure.main).fps, good=10.0, least=5.0),
        _key_frames(measure.main),
        _bits(measure.main),
        *_clock(measure),
        _continuity(measure),
        *map(_lamps, measure.signals),
        _plates(measure),
        _tilt(measure),
    ]
    if measure.sub is not None:
        checks.append(_alignment(measure))
    if measure.has_calibration_picture:
        checks.append(_view(measure.moved))
    return Fitness(camera_id=measure.camera_id, checks=tuple(checks))


def character_px(plate: PlateMeasure) -> float:
    """Height of the plate's characters: what decides whether it can be read, whatever its layout."""
    is_one_line = plate.width_px > ONE_LINE_ASPECT * plate.height_px
    return plate.height_px * CHARACTER_SHARE[PlateLayout.ONE_LINE if is_one_line else PlateLayout.TWO_LINE]


def _size(main: StreamMeasure) -> Check:
    lines = min(main.width, main.height)
    found = Grade.GOOD if lines >= 1080 else Grade.WEAK if lines >= 720 else Grade.UNFIT
    advice = "" if found is Grade.GOOD else "set the main stream to 1920×1080 or more"
    return Check(
        name="main picture", measured=f"{main.width}×{main.height} {main.codec}", grade=found, advice=advice
    )


def _rate(name: str, fps: float, *, good: float, least: float) -> Check:
    found = _graded(fps, good=good, least=least)
    advice = "" if found is Grade.GOOD else f"raise the frame rate to {good:.0f} a second or more"
    return Check(name=name, measured=f"{fps:.1f} a second", grade=found, advice=advice)


def _key_frames(main: StreamMeasure) -> Check:
    interval_s = main.key_frame_interval_s
    if interval_s is None:
        return Check(
            name="key frames",
            measured="fewer than two came",
            grade=Grade.UNMEASURED,
            advice="probe longer with --seconds; set a key-frame interval of 1 to 2 s",
        )
    found = _graded(-interval_s, good=-2.05, least=-5.0)
    advice = (
        ""
        if found is Grade.GOOD
        else "set the key-frame interval to 1 to 2 s: a proof decodes from the last one"
    )
    return Check(name="key frames", measured=f"every {interval_s:.1f} s", grade=found, advice=advice)


def _bits(main: StreamMeasure) -> Check:
    if main.bits_per_s is None:
        return Check(name="bit rate", measured="nothing came", grade=Grade.UNMEASURED)
    needed = NEWER_CODECS.get(main.codec, 1.0)
    per_pixel = main.bits_per_s / (main.width * main.height * main.fps) / needed
    found = _graded(per_pixel, good=GOOD_BITS_PER_PIXEL, least=LEAST_BITS_PER_PIXEL)
    wanted_mb = GOOD_BITS_PER_PIXEL * needed * main.width * main.height * main.fps / 1e6
    advice = "" if found is Grade.GOOD else f"raise it to {wanted_mb:.1f} Mb/s: plates drown in blocks"
    return Check(name="bit rate", measured=f"{main.bits_per_s / 1e6:.1f} Mb/s", grade=found, advice=advice)


CLOCKS_OF_RECORDINGS = ("stated", "container")
"""Moments that a camera file or a container states: no feed runs against which they could be measured or set."""


def _clock(measure: CameraMeasure) -> tuple[Check, ...]:
    """Nothing for recorded footage whose moment is stated."""
    source, offset_ms = measure.clock_source, measure.clock_offset_ms
    if source in CLOCKS_OF_RECORDINGS:
        return ()
    if source == "none":
        advice = "no case can be fined without a moment: state started_at, or use a live camera"
        return (Check(name="clock", measured="none", grade=Grade.UNFIT, advice=advice),)
    if source != "rtcp" or offset_ms is None:
        advice = "let the camera send RTCP sender reports and set its NTP server"
        return (Check(name="clock", measured=f"from {source}", grade=Grade.WEAK, advice=advice),)
    found = _graded(-abs(offset_ms), good=-100.0, least=-2000.0)
    advice = "" if found is Grade.GOOD else "set the camera's NTP server to the one of this machine"
    measured = f"{offset_ms:+.0f} ms against this machine"
    return (Check(name="clock", measured=measured, grade=found, advice=advice),)


def _continuity(measure: CameraMeasure) -> Check:
    found = Grade.GOOD if measure.gaps == 0 else Grade.WEAK if measure.gaps <= 2 else Grade.UNFIT
    advice = "" if found is Grade.GOOD else "look at the network: no case is made near a gap"
    return Check(
        name="gaps", measured=f"{measure.gaps} in {measure.footage_s:.0f} s", grade=found, advice=advice
    )


def _lamps(signal: SignalMeasure) -> Check:
    name = f"lamps of {signal.signal_id}"
    unknown = signal.share(LampColour.UNKNOWN) + signal.share(LampColour.OFF)
    seen = [colour for colour in LampColour if signal.reads.get(colour)]
    measured = ", ".join(f"{colour} {100 * signal.share(colour):.0f} %" for colour in seen) or "never read"
    found = _graded(-unknown, good=-0.05, least=-0.3)
    if not seen or found is Grade.UNFIT:
        advice = (
            "draw the lamp boxes anew, aim the camera so that the lamps are in view, lower their exposure"
        )
        return Check(name=name, measured=measured, grade=Grade.UNFIT, advice=advice)
    if LampColour.RED not in seen or LampColour.GREEN not in seen:
        advice = "red and green were not both seen: probe a full cycle with --seconds"
        return Check(name=name, measured=measured, grade=Grade.UNMEASURED, advice=advice)
    advice = "" if found is Grade.GOOD else "draw the lamp boxes tighter; something may hide the lamps"
    cycle = "a full cycle" if signal.saw_full_cycle else "part of a cycle"
    return Check(name=name, measured=f"{measured}; {cycle}", grade=found, advice=advice)


def _plates(measure: CameraMeasure) -> Check:
    if len(measure.plates) < LEAST_PLATES:
        return Check(
            name="plates at the line",
            measured=f"{len(measure.plates)} plates found on {measure.vehicles_at_line} vehicles at the line",
            grade=Grade.UNMEASURED,
            advice="probe longer with --seconds while traffic flows; if plates stay unseen, zoom in",
        )
    height_px = median(map(character_px, measure.plates))
    found = _graded(height_px, good=GOOD_CHARACTER_PX, least=LEAST_CHARACTER_PX)
    closer = GOOD_CHARACTER_PX / height_px
    advice = (
        "" if found is Grade.GOOD else f"zoom in {closer:.1f} times, or use a main stream with more pixels"
    )
    measured = f"characters {height_px:.0f} px tall (median of {len(measure.plates)} plates)"
    return Check(name="plates at the line", measured=measured, grade=found, advice=advice)


def _tilt(measure: CameraMeasure) -> Check:
    if measure.horizon is None:
        advice = "too few motorbikes at different distances: probe longer with --seconds"
        return Check(name="tilt", measured="not told by the traffic", grade=Grade.UNMEASURED, advice=advice)
    found = Grade.GOOD if measure.horizon <= 0.05 else Grade.WEAK
    advice = (
        "" if found is Grade.GOOD else "tilt the camera down or mount it higher: vehicles hide one another"
    )
    side = "above" if measure.horizon < 0 else "below"
    measured = f"horizon {abs(measure.horizon):.2f} picture heights {side} the upper edge"
    return Check(name="tilt", measured=measured, grade=found, advice=advice)


def _alignment(measure: CameraMeasure) -> Check:
    if measure.sub_offset_s is None:
        advice = "nothing moved enough to compare: probe longer with --seconds"
        return Check(name="sub against main", measured="not told", grade=Grade.UNMEASURED, advice=advice)
    found = _graded(-abs(measure.sub_offset_s), good=-0.085, least=-0.25)
    advice = (
        "" if found is Grade.GOOD else "boxes of the sub stream would miss in the main stream: see its clock"
    )
    measured = f"{1000 * measure.sub_offset_s:+.0f} ms"
    return Check(name="sub against main", measured=measured, grade=found, advice=advice)


def _view(moved: float | None) -> Check:
    if moved is None:
        advice = "too little is alike in both pictures: look at the camera, or keep a new calibration picture"
        return Check(name="view", measured="not told", grade=Grade.UNMEASURED, advice=advice)
    found = _graded(-moved, good=-MOST_MOVED / 3, least=-MOST_MOVED)
    advice = "" if found is Grade.GOOD else "the camera was moved: aim it back, or calibrate it again"
    measured = f"moved by {100 * moved:.1f} % of the picture's width since calibration"
    return Check(name="view", measured=measured, grade=found, advice=advice)


def _graded(value: float, *, good: float, least: float) -> Grade:
    """Higher is better."""
    if value >= good:
        return Grade.GOOD
    return Grade.WEAK if value >= least else Grade.UNFIT
