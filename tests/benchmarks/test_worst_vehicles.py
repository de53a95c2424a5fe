"""The drawing of the worst pictures counts what the bench counts, and holds no pixel."""

from benchmarks.worst_vehicles import Drawn, judged, svg
from models.types import Box

HERE = Box(left=0.1, top=0.1, right=0.3, bottom=0.5)
NEAR = Box(left=0.12, top=0.1, right=0.3, bottom=0.5)
AWAY = Box(left=0.6, top=0.6, right=0.8, bottom=0.9)


def test_a_box_is_right_missed_or_false() -> None:
    assert judged([(True, HERE), (True, AWAY)], [(True, NEAR)]) == (
        ("right", HERE),
        ("said", NEAR),
        ("missed", AWAY),
    )


def test_a_car_in_the_place_of_a_motorbike_is_false_and_the_motorbike_missed() -> None:
    assert judged([(True, HERE)], [(False, NEAR)]) == (("false", NEAR), ("missed", HERE))


def test_the_second_box_on_one_vehicle_is_false() -> None:
    assert [kind for kind, _ in judged([(True, HERE)], [(True, HERE), (True, NEAR)])] == [
        "right",
        "said",
        "false",
    ]


def test_the_drawing_names_the_picture_and_counts_its_faults() -> None:
    one = Drawn(name="a<b", shape=(640, 360), boxes=(("missed", HERE), ("false", AWAY), ("said", NEAR)))
    drawing = svg([one])
    assert "a&lt;b: 1 missed, 1 false" in drawing
    assert drawing.count("<rect") == 2 + 3
    assert "<image" not in drawing
