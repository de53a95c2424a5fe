"""Reads the characters of one plate picture: a loose crop in, rows of characters with a confidence each out.

    two-line plate            network's input, 192 × 32 grey
    ┌────────┐
    │ 63-B1  │  upper part    ┌─────────┬─────────┐
    │ 123.45 │  lower part ─▶ │ 63-B1   │ 123.45  │   one-line plates fill it whole
    └────────┘                └─────────┴─────────┘

The characters are what the network sees: no grammar, nothing corrected, nothing invented. Every plate is looked at
twice, the second time cut closer, or a little smaller where no closer cut is given: what changes with so little is
doubtful, and the confidence says so. Of two cuts the reading counts that is a plate of any kind, then the surer one;
a text that is none stays as it was read, and doubtful.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models import weights
from models.plates.colour import colour_of
from models.plates.grammar import plate_classes
from models.session import (
    NetworkSession,
    Precision,
    SessionSettings,
    open_session,
    settings_from_environment,
)
from models.types import PlateCharacter, PlateLayout, PlateRead

NETWORK = "plate_reader"
WIDTH_PX, HEIGHT_PX = 192, 32
STEPS = 48
CHARACTERS = "0123456789ABCDEFGHKLMNPQRSTUVXYZ"
UPPER_PART, LOWER_PART = 0.56, 0.44
"""A two-line plate is cut with an overlap, so that a tilted row loses nothing."""
SURELY_TWO_LINE_BELOW, SURELY_ONE_LINE_FROM = 1.9, 3.4
"""Width over height of a loose crop; between them both layouts are read and the surer one counts."""
SECOND_LOOK_MARGIN = 0.06
"""Share of the plate's sides that the second look adds around it."""
MOST_WITHOUT_CLASS = 0.5
"""How sure a text may be that no kind of plate has: a character is missing, too many, or wrong."""
LEAST_SIDE_PX = 6
LEAST_CHARACTERS = 4

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spelling:
    """Decoded scores of one layout."""

    rows: tuple[tuple[PlateCharacter, ...], ...]
    layout: PlateLayout

    @property
    def text(self) -> str:
        return "".join(c.character for row in self.rows for c in row)

    @property
    def weakest(self) -> float:
        return min((c.confidence for row in self.rows for c in row), default=0.0)

    @property
    def product(self) -> float:
        return math.prod(c.confidence for row in self.rows for c in row)

    @property
    def length(self) -> int:
        return sum(map(len, self.rows))


def open_plate_reader(
    *, settings: SessionSettings | None = None, folder: Path = weights.FOLDER
) -> "PlateReader":
    """The shipped plate reader. Raises WeightsMissing or WeightsAltered."""
    session = open_session(
        weights.load(NETWORK, folder),
        shape=(1, HEIGHT_PX, WIDTH_PX),
        settings=settings or settings_from_environment(SessionSettings(threads=1, precision=Precision.BF16)),
    )
    return PlateReader(session)


class PlateReader:
    """Reads plates through one network session."""

    def __init__(self, session: NetworkSession) -> None:
        self._session = session

    def read(self, plate: Picture, closer: Picture | None = None) -> PlateRead | None:
        """The reading of a BGR plate crop; None when there is nothing that could be a plate.

        `closer`: the same plate cut with no margin, where the picture around it is known.
        """
        first = self._best(plate)
        if closer is None:
            second = self._spellings(_from_further(plate), (first.layout,))[0] if first else None
        else:
            second = self._best(closer)
        looks = [look for look in (first, second) if look]
        best = max(looks, key=_likeliest, default=None) if closer is not None else first
        if best is None:
            return None
        agreed = sum(look.product for look in looks if look.text == best.text)
        most = 1.0 if plate_classes(best.text) else MOST_WITHOUT_CLASS
        return PlateRead(
            rows=best.rows,
            layout=best.layout,
            colour=colour_of(plate),
            confidence=min(most, calibrated(agreed / 2)),
        )

    def _best(self, plate: Picture) -> _Spelling | None:
        """The surer of the layouts that a crop of this shape may have; None when neither is a plate's text."""
        if min(plate.shape[:2]) < LEAST_SIDE_PX:
            return None
        spellings = self._spellings(plate, possible_layouts(plate.shape[1] / plate.shape[0]))
        best = max(spellings, key=lambda s: (s.length >= LEAST_CHARACTERS, s.weakest))
        return best if best.length >= LEAST_CHARACTERS else None

    def read_batch(self, plates: Sequence[Picture]) -> list[PlateRead | None]:
        """The reading of each plate."""
        return [self.read(plate) for plate in plates]

    def _spellings(self, plate: Picture, layouts: Sequence[PlateLayout]) -> list[_Spelling]:
        (scores,) = self._session.run(np.stack([to_input(plate, layout) for layout in layouts]))
        return [spell(score, layout) for score, layout in zip(scores, layouts, strict=True)]


