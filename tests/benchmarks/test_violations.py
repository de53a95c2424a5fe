"""Cases beside truth: what counts as found, missed and false."""

import pytest

from benchmarks.truth import Truth
from benchmarks.violations import PredictedCase, compare

BOX = (0.4, 0.4, 0.1, 0.2)
FAR_BOX = (0.8, 0.8, 0.1, 0.1)


def truth(**change: object) -> Truth:
    row = {
        "id": 1,
        "class": "car",
        "cross_s": 10.0,
        "box": BOX,
        "light": "red",
        "verdict": "red_light",
        **change,
    }
    return Truth.model_validate({"camera": {}, "signal": [], "crossings": [row]})


def case(**change: object) -> PredictedCase:
    values = {"violation_id": "a", "kind": "red_light", "cross_s": 10.0, "box": BOX, "plate": None, **change}
    return PredictedCase(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "cases", "truth_change", "figures"),
    [
        ("same moment and place", [case()], {}, (1, 0, 0)),
        ("0.7 s apart still matches", [case(cross_s=10.7)], {}, (1, 0, 0)),
        ("later than that is missed and false", [case(cross_s=10.71)], {}, (0, 1, 1)),
        ("another place is missed and false", [case(box=FAR_BOX)], {}, (0, 1, 1)),
        ("another verdict is missed and false", [case(kind="stop_line")], {}, (0, 1, 1)),
        (
            "a second case of one vehicle is false",
            [case(), case(violation_id="b", cross_s=10.2)],
            {},
            (1, 0, 1),
        ),
        ("nothing found", [], {}, (0, 1, 0)),
        ("lawful crossing taken for a case", [case()], {"verdict": "lawful"}, (0, 0, 1)),
        ("unsure truth counts neither way when found", [case()], {"sure": False}, (0, 0, 0)),
        ("unsure truth counts neither way when missed", [], {"sure": False}, (0, 0, 0)),
    ],
)
def test_a_case_is_matched_by_verdict_time_and_place(
    what: str, cases: list[PredictedCase], truth_change: dict[str, object], figures: tuple[int, int, int]
) -> None:
    result = compare(cases, truth(**truth_change)).to_json()
    assert (result["found"], result["missed"], result["false"]) == figures, what


def test_plates_are_counted_only_where_the_truth_knows_them() -> None:
    result = compare([case(plate="63B112345")], truth(plate="63B112345")).to_json()
    assert (result["plates_exact"], result["plates_known"]) == (1, 1)
    assert compare([case(plate="63B112345")], truth()).to_json()["plates_known"] == 0
