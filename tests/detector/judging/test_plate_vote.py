"""The vote over all readings of one vehicle's plate."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.judging.plate_vote import vote
from detector.types import PlateVerdict, TimedPlateRead
from models.types import PlateCharacter, PlateColour, PlateLayout, PlateRead
from tests.detector.judging.builders import standing_on

SURE, DOUBTFUL, UNREAD = PlateVerdict.SURE, PlateVerdict.DOUBTFUL, PlateVerdict.UNREAD


def read(
    text: str,
    *,
    confidence: float = 0.97,
    doubt_at: int | None = None,
    colour: PlateColour = PlateColour.WHITE,
    at_s: float = 1.0,
    character_px: float | None = None,
) -> TimedPlateRead:
    """One reading; `59X1/23456` is two lines. The character at `doubt_at` is as good as a guess."""
    rows = tuple(
        tuple(PlateCharacter(character=character, confidence=confidence) for character in row)
        for row in text.split("/")
    )
    if doubt_at is not None:
        first = list(rows[0])
        first[doubt_at] = PlateCharacter(character=first[doubt_at].character, confidence=0.3)
        rows = (tuple(first), *rows[1:])
    layout = PlateLayout.TWO_LINE if "/" in text else PlateLayout.ONE_LINE
    plate = PlateRead(rows=rows, layout=layout, colour=colour, confidence=confidence)
    return TimedPlateRead(
        at_s=at_s, box=standing_on(0.5, 0.5), sharpness=1.0, read=plate, character_px=character_px
    )


CAR, BIKE = "51F12345", "59X1/23456"


@pytest.mark.parametrize(
    ("label", "reads", "text", "verdict", "reason"),
    [
        ("nothing was read", [], None, UNREAD, "not_readable"),
        ("only empty readings", [read(""), read("")], None, UNREAD, "not_readable"),
        ("two agree", [read(CAR), read(CAR)], CAR, SURE, "agreed"),
        ("a plate of two lines", [read(BIKE), read(BIKE)], "59X123456", SURE, "agreed"),
        ("a single good reading", [read(CAR)], CAR, DOUBTFUL, "single_reading"),
        ("a single excellent reading", [read(CAR, confidence=0.99)], CAR, SURE, "agreed"),
        ("a single poor reading", [read(CAR, confidence=0.6)], CAR, DOUBTFUL, "unclear_character"),
        ("all doubt one character", [read(CAR, doubt_at=2), read(CAR, doubt_at=2)], CAR, DOUBTFUL,
         "unclear_character"),
        ("no such province", [read("10F12345"), read("10F12345")], "10F12345", DOUBTFUL, "no_such_plate"),
        ("the first reading was wrong", [read("51E12345", at_s=0.0), *[read(CAR)] * 19], CAR, SURE, "agreed"),
        ("the last reading was wrong", [*[read(CAR)] * 19, read("51F12346", at_s=9.0)], CAR, SURE, "agreed"),
        ("half of them say otherwise", [*[read(CAR)] * 2, *[read("51F12346")] * 2], "51F12346", DOUBTFUL,
         "unclear_character"),
        ("a doubtful reading loses against a clear one",
         [read(CAR), read(CAR), read("51F12346", confidence=0.05)], CAR, SURE, "agreed"),
        ("a line was lost once", [read(BIKE), read(BIKE), read("23456")], "59X123456", SURE, "agreed"),
        ("a character was lost once", [read(CAR), read(CAR), read("51F1234")], CAR, SURE, "agreed"),
        ("an empty reading does not vote", [read(CAR), read(CAR), read("")], CAR, SURE, "agreed"),
        ("no weight at all", [read(CAR, confidence=0.0)], None, UNREAD, "not_readable"),
        ("hardly ever right", [read(CAR, confidence=0.1), read(CAR, confidence=0.12)], None, UNREAD, "not_readable"),
        ("a few sure ones against many poor ones",
         [*[read(CAR, confidence=0.8)] * 2, *[read("51F12346", confidence=0.15)] * 6], CAR, DOUBTFUL,
         "unclear_character"),
        ("a shape that no plate has loses, however often it was read",
         [read("59X1/23456"), *[read("59X1/234561")] * 4], "59X123456", DOUBTFUL, "single_reading"),
        ("only shapes that no plate has", [read("59X1/234561")] * 3, "59X1234561", DOUBTFUL, "no_such_plate"),
        ("characters of 6 px", [read(CAR, character_px=6.0)] * 3, None, UNREAD, "too_small"),
        ("small ones beside big ones", [read(CAR), read(CAR), *[read("51F12346", character_px=6.0)] * 5], CAR, SURE,
         "agreed"),
    ],
)  # fmt: skip
def test_the_vote_over_readings(
    label: str, reads: Sequence[TimedPlateRead], text: str | None, verdict: PlateVerdict, reason: str
) -> None:
    voted = vote(reads)
    assert (voted.winner.text if voted.winner else None) == text, label
    assert (voted.verdict, voted.reason) == (verdict, reason), label
    assert len(voted.reads) == len(reads), label


def test_a_text_that_no_single_reading_had_is_never_sure() -> None:
    """Each character has a majority, yet nobody read the whole so."""
    voted = vote([read("51E12345"), read("51F12346"), read("51F12945")])
    assert voted.winner is not None
    assert voted.winner.text == CAR
    assert voted.winner.confidence <= 0.5
    assert voted.verdict is DOUBTFUL


def test_confidence_is_that_of_the_weakest_character_not_their_mean() -> None:
    winner = vote([read(CAR, doubt_at=2)]).winner
    assert winner is not None
    assert winner.confidence == pytest.approx(0.3)


def test_confidence_never_exceeds_the_best_agreeing_reading() -> None:
    winner = vote([read(CAR, confidence=0.93), read(CAR, confidence=0.95)]).winner
    assert winner is not None
    assert winner.confidence == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("label", "colours", "expected"),
    [
        ("most say yellow", [PlateColour.YELLOW, PlateColour.WHITE, PlateColour.YELLOW], PlateColour.YELLOW),
        ("unknown does not vote", [PlateColour.UNKNOWN, PlateColour.UNKNOWN, PlateColour.BLUE], PlateColour.BLUE),
        ("nobody could tell", [PlateColour.UNKNOWN, PlateColour.UNKNOWN], PlateColour.UNKNOWN),
    ],
)  # fmt: skip
def test_the_colour_is_the_majority_s(label: str, colours: list[PlateColour], expected: PlateColour) -> None:
    winner = vote([read(CAR, colour=colour) for colour in colours]).winner
    assert winner is not None
    assert winner.colour is expected, label


texts = st.sampled_from([CAR, "51E12345", "51F1234", "", BIKE, "59X2/23456"])
readings = st.builds(read, texts, confidence=st.sampled_from([0.3, 0.9, 0.97]), at_s=st.floats(0, 10))


@given(
    st.lists(readings, max_size=6).flatmap(lambda reads: st.tuples(st.just(reads), st.permutations(reads)))
)
def test_the_order_of_the_readings_does_not_matter(
    both: tuple[list[TimedPlateRead], list[TimedPlateRead]],
) -> None:
    one, other = vote(both[0]), vote(both[1])
    assert (one.verdict, one.reason) == (other.verdict, other.reason)
    assert (one.winner and one.winner.text) == (other.winner and other.winner.text)


@given(st.lists(readings, min_size=1, max_size=6))
def test_every_voted_character_was_read_at_its_place(reads: list[TimedPlateRead]) -> None:
    winner = vote(reads).winner
    if winner is None:
        assert all(not timed.read.text for timed in reads)
        return
    same_shape = [timed.read.text for timed in reads if len(timed.read.text) == len(winner.text)]
    for place, character in enumerate(winner.text):
        assert character in {text[place] for text in same_shape}
