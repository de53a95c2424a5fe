"""Faults that red-light projects are known for, each shown not to be ours.

Named in the order of our list of faults: what was wrong elsewhere is told in each test's docstring.
"""

import pytest

from detector.judging.camera_judge import CameraJudge
from detector.judging.plate_vote import vote
from detector.types import LampReading, PlateVerdict, TimedPlateRead, Verdict
from models.types import LampColour, PlateCharacter, PlateColour, PlateLayout, PlateRead
from tests.detector.judging.builders import (
    GREEN,
    OFF,
    RED,
    UNKNOWN,
    YELLOW,
    Ride,
    camera,
    detection,
    lights,
    run,
    standing_on,
    stops_over_line,
    through,
)

ALWAYS_RED = lights((RED, 0))
RED_AT_10 = lights((GREEN, 0), (YELLOW, 7), (RED, 10))
CASES = {Verdict.RED_LIGHT, Verdict.STOP_LINE}


def test_1_the_colour_counts_when_the_line_was_crossed_not_when_it_is_judged() -> None:
    """Fault: the light is looked up at the moment of judging."""
    crossed_on_green_judged_on_red = run(through(9.5), showing=lights((GREEN, 0), (RED, 9.75)))
    assert crossed_on_green_judged_on_red.said == [("lawful", "green")]
    crossed_on_red_judged_on_green = run(through(9.0, speed=0.4), showing=lights((RED, 0), (GREEN, 9.5)))
    assert crossed_on_red_judged_on_green.said == [("red_light", "ran_red")]


@pytest.mark.parametrize("y", [0.48, 0.45, 0.35, 0.2])
def test_2_a_place_past_the_line_is_no_crossing(y: float) -> None:
    """Fault: whoever is seen behind the line on red is fined."""
    appears_there = Ride(way=((2.0, 0.5, y), (12.0, 0.5, y - 0.05)))
    assert run(appears_there, showing=ALWAYS_RED).said == []


def test_2_a_crossing_against_the_direction_is_none() -> None:
    assert run(Ride(way=((2.0, 0.5, 0.15), (8.0, 0.5, 0.95))), showing=ALWAYS_RED).said == []


def test_3_who_crossed_on_green_and_still_stands_in_the_junction_on_red_is_lawful() -> None:
    """Fault: vehicles inside the junction at red onset are flagged."""
    stuck = Ride(way=((2.0, 0.5, 0.95), (5.0, 0.5, 0.3), (20.0, 0.5, 0.3), (22.0, 0.5, 0.12)))
    assert run(stuck, showing=RED_AT_10).said == [("lawful", "green")]


@pytest.mark.parametrize(
    ("label", "y", "on_red"),
    [
        ("its front over the line", 0.515, [("already_over", "over_line_at_onset")]),
        ("all of it over the line", 0.45, [("lawful", "green")]),
    ],
)
def test_4_who_waited_over_the_line_as_red_began_never_ran_it(
    label: str, y: float, on_red: list[tuple[str, str]]
) -> None:
    """Fault: who stands over the line as red begins and moves on is fined for running it."""
    waits = Ride(way=((2.0, 0.5, 0.95), (5.0, 0.5, y), (14.0, 0.5, y), (17.0, 0.5, 0.15)))
    assert run(waits, showing=RED_AT_10).said == on_red, label


def test_4_who_stops_over_the_line_on_red_is_no_red_light_runner() -> None:
    assert run(stops_over_line(15.0), showing=RED_AT_10).said == [("stop_line", "stopped_over_line")]


@pytest.mark.parametrize(
    ("label", "ride"),
    [
        ("drives through slowly", through(8.0, speed=0.06)),
        ("stops in the junction and drives on",
         Ride(way=((2.0, 0.5, 0.95), (5.0, 0.5, 0.35), (15.0, 0.5, 0.35), (17.0, 0.5, 0.12)))),
        ("stands over the line for a long time", stops_over_line(5.0)),
        ("trembles on the line before it goes",
         Ride(way=((1.0, 0.5, 0.9), (4.0, 0.5, 0.503), (4.5, 0.5, 0.497), (5.0, 0.5, 0.503), (5.5, 0.5, 0.497),
                   (6.0, 0.5, 0.503), (8.0, 0.5, 0.2)))),
    ],
)  # fmt: skip
def test_5_one_vehicle_gives_one_finding(label: str, ride: Ride) -> None:
    """Fault: a case in every frame behind the line."""
    assert len(run(ride, showing=ALWAYS_RED).findings) == 1, label


def plate(text: str, at_s: float, confidence: float) -> TimedPlateRead:
    row = tuple(PlateCharacter(character=character, confidence=confidence) for character in text)
    read = PlateRead(
        rows=(row,), layout=PlateLayout.ONE_LINE, colour=PlateColour.WHITE, confidence=confidence
    )
    return TimedPlateRead(at_s=at_s, box=standing_on(0.5, 0.5), sharpness=1.0, read=read)


def test_6_the_first_plate_read_is_not_locked() -> None:
    """Fault: the first text that looks like a plate stays for good."""
    far_away = plate("51E12345", 1.0, 0.6)
    nearer = [plate("51F12345", 2.0 + number / 8, 0.97) for number in range(12)]
    voted = vote([far_away, *nearer])
    assert voted.winner is not None
    assert (voted.winner.text, voted.verdict) == ("51F12345", PlateVerdict.SURE)


