"""When a track's ground point goes over a lane's stop line."""

import pytest

from detector.judging.crossing import LineWatch, geometry_of, side_of
from detector.types import Crossing, Direction, TrackPoint
from models.types import Box
from tests.detector.judging.builders import LINE_Y, geometry, lane, seen

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def told(*places: tuple[float, float]) -> list[Direction]:
    """The crossings that a watch tells of ground points half a second apart."""
    return [crossing.direction for crossing in crossings(*places)]


def crossings(*places: tuple[float, float]) -> list[Crossing]:
    watch = LineWatch(geometry(), track_id=7)
    answers = [watch.add(seen(number * 0.5, x, y)) for number, (x, y) in enumerate(places)]
    return [crossing for crossing in answers if crossing is not None]


@pytest.mark.parametrize(
    ("label", "places", "expected"),
    [
        ("drives over in small steps", [(0.5, 0.6), (0.5, 0.52), (0.5, 0.48), (0.5, 0.4)], [FORWARD]),
        ("jumps far over in one step", [(0.5, 0.9), (0.5, 0.2)], [FORWARD]),
        ("comes aslant over the line", [(0.3, 0.6), (0.6, 0.4)], [FORWARD]),
        ("is driven against the direction", [(0.5, 0.4), (0.5, 0.6)], [BACKWARD]),
        ("stays before the line", [(0.5, 0.9), (0.5, 0.7), (0.5, 0.6)], []),
        ("is first seen behind the line", [(0.5, 0.45), (0.5, 0.3)], []),
        ("is first seen on the line", [(0.5, 0.5), (0.5, 0.3)], []),
        ("stops with the ground point on the line", [(0.5, 0.6), (0.5, 0.498), (0.5, 0.502)], []),
        ("noses over and rolls back", [(0.5, 0.6), (0.5, 0.497), (0.5, 0.6)], []),
        ("goes over, back and over again", [(0.5, 0.6), (0.5, 0.4), (0.5, 0.6), (0.5, 0.4)],
         [FORWARD, BACKWARD, FORWARD]),
        ("lands exactly on the line on its way", [(0.5, 0.6), (0.5, 0.5), (0.5, 0.4)], [FORWARD]),
        ("passes left of the line's end", [(0.1, 0.6), (0.1, 0.4)], []),
        ("passes right of the line's end", [(0.9, 0.6), (0.9, 0.4)], []),
        ("passes within the margin of the painted end", [(0.755, 0.6), (0.755, 0.4)], [FORWARD]),
        ("goes around the end after nosing over and back",
         [(0.5, 0.6), (0.5, 0.497), (0.5, 0.6), (0.9, 0.6), (0.9, 0.4)], []),
        ("goes around the end after a real crossing back and forth",
         [(0.5, 0.6), (0.5, 0.4), (0.9, 0.4), (0.9, 0.6)], [FORWARD]),
    ],
)  # fmt: skip
def test_a_crossing_is_told_when_the_vehicle_is_clearly_on_the_other_side(
    label: str, places: list[tuple[float, float]], expected: list[Direction]
) -> None:
    assert told(*places) == expected, label


@pytest.mark.parametrize(
    ("label", "before_y", "after_y", "share"),
    [
        ("halfway between the frames", 0.6, 0.4, 0.5),
        ("soon after the first frame", 0.52, 0.32, 0.1),
        ("shortly before the second frame", 0.68, 0.48, 0.9),
        ("at low frame rate, over the whole picture", 0.95, 0.2, 0.6),
    ],
)
def test_moment_place_and_box_of_a_crossing_are_interpolated(
    label: str, before_y: float, after_y: float, share: float
) -> None:
    (crossing,) = crossings((0.4, before_y), (0.6, after_y))
    assert crossing.cross_s == pytest.approx(0.5 * share), label
    assert crossing.place.y == pytest.approx(LINE_Y), label
    assert crossing.place.x == pytest.approx(0.4 + 0.2 * share), label
    assert crossing.box.ground.x == pytest.approx(crossing.place.x), label
    assert crossing.box.bottom == pytest.approx(LINE_Y), label
    assert (crossing.track_id, crossing.lane_id) == (7, "L1"), label


