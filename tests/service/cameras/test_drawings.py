"""What is wrong with a drawing is told by a code and its place: a table of mistakes."""

from typing import Any

import pytest

from service.cameras.drawings import Drawing, problems_of
from tests.service.cameras.drawings import drawing, lane, signal

BOW_TIE = [[0.1, 0.6], [0.9, 0.95], [0.9, 0.6], [0.1, 0.95]]


def codes(drawn: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(p.code, p.where, p.part) for p in problems_of(Drawing.model_validate(drawn))]


def test_a_good_drawing_has_no_problem() -> None:
    assert codes(drawing()) == []
    assert codes(drawing(lane(), lane(id="L2"), signals=[signal(), signal(id="S2")])) == []


@pytest.mark.parametrize(
    ("what", "drawn", "expected"),
    [
        ("nothing drawn", {}, [("no_signal", "", ""), ("no_lane", "", "")]),
        (
            "a polygon that crosses itself",
            drawing(lane(approach=BOW_TIE)),
            [("crosses_itself", "L1", "approach")],
        ),
        (
            "a polygon of two points",
            drawing(lane(junction=[[0, 0], [1, 0]])),
            [("no_junction", "L1", "junction")],
        ),
        (
            "a polygon without area",
            drawing(lane(junction=[[0.1, 0.2], [0.2, 0.2], [0.3, 0.2]])),
            [("no_area", "L1", "junction")],
        ),
        (
            "a free exit that crosses itself",
            drawing(lane(free_on_red=[BOW_TIE])),
            [("crosses_itself", "L1", "free_on_red")],
        ),
        (
            "a stop line outside its lane",
            drawing(lane(stop_line=[[0.1, 0.1], [0.9, 0.1]])),
            [("line_outside_lane", "L1", "stop_line")],
        ),
        (
            "most of a stop line beside its lane",
            drawing(lane(approach=[[0.7, 0.6], [0.9, 0.6], [0.9, 0.9], [0.7, 0.9]])),
            [("line_outside_lane", "L1", "stop_line")],
        ),
        (
            "a junction before the line",
            drawing(lane(junction=[[0.1, 0.7], [0.9, 0.7], [0.9, 0.9]])),
            [("same_side", "L1", "junction")],
        ),
        (
            "a stop line of one point",
            drawing(lane(stop_line=[[0.1, 0.6]])),
            [("no_stop_line", "L1", "stop_line")],
        ),
        (
            "a point outside the picture",
            drawing(lane(approach=[[0.1, 0.6], [0.9, 0.6], [0.9, 1.2]])),
            [("outside_picture", "L1", "approach")],
        ),
        ("a lane without a signal", drawing(lane(signal="S9")), [("no_such_signal", "L1", "")]),
        ("two lanes of one name", drawing(lane(), lane()), [("same_id", "L1", "lane")]),
        ("a signal without lamps", drawing(signals=[{"id": "S1", "lamps": {}}]), [("no_lamps", "S1", "")]),
        (
            "a lamp box outside the picture",
            drawing(signals=[{"id": "S1", "lamps": {"head": [0.9, 0.1, 1.1, 0.2]}}]),
            [("lamp_outside_picture", "S1", "head")],
        ),
        (
            "a lamp box without area",
            drawing(signals=[{"id": "S1", "lamps": {"head": [0.9, 0.1, 0.9, 0.2]}}]),
            [("lamp_no_area", "S1", "head")],
        ),
    ],
)
def test_each_mistake_is_told_with_its_place(
    what: str, drawn: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert codes(drawn) == expected, what