def test_6_doubt_about_a_character_is_shown() -> None:
    voted = vote([plate("51E12345", 1.0, 0.95), plate("51F12345", 1.5, 0.95)])
    assert voted.verdict is PlateVerdict.DOUBTFUL


def test_7_of_two_riders_abreast_only_the_one_who_crossed_is_found_with_its_own_boxes() -> None:
    """Fault: the neighbour gets the case. The plate is read in the track's own boxes, so they must stay its own."""
    runs = through(15.0, x=0.45)
    waits = Ride(way=((12.75, 0.52, 0.95), (14.8, 0.52, 0.54), (30.0, 0.52, 0.54)))
    (finding,) = run(runs, waits, showing=RED_AT_10).findings
    assert finding.verdict is Verdict.RED_LIGHT
    assert {round(point.box.ground.x, 6) for point in finding.track.points} == {0.45}


@pytest.mark.parametrize("fps", [5.0, 6.0, 8.0, 12.0, 25.0])
def test_9_a_fast_vehicle_never_seen_near_the_line_is_found_at_low_frame_rate(fps: float) -> None:
    """Fault: the crossing must fall into a band of a few pixels around the line."""
    (finding,) = run(through(15.02, speed=0.35), showing=RED_AT_10, fps=fps).findings
    assert (finding.verdict, finding.reason) == (Verdict.RED_LIGHT, "ran_red")
    assert finding.crossing.cross_s == pytest.approx(15.02)


@pytest.mark.parametrize(
    ("label", "from_y", "to_y"),
    [
        ("seen once, before the line", 0.55, 0.55),
        ("seen once, on the line", 0.5, 0.5),
        ("seen once, in the junction", 0.3, 0.3),
        ("seen once before and once behind the line", 0.52, 0.47),
    ],
)
def test_10_a_single_still_decides_nothing(label: str, from_y: float, to_y: float) -> None:
    """Fault: one picture with a vehicle behind the line and a red light is a case."""
    judge = CameraJudge(camera())
    findings = []
    for number in range(8 * 12):
        at_s = number / 8
        places = {40: from_y, 41: to_y}
        found = [detection(0.5, places[number])] if number in places else []
        if from_y == to_y and number == 41:
            found = []
        findings += judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], found)
    findings += judge.finish()
    assert not [finding for finding in findings if finding.verdict in CASES], label


def flickering(usual: LampColour, *, noise: LampColour, every: int) -> list[LampColour]:
    return [noise if number % every == every - 1 else usual for number in range(8 * 14)]


@pytest.mark.parametrize(
    ("label", "colours", "said"),
    [
        ("green whose every fifth reading looks red", flickering(GREEN, noise=RED, every=5), ("lawful", "green")),
        ("red whose every fourth reading is dark", flickering(RED, noise=OFF, every=5), ("red_light", "ran_red")),
        ("red bloomed to yellow now and then", flickering(RED, noise=YELLOW, every=6), ("red_light", "ran_red")),
        ("colours by turns in every frame", flickering(RED, noise=GREEN, every=2), ("not_judged", "signal_unknown")),
        ("nothing can be told", [UNKNOWN] * 8 * 14, ("not_judged", "signal_unknown")),
    ],
)  # fmt: skip
def test_11_a_flickering_lamp_is_filtered_and_doubt_gives_no_case(
    label: str, colours: list[LampColour], said: tuple[str, str]
) -> None:
    """Fault: the colour is taken from each frame alone."""
    outcome = run(through(10.0), showing=lambda at_s: colours[round(at_s * 8)], until_s=13.5)
    assert outcome.said == [said], label


@pytest.mark.parametrize(
    ("label", "x", "y"),
    [("before the line", 0.5, 0.54), ("on the line", 0.5, 0.5), ("behind the line", 0.5, 0.45),
     ("in the junction", 0.5, 0.25), ("beside the road", 0.1, 0.5)],
)  # fmt: skip
def test_16_a_parked_vehicle_gives_nothing_however_long_it_stands(label: str, x: float, y: float) -> None:
    """Fault: a parked vehicle raises an alert again and again."""
    trembling = Ride(
        way=tuple((2.0 + number / 4, x, y + 0.003 * (-1) ** number) for number in range(4 * 120))
    )
    outcome = run(trembling, showing=lights((GREEN, 0), (RED, 10), (GREEN, 40), (RED, 70)), until_s=120.0)
    assert outcome.said == [], label
    assert not outcome.judge.counts, label


def test_17_two_cameras_in_one_process_never_share_tracks() -> None:
    """Fault: the tracker counts ids for all cameras together."""
    one, other = CameraJudge(camera(camera_id="C1")), CameraJudge(camera(camera_id="C2"))
    found = {one: [], other: []}
    rides = {one: through(5.0, x=0.4), other: through(6.0, x=0.6)}
    for number in range(8 * 12):
        at_s = number / 8
        for judge, ride in rides.items():
            seen = [vehicle] if (vehicle := ride.at(at_s)) else []
            found[judge] += judge.look(at_s, [LampReading(signal_id="S1", at_s=at_s, colour=RED)], seen)
    for judge, x in ((one, 0.4), (other, 0.6)):
        (finding,) = found[judge]
        assert finding.track.track_id == 1
        assert finding.crossing.place.x == pytest.approx(x)