def test_the_last_step_over_the_line_dates_the_crossing_not_the_first_tremble() -> None:
    (crossing,) = crossings((0.5, 0.6), (0.5, 0.498), (0.5, 0.502), (0.5, 0.502), (0.5, 0.48))
    assert 1.5 < crossing.cross_s < 2.0


@pytest.mark.parametrize(
    ("label", "y", "side"),
    [("clearly before", 0.52, -1), ("hardly before", 0.505, 0), ("on it", 0.5, 0), ("hardly beyond", 0.495, 0),
     ("clearly beyond", 0.48, 1)],
)  # fmt: skip
def test_a_point_is_before_on_or_beyond_the_line(label: str, y: float, side: int) -> None:
    assert side_of(seen(0.0, 0.5, y), geometry()) == side, label


def test_a_tall_vehicle_must_go_further_to_be_clear_of_the_line() -> None:
    assert side_of(seen(0.0, 0.5, 0.48, height=0.1), geometry()) == 1
    assert side_of(seen(0.0, 0.5, 0.48, height=0.4), geometry()) == 0


def test_the_junction_side_is_beyond_whichever_way_the_line_was_drawn() -> None:
    for line in (((0.25, 0.5), (0.75, 0.5)), ((0.75, 0.5), (0.25, 0.5))):
        drawn = geometry_of(lane(stop_line=line))
        assert drawn.beyond(seen(0.0, 0.5, 0.3).box.ground) == pytest.approx(0.2)
        assert drawn.beyond(seen(0.0, 0.5, 0.7).box.ground) == pytest.approx(-0.2)


def test_only_points_clearly_before_the_line_and_inside_the_approach_count_as_approach() -> None:
    watch = LineWatch(geometry(), track_id=1)
    for x, y in [(0.5, 0.9), (0.5, 0.6), (0.05, 0.6), (0.5, 0.502), (0.5, 0.4)]:
        watch.add(seen(0.0, x, y))
    assert watch.points_in_approach == 2


def test_a_lane_keeps_its_free_exits() -> None:
    exit_ = ((0.8, 0.3), (1.0, 0.3), (1.0, 0.5))
    (kept,) = geometry(free_on_red=(exit_,)).free_exits
    assert [(point.x, point.y) for point in kept] == list(exit_)


def seen_between(top: float, bottom: float) -> TrackPoint:
    return TrackPoint(at_s=0.0, box=Box(left=0.45, top=top, right=0.55, bottom=bottom), score=0.9)


@pytest.mark.parametrize(
    ("label", "before", "now", "whole"),
    [
        ("upper and lower edge went together", (0.5, 0.6), (0.3, 0.4), True),
        ("drove away and became smaller", (0.5, 0.6), (0.35, 0.4), True),
        ("only the lower edge went up as others hid the wheels", (0.3, 0.6), (0.3, 0.45), False),
        ("the upper edge went less than a third as far", (0.3, 0.6), (0.26, 0.45), False),
    ],
)
def test_a_vehicle_hidden_below_by_others_did_not_move_as_a_whole(
    label: str, before: tuple[float, float], now: tuple[float, float], whole: bool
) -> None:
    watch = LineWatch(geometry(), track_id=1)
    watch.add(seen_between(*before))
    assert watch.moved_whole(seen_between(*now)) is whole, label


def test_a_vehicle_never_seen_before_the_line_is_not_known_to_have_moved_over_it() -> None:
    watch = LineWatch(geometry(), track_id=1)
    watch.add(seen_between(0.2, 0.4))
    assert not watch.moved_whole(seen_between(0.1, 0.3))
