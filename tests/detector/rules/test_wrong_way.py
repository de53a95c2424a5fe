"""The rule for driving against a lane, both sides of each threshold."""

from typing import Any

import pytest

from detector.rules.wrong_way import judge
from detector.types import Verdict
from tests.detector.rules.builders import seen, wrong_way

CASE = (Verdict.WRONG_WAY, "drove_against")


def not_judged(reason: str) -> tuple[Verdict, str]:
    return Verdict.NOT_JUDGED, reason


@pytest.mark.parametrize(
    ("label", "changes", "said"),
    [
        ("drove over the whole arrow the wrong way", {}, CASE),
        ("footage is missing half a second after it", {"seen": seen(gaps=((12.5, 13.0),))},
         not_judged("gap_in_footage")),
        ("footage is missing on the way", {"seen": seen(gaps=((10.9, 11.0),))}, not_judged("gap_in_footage")),
        ("footage is missing well before and after", {"seen": seen(gaps=((0.0, 8.9), (13.1, 20.0)))}, CASE),
        ("seen in five frames on the way", {"frames": 5}, CASE),
        ("seen in four", {"frames": 4}, not_judged("too_few_frames")),
        ("five frames a second", {"seen": seen(analysed_fps=5.0)}, CASE),
        ("fewer than five a second", {"seen": seen(analysed_fps=4.9)}, not_judged("too_few_frames")),
        ("hidden for 0.6 s", {"longest_step_s": 0.6}, CASE),
        ("hidden for longer", {"longest_step_s": 0.61}, not_judged("out_of_sight")),
        ("partly beside the lane", {"stayed_in_lane": False}, not_judged("outside_lane")),
        ("its box trembled forwards", {"forwards_share": 0.1}, CASE),
        ("drove forwards for a while", {"forwards_share": 0.11}, not_judged("turned_round")),
        ("8 m in 3.6 s are 8 km/h", {"seen": seen(10.0, 13.6)}, CASE),
        ("pushed: 8 m in 3.7 s", {"seen": seen(10.0, 13.7)}, not_judged("too_slow")),
        ("slower than this lane's own least speed", {"least_kmh": 15.0}, not_judged("too_slow")),
    ],
)  # fmt: skip
def test_the_wrong_way_rule(label: str, changes: dict[str, Any], said: tuple[Verdict, str]) -> None:
    assert judge(wrong_way(**changes)) == said, label
