"""The rule for standing where nobody may stand, both sides of each threshold."""

from typing import Any

import pytest

from detector.rules.illegal_stop import judge
from detector.types import Verdict
from tests.detector.rules.builders import seen, stop

CASE = (Verdict.ILLEGAL_STOP, "stood_too_long")


def not_judged(reason: str) -> tuple[Verdict, str]:
    return Verdict.NOT_JUDGED, reason


@pytest.mark.parametrize(
    ("label", "changes", "said"),
    [
        ("stood for longer than is allowed", {}, CASE),
        ("stood there when it was first seen", {"seen_arriving": False}, not_judged("first_seen_standing")),
        ("footage is missing while it stood", {"seen": seen(10.0, 22.0, gaps=((15.0, 15.5),))},
         not_judged("gap_in_footage")),
        ("footage is missing before it came", {"seen": seen(10.0, 22.0, gaps=((1.0, 8.9),))}, CASE),
        ("watched too thinly", {"seen": seen(10.0, 22.0, analysed_fps=4.9)}, not_judged("too_few_frames")),
        ("just as long as is allowed", {"counted_s": 10.0}, CASE),
        ("was held up for a part of it", {"counted_s": 9.9}, not_judged("could_not_drive_on")),
        ("stopped over the stop line with the same track", {"has_other_case": True}, not_judged("other_case")),
    ],
)  # fmt: skip
def test_the_illegal_stop_rule(label: str, changes: dict[str, Any], said: tuple[Verdict, str]) -> None:
    assert judge(stop(**changes)) == said, label
