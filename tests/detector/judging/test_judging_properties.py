"""What must hold for every vehicle and every signal, tried with made-up ones."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.judging.crossing import CLEAR_SHARE, LineWatch
from detector.judging.timeline import BRIDGE_S
from detector.types import Verdict
from models.types import LampColour
from tests.detector.judging.builders import (
    GREEN,
    LINE_Y,
    OFF,
    RED,
    RIGHT_EXIT,
    UNKNOWN,
    YELLOW,
    Lights,
    Ride,
    camera,
    geometry,
    lane,
    lights,
    mirrored,
    run,
    seen,
    standing_on,
)

CASES = {Verdict.RED_LIGHT, Verdict.STOP_LINE}
LAST_S = 20.0
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

columns = st.integers(14, 49).map(lambda number: (number + 0.5) / 64)
"""Places across the road that are not on an area's edge and mirror exactly."""


@st.composite
def rides(draw: st.DrawFn) -> Ride:
    """A vehicle that goes up the picture, standing here and there; perhaps over the line, perhaps not."""
    at_s, y, x = draw(st.integers(0, 4)) * 0.5, 0.95, draw(columns)
    way = [(at_s, x, y)]
    for _ in range(draw(st.integers(1, 5))):
        lasts_s = draw(st.integers(1, 8)) * 0.5
        y = max(0.15, y - min(draw(st.floats(0.0, 0.5)), lasts_s * 0.3))
        at_s += lasts_s
        way.append((at_s, x, y))
    return Ride(way=tuple(way))


@st.composite
def signals(draw: st.DrawFn) -> Lights:
    """A signal with up to four changes of colour, in any order, dark and unknown among them."""
    stretches: list[tuple[LampColour, float]] = [(draw(st.sampled_from(list(LampColour))), 0.0)]
    for _ in range(draw(st.integers(0, 4))):
        stretches.append(
            (draw(st.sampled_from(list(LampColour))), stretches[-1][1] + draw(st.integers(1, 16)) / 2)
        )
    return lights(*stretches)


@quick
@given(st.lists(rides(), min_size=1, max_size=3), signals())
def test_a_track_gives_at_most_one_finding_in_a_lane(vehicles: list[Ride], showing: Lights) -> None:
    findings = run(*vehicles, showing=showing, until_s=LAST_S).findings
    keys = [(finding.track.track_id, finding.crossing.lane_id) for finding in findings]
    assert len(keys) == len(set(keys))


@quick
@given(rides(), st.sampled_from([OFF, UNKNOWN]), st.sampled_from([RED, GREEN, YELLOW]), st.integers(0, 20))
def test_no_case_when_the_signal_was_dark_or_unknown_long_before_the_crossing(
    vehicle: Ride, dark: LampColour, earlier: LampColour, lit_s: int
) -> None:
    for finding in run(vehicle, showing=lights((earlier, 0), (dark, lit_s)), until_s=LAST_S).findings:
        if finding.crossing.cross_s > lit_s + BRIDGE_S:
            assert finding.verdict is Verdict.NOT_JUDGED


@quick
@given(rides(), st.sampled_from([OFF, UNKNOWN]))
def test_no_case_when_the_colour_is_never_known(vehicle: Ride, dark: LampColour) -> None:
    findings = run(vehicle, showing=lights((dark, 0)), until_s=LAST_S).findings
    assert all(finding.verdict is Verdict.NOT_JUDGED for finding in findings)


@quick
@given(rides(), st.integers(1, 30))
def test_no_case_when_the_line_was_crossed_before_red(vehicle: Ride, red_from: int) -> None:
    red_s = red_from / 2
    for finding in run(vehicle, showing=lights((GREEN, 0), (RED, red_s)), until_s=LAST_S).findings:
        if finding.crossing.cross_s < red_s:
            assert finding.verdict not in CASES


@quick
@given(st.lists(rides(), min_size=1, max_size=2), signals())
def test_a_mirrored_picture_gives_the_mirrored_verdict(vehicles: list[Ride], showing: Lights) -> None:
    original = lane(free_on_red=(RIGHT_EXIT,))
    here = run(*vehicles, showing=showing, until_s=LAST_S, watched_by=camera(original))
    there = run(
        *[vehicle.mirrored() for vehicle in vehicles],
        showing=showing,
        until_s=LAST_S,
        watched_by=camera(mirrored(original)),
    )
    assert here.said == there.said
    for one, other in zip(here.findings, there.findings, strict=True):
        assert abs(one.crossing.place.x - (1.0 - other.crossing.place.x)) < 1e-9
        assert abs(one.crossing.cross_s - other.crossing.cross_s) < 1e-9


trembles = st.lists(st.floats(-0.99, 0.99), min_size=1, max_size=60)


@quick
@given(trembles, st.floats(0.05, 0.4))
def test_a_vehicle_that_stands_trembling_on_the_line_never_crosses(
    shares: list[float], height: float
) -> None:
    watch = LineWatch(geometry(), track_id=1)
    watch.add(seen(0.0, 0.5, 0.8, height=height))
    for number, share in enumerate(shares, start=1):
        y = LINE_Y + share * CLEAR_SHARE * height
        assert watch.add(seen(number / 8, 0.5, y, height=height)) is None


places = st.tuples(st.floats(0.15, 0.85), st.floats(0.15, 0.95))


@quick
@given(st.lists(places, min_size=2, max_size=30))
def test_a_crossing_lies_between_the_two_frames_on_either_side_of_the_line(
    way: list[tuple[float, float]],
) -> None:
    watch = LineWatch(geometry(), track_id=1)
    points = [seen(number / 8, x, y) for number, (x, y) in enumerate(way)]
    for number, point in enumerate(points):
        crossing = watch.add(point)
        if crossing is None:
            continue
        steps = [
            (before, after)
            for before, after in pairwise(points[: number + 1])
            if before.at_s - 1e-9 <= crossing.cross_s <= after.at_s + 1e-9
            and (before.box.bottom - LINE_Y) * (after.box.bottom - LINE_Y) <= 0
        ]
        assert steps
        assert abs(crossing.place.y - LINE_Y) < 1e-9


@quick
@given(st.lists(places, min_size=2, max_size=30))
def test_crossings_of_one_line_go_forward_and_backward_by_turns_unless_its_ends_were_passed(
    way: list[tuple[float, float]],
) -> None:
    """Within the line's length nobody crosses forward twice without having gone back."""
    watch = LineWatch(geometry(), track_id=1)
    answers = [watch.add(seen(number / 8, 0.3 + (x - 0.15) * 0.5, y)) for number, (x, y) in enumerate(way)]
    told = [crossing.direction for crossing in answers if crossing is not None]
    assert all(one is not other for one, other in pairwise(told))


def test_a_ground_point_is_where_the_builder_puts_it() -> None:
    ground = standing_on(0.25, 0.75).ground
    assert (ground.x, ground.y) == (0.25, 0.75)
