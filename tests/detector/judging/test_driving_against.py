"""Who drives against a lane's arrow, whole runs: the arrow is 8 m long, from y=0.95 up to y=0.55."""

import pytest

from detector.contract.camera import LaneDirection
from detector.judging.arrow_watch import ArrowWatch, arrow_of
from detector.types import Direction
from tests.detector.judging.builders import (
    GREEN,
    RED,
    UNKNOWN,
    Ride,
    camera,
    lane,
    lights,
    run,
    seen,
    through,
)

ARROW = LaneDirection(arrow=((0.5, 0.95), (0.5, 0.55)), length_m=8.0)
WATCHED = camera(lane(direction=ARROW))
GREEN_ALL_THE_TIME = lights((GREEN, 0))
CASE = ("wrong_way", "drove_against")


def comes(*way: tuple[float, float], x: float = 0.5, hidden: tuple[tuple[float, float], ...] = ()) -> Ride:
    """A ride at one place across the road: (second, y) each."""
    return Ride(way=tuple((at_s, x, y) for at_s, y in way), hidden=hidden)


@pytest.mark.parametrize(
    ("label", "ride", "said"),
    [
        ("drives down the whole lane", comes((1, 0.3), (5, 1.0)), [CASE]),
        ("drives down it at 8.2 km/h", comes((1, 0.55), (4.5, 0.95), (5, 1.0)), [CASE]),
        ("is pushed down it at 7.6 km/h", comes((1, 0.55), (4.8, 0.95), (5, 0.98)), [("not_judged", "too_slow")]),
        ("drives as it should", comes((1, 0.98), (5, 0.2)), [("lawful", "green")]),
        ("reverses for half the way and drives on", comes((1, 0.52), (3, 0.75), (5, 0.2)), [("lawful", "green")]),
        ("starts in the middle of the arrow", comes((1, 0.7), (3, 1.0)), []),
        ("waits for a minute half-way", comes((1, 0.3), (2, 0.75), (62, 0.75), (64, 1.0)), []),
        ("drives beside the lane", comes((1, 0.3), (5, 1.0), x=0.95), []),
        ("drives on the lane's edge", comes((1, 0.3), (5, 1.0), x=0.245), [("not_judged", "outside_lane")]),
        ("is hidden for more than 0.6 s", comes((1, 0.3), (5, 1.0), hidden=((3.0, 3.7),)),
         [("not_judged", "out_of_sight")]),
        ("drives forwards a good way meanwhile", comes((1, 0.3), (3, 0.8), (4, 0.7), (6, 1.0)),
         [("not_judged", "turned_round")]),
        ("is over the arrow within four frames", comes((1, 0.3), (1.6, 0.7), (2.0, 0.98)),
         [("not_judged", "too_few_frames")]),
        ("comes twice: one case", comes((1, 0.3), (5, 1.0), (9, 0.6), (9.5, 0.52), (13, 1.0)), [CASE]),
    ],
)  # fmt: skip
def test_a_ride_down_the_arrow(label: str, ride: Ride, said: list[tuple[str, str]]) -> None:
    outcome = run(ride, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED, until_s=70.0)
    assert [words for words in outcome.said if words[1] != "first_seen_past_line"] == said, label


@pytest.mark.parametrize("showing", [lights((RED, 0)), lights((UNKNOWN, 0)), GREEN_ALL_THE_TIME])
def test_the_lamps_do_not_matter(showing: object) -> None:
    outcome = run(comes((1, 0.3), (5, 1.0)), showing=showing, watched_by=WATCHED)  # type: ignore[arg-type]
    assert CASE in outcome.said


def test_the_finding_says_when_and_where() -> None:
    outcome = run(comes((1, 0.3), (5, 1.0)), showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    (finding,) = [one for one in outcome.findings if one.rule == "wrong_way"]
    assert finding.crossing.direction is Direction.BACKWARD
    assert finding.crossing.lane_id == "L1"
    assert finding.crossing.cross_s == pytest.approx(1 + 0.45 / 0.175, abs=0.01)
    assert finding.crossing.place.y == pytest.approx(0.75, abs=0.002)
    assert finding.act is not None
    assert (finding.act.from_s, finding.act.to_s) == pytest.approx(
        (1 + 0.25 / 0.175, 1 + 0.65 / 0.175), abs=0.01
    )
    assert (finding.act.length_m, finding.act.least_kmh, finding.act.most_s) == (8.0, 8.0, None)


def test_a_lane_without_an_arrow_may_be_driven_both_ways() -> None:
    outcome = run(comes((1, 0.3), (5, 1.0)), showing=GREEN_ALL_THE_TIME)
    assert "drove_against" not in str(outcome.said)
    assert not outcome.judge.is_busy


def test_a_camera_with_an_arrow_never_rests() -> None:
    outcome = run(through(5.0), showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    assert outcome.judge.is_busy


def test_footage_missing_on_the_way_gives_no_case() -> None:
    ride = comes((1, 0.3), (5, 1.0))
    outcome = run(ride, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED, gaps=((3.0, 3.1),))
    assert ("not_judged", "gap_in_footage") in outcome.said


def test_points_beyond_both_ends_at_once_are_no_way() -> None:
    geometry = arrow_of(lane(direction=ARROW))
    assert geometry is not None
    watch = ArrowWatch(geometry)
    assert watch.add(seen(1.0, 0.5, 0.5)) is None
    assert watch.add(seen(1.1, 0.5, 0.99)) is None
