"""Whole runs of one camera's judge over synthetic detections and lamp readings."""

import pytest

from detector.contract.camera import JudgingSettings
from detector.judging.camera_judge import CameraJudge
from detector.judging.track_course import stood_at_first
from detector.types import LampReading
from models.types import VehicleClass
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
    detection,
    lane,
    lights,
    run,
    seen,
    stops_over_line,
    through,
    track,
)

ALWAYS_RED = lights((RED, 0))
RED_AT_10 = lights((GREEN, 0), (YELLOW, 7), (RED, 10))
GREEN_AT_10 = lights((RED, 0), (GREEN, 10))


@pytest.mark.parametrize(
    ("label", "ride", "showing", "said"),
    [
        ("runs a red that is five seconds old", through(15.0), RED_AT_10, ("red_light", "ran_red")),
        ("runs a red with which the watch began", through(5.0), ALWAYS_RED, ("red_light", "ran_red")),
        ("drives on green", through(4.0), RED_AT_10, ("lawful", "green")),
        ("drives on yellow", through(9.0), RED_AT_10, ("lawful", "yellow")),
        ("crosses on the last yellow, enters on red", through(9.9), RED_AT_10, ("lawful", "yellow")),
        ("crosses within the grace time", through(10.4), RED_AT_10, ("not_judged", "grace")),
        ("crosses just after the grace time", through(10.6), RED_AT_10, ("red_light", "ran_red")),
        ("crosses on red, enters on green", through(9.8), GREEN_AT_10, ("not_judged", "entered_junction")),
        ("signal dark all along", through(10.0), lights((OFF, 0)), ("not_judged", "signal_unknown")),
        ("signal unknown all along", through(10.0), lights((UNKNOWN, 0)), ("not_judged", "signal_unknown")),
        ("signal goes dark well before", through(15.0), lights((RED, 0), (OFF, 12)), ("not_judged", "signal_unknown")),
        ("stops over the line on red", stops_over_line(15.0), RED_AT_10, ("stop_line", "stopped_over_line")),
        ("stops over the line on green", stops_over_line(4.0), RED_AT_10, ("lawful", "green")),
        ("stops over the line and is lost from sight", stops_over_line(15.0, until_s=16.0), RED_AT_10,
         ("not_judged", "track_lost")),
    ],
)  # fmt: skip
def test_one_vehicle_gives_one_finding(
    label: str, ride: Ride, showing: Lights, said: tuple[str, str]
) -> None:
    outcome = run(ride, showing=showing)
    assert outcome.said == [said], label
    assert outcome.judge.counts == {":".join(said): 1}, label


@pytest.mark.parametrize(
    ("label", "ride"),
    [
        ("waits before the line", Ride(way=((1.0, 0.5, 0.95), (4.0, 0.5, 0.53), (30.0, 0.5, 0.53)))),
        ("is first seen beyond the line", Ride(way=((1.0, 0.5, 0.45), (4.0, 0.5, 0.15)))),
        ("passes beside the line", Ride(way=((1.0, 0.1, 0.95), (6.0, 0.1, 0.15)))),
        ("comes from the junction", Ride(way=((1.0, 0.5, 0.15), (6.0, 0.5, 0.95)))),
        ("turns off before the line", Ride(way=((1.0, 0.5, 0.95), (4.0, 0.5, 0.6), (7.0, 0.95, 0.6)))),
    ],
)
def test_a_vehicle_that_does_not_cross_gives_nothing(label: str, ride: Ride) -> None:
    outcome = run(ride, showing=ALWAYS_RED)
    assert outcome.said == [], label
    assert not outcome.judge.counts, label


def test_a_finding_carries_what_was_measured() -> None:
    (finding,) = run(through(15.0), showing=RED_AT_10).findings
    assert finding.crossing.cross_s == pytest.approx(15.0)
    assert finding.crossing.place.y == pytest.approx(LINE_Y)
    assert finding.red_since_s == 10.0
    assert finding.entered_junction_s is not None
    assert 15.5 <= finding.entered_junction_s <= 15.5 + 2 / 8
    assert (finding.rule, finding.signal_id, finding.track.track_id) == ("red_light", "S1", 1)
    assert finding.track.vehicle_class is VehicleClass.MOTORBIKE


