"""Who stands where nobody may, whole runs: the zone lies behind the stop line, five seconds are allowed."""

import pytest

from detector.contract.camera import NoStopZone
from tests.detector.judging.builders import (
    GREEN,
    RED,
    YELLOW,
    Lights,
    Ride,
    camera,
    lights,
    run,
    through,
)

ZONE = NoStopZone(id="Z1", area=((0.3, 0.36), (0.7, 0.36), (0.7, 0.49), (0.3, 0.49)), most_s=5.0)
BEFORE_LINE = NoStopZone(
    id="Z2", area=((0.25, 0.52), (0.75, 0.52), (0.75, 0.8), (0.25, 0.8)), most_s=5.0, signal="S1"
)
WATCHED = camera(no_stop_zones=(ZONE,))
GREEN_ALL_THE_TIME = lights((GREEN, 0))
CASE = ("illegal_stop", "stood_too_long")
HELD = ("not_judged", "could_not_drive_on")


def halts(from_s: float, until_s: float, *, x: float = 0.5, y: float = 0.44, onward: bool = True) -> Ride:
    """Comes up the road, stands from one second to another, drives on."""
    way = [(from_s - 2.0, x, min(0.99, y + 0.45)), (from_s, x, y), (until_s, x, y)]
    return Ride(way=tuple(way + ([(until_s + 1.0, x, 0.11)] if onward else [])))


def said_of(
    *rides: Ride, showing: Lights = GREEN_ALL_THE_TIME, until_s: float = 40.0
) -> list[tuple[str, str]]:
    """What was said of stays; crossings of the stop line are told elsewhere."""
    outcome = run(*rides, showing=showing, watched_by=WATCHED, until_s=until_s)
    return [(str(one.verdict), one.reason) for one in outcome.findings if one.rule == "illegal_stop"]


@pytest.mark.parametrize(
    ("label", "ride", "said"),
    [
        ("stands for eight seconds", halts(5, 13), [CASE]),
        ("drives on after 4.8 s", halts(5, 9.8), []),
        ("drives on just after its time is over",
         Ride(way=((3, 0.5, 0.89), (5, 0.5, 0.44), (10.5, 0.5, 0.44), (14, 0.5, 0.11))), [CASE]),
        ("stands before the zone", halts(5, 20, y=0.55), []),
        ("stands beside the zone", halts(5, 20, x=0.2), []),
        ("drives through", through(5.0), []),
        ("creeps on every four seconds",
         Ride(way=((1, 0.5, 0.95), (3, 0.5, 0.48), (7, 0.5, 0.48), (8, 0.5, 0.43), (12, 0.5, 0.43), (13, 0.5, 0.38),
                   (17, 0.5, 0.38), (18, 0.5, 0.2))), []),
        ("stood there when the watch began", Ride(way=((0, 0.5, 0.44), (20, 0.5, 0.44))),
         [("not_judged", "first_seen_standing")]),
        ("trembles as it stands",
         Ride(way=((1, 0.5, 0.95), (3, 0.5, 0.44), *((3 + k / 2, 0.5, 0.44 + 0.006 * (k % 2)) for k in range(1, 20)))),
         [CASE]),
        ("stands twice: one case",
         Ride(way=((1, 0.5, 0.95), (3, 0.5, 0.48), (12, 0.5, 0.48), (13, 0.5, 0.38), (22, 0.5, 0.38), (23, 0.5, 0.15))),
         [CASE, ("not_judged", "other_case")]),
    ],
)  # fmt: skip
def test_a_vehicle_in_the_zone(label: str, ride: Ride, said: list[tuple[str, str]]) -> None:
    assert said_of(ride) == said, label


def test_a_box_that_others_hide_for_a_moment_does_not_end_the_stay() -> None:
    y, hidden = 0.44, 0.41
    way = (
        (3, 0.5, 0.9),
        (5, 0.5, y),
        (7, 0.5, y),
        (7.01, 0.5, hidden),
        (7.6, 0.5, hidden),
        (7.61, 0.5, y),
        (14, 0.5, y),
    )
    assert said_of(Ride(way=way)) == [CASE]
    away = (
        (3, 0.5, 0.9),
        (5, 0.5, y),
        (7, 0.5, y),
        (7.5, 0.5, hidden),
        (9, 0.5, hidden),
        (9.5, 0.5, y),
        (14, 0.5, y),
    )
    assert said_of(Ride(way=away), until_s=14.0) == []


def test_the_finding_says_since_when() -> None:
    outcome = run(halts(5, 20), showing=GREEN_ALL_THE_TIME, watched_by=WATCHED)
    (finding,) = [one for one in outcome.findings if one.rule == "illegal_stop"]
    assert finding.crossing.lane_id == "Z1"
    assert finding.act is not None
    assert finding.act.from_s == pytest.approx(5.0, abs=0.2)
    assert finding.crossing.cross_s == pytest.approx(finding.act.from_s + 5.0)
    assert finding.act.to_s == pytest.approx(finding.act.from_s + 7.0, abs=0.2)
    assert finding.act.most_s == 5.0


