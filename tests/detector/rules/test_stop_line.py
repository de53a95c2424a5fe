"""The rule for stopping over the stop line on red, condition by condition."""

from typing import Any

import pytest

from detector.rules.stop_line import judge
from detector.types import Verdict
from tests.detector.judging.builders import GREEN, OFF, candidate

STOPPED: dict[str, Any] = {"entered_junction_s": None, "stopped": True}


@pytest.mark.parametrize(
    ("label", "changes", "verdict", "reason"),
    [
        ("stood still over the line", {}, Verdict.STOP_LINE, "stopped_over_line"),
        ("stood still with its nose in the junction", {"entered_junction_s": 10.5}, Verdict.STOP_LINE,
         "stopped_over_line"),
        ("drove into the junction", {"entered_junction_s": 10.5, "stopped": False}, Verdict.NOT_JUDGED,
         "entered_junction"),
        ("was lost from sight", {"stopped": False}, Verdict.NOT_JUDGED, "track_lost"),
        ("only its lower edge went over, hidden by others", {"moved_whole": False}, Verdict.NOT_JUDGED,
         "partly_hidden"),
        ("on green", {"colour_at_crossing": GREEN, "red_since_s": None}, Verdict.LAWFUL, "green"),
        ("signal dark", {"colour_at_crossing": OFF, "red_since_s": None}, Verdict.NOT_JUDGED, "signal_unknown"),
        ("over the line as red began", {"over_line_at_onset": True}, Verdict.ALREADY_OVER, "over_line_at_onset"),
        ("within the grace time", {"red_since_s": 9.9}, Verdict.NOT_JUDGED, "grace"),
        ("first seen past the line", {"points_in_approach": 0}, Verdict.NOT_JUDGED, "first_seen_past_line"),
        ("turned right where that is free on red", {"took_free_exit": True}, Verdict.LAWFUL, "free_on_red"),
    ],
)  # fmt: skip
def test_the_stop_line_rule(label: str, changes: dict[str, Any], verdict: Verdict, reason: str) -> None:
    assert judge(candidate(**{**STOPPED, **changes})) == (verdict, reason), label
