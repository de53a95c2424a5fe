"""What is wrong with a drawing is told by a code and its place: a table of mistakes."""

from typing import Any

import pytest

from detector.contract.camera import Camera
from service.cameras.drawings import Drawing, problems_of
from tests.service.cameras.drawings import direction, drawing, lane, no_stop_zone, signal, solid_line

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


OUTSIDE = [[0.5, 0.3], [0.5, 0.1]]
FURTHER: list[tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = [
    ("an arrow, a line and a zone that are good", drawing(
        lane(direction=direction()), solid_lines=[solid_line()], no_stop_zones=[no_stop_zone(signal="S1")]
    ), []),
    ("an arrow of one point", drawing(lane(direction=direction(arrow=[[0.5, 0.9]]))),
     [("no_line", "L1", "direction")]),
    ("an arrow outside its lane", drawing(lane(direction=direction(arrow=OUTSIDE))),
     [("arrow_outside_lane", "L1", "direction")]),
    ("an arrow of unknown length", drawing(lane(direction=direction(length_m=None))),
     [("no_length", "L1", "direction")]),
    ("an arrow of 80 m", drawing(lane(direction=direction(length_m=80))), [("no_length", "L1", "direction")]),
    ("a pushed bike at 60 km/h", drawing(lane(direction=direction(least_kmh=60))),
     [("no_least_speed", "L1", "direction")]),
    ("a solid line without length", drawing(solid_lines=[solid_line(line=[[0.4, 0.9], [0.4, 0.9]])]),
     [("no_line", "V1", "solid_line")]),
    ("a solid line outside the picture", drawing(solid_lines=[solid_line(line=[[0.4, 0.9], [0.4, 1.9]])]),
     [("outside_picture", "V1", "solid_line")]),
    ("a zone that crosses itself", drawing(no_stop_zones=[no_stop_zone(area=BOW_TIE)]),
     [("crosses_itself", "Z1", "no_stop_zone")]),
    ("a zone in which one may stand for an hour", drawing(no_stop_zones=[no_stop_zone(most_s=3600)]),
     [("no_longest_stop", "Z1", "no_stop_zone")]),
    ("a zone of a signal that is not there", drawing(no_stop_zones=[no_stop_zone(signal="S9")]),
     [("no_such_signal", "Z1", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "drawn", "expected"), FURTHER)
def test_mistakes_in_what_the_further_kinds_are_judged_by_are_told(
    what: str, drawn: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert codes(drawn) == expected, what


def test_a_line_named_like_a_lane_is_told() -> None:
    assert codes(drawing(solid_lines=[solid_line(id="L1")])) == [("same_id", "L1", "lane")]


def test_a_good_drawing_of_all_shapes_is_a_camera_file() -> None:
    drawn = Drawing.model_validate(FURTHER[0][1]).to_camera_parts()
    bare = {"schema": 1, "camera_id": "c1", "name": "c", "sources": {"main": "m.mp4"}}
    camera = Camera.model_validate({**bare, **drawn})
    assert camera.lanes[0].direction is not None
    assert (camera.solid_lines[0].id, camera.no_stop_zones[0].signal) == ("V1", "S1")
