"""The rule for changing lanes over a solid line, both sides of each threshold."""

from typing import Any

import pytest

from detector.rules.wrong_lane import judge
from detector.types import Verdict
from tests.detector.rules.builders import lane_change, seen

CASE = (Verdict.WRONG_LANE, "changed_lanes")


def not_judged(reason: str) -> tuple[Verdict, str]:
    return Verdict.NOT_JUDGED, reason


@pytest.mark.parametrize(
    ("label", "changes", "said"),
    [
        ("changed lanes and stayed", {}, CASE),
        ("footage is missing on the way over", {"seen": seen(gaps=((11.0, 11.2),))}, not_judged("gap_in_footage")),
        ("footage is missing long before", {"seen": seen(gaps=((1.0, 8.9),))}, CASE),
        ("three frames wholly in each lane", {"frames_before": 3, "frames_after": 3}, CASE),
        ("two frames in its own lane", {"frames_before": 2}, not_judged("too_few_frames")),
        ("two frames in the other lane", {"frames_after": 2}, not_judged("too_few_frames")),
        ("watched too thinly", {"seen": seen(analysed_fps=4.9)}, not_judged("too_few_frames")),
        ("hidden for 0.4 s on the way over", {"longest_step_s": 0.4}, CASE),
        ("hidden for longer", {"longest_step_s": 0.41}, not_judged("out_of_sight")),
        ("moved aside by three quarters of its width at once", {"widest_step": 0.75}, CASE),
        ("its box jumped onto a neighbour", {"widest_step": 0.76}, not_judged("partly_hidden")),
        ("its box changed as it turned aside", {"shape_change": 1.5}, CASE),
        ("a neighbour hid half of it", {"shape_change": 1.51}, not_judged("partly_hidden")),
        ("half as far along as across", {"along_share": 0.5}, CASE),
        ("crossed the road", {"along_share": 0.49}, not_judged("went_across")),
        ("swerved and came back", {"came_back": True}, not_judged("came_back")),
        ("seen in the other lane for half a second", {"seconds_after": 0.5}, CASE),
        ("lost from sight right after", {"seconds_after": 0.49}, not_judged("track_lost")),
    ],
)  # fmt: skip
def test_the_wrong_lane_rule(label: str, changes: dict[str, Any], said: tuple[Verdict, str]) -> None:
    assert judge(lane_change(**changes)) == said, label
