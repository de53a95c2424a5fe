"""Why a case is false, in the words of the truth nearest to it."""

import pytest

from benchmarks.footage.explaining import why_false
from benchmarks.truth import Truth

BOX = (0.4, 0.4, 0.1, 0.2)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"cross_s": 20.0, "verdict": "lawful"}, "the truth knows no crossing near"),
        ({"cross_s": 10.1, "verdict": "lawful"}, "the truth says lawful for vehicle 1 at 10.10 s"),
        ({"cross_s": 11.5, "verdict": "red_light"}, "1.50 s away, more than 0.7 s"),
        ({"cross_s": 10.4, "verdict": "red_light"}, "0.40 s away, and another case was matched to it"),
        ({"cross_s": 10.0, "verdict": "lawful", "box": (0.8, 0.8, 0.1, 0.1)}, "knows no crossing near"),
    ],
)
def test_a_false_case_is_explained_by_the_truth_nearest_to_it(row: dict[str, object], why: str) -> None:
    truth = Truth.model_validate({"camera": {}, "signal": [], "crossings": [{"id": 1, "box": BOX, **row}]})
    assert why in why_false(10.0, BOX, "red_light", truth)
