"""What the lamp reader says of drawn lamps and heads, and of lamps that contradict each other."""

import cv2
import numpy as np
import pytest

from models.errors import PictureRefused
from models.lamps import COLOURS, LampLook, LampReader, judge_lamps, open_lamp_reader
from models.letterbox import Picture
from models.types import LampColour

RED, YELLOW, GREEN, OFF, UNKNOWN = COLOURS
LIGHT = {RED: (40, 20, 235), YELLOW: (30, 200, 250), GREEN: (190, 235, 60)}
LENS = {RED: (28, 26, 44), YELLOW: (26, 40, 46), GREEN: (38, 42, 28)}


@pytest.fixture(scope="module")
def reader() -> LampReader:
    return open_lamp_reader()


def lamp(colour: LampColour, *, is_lit: bool, side: int = 20) -> Picture:
    picture = np.full((side, side, 3), 30, dtype=np.uint8)
    tone = LIGHT[colour] if is_lit else LENS[colour]
    cv2.circle(picture, (side // 2, side // 2), int(side * 0.42), tone, -1, cv2.LINE_AA)
    return picture


def head(lit: LampColour | None, side: int = 20) -> Picture:
    return np.vstack([lamp(colour, is_lit=colour is lit, side=side) for colour in (RED, YELLOW, GREEN)])


@pytest.mark.parametrize("side", [10, 14, 20, 40])
@pytest.mark.parametrize("lit", [RED, YELLOW, GREEN])
def test_the_lit_lamp_of_three_is_named(reader: LampReader, lit: LampColour, side: int) -> None:
    pictures = {c.value: lamp(c, is_lit=c is lit, side=side) for c in (RED, YELLOW, GREEN)}
    read = reader.read_lamps(**pictures)
    assert read.colour is lit
    assert read.confidence > 0.6


@pytest.mark.parametrize("lit", [RED, YELLOW, GREEN])
def test_the_lit_lamp_of_a_head_is_named(reader: LampReader, lit: LampColour) -> None:
    assert reader.read_head(head(lit)).colour is lit


def test_dark_lamps_are_never_called_lit(reader: LampReader) -> None:
    pictures = {c.value: lamp(c, is_lit=False) for c in (RED, YELLOW, GREEN)}
    assert reader.read_lamps(**pictures).colour in {OFF, UNKNOWN}


@pytest.mark.parametrize("grey", [0, 60, 128, 255])
def test_a_blank_picture_has_no_colour(reader: LampReader, grey: int) -> None:
    blank = np.full((16, 16, 3), grey, dtype=np.uint8)
    assert reader.read_lamps(red=blank, yellow=blank, green=blank).colour in {OFF, UNKNOWN}


def test_a_head_of_two_lamps_is_read(reader: LampReader) -> None:
    read = reader.read_lamps(red=lamp(RED, is_lit=True), green=lamp(GREEN, is_lit=False))
    assert read.colour is RED


def test_red_in_the_place_of_green_is_not_green(reader: LampReader) -> None:
    read = reader.read_lamps(
        red=lamp(RED, is_lit=False), yellow=lamp(YELLOW, is_lit=False), green=lamp(RED, is_lit=True)
    )
    assert read.colour is not GREEN


def test_no_lamp_picture_is_refused(reader: LampReader) -> None:
    with pytest.raises(PictureRefused, match="no lamp picture given"):
        reader.read_lamps()


def look(place: LampColour, **shares: float) -> LampLook:
    given = {colour: shares.get(colour.value, 0.0) for colour in COLOURS}
    return LampLook(place=place, shares=given)


JUDGED = [
    ("red alone", [look(RED, red=0.9), look(YELLOW, off=0.9), look(GREEN, off=0.9)], RED),
    ("red blooming to orange", [look(RED, yellow=0.9), look(YELLOW, off=0.9), look(GREEN, off=0.9)], RED),
    ("red floods the yellow lamp", [look(RED, red=0.9), look(YELLOW, red=0.8), look(GREEN, off=0.9)], RED),
    ("yellow floods the red lamp", [look(RED, yellow=0.7), look(YELLOW, yellow=0.9), look(GREEN, off=0.9)], YELLOW),
    ("green alone", [look(RED, off=0.9), look(YELLOW, off=0.9), look(GREEN, green=0.95)], GREEN),
    ("green floods the yellow lamp", [look(RED, off=0.9), look(YELLOW, green=0.8), look(GREEN, green=0.9)], GREEN),
    ("red and green", [look(RED, red=0.9), look(YELLOW, off=0.9), look(GREEN, green=0.9)], UNKNOWN),
    ("all dark", [look(RED, off=0.9), look(YELLOW, off=0.8), look(GREEN, off=0.7)], OFF),
    ("one hidden, others dark", [look(RED, unknown=0.9), look(YELLOW, off=0.9), look(GREEN, off=0.9)], UNKNOWN),
    ("red light in the green lamp only", [look(RED, off=0.9), look(YELLOW, off=0.9), look(GREEN, red=0.9)], UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("lamps", "colour"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED])
def test_lamps_are_judged_together(lamps: list[LampLook], colour: LampColour) -> None:
    assert judge_lamps(lamps).colour is colour


def test_a_half_lit_green_makes_red_less_sure() -> None:
    clear = judge_lamps([look(RED, red=0.9), look(GREEN, off=0.9)])
    muddy = judge_lamps([look(RED, red=0.9), look(GREEN, green=0.4)])
    assert clear.confidence > muddy.confidence
