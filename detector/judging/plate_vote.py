"""Votes over all readings of one vehicle's plate, character by character; never locks the first reading.

Readings of one layout and one set of row lengths vote: those that carry most, of the shapes that some plate can have if
there are any. A character weighs its own confidence, times the root of its reading's: a reading that is probably wrong
says less, but many weak ones of one plate are not independent witnesses. What is unclear stays unclear: the winner's
confidence is that of its weakest character, a text that no plate can have is doubtful, one that is hardly ever right
is not told.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from detector.types import PlateVerdict, TimedPlateRead, VotedPlate
from models.plates.grammar import plate_classes
from models.types import PlateCharacter, PlateColour, PlateLayout, PlateRead

SURE_CONFIDENCE = 0.9
VERY_SURE_CONFIDENCE = 0.98
LEAST_CONFIDENCE = 0.15
"""Below this, six of seven such texts are wrong: the plate counts as unread. Its readings stay in the packet."""
LEAST_CHARACTER_PX = 7.5
"""Readings of smaller characters do not vote: of 209 real plates 19 px high (two rows) less than four in ten were read
right (`python -m benchmarks.plate_height`), and an officer would be shown a text that nobody can check."""
CHARACTER_SHARE = {PlateLayout.ONE_LINE: 63 / 110, PlateLayout.TWO_LINE: 55 / 140}
"""Height of a character over that of its plate (TT79/2024 art. 37, QCVN 08:2024/BCA)."""
Shape = tuple[PlateLayout, tuple[int, ...]]


def vote(reads: Sequence[TimedPlateRead]) -> VotedPlate:
    """The agreed plate of one track. The order of the readings does not matter."""
    kept = tuple(sorted(reads, key=lambda timed: (timed.at_s, timed.read.text)))
    texts = [timed.read for timed in kept if timed.read.text and not _is_too_small(timed)]
    if not texts:
        reason = "too_small" if any(map(_is_too_small, kept)) else "not_readable"
        return VotedPlate(verdict=PlateVerdict.UNREAD, winner=None, reads=kept, reason=reason)
    voters = _voters(texts)
    winner = PlateRead(
        rows=tuple(
            tuple(
                _elect([(read.rows[row][place], math.sqrt(read.confidence)) for read in voters])
                for place in range(len(voters[0].rows[row]))
            )
            for row in range(len(voters[0].rows))
        ),
        layout=voters[0].layout,
        colour=_majority_colour(voters),
        confidence=0.0,
    )
    winner = _with_confidence(winner, voters)
    if winner.confidence < LEAST_CONFIDENCE:
        return VotedPlate(verdict=PlateVerdict.UNREAD, winner=None, reads=kept, reason="not_readable")
    verdict, reason = _trust(winner, agreeing=sum(read.text == winner.text for read in voters))
    return VotedPlate(verdict=verdict, winner=winner, reads=kept, reason=reason)


def _is_too_small(timed: TimedPlateRead) -> bool:
    return timed.character_px is not None and timed.character_px < LEAST_CHARACTER_PX


def _shape(read: PlateRead) -> Shape:
    return read.layout, tuple(len(row) for row in read.rows)


def _voters(texts: Sequence[PlateRead]) -> list[PlateRead]:
    """The readings of the shape that carries most confidence, among shapes in which some reading is a plate's."""
    by_shape: dict[Shape, list[PlateRead]] = defaultdict(list)
    for read in texts:
        by_shape[_shape(read)].append(read)
    possible = {shape: group for shape, group in by_shape.items() if any(map(_is_a_plates, group))}
    groups = (possible or by_shape).values()
    return max(groups, key=lambda group: (sum(r.confidence for r in group), _shape(group[0])))


def _is_a_plates(read: PlateRead) -> bool:
    return bool(plate_classes(read.text, layout=read.layout, rows=[len(row) for row in read.rows]))


def _elect(candidates: Sequence[tuple[PlateCharacter, float]]) -> PlateCharacter:
    """The character with most weight. Its confidence is that of its surest reading times its share of all weight."""
    weights: dict[str, float] = defaultdict(float)
    for candidate, trust in candidates:
        weights[candidate.character] += candidate.confidence * trust
    chosen = max(weights, key=lambda character: (weights[character], character))
    share = weights[chosen] / sum(weights.values()) if any(weights.values()) else 0.0
    surest = max(c.confidence for c, _ in candidates if c.character == chosen)
    return PlateCharacter(character=chosen, confidence=surest * share)


def _majority_colour(voters: Sequence[PlateRead]) -> PlateColour:
    seen = [read.colour for read in voters if read.colour is not PlateColour.UNKNOWN]
    return max(sorted(set(seen)), key=seen.count) if seen else PlateColour.UNKNOWN


def _with_confidence(winner: PlateRead, voters: Sequence[PlateRead]) -> PlateRead:
    """The calibrated confidence of the best agreeing reading, but never above the weakest voted character."""
    weakest = min(c.confidence for row in winner.rows for c in row)
    agreeing = [read.confidence for read in voters if read.text == winner.text]
    confidence = min(weakest, max(agreeing)) if agreeing else min(weakest, 0.5)
    return PlateRead(rows=winner.rows, layout=winner.layout, colour=winner.colour, confidence=confidence)


def _trust(winner: PlateRead, *, agreeing: int) -> tuple[PlateVerdict, str]:
    if not _is_a_plates(winner):
        return PlateVerdict.DOUBTFUL, "no_such_plate"
    if winner.confidence < SURE_CONFIDENCE:
        return PlateVerdict.DOUBTFUL, "unclear_character"
    if agreeing < 2 and winner.confidence < VERY_SURE_CONFIDENCE:
        return PlateVerdict.DOUBTFUL, "single_reading"
    return PlateVerdict.SURE, "agreed"
