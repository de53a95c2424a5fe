"""Lines and areas in the picture."""

import pytest

from detector.judging.geometry import (
    along,
    centre_of,
    crossing_share,
    distance_from,
    inside,
    place_on_line,
    turn,
)
from models.types import Point


def at(x: float, y: float) -> Point:
    return Point(x=x, y=y)


SQUARE = (at(0.2, 0.2), at(0.8, 0.2), at(0.8, 0.8), at(0.2, 0.8))
HORSESHOE = (
    at(0.1, 0.1), at(0.9, 0.1), at(0.9, 0.9), at(0.6, 0.9), at(0.6, 0.4), at(0.4, 0.4), at(0.4, 0.9), at(0.1, 0.9),
)  # fmt: skip
LINE = (at(0.2, 0.5), at(0.8, 0.5))


@pytest.mark.parametrize(
    ("label", "point", "polygon", "expected"),
    [
        ("in the middle of a square", at(0.5, 0.5), SQUARE, True),
        ("left of the square", at(0.1, 0.5), SQUARE, False),
        ("right of the square", at(0.9, 0.5), SQUARE, False),
        ("above the square", at(0.5, 0.1), SQUARE, False),
        ("below the square", at(0.5, 0.9), SQUARE, False),
        ("just inside a corner", at(0.201, 0.201), SQUARE, True),
        ("in the left leg of a horseshoe", at(0.2, 0.7), HORSESHOE, True),
        ("in the right leg of a horseshoe", at(0.8, 0.7), HORSESHOE, True),
        ("between the legs of a horseshoe", at(0.5, 0.7), HORSESHOE, False),
        ("in the arch of a horseshoe", at(0.5, 0.2), HORSESHOE, True),
        ("level with a corner, outside", at(0.05, 0.4), HORSESHOE, False),
    ],
)
def test_a_point_lies_in_an_area_or_not(
    label: str, point: Point, polygon: tuple[Point, ...], expected: bool
) -> None:
    assert inside(point, polygon) is expected, label
    assert inside(point, tuple(reversed(polygon))) is expected, f"{label}, drawn the other way round"


@pytest.mark.parametrize(
    ("label", "from_", "to", "share"),
    [
        ("straight over in the middle of the step", at(0.5, 0.6), at(0.5, 0.4), 0.5),
        ("over early in the step", at(0.5, 0.55), at(0.5, 0.35), 0.25),
        ("aslant, over late in the step", at(0.3, 0.8), at(0.7, 0.4), 0.75),
        ("backwards", at(0.5, 0.4), at(0.5, 0.6), 0.5),
        ("stays before the line", at(0.5, 0.8), at(0.5, 0.6), None),
        ("stays behind the line", at(0.5, 0.4), at(0.5, 0.2), None),
        ("runs along the line", at(0.3, 0.5), at(0.7, 0.5), None),
        ("does not move", at(0.5, 0.6), at(0.5, 0.6), None),
        ("meets the line's continuation", at(0.9, 0.6), at(0.9, 0.4), 0.5),
    ],
)
def test_a_step_meets_the_line_at_a_share_of_its_way(
    label: str, from_: Point, to: Point, share: float | None
) -> None:
    assert crossing_share(from_, to, LINE) == (None if share is None else pytest.approx(share)), label


@pytest.mark.parametrize(
    ("label", "point", "share"),
    [
        ("at the first end", at(0.2, 0.5), 0.0),
        ("at the second end", at(0.8, 0.5), 1.0),
        ("in the middle, off the line", at(0.5, 0.9), 0.5),
        ("before the first end", at(0.14, 0.5), -0.1),
        ("past the second end", at(0.86, 0.1), 1.1),
    ],
)
def test_a_point_has_a_place_along_the_line(label: str, point: Point, share: float) -> None:
    assert place_on_line(point, LINE) == pytest.approx(share), label


@pytest.mark.parametrize(
    ("label", "point", "line", "distance"),
    [
        ("below a level line", at(0.5, 0.7), LINE, 0.2),
        ("above a level line", at(0.5, 0.4), LINE, -0.1),
        ("on it", at(0.1, 0.5), LINE, 0.0),
        ("below a line drawn from right to left", at(0.5, 0.7), (LINE[1], LINE[0]), -0.2),
        ("off a 3-4-5 slope", at(0.0, 0.5), (at(0.0, 0.0), at(0.3, 0.4)), 0.3),
    ],
)
def test_distance_from_a_line_is_signed_by_its_side(
    label: str, point: Point, line: tuple[Point, Point], distance: float
) -> None:
    assert distance_from(point, line) == pytest.approx(distance), label


def test_turning_right_is_positive_as_y_points_down() -> None:
    assert turn(at(0, 0), at(1, 0), at(1, 1)) > 0 > turn(at(0, 0), at(1, 0), at(1, -1))


def test_the_centre_is_the_mean_of_the_corners_and_along_goes_from_one_point_to_the_other() -> None:
    assert centre_of(SQUARE) == at(pytest.approx(0.5), pytest.approx(0.5))  # type: ignore[arg-type]
    assert along(at(0.0, 1.0), at(1.0, 0.0), 0.25) == at(0.25, 0.75)
