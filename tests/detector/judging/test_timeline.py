"""What one signal showed, from single lamp readings."""

import pytest

from detector.judging.timeline import HORIZON_S, SignalTimeline
from detector.types import LampReading, SignalSpan
from models.types import LampColour
from tests.detector.judging.builders import GREEN, OFF, RED, UNKNOWN, YELLOW

EVERY_S = 0.125
LETTERS = {"R": RED, "Y": YELLOW, "G": GREEN, "o": OFF, "?": UNKNOWN}


def watched(pattern: str, *, debounce_s: float = 0.25, every_s: float = EVERY_S) -> SignalTimeline:
    """A timeline after readings at `every_s`: R Y G colours, o nothing lit, ? cannot be told, space no reading."""
    timeline = SignalTimeline("S1", debounce_s)
    for number, letter in enumerate(pattern):
        if letter != " ":
            timeline.add(LampReading(signal_id="S1", at_s=number * every_s, colour=LETTERS[letter]))
    return timeline


def told(timeline: SignalTimeline, places: int) -> list[LampColour]:
    return [timeline.colour_at(number * EVERY_S) for number in range(places)]


@pytest.mark.parametrize(
    ("label", "readings", "signal"),
    [
        ("one colour holds from its first reading", "GGGG", "GGGG"),
        ("a single reading tells nothing", "G", "?"),
        ("two readings within the debounce tell nothing", "GG", "??"),
        ("a change is dated back to its first reading", "GGGGRRRR", "GGGGRRRR"),
        ("a lone other colour is noise", "GGGGRGGGG", "GGGGGGGGG"),
        ("two readings of another colour are noise too", "RRRRGGRRRR", "RRRRRRRRRR"),
        ("yellow then red", "GGGGYYYYRRRR", "GGGGYYYYRRRR"),
        ("noise between two colours belongs to the earlier", "GGGGYGRRRR", "GGGGGGRRRR"),
        ("candidates must come without a break", "GGGGRGRGRGRG", "GGGGGGGGGGGG"),
        ("LED flicker while a colour begins is waited out", "GGGGRoRRRR", "GGGGGGRRRR"),
        ("flicker of a colour that holds already", "RRRRoRRoRRoRR", "RRRRRRRRRRRRR"),
        ("a truck passes for a second on red", "RRRR????????RRRR", "RRRRRRRRRRRRRRRR"),
        ("yellow blinks by half seconds", "YYYYooooYYYYooooYYYY", "YYYYYYYYYYYYYYYYYYYY"),
        ("never anything but unknown", "?" * 16, "?" * 16),
        ("a colour after a beginning in doubt", "??????GGGG", "??????GGGG"),
    ],
)
def test_readings_become_colours(label: str, readings: str, signal: str) -> None:
    expected = [LETTERS[letter] for letter in signal]
    assert told(watched(readings), len(signal)) == expected, label


@pytest.mark.parametrize(
    ("label", "readings", "place", "colour"),
    [
        ("dark for two seconds ends red", "RRRR" + "o" * 16, 15, OFF),
        ("dark is dated back to its first reading", "RRRR" + "o" * 16, 4, OFF),
        ("unknown for two seconds ends green", "GGGG" + "?" * 16, 10, UNKNOWN),
        ("dark and unknown by turns for two seconds is no colour", "RRRR" + "o?" * 8, 12, UNKNOWN),
        ("nothing is known long after the last reading", "RRRR", 40, UNKNOWN),
        ("the last colour lasts a little beyond its last reading", "RRRR", 6, RED),
        ("no reading for three seconds, red before and after", "RRRR" + " " * 24 + "RRRR", 15, UNKNOWN),
        ("red is red again after the pause", "RRRR" + " " * 24 + "RRRR", 30, RED),
        ("before the first reading", "    RRRR", 1, UNKNOWN),
        ("a second without readings is bridged", "RRRR" + " " * 8 + "RRRR", 8, RED),
    ],
)  # fmt: skip
def test_darkness_and_pauses(label: str, readings: str, place: int, colour: LampColour) -> None:
    assert watched(readings).colour_at(place * EVERY_S) is colour, label


def test_colour_after_long_darkness_does_not_reach_back_into_it() -> None:
    timeline = watched("RRRR" + "?" * 20 + "GGGG")
    assert timeline.colour_at(10 * EVERY_S) is UNKNOWN
    assert timeline.colour_at(24 * EVERY_S) is GREEN