def test_a_case_comes_soon_after_the_entry_and_not_only_at_the_end() -> None:
    judge = CameraJudge(camera())
    ride = through(5.0)
    for number in range(8 * 10):
        at_s = number / 8
        found = [vehicle] if (vehicle := ride.at(at_s)) else []
        if judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], found):
            break
    assert 7.25 <= at_s <= 7.5, "1.8 s after it entered at 5.5 s"
    assert judge.finish() == ()


def test_a_judge_is_busy_from_a_crossing_until_it_is_decided() -> None:
    judge = CameraJudge(camera())
    ride = through(5.0)
    busy = []
    for number in range(8 * 10):
        at_s = number / 8
        found = [vehicle] if (vehicle := ride.at(at_s)) else []
        judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], found)
        busy += [at_s] if judge.is_busy else []
    assert 5.0 <= busy[0] <= 5.25
    assert busy[-1] <= 7.5


def test_who_is_first_seen_after_red_began_with_its_front_over_the_line_may_have_stood_there() -> None:
    hidden = Ride(way=((12.0, 0.5, LINE_Y + 0.02), (13.0, 0.5, LINE_Y + 0.02), (15.0, 0.5, 0.15)))
    assert run(hidden, showing=RED_AT_10).said == [("already_over", "over_line_at_onset")]
    seen_further_back = Ride(way=((12.0, 0.5, 0.6), (13.0, 0.5, 0.6), (15.0, 0.5, 0.15)))
    assert run(seen_further_back, showing=RED_AT_10).said == [("red_light", "ran_red")]


@pytest.mark.parametrize(
    ("label", "ground_ys", "stood"),
    [
        ("stands", (0.6, 0.6, 0.601, 0.6), True),
        ("sets off", (0.6, 0.595, 0.58, 0.56), False),
        ("is cut off by the picture's lower edge, whatever its box does", (1.0, 1.0, 1.0, 1.0), False),
    ],
)
def test_whether_a_vehicle_stood_when_it_was_first_seen(
    label: str, ground_ys: tuple[float, ...], stood: bool
) -> None:
    points = [seen(10.0 + number / 8, 0.5, y) for number, y in enumerate(ground_ys)]
    assert stood_at_first(track(*points)) is stood, label


def test_footage_that_ends_early_is_judged_with_what_was_seen() -> None:
    assert run(through(15.0), showing=RED_AT_10, until_s=15.75).said == [("red_light", "ran_red")]
    assert run(through(15.0), showing=RED_AT_10, until_s=15.25).said == [("not_judged", "track_lost")]


def test_who_drives_back_behind_the_line_before_entering_is_counted_and_gives_nothing() -> None:
    back = Ride(way=((2.0, 0.5, 0.9), (5.0, 0.5, 0.45), (6.0, 0.5, 0.45), (8.0, 0.5, 0.7)))
    outcome = run(back, showing=ALWAYS_RED)
    assert outcome.said == []
    assert outcome.judge.counts == {"not_judged:went_back": 1}


def test_who_was_over_the_line_with_its_front_as_red_began_is_already_over() -> None:
    creeping = Ride(way=((2.0, 0.5, 0.9), (6.0, 0.5, 0.515), (11.0, 0.5, 0.515), (14.0, 0.5, 0.2)))
    assert run(creeping, showing=RED_AT_10).said == [("already_over", "over_line_at_onset")]


def test_who_stood_well_before_the_line_as_red_began_is_not_already_over() -> None:
    waiting = Ride(way=((2.0, 0.5, 0.9), (6.0, 0.5, 0.56), (11.0, 0.5, 0.56), (14.0, 0.5, 0.2)))
    assert run(waiting, showing=RED_AT_10).said == [("red_light", "ran_red")]


FREE_RIGHT = camera(lane(free_on_red=(RIGHT_EXIT,)))


@pytest.mark.parametrize(
    ("label", "ride", "said"),
    [
        ("turns right into the free exit",
         Ride(way=((2.0, 0.7, 0.9), (5.0, 0.7, 0.45), (7.0, 0.95, 0.38))), ("lawful", "free_on_red")),
        ("turns right through the junction",
         Ride(way=((2.0, 0.7, 0.9), (5.0, 0.7, 0.38), (7.0, 0.95, 0.35))), ("lawful", "free_on_red")),
        ("drives straight on", through(10.0), ("red_light", "ran_red")),
    ],
)  # fmt: skip
def test_where_turning_right_is_free_on_red(label: str, ride: Ride, said: tuple[str, str]) -> None:
    assert run(ride, showing=ALWAYS_RED, watched_by=FREE_RIGHT).said == [said], label


