"""Reads the colour of one signal from a picture of its head, or from pictures of its single lamps.

In: small BGR pictures cut from one frame. Out: the lit lamp with a probability, OFF, or UNKNOWN.
Never remembers the last colour and never guesses: contradiction is UNKNOWN.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models import weights
from models.errors import PictureRefused
from models.letterbox import Picture, refuse_unless_picture
from models.session import NetworkSession, SessionSettings, open_session, settings_from_environment
from models.types import LampColour, LampRead

NETWORK = "lamps"
SIDE_PX = 32
COLOURS = (LampColour.RED, LampColour.YELLOW, LampColour.GREEN, LampColour.OFF, LampColour.UNKNOWN)
WARM = (LampColour.RED, LampColour.YELLOW)
LEAST_LIT = 0.5
"""From this share on a lamp counts as lit, below 1 minus this as dark."""

Shares = dict[LampColour, float]


def open_lamp_reader(
    *, settings: SessionSettings | None = None, folder: Path = weights.FOLDER
) -> "LampReader":
    """The shipped lamp reader; one thread unless told otherwise: the network is tiny."""
    session = open_session(
        weights.load(NETWORK, folder),
        shape=(3, SIDE_PX, SIDE_PX),
        whole_batches=True,
        settings=settings or settings_from_environment(SessionSettings(threads=1)),
    )
    return LampReader(session)


@dataclass(frozen=True, kw_only=True, slots=True)
class LampLook:
    """One lamp of known place: what its picture shows."""

    place: LampColour
    shares: Shares

    @property
    def own(self) -> float:
        """How surely it shines in a colour that this lamp can have on camera.

        Blooming turns a red lamp orange or white and a yellow one red, never green.
        """
        if self.place in WARM:
            return sum(self.shares[colour] for colour in WARM)
        return self.shares[self.place]

    @property
    def dark(self) -> float:
        return self.shares[LampColour.OFF]


class LampReader:
    """A network of 32×32 px that names what a small picture shows, and the sense of three lamps together."""

    def __init__(self, session: NetworkSession) -> None:
        self._session = session

    def read(self, head: Picture) -> LampRead:
        """The colour of a whole head (all its lamps in one picture). Raises PictureRefused."""
        return self.read_head(head)

    def read_head(self, head: Picture) -> LampRead:
        """The colour of a whole head (all its lamps in one picture). Raises PictureRefused."""
        (shares,) = self._look([head])
        colour = max(COLOURS, key=lambda c: shares[c])
        if _light_denies(head, colour):
            return LampRead(colour=LampColour.UNKNOWN, confidence=shares[colour])
        return LampRead(colour=colour, confidence=shares[colour])

    def read_lamps(
        self, *, red: Picture | None = None, yellow: Picture | None = None, green: Picture | None = None
    ) -> LampRead:
        """The colour of a head whose lamps are pictured one by one; None: the head has no such lamp."""
        given = [
            (place, picture)
            for place, picture in zip(COLOURS[:3], (red, yellow, green), strict=True)
            if picture is not None
        ]
        if not given:
            raise PictureRefused("no lamp picture given: cut at least one lamp from the frame")
        looks = self._look([picture for _, picture in given])
        lamps = [
            LampLook(place=place, shares=shares) for (place, _), shares in zip(given, looks, strict=True)
        ]
        return judge_lamps(lamps)

    def _look(self, pictures: list[Picture]) -> list[Shares]:
        (shares,) = self._session.run(np.stack([_to_input(picture) for picture in pictures]))
        return [dict(zip(COLOURS, row, strict=True)) for row in shares.astype(float).tolist()]


def judge_lamps(lamps: list[LampLook]) -> LampRead:
    """One colour from lamps of known place.

    The light of one lamp floods its neighbours at night: a lamp that shows a neighbour's colour says
    nothing of itself. Red beside green in their own places is a contradiction.
    """
    lit = [lamp for lamp in lamps if lamp.own >= LEAST_LIT]
    if not lit:
        darkest = min(lamp.dark for lamp in lamps)
        if darkest >= LEAST_LIT:
            return LampRead(colour=LampColour.OFF, confidence=darkest)
        return LampRead(colour=LampColour.UNKNOWN, confidence=1 - max(lamp.own for lamp in lamps))
    places = {lamp.place for lamp in lit}
    if LampColour.GREEN in places and len(places) > 1:
        return LampRead(colour=LampColour.UNKNOWN, confidence=min(lamp.own for lamp in lit))
    winner = max(lit, key=lambda lamp: lamp.shares[lamp.place])
    against = max((other.own for other in lamps if _denies(other, winner)), default=0.0)
    return LampRead(colour=winner.place, confidence=winner.own * (1 - against))


def _denies(other: LampLook, winner: LampLook) -> bool:
    """Green and warm lamps deny each other; red and yellow flood into each other by night."""
    return (other.place is LampColour.GREEN) != (winner.place is LampColour.GREEN)


def _light_denies(head: Picture, colour: LampColour) -> bool:
    """Whether the coloured light in the picture speaks against a read of green or red.

    A second opinion without a network, because a red called green (or the other way) does most harm.
    """
    if colour not in (LampColour.RED, LampColour.GREEN):
        return False
    hue, depth, light = cv2.split(cv2.cvtColor(head, cv2.COLOR_BGR2HSV))
    shining = (depth > 90) & (light > 180)
    red = int(np.count_nonzero(shining & ((hue < 9) | (hue > 165))))
    green = int(np.count_nonzero(shining & (hue > 40) & (hue < 100)))
    return red > 2 * green if colour is LampColour.GREEN else green > 4 * red


def _to_input(picture: Picture) -> NDArray[np.float32]:
    refuse_unless_picture(picture)
    small = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1), dtype=np.float32) / np.float32(255)
