"""Where a tracked vehicle was at any moment."""

import pytest

from detector.judging.track_course import analysed_fps, blend, box_at, grown, stands_still
from detector.types import Track
from models.types import Box
from tests.detector.judging.builders import seen, standing_on, track


def driving(*, from_s: float = 0.0, to_s: float = 4.0, every_s: float = 0.125, speed: float = 0.1) -> Track:
    count = int((to_s - from_s) / every_s) + 1
    moments = [from_s + number * every_s for number in range(count)]
    return track(*[seen(at_s, 0.5, 0.9 - speed * (at_s - from_s)) for at_s in moments])


@pytest.mark.parametrize(
    ("label", "at_s", "bottom"),
    [
        ("at an analysed frame", 1.0, 0.8),
        ("between two frames", 1.0625, 0.79375),
        ("a little before it was first seen", -0.1, 0.9),
        ("a little after it was last seen", 4.1, 0.5),
        ("long before it was first seen", -1.0, None),
        ("long after it was last seen", 5.0, None),
        ("at its first frame", 0.0, 0.9),
    ],
)
def test_a_box_is_known_at_any_moment_of_the_track(label: str, at_s: float, bottom: float | None) -> None:
    box = box_at(driving(), at_s)
    assert (box.bottom if box else None) == (None if bottom is None else pytest.approx(bottom)), label


def test_how_far_outside_of_the_track_one_may_ask_is_the_asker_s_choice() -> None:
    assert box_at(driving(), -0.1, most_outside_s=0.0) is None
    assert box_at(driving(), 5.0, most_outside_s=1.0) is not None


def test_blending_goes_from_one_box_to_the_other() -> None:
    first, second = standing_on(0.25, 0.5), standing_on(0.75, 0.75)
    assert blend(first, second, 0.0) == first
    assert blend(first, second, 1.0) == second
    assert blend(first, second, 0.5) == standing_on(0.5, 0.625)


def test_a_box_grows_by_its_own_size_and_stays_in_the_picture() -> None:
    middle = grown(Box(left=0.4, top=0.4, right=0.6, bottom=0.5), 0.5)
    assert (middle.left, middle.right) == (pytest.approx(0.3), pytest.approx(0.7))
    assert (middle.top, middle.bottom) == (pytest.approx(0.35), pytest.approx(0.55))
    corner = grown(Box(left=0.0, top=0.9, right=0.2, bottom=1.0), 0.5)
    assert (corner.left, corner.bottom) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("label", "moments", "fps"),
    [
        ("eight frames a second", [number / 8 for number in range(9)], 8.0),
        ("one missed frame does not matter", [0.0, 0.125, 0.375, 0.5, 0.625], 8.0),
        ("two frames a second", [0.0, 0.5, 1.0], 2.0),
        ("one frame only", [0.5], 0.0),
        ("nothing near the moment", [5.0, 5.1, 5.2], 0.0),
    ],
)
def test_frame_rate_is_measured_around_the_moment(label: str, moments: list[float], fps: float) -> None:
    assert analysed_fps(track(*[seen(at_s, 0.5, 0.5) for at_s in moments]), 0.5) == fps, label


def stood(*, from_s: float, to_s: float, tremble: float = 0.0, drift: float = 0.0) -> Track:
    """Drives until `from_s`, then stands until `to_s`."""
    before = [seen(number / 8, 0.5, 0.9 - 0.1 * number / 8) for number in range(int(from_s * 8))]
    there = 0.9 - 0.1 * from_s
    after = [
        seen(from_s + number / 8, 0.5 + tremble * (-1) ** number, there - drift * number / 8)
        for number in range(int((to_s - from_s) * 8) + 1)
    ]
    return track(*before, *after)


@pytest.mark.parametrize(
    ("label", "course", "after_s", "still"),
    [
        ("stands for three seconds at the end", stood(from_s=2.0, to_s=5.0), 2.0, True),
        ("trembles while it stands", stood(from_s=2.0, to_s=5.0, tremble=0.003), 2.0, True),
        ("trembles by half its width", stood(from_s=2.0, to_s=5.0, tremble=0.03), 2.0, False),
        ("creeps on", stood(from_s=2.0, to_s=5.0, drift=0.02), 2.0, False),
        ("drives on", driving(), 1.0, False),
        ("stood for one second only since the moment", stood(from_s=2.0, to_s=5.0), 4.0, False),
        ("was followed for one second only", stood(from_s=0.0, to_s=1.0), -5.0, False),
    ],
)
def test_a_vehicle_stands_still_or_not(label: str, course: Track, after_s: float, still: bool) -> None:
    assert stands_still(course, after_s, for_s=2.0) is still, label
