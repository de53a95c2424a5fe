"""Where a vehicle was between frames, and which moments become stills."""

from dataclasses import replace

import pytest

from detector.judging.track_course import analysed_fps, box_at, grown, stands_still
from detector.types import Act, Verdict
from detector.watching.proving import scene_times
from detector.watching.violation_id import name_violation
from tests.detector.watching.builders import box, finding, track


@pytest.mark.parametrize(
    ("what", "at_s", "left"),
    [
        ("on a point", 1.0, 0.2),
        ("half way between two points", 1.5, 0.3),
        ("shortly after the last point", 2.1, 0.4),
        ("shortly before the first point", 0.9, 0.2),
        ("long after the last point", 3.0, None),
        ("long before the first point", 0.5, None),
    ],
)
def test_a_box_is_interpolated_between_frames_and_unknown_far_from_them(
    what: str, at_s: float, left: float | None
) -> None:
    seen = track((1.0, box(left=0.2)), (2.0, box(left=0.4)))
    found = box_at(seen, at_s)
    assert (found.left if found else None) == (pytest.approx(left) if left is not None else None), what


def test_frames_per_second_are_told_from_the_median_gap() -> None:
    assert analysed_fps(track(*[(i / 6, box()) for i in range(12)]), 1.0) == pytest.approx(6)
    assert analysed_fps(track((1.0, box())), 1.0) == 0


@pytest.mark.parametrize(
    ("what", "points", "still"),
    [
        ("stands for two seconds", [(i * 0.5, box()) for i in range(9)], True),
        (
            "trembles by less than a sixth of its size",
            [(i * 0.5, box(left=0.4 + 0.01 * (i % 2))) for i in range(9)],
            True,
        ),
        ("rolls on slowly", [(i * 0.5, box(top=0.4 - 0.02 * i)) for i in range(9)], False),
        ("was seen too shortly to tell", [(3.0, box()), (3.5, box())], False),
    ],
)
def test_a_vehicle_stands_still_when_its_ground_point_stays(what: str, points: list, still: bool) -> None:
    assert stands_still(track(*points), 1.0, for_s=2.0) is still, what


def test_a_grown_box_stays_inside_the_picture() -> None:
    wide = grown(box(left=0.0, top=0.9, width=0.1, height=0.1), 0.5)
    assert (wide.left, wide.bottom) == (0.0, 1.0)
    assert (wide.right, wide.top) == (pytest.approx(0.15), pytest.approx(0.85))


@pytest.mark.parametrize(
    ("what", "change", "before_s", "junction_s"),
    [
        ("red long before: a moment before the line", {}, 10.1, 11.2),
        ("red shortly before: not before red was lit", {"red_since_s": 10.3}, 10.3, 11.2),
        ("red onset at the crossing: still one frame before", {"red_since_s": 10.5}, 10.46, 11.2),
        (
            "stopped behind the line: where it was last seen",
            {"verdict": Verdict.STOP_LINE, "entered_s": None},
            10.1,
            11.9,
        ),
    ],
)
def test_stills_show_before_on_and_behind_the_line(
    what: str, change: dict, before_s: float, junction_s: float
) -> None:
    times = scene_times(finding(**change))
    assert times.before_s == pytest.approx(before_s), what
    assert times.crossing_s == 10.5
    assert times.junction_s == pytest.approx(junction_s), what
    assert times.before_s < times.crossing_s < times.junction_s


def test_the_name_of_a_violation_hangs_on_the_footage_alone() -> None:
    def name(
        place_x: float = 0.45, frame: str = "a" * 64, camera_id: str = "c1", kind: str = "red_light"
    ) -> str:
        crossing = finding(place_x=place_x).crossing
        return name_violation(camera_id=camera_id, kind=kind, frame_sha256=frame, crossing=crossing)

    assert name() == name()
    others = [name(place_x=0.7), name(frame="b" * 64), name(camera_id="c2"), name(kind="stop_line")]
    assert len({name(), *others}) == 5


@pytest.mark.parametrize(
    ("what", "act", "before_s", "after_s"),
    [
        ("from the arrow's head to its tail", Act(from_s=9.5, to_s=11.5, length_m=8.0), 9.5, 11.5),
        (
            "a stay longer than the clip: as far as it reaches",
            Act(from_s=1.0, to_s=40.0, most_s=9.5),
            4.5,
            16.5,
        ),
        ("a stay told at once", Act(from_s=5.5, to_s=10.5, most_s=5.0), 5.5, 10.5),
    ],
)
def test_stills_of_an_act_show_its_beginning_its_moment_and_its_end(
    what: str, act: Act, before_s: float, after_s: float
) -> None:
    times = scene_times(replace(finding(), act=act))
    assert (times.before_s, times.crossing_s, times.junction_s) == (before_s, 10.5, after_s), what
