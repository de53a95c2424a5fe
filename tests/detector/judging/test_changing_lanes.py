"""Who changes lanes over a solid line, whole runs: the line goes up the middle of the road from y=0.95 to y=0.55."""

import pytest

from detector.contract.camera import SolidLine
from detector.types import Direction
from tests.detector.judging.builders import GREEN, Ride, camera, lights, run

LINE = SolidLine(id="V1", line=((0.5, 0.95), (0.5, 0.55)))
WATCHED = camera(solid_lines=(LINE,))
GREEN_ALL_THE_TIME = lights((GREEN, 0))
CASE = ("wrong_lane", "changed_lanes")
AHEAD = ("lawful", "green")


def goes(
    *way: tuple[float, float, float], width: float = 0.0625, hidden: tuple[float, float] = (0, 0)
) -> Ride:
    return Ride(way=way, width=width, hidden=(hidden,) if hidden[1] else ())


@pytest.mark.parametrize(
    ("label", "ride", "said"),
    [
        ("changes to the right and drives on", goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.6, 0.7), (8, 0.6, 0.3)),
         [CASE]),
        ("changes to the left", goes((1, 0.6, 0.95), (3, 0.6, 0.85), (5, 0.4, 0.7), (8, 0.4, 0.3)), [CASE]),
        ("stays beside the line", goes((1, 0.4, 0.95), (6, 0.4, 0.3)), []),
        ("changes before the line begins", goes((1, 0.4, 1.0), (2, 0.6, 0.96), (6, 0.6, 0.3)), []),
        ("changes behind the line's end", goes((1, 0.4, 0.95), (3, 0.4, 0.56), (4, 0.6, 0.4), (5, 0.6, 0.3)), []),
        ("has one wheel over and goes back", goes((1, 0.4, 0.95), (3, 0.49, 0.85), (5, 0.4, 0.7), (8, 0.4, 0.3)),
         []),
        ("drives on the line", goes((1, 0.5, 0.95), (8, 0.5, 0.3)), []),
        ("comes off the line, on which it was first seen", goes((1, 0.5, 0.95), (3, 0.6, 0.8), (6, 0.6, 0.3)), []),
        ("swerves and comes back",
         goes((1, 0.4, 0.95), (2, 0.4, 0.93), (3.5, 0.56, 0.78), (4.0, 0.56, 0.75), (5.5, 0.4, 0.6), (9, 0.4, 0.3)),
         [("not_judged", "came_back")]),
        ("comes back after four seconds",
         goes((1, 0.4, 0.95), (2, 0.4, 0.93), (3.5, 0.56, 0.78), (7.5, 0.56, 0.75), (9, 0.4, 0.6), (11, 0.4, 0.3)),
         [CASE]),
        ("changes lanes twice, there and back: one case",
         goes((1, 0.4, 0.95), (2, 0.4, 0.93), (3.5, 0.56, 0.78), (8, 0.56, 0.75), (9.5, 0.4, 0.6), (12, 0.4, 0.3)),
         [CASE]),
        ("goes over and then rides on the line",
         goes((1, 0.4, 0.95), (2, 0.4, 0.93), (3.5, 0.56, 0.78), (4.5, 0.5, 0.74), (12, 0.5, 0.62), (15, 0.5, 0.3)),
         [("not_judged", "came_back")]),
        ("crosses the road", goes((1, 0.2, 0.75), (5, 0.8, 0.75)), [("not_judged", "went_across")]),
        ("is lost from sight right after", goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.57, 0.7)),
         [("not_judged", "track_lost")]),
        ("is lost from sight a while after", goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.6, 0.7), (5.5, 0.6, 0.66)),
         [CASE]),
        ("is hidden while it crosses",
         goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.6, 0.7), (8, 0.6, 0.3), hidden=(3.8, 4.4)),
         [("not_judged", "out_of_sight")]),
        ("rides on the line for half a minute",
         goes((1, 0.4, 0.95), (2, 0.5, 0.9), (32, 0.5, 0.8), (34, 0.6, 0.7), (37, 0.6, 0.3)), []),
    ],
)  # fmt: skip
def test_a_ride_beside_the_line(label: str, ride: Ride, said: list[tuple[str, str]]) -> None:
    outcome = run(ride, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED, until_s=45.0)
    assert [words for words in outcome.said if words != AHEAD] == said, label


def test_the_finding_says_when_and_where() -> None:
    ride = goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.6, 0.7), (8, 0.6, 0.3))
    outcome = run(ride, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    (finding,) = [one for one in outcome.findings if one.rule == "wrong_lane"]
    assert (finding.crossing.lane_id, finding.crossing.direction) == ("V1", Direction.FORWARD)
    assert finding.crossing.cross_s == pytest.approx(4.0, abs=0.01)
    assert finding.crossing.place.x == pytest.approx(0.5, abs=0.001)
    assert finding.act is not None
    assert finding.act.from_s < finding.crossing.cross_s < finding.act.to_s
    assert (finding.act.length_m, finding.act.most_s) == (None, None)
    assert finding.signal_id == "S1"


def test_what_is_pending_is_decided_when_the_footage_ends() -> None:
    ride = goes((1, 0.4, 0.95), (3, 0.4, 0.85), (5, 0.6, 0.7), (8, 0.6, 0.6))
    outcome = run(ride, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED, until_s=5.5)
    assert outcome.said == [CASE]


def test_half_a_vehicle_that_comes_out_from_behind_a_neighbour_has_not_changed_lanes() -> None:
    """The right half of one vehicle is seen behind another, and then a third one in its place."""
    before = Ride(way=((1, 0.435, 0.95), (3, 0.435, 0.85)), width=0.1, height=0.25)
    after = Ride(way=((3.01, 0.565, 0.845), (6, 0.565, 0.5)), width=0.1, height=0.25)
    outcome = run(before, after, showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    assert ("not_judged", "partly_hidden") in outcome.said
    assert CASE not in outcome.said


def test_one_vehicle_seen_twice_makes_one_case() -> None:
    way = ((1.0, 0.4, 0.95), (3.0, 0.4, 0.85), (5.0, 0.6, 0.7), (8.0, 0.6, 0.3))
    late = tuple((at_s, x + (0.05 if at_s < 4 else 0.0), y) for at_s, x, y in way)
    outcome = run(Ride(way=way), Ride(way=late), showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    assert outcome.said.count(CASE) == 1