def test_a_pause_before_any_colour_forgets_what_was_half_seen() -> None:
    timeline = watched("GG" + " " * 24 + "G")
    assert timeline.spans(0.0, 100.0) == ()


def test_a_colour_half_seen_before_darkness_leaves_the_stretch_between_unknown() -> None:
    """Single readings of another colour keep the darkness from settling; the old colour must not fill it."""
    timeline = watched("RRRR" + "?????G?????G?????" + "GGGG")
    assert timeline.colour_at(12 * EVERY_S) is UNKNOWN
    assert timeline.colour_at(22 * EVERY_S) is GREEN


@pytest.mark.parametrize(
    ("label", "readings", "place", "since"),
    [
        ("red from its first reading", "GGGGRRRRRR", 8, 4),
        ("a bridged truck does not make red younger", "GGGGRRRR????RRRR", 14, 4),
        ("no red while green", "GGGGRRRR", 2, None),
        ("watch began in red: at least that old", "RRRRRR", 5, 0),
        ("nothing known", "GG", 1, None),
        ("red is young again after a pause without readings", "RRRR" + " " * 24 + "RRRR", 30, 28),
    ],
)
def test_red_began_at_its_first_reading(label: str, readings: str, place: int, since: int | None) -> None:
    expected = None if since is None else since * EVERY_S
    assert watched(readings).red_since(place * EVERY_S) == expected, label


@pytest.mark.parametrize(
    ("label", "readings", "onset_place", "yellow"),
    [
        ("yellow before red", "GGGGYYYYYYRRRR", 10, 6),
        ("green straight to red", "GGGGRRRR", 4, None),
        ("watch began in red", "RRRRRR", 0, None),
    ],
)
def test_the_yellow_before_red_is_measured(
    label: str, readings: str, onset_place: int, yellow: int | None
) -> None:
    expected = None if yellow is None else yellow * EVERY_S
    assert watched(readings).yellow_length(onset_place * EVERY_S) == expected, label


def test_the_last_red_onset_is_remembered_through_green() -> None:
    timeline = watched("RRRRGGGGRRRRGGGG")
    assert timeline.last_red_onset_before(15 * EVERY_S) == 8 * EVERY_S
    assert timeline.last_red_onset_before(5 * EVERY_S) == 0.0
    assert watched("GGGG").last_red_onset_before(5.0) is None


def test_spans_are_cut_to_the_stretch_asked_for() -> None:
    timeline = watched("GGGGRRRRGGGG")
    assert timeline.spans(0.25, 0.75) == (
        SignalSpan(signal_id="S1", colour=GREEN, from_s=0.25, to_s=0.5),
        SignalSpan(signal_id="S1", colour=RED, from_s=0.5, to_s=0.75),
    )
    assert timeline.spans(5.0, 6.0) == ()


def test_memory_ends_at_the_horizon() -> None:
    pattern = ("R" * 30 + "G" * 30) * 12
    timeline = watched(pattern, every_s=1.0)
    now_s = float(len(pattern))
    assert timeline.colour_at(now_s - HORIZON_S / 2) is not UNKNOWN
    assert timeline.colour_at(now_s - HORIZON_S - 60.0) is UNKNOWN
    assert len(timeline.spans(0.0, now_s)) <= HORIZON_S / 30 + 2


def test_without_debounce_two_readings_still_have_to_agree() -> None:
    assert watched("R", debounce_s=0.0).colour_at(0.0) is UNKNOWN
    assert watched("RR", debounce_s=0.0).colour_at(0.0) is RED


@pytest.mark.parametrize(
    ("label", "colours", "between"),
    [
        ("green that is green again 2.5 s later was green all along", "GG....G", GREEN),
        ("for 3 s nobody knows", "GG.....G", UNKNOWN),
        ("red that is red again 2.5 s later may have been green between", "RR....R", UNKNOWN),
        ("green that was doubted before the pause is not taken on trust", "GGR....G", UNKNOWN),
    ],
)
def test_a_look_now_and_then_is_enough_for_green_alone(label: str, colours: str, between: LampColour) -> None:
    timeline = SignalTimeline("S1", 0.25)
    for number, letter in enumerate(colours):
        if letter != ".":
            timeline.add(LampReading(signal_id="S1", at_s=number * 0.5, colour=LETTERS[letter]))
    assert timeline.colour_at(1.75) is between, label