def test_the_stay_is_told_when_the_footage_ends() -> None:
    assert said_of(halts(5, 30), until_s=10.5) == [CASE]
    assert said_of(halts(5, 30), until_s=9.5) == []


def test_who_stands_over_the_line_on_red_makes_one_case_and_not_two() -> None:
    outcome = run(halts(8, 30), showing=lights((GREEN, 0), (RED, 2)), watched_by=WATCHED)
    assert outcome.said == [("stop_line", "stopped_over_line"), ("not_judged", "other_case")]


def test_who_crossed_on_green_may_not_wait_on_the_zebra_for_the_next_one() -> None:
    outcome = run(halts(8, 30), showing=lights((GREEN, 0), (YELLOW, 9), (RED, 12)), watched_by=WATCHED)
    assert outcome.said == [("lawful", "green"), CASE]


def test_a_stay_whose_crossing_is_not_decided_when_the_track_ends_is_counted_and_no_case() -> None:
    """The rules of the stop line had not spoken yet when the vehicle was last seen."""
    zone = ZONE.model_copy(update={"most_s": 3.0})
    outcome = run(
        Ride(way=((6, 0.5, 0.9), (8, 0.5, 0.45), (13.3, 0.5, 0.45))),
        showing=lights((GREEN, 0), (RED, 2)),
        watched_by=camera(no_stop_zones=(zone,)),
    )
    assert [one.rule for one in outcome.findings] == ["stop_line"]
    assert outcome.judge.counts["not_judged:track_lost"] == 1


def behind_line(ride: Ride, *others: Ride, showing: Lights) -> list[tuple[str, str]]:
    outcome = run(
        ride, *others, showing=showing, watched_by=camera(no_stop_zones=(BEFORE_LINE,)), until_s=60.0
    )
    return [(str(one.verdict), one.reason) for one in outcome.findings if one.rule == "illegal_stop"]


QUEUED = Ride(way=((1, 0.5, 0.98), (3, 0.5, 0.6), (25, 0.5, 0.6), (26, 0.5, 0.2)))


@pytest.mark.parametrize(
    ("label", "showing", "said"),
    [
        ("waits at red", lights((RED, 0)), [HELD]),
        ("waits at yellow that does not end", lights((YELLOW, 0)), [HELD]),
        ("waits at red, then drives off with the queue", lights((RED, 0), (GREEN, 16)), [HELD]),
        ("stands though it has been green for long", lights((RED, 0), (GREEN, 5)), [CASE]),
        ("stands at green", lights((GREEN, 0)), [CASE]),
    ],
)
def test_a_queue_at_the_zones_signal_is_no_offence(
    label: str, showing: Lights, said: list[tuple[str, str]]
) -> None:
    assert behind_line(QUEUED, showing=showing) == said, label


PASSING = tuple(
    Ride(way=((start, 0.05, 0.2), (start + 2.5, 0.95, 0.2))) for start in (float(k) for k in range(0, 38, 2))
)
"""Cross traffic: somebody drives all the time."""


@pytest.mark.parametrize(
    ("label", "others", "said"),
    [
        ("nobody else about", (), [CASE]),
        ("others pass", PASSING, [CASE]),
        ("one stands right before it", (halts(4, 30, y=0.32), *PASSING), [HELD]),
        ("one stands far ahead", (halts(4, 30, y=0.2), *PASSING), [CASE]),
        ("one stands right behind it", (halts(4, 30, y=0.6), *PASSING), [CASE]),
        ("one stands beside it", (halts(4, 30, x=0.65), *PASSING), [CASE, CASE]),
        ("others stand and nobody drives", (halts(4, 30, y=0.6, x=0.1),), [HELD]),
    ],
)  # fmt: skip
def test_standing_traffic_is_no_offence(
    label: str, others: tuple[Ride, ...], said: list[tuple[str, str]]
) -> None:
    assert said_of(halts(6, 16), *others) == said, label


def test_of_who_stood_there_at_first_nobody_knows_what_lies_ahead() -> None:
    stood = Ride(way=((0, 0.5, 0.44), (20, 0.5, 0.44)))
    assert said_of(stood, halts(4, 30, y=0.32), *PASSING) == [("not_judged", "first_seen_standing")]


def test_time_in_standing_traffic_does_not_count() -> None:
    """Traffic stands for six seconds, then everybody but this one drives on."""
    jam = halts(4, 12, y=0.32)
    assert said_of(halts(6, 30), jam, *PASSING, until_s=16.0) == [HELD]
    assert said_of(halts(6, 30), jam, *PASSING, until_s=30.0) == [CASE]
