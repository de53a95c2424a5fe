"""Moments at which nobody can know: dark between colours, out of sight at the line, seen twice, waited for minutes."""

import pytest

from models.types import LampColour, VehicleClass
from tests.detector.judging.builders import (
    GREEN,
    OFF,
    RED,
    UNKNOWN,
    YELLOW,
    Ride,
    lights,
    run,
    through,
)  # fmt: skip

RED_AT_10 = lights((GREEN, 0), (YELLOW, 7), (RED, 10))


@pytest.mark.parametrize(
    ("label", "ride"),
    [
        ("backs out of the junction and drives in again",
         Ride(way=((0.0, 0.5, 0.95), (3.0, 0.5, 0.3), (6.0, 0.5, 0.3), (8.0, 0.5, 0.7), (10.0, 0.5, 0.2)))),
        ("rolls back behind the line after the stop and creeps over it again",
         Ride(way=((0.0, 0.5, 0.95), (3.0, 0.5, 0.45), (10.0, 0.5, 0.45), (11.0, 0.5, 0.56), (12.0, 0.5, 0.56),
                   (13.0, 0.5, 0.45), (29.0, 0.5, 0.45)))),
    ],
)  # fmt: skip
def test_a_vehicle_that_was_judged_is_not_judged_again_in_that_lane(label: str, ride: Ride) -> None:
    findings = run(ride, showing=lights((RED, 0))).findings
    assert len({(f.track.track_id, f.crossing.lane_id) for f in findings}) == len(findings), label


@pytest.mark.parametrize("dark", [UNKNOWN, OFF])
def test_darkness_between_red_and_green_is_not_taken_as_red(dark: LampColour) -> None:
    """Red until 10 s, dark until 11.25 s, then green; crossed at 10.6 s, entered at about 11 s."""
    outcome = run(through(10.6, speed=0.3), showing=lights((RED, 0), (dark, 10), (GREEN, 11.25)))
    assert outcome.said == [("not_judged", "signal_unknown")]


def test_a_crossing_at_the_beginning_of_lasting_darkness_is_no_case() -> None:
    """Decided 1.0 s after the crossing, when it cannot be known yet whether the darkness will be bridged (1.5 s)."""
    outcome = run(through(10.3, speed=0.3), showing=lights((RED, 0), (OFF, 10)))
    assert outcome.said == [("not_judged", "signal_unknown")]


def test_who_enters_just_after_green_began_did_not_enter_on_red() -> None:
    """Crossed at 8.0 s on red, green from 10.0 s, in the junction at 10.125 s: the green is still being debounced."""
    ride = Ride(way=((4.0, 0.5, 0.7), (8.0, 0.5, 0.5), (10.25, 0.5, 0.39), (13.0, 0.5, 0.15)))
    outcome = run(ride, showing=lights((RED, 0), (GREEN, 10.0)), until_s=20.0)
    assert outcome.said == [("not_judged", "entered_junction")]


def test_the_front_over_the_line_at_red_onset_is_remembered_as_long_as_the_red_lasts() -> None:
    """Stands with its front over the line from 6 s on, red from 10 s, drives off at 35 s (MEMORY_S is 20 s)."""
    ride = Ride(way=((2.0, 0.5, 0.9), (6.0, 0.5, 0.515), (35.0, 0.5, 0.515), (38.0, 0.5, 0.2)))
    assert run(ride, showing=RED_AT_10, until_s=45.0).said == [("already_over", "over_line_at_onset")]


def test_a_crossing_that_nobody_saw_for_most_of_a_second_is_no_case() -> None:
    """Crosses at 9.9 s on yellow, hidden 9.76-10.6 s; interpolated to 10.54 s, past the grace time."""
    ride = Ride(
        way=((7.0, 0.5, 0.9), (9.75, 0.5, 0.59), (9.9, 0.5, 0.5), (10.625, 0.5, 0.49), (12.5, 0.5, 0.15)),
        hidden=((9.76, 10.6),),
    )
    (finding,) = run(ride, showing=RED_AT_10, until_s=20.0).findings
    assert finding.verdict != "red_light"


def test_one_vehicle_boxed_as_motorbike_and_as_car_makes_one_case() -> None:
    ride = through(10.0)
    double = Ride(way=ride.way, vehicle_class=VehicleClass.CAR)
    assert len(run(ride, double, showing=lights((RED, 0))).findings) == 1