@pytest.mark.parametrize(
    ("label", "gap", "said"),
    [
        ("footage is missing at the crossing", (14.5, 15.5), ("not_judged", "gap_in_footage")),
        ("footage is missing long before", (2.0, 3.0), ("red_light", "ran_red")),
    ],
)
def test_missing_footage(label: str, gap: tuple[float, float], said: tuple[str, str]) -> None:
    assert run(through(15.0), showing=RED_AT_10, gaps=[gap]).said == [said], label


def test_the_memory_for_missing_footage_is_bounded_and_keeps_the_newest() -> None:
    gaps = [(number * 0.01, number * 0.01 + 0.005) for number in range(500)]
    assert run(through(15.0), showing=RED_AT_10, gaps=[*gaps, (15.0, 15.5)]).said == [
        ("not_judged", "gap_in_footage")
    ]


def test_too_few_frames_make_no_case() -> None:
    slow = through(15.0, speed=0.1)
    assert run(slow, showing=RED_AT_10, fps=4.0).said == [("not_judged", "too_few_frames")]
    lenient = camera(judging=JudgingSettings(least_analysed_fps=3))
    assert run(slow, showing=RED_AT_10, fps=4.0, watched_by=lenient).said == [("red_light", "ran_red")]


def test_a_track_that_ended_leaves_nothing_behind() -> None:
    judge = run(through(5.0), showing=ALWAYS_RED).judge
    assert judge.look(40.0, [], []) == ()
    assert judge.finish() == ()
    assert not judge._watches
    assert not judge._pending


def test_a_queue_that_moves_up_gives_one_finding_for_each_vehicle() -> None:
    queue = [through(12.0 + 2 * number, x=0.4 + 0.1 * (number % 2)) for number in range(4)]
    outcome = run(*queue, showing=RED_AT_10)
    assert outcome.said == [("red_light", "ran_red")] * 4
    assert len({finding.track.track_id for finding in outcome.findings}) == 4


def test_two_lanes_judge_a_vehicle_apart() -> None:
    left = lane(lane_id="left", stop_line=((0.25, 0.5), (0.5, 0.5)))
    right = lane(lane_id="right", stop_line=((0.5, 0.5), (0.75, 0.5)))
    outcome = run(
        through(5.0, x=0.35), through(8.0, x=0.65), showing=ALWAYS_RED, watched_by=camera(left, right)
    )
    assert [finding.crossing.lane_id for finding in outcome.findings] == ["left", "right"]


def test_the_timeline_of_a_signal_can_be_asked() -> None:
    judge = run(showing=RED_AT_10).judge
    assert judge.timeline("S1").last_red_onset_before(20.0) == 10.0


def test_a_vehicle_hidden_below_by_others_is_not_said_to_have_stopped_over_the_line() -> None:
    """Its lower edge jumps up over the line as riders stop before its wheels; its upper edge stays."""
    judge = CameraJudge(camera())
    findings = []
    for number in range(8 * 14):
        at_s = number / 8
        bottom = 0.65 if at_s < 3.0 else 0.44
        bus = detection(0.5, bottom, width=0.2, height=bottom - 0.1, vehicle_class=VehicleClass.BUS)
        findings += judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], [bus])
    assert [(str(f.verdict), f.reason) for f in findings] == [("not_judged", "partly_hidden")]


@pytest.mark.parametrize("until_s", [5.0, 20.0])
def test_a_track_that_comes_to_lie_on_an_older_one_right_after_crossing_is_counted_as_seen_twice(
    until_s: float,
) -> None:
    """The younger track is given up within a second of its crossing, before it could be judged."""
    stands = Ride(way=((0.0, 0.5, 0.44), (20.0, 0.5, 0.44)))
    comes = Ride(
        way=(
            (2.0, 0.5, 0.9),
            (4.0, 0.5, 0.5),
            (4.25, 0.5, 0.47),
            (4.5, 0.5, 0.465),
            (20.0, 0.5, 0.45),
        )
    )
    outcome = run(stands, comes, showing=ALWAYS_RED, until_s=until_s)
    assert outcome.said == []
    assert outcome.judge.counts == {"not_judged:seen_twice": 1}