def possible_layouts(aspect: float) -> tuple[PlateLayout, ...]:
    """The layouts that a crop of this width over height may have (Circular 79/2024: 1.36, 2.0, 4.73)."""
    if aspect < SURELY_TWO_LINE_BELOW:
        return (PlateLayout.TWO_LINE,)
    if aspect >= SURELY_ONE_LINE_FROM:
        return (PlateLayout.ONE_LINE,)
    return (PlateLayout.TWO_LINE, PlateLayout.ONE_LINE)


def to_input(plate: Picture, layout: PlateLayout) -> NDArray[np.float32]:
    """1×32×192 grey in -1…1; a two-line plate's parts stand side by side."""
    grey = cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY)
    if layout is PlateLayout.ONE_LINE:
        row = _resized(grey, WIDTH_PX)
    else:
        height = grey.shape[0]
        upper = grey[: max(1, round(height * UPPER_PART))]
        lower = grey[min(height - 1, round(height * LOWER_PART)) :]
        row = np.hstack([_resized(upper, WIDTH_PX // 2), _resized(lower, WIDTH_PX // 2)])
    stretched = cv2.normalize(row, None, 0, 255, cv2.NORM_MINMAX)
    return (np.asarray(stretched, np.float32) / 127.5 - 1.0)[None]


def _likeliest(look: _Spelling) -> tuple[bool, float]:
    return bool(plate_classes(look.text)), look.product


def _from_further(plate: Picture) -> Picture:
    """The plate with its edge pixels repeated around it: the same characters, smaller and elsewhere."""
    across, down = (round(side * SECOND_LOOK_MARGIN) for side in (plate.shape[1], plate.shape[0]))
    wider = cv2.copyMakeBorder(plate, down, down, across, across, cv2.BORDER_REPLICATE)
    return np.asarray(wider, np.uint8)


def _resized(grey: Picture, width: int) -> Picture:
    shrinks = grey.shape[0] > HEIGHT_PX and grey.shape[1] > width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (width, HEIGHT_PX), interpolation=how), np.uint8)


def spell(scores: NDArray[np.float32], layout: PlateLayout) -> _Spelling:
    """Greedy CTC over the 48 steps (class 0 is blank); a character's confidence is its surest step's."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    rows: list[list[PlateCharacter]] = [[], []]
    previous = 0
    for step, (number, share) in enumerate(zip(shares.argmax(axis=1), shares.max(axis=1), strict=True)):
        row = rows[1 if layout is PlateLayout.TWO_LINE and step >= STEPS // 2 else 0]
        crossed = step == STEPS // 2 and layout is PlateLayout.TWO_LINE
        if number and (number != previous or crossed or not row):
            row.append(PlateCharacter(character=CHARACTERS[number - 1], confidence=float(share)))
        elif number and share > row[-1].confidence:
            row[-1] = PlateCharacter(character=row[-1].character, confidence=float(share))
        previous = int(number)
    kept = tuple(tuple(row) for row in rows if row)
    return _Spelling(rows=kept, layout=layout)


def calibrated(agreement: float) -> float:
    """Probability that the whole text is right, from the mean of both looks' products of confidences.

    A look that read another text counts 0. Fitted on held-back plates, set lower where they were few or fell short:
    between 0.97 and 0.985 only 96 of 100 were right, and looks that differ are hardly more likely right than wrong.
    """
    return float(np.interp(agreement, CALIBRATION_FROM, CALIBRATION_TO))


CALIBRATION_FROM = (0.0, 0.1583, 0.4238, 0.5, 0.6422, 0.7786, 0.8988, 0.9788, 0.9894, 0.9953, 0.9988, 1.0)
CALIBRATION_TO = (0.0, 0.2, 0.5, 0.58, 0.75, 0.85, 0.92, 0.935, 0.948, 0.98, 0.9946, 0.9946)
