"""Why a case is false or missed: the truth nearest to it, the condition that decided, and the frame."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.footage.conditions import CONDITIONS, Frames, condition_told
from benchmarks.footage.explaining import SeenCase, why_false, why_missed
from benchmarks.footage.observing import ObservedJudge
from benchmarks.truth import Truth, TruthCrossing
from detector.judging.candidate import Candidate
from detector.rules import red_light, stop_line
from detector.types import LampReading
from tests.detector.judging.builders import (
    GREEN,
    RED,
    UNKNOWN,
    YELLOW,
    Lights,
    Ride,
    camera,
    candidate,
    lights,
    through,
)
from tests.detector.rules.test_reasons import words_told_by

BOX = (0.4, 0.4, 0.1, 0.2)
AT_LINE = (0.47, 0.375, 0.0625, 0.125)
FRAMES = Frames(fps=25.0)
CASE = SeenCase(kind="red_light", cross_s=10.0, box=BOX, lane_id="L1")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"cross_s": 20.0, "verdict": "lawful"}, "the truth knows no crossing near"),
        ({"cross_s": 10.1, "verdict": "lawful"}, "the truth says lawful for vehicle 1 at 10.10 s"),
        ({"cross_s": 10.1, "verdict": "lawful", "light": "green"}, "at 10.10 s, light green"),
        ({"cross_s": 11.5, "verdict": "red_light"}, "1.50 s away, more than 0.7 s"),
        ({"cross_s": 10.4, "verdict": "red_light"}, "0.40 s away, and another case was matched to it"),
        ({"cross_s": 10.0, "verdict": "lawful", "box": (0.8, 0.8, 0.1, 0.1)}, "knows no crossing near"),
    ],
)
def test_a_false_case_is_explained_by_the_truth_nearest_to_it(row: dict[str, object], why: str) -> None:
    truth = Truth.model_validate({"camera": {}, "signal": [], "crossings": [{"id": 1, "box": BOX, **row}]})
    assert why in why_false(CASE, truth, None, FRAMES)


def watched(*rides: Ride, showing: Lights, fps: float = 8.0, until_s: float = 20.0) -> ObservedJudge:
    """The observed judge after a whole run."""
    judge = ObservedJudge(camera())
    for number in range(int(until_s * fps) + 1):
        at_s = number / fps
        reading = LampReading(signal_id="S1", at_s=at_s, colour=showing(at_s))
        judge.look(at_s, [reading], [seen for ride in rides if (seen := ride.at(at_s)) is not None])
    judge.finish()
    return judge


def missed(judge: ObservedJudge, *, cross_s: float = 10.0) -> str:
    row = TruthCrossing.model_validate(
        {"id": 1, "class": "motorbike", "cross_s": cross_s, "box": AT_LINE, "verdict": "red_light"}
    )
    return why_missed(row, judge, FRAMES)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (
            {"showing": lights((GREEN, 0), (RED, 9.75))},
            "condition 7, red for at least 0.5 s: red for 0.25 s, since frame 244 (9.75 s)",
        ),
        (
            {"showing": lights((GREEN, 0))},
            "condition 5, red at the crossing: the signal was green at frame 250",
        ),
        (
            {"showing": lights((RED, 0), (UNKNOWN, 8))},
            "condition 4, the signal known: it was unknown at frame 250",
        ),
        (
            {"showing": lights((RED, 0)), "fps": 4.0},
            "condition 3, at least 5 frames a second: 4.0 around frame 250",
        ),
        (
            {"showing": lights((RED, 0), (GREEN, 10.25))},
            "condition 10, red as it entered: the signal was green at frame 266 (10.62 s)",
        ),
    ],
)
def test_a_miss_says_which_condition_failed_at_which_frame(run: dict[str, Any], why: str) -> None:
    assert why in missed(watched(through(10.0), **run))


def test_a_miss_without_a_track_says_what_was_seen_in_how_many_frames() -> None:
    assert missed(watched(showing=lights((RED, 0)))) == (
        "no track near: no vehicle was detected there in any of the 17 frames looked at from frame 225 (9.00 s) "
        "to frame 275 (11.00 s); the signal was read as red"
    )
    waiting = Ride(way=((5.0, 0.5, 0.49), (15.0, 0.5, 0.49)))
    assert "and in 17 of the 17 frames" in missed(watched(waiting, showing=lights((RED, 0))))
    assert missed(ObservedJudge(camera())) == "no frame was looked at within 1 s of frame 250 (10.00 s)"


def test_a_false_case_says_on_which_conditions_it_was_made() -> None:
    judge = watched(through(10.0), showing=lights((GREEN, 0), (YELLOW, 2), (RED, 5)))
    finding = judge.findings[0]
    box = finding.crossing.box
    case = SeenCase(
        kind="red_light",
        cross_s=finding.crossing.cross_s,
        box=(box.left, box.top, box.width, box.height),
        lane_id="L1",
    )
    said = why_false(case, Truth.model_validate({"camera": {}, "signal": [], "crossings": []}), judge, FRAMES)
    assert "every condition held" in said
    assert "red since frame 125 (5.00 s), over the line at frame 250" in said
    assert "in the junction at frame 266" in said


@pytest.mark.parametrize("rule", [red_light, stop_line], ids=lambda rule: rule.NAME)
def test_every_reason_of_the_rules_is_told_with_its_values(rule: Any) -> None:
    reasons = words_told_by(Path(rule.__file__))
    assert reasons
    assert reasons <= CONDITIONS.keys()
    for reason in reasons:
        assert "frame " in str(condition_told(reason, candidate(gaps=((9.8, 10.4),)), FRAMES)), reason


def test_a_word_of_another_rule_is_told_without_a_condition() -> None:
    plain: Candidate = candidate()
    assert condition_told("dwelt", plain, FRAMES) is None
    assert condition_told("grace", None, FRAMES) is None
