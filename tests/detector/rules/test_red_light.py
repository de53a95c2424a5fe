"""The rule for running a red light, condition by condition."""

from typing import Any

import pytest

from detector.contract.camera import JudgingSettings
from detector.judging.candidate import touches_gap
from detector.rules.red_light import judge
from detector.types import Verdict
from models.types import LampColour
from tests.detector.judging.builders import GREEN, OFF, RED, UNKNOWN, YELLOW, candidate

NOT_JUDGED, LAWFUL = Verdict.NOT_JUDGED, Verdict.LAWFUL


@pytest.mark.parametrize(
    ("label", "changes", "verdict", "reason"),
    [
        ("plain case: red for five seconds, entered on red", {}, Verdict.RED_LIGHT, "ran_red"),
        ("never seen before the line", {"points_in_approach": 0}, NOT_JUDGED, "first_seen_past_line"),
        ("seen before the line in one frame only", {"points_in_approach": 1}, NOT_JUDGED, "first_seen_past_line"),
        ("seen before the line twice", {"points_in_approach": 2}, Verdict.RED_LIGHT, "ran_red"),
        ("footage is missing at the crossing", {"gaps": ((9.5, 10.2),)}, NOT_JUDGED, "gap_in_footage"),
        ("footage is missing long before", {"gaps": ((2.0, 3.0),)}, Verdict.RED_LIGHT, "ran_red"),
        ("seen four times a second", {"analysed_fps": 4.0}, NOT_JUDGED, "too_few_frames"),
        ("seen exactly as often as needed", {"analysed_fps": 5.0}, Verdict.RED_LIGHT, "ran_red"),
        ("the camera asks for fewer frames",
         {"analysed_fps": 4.0, "settings": JudgingSettings(least_analysed_fps=3)}, Verdict.RED_LIGHT, "ran_red"),
        ("colour cannot be told", {"colour_at_crossing": UNKNOWN, "red_since_s": None}, NOT_JUDGED, "signal_unknown"),
        ("signal is dark", {"colour_at_crossing": OFF, "red_since_s": None}, NOT_JUDGED, "signal_unknown"),
        ("on green", {"colour_at_crossing": GREEN, "red_since_s": None}, LAWFUL, "green"),
        ("on yellow", {"colour_at_crossing": YELLOW, "red_since_s": None}, LAWFUL, "yellow"),
        ("on green, in the junction at red", {"colour_at_crossing": GREEN, "red_since_s": None,
                                              "colour_at_entry": RED}, LAWFUL, "green"),
        ("over the line as red began", {"over_line_at_onset": True}, Verdict.ALREADY_OVER, "over_line_at_onset"),
        ("red for less than the grace time", {"red_since_s": 9.6}, NOT_JUDGED, "grace"),
        ("red for exactly the grace time", {"red_since_s": 9.5}, Verdict.RED_LIGHT, "ran_red"),
        ("no grace time at this camera", {"red_since_s": 10.0, "settings": JudgingSettings(grace_s=0)},
         Verdict.RED_LIGHT, "ran_red"),
        ("turned right where that is free on red", {"took_free_exit": True}, LAWFUL, "free_on_red"),
        ("never entered the junction", {"entered_junction_s": None}, NOT_JUDGED, "did_not_enter"),
        ("entered after it turned green", {"colour_at_entry": GREEN}, NOT_JUDGED, "entered_after_red"),
        ("colour at the entry cannot be told", {"colour_at_entry": UNKNOWN}, NOT_JUDGED, "entered_after_red"),
    ],
)  # fmt: skip
def test_the_red_light_rule(label: str, changes: dict[str, Any], verdict: Verdict, reason: str) -> None:
    assert judge(candidate(**changes)) == (verdict, reason), label


@pytest.mark.parametrize(
    ("label", "changes", "reason"),
    [
        ("late sight counts before a gap", {"points_in_approach": 0, "gaps": ((9.0, 11.0),)}, "first_seen_past_line"),
        ("a gap counts before the frame rate", {"gaps": ((9.0, 11.0),), "analysed_fps": 1.0}, "gap_in_footage"),
        ("the frame rate counts before the colour", {"analysed_fps": 1.0, "colour_at_crossing": OFF}, "too_few_frames"),
        ("the place at onset counts before grace", {"over_line_at_onset": True, "red_since_s": 9.9},
         "over_line_at_onset"),
        ("grace counts before a free exit", {"took_free_exit": True, "red_since_s": 9.9}, "grace"),
    ],
)  # fmt: skip
def test_the_first_reason_in_order_is_told(label: str, changes: dict[str, Any], reason: str) -> None:
    assert judge(candidate(**changes))[1] == reason, label


@pytest.mark.parametrize("colour", list(LampColour))
def test_only_red_at_the_entry_makes_a_case(colour: LampColour) -> None:
    is_case = judge(candidate(colour_at_entry=colour))[0] is Verdict.RED_LIGHT
    assert is_case is (colour is RED)


@pytest.mark.parametrize(
    ("label", "gap", "touches"),
    [
        ("over the crossing", (9.0, 11.0), True),
        ("ends half a second before", (8.0, 9.5), True),
        ("begins half a second after", (10.5, 12.0), True),
        ("ends exactly a second before", (8.0, 9.0), True),
        ("ends two seconds before", (7.0, 8.0), False),
        ("begins two seconds after", (12.0, 13.0), False),
    ],
)
def test_a_gap_touches_a_crossing_within_a_second(
    label: str, gap: tuple[float, float], touches: bool
) -> None:
    assert touches_gap(candidate(gaps=((0.0, 1.0), gap))) is touches, label
