"""Votes over all readings of one vehicle's plate, character by character; never locks the first reading.

Readings of the majority's layout and row lengths vote; each character's weight is its confidence. What is unclear
stays unclear: the winner's confidence is that of its weakest character, and a text that no plate can have is doubtful.
"""

from collections import defaultdict
from collections.abc import Sequence

from detector.types import PlateVerdict, TimedPlateRead, VotedPlate
from models.plates.grammar import plate_classes
from models.types import PlateCharacter, PlateColour, PlateLayout, PlateRead

SURE_CONFIDENCE = 0.9
VERY_SURE_CONFIDENCE = 0.98
Shape = tuple[PlateLayout, tuple[int, ...]]


def vote(reads: Sequence[TimedPlateRead]) -> VotedPlate:
    """The agreed plate of one track. The order of the readings does not matter."""
    kept = tuple(sorted(reads, key=lambda timed: (timed.at_s, timed.read.text)))
    texts = [timed.read for timed in kept if timed.read.text]
    if not texts:
        return VotedPlate(verdict=PlateVerdict.UNREAD, winner=None, reads=kept, reason="not_readable")
    voters = _voters(texts)
    winner = PlateRead(
        rows=tuple(
            tuple(
                _elect([read.rows[row][place] for read in voters])
                for place in range(len(voters[0].rows[row]))
            )
            for row in range(len(voters[0].rows))
        ),
        layout=voters[0].layout,
        colour=_majority_colour(voters),
        confidence=0.0,
    )
    winner = _with_confidence(winner, voters)
    verdict, reason = _trust(winner, agreeing=sum(read.text == winner.text for read in voters))
    return VotedPlate(verdict=verdict, winner=winner, reads=kept, reason=reason)


def _shape(read: PlateRead) -> Shape:
    return read.layout, tuple(len(row) for row in read.rows)


def _voters(texts: Sequence[PlateRead]) -> list[PlateRead]:
    """The readings of the shape that carries most confidence."""
    by_shape: dict[Shape, list[PlateRead]] = defaultdict(list)
    for read in texts:
        by_shape[_shape(read)].append(read)
    return max(by_shape.values(), key=lambda group: (sum(r.confidence for r in group), _shape(group[0])))


def _elect(candidates: Sequence[PlateCharacter]) -> PlateCharacter:
    """The character with most weight. Its confidence is that of its surest reading times its share of all weight."""
    weights: dict[str, float] = defaultdict(float)
    for candidate in candidates:
        weights[candidate.character] += candidate.confidence
    chosen = max(weights, key=lambda character: (weights[character], character))
    share = weights[chosen] / sum(weights.values()) if any(weights.values()) else 0.0
    surest = max(c.confidence for c in candidates if c.character == chosen)
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
    if not plate_classes(winner.text, layout=winner.layout, rows=[len(row) for row in winner.rows]):
        return PlateVerdict.DOUBTFUL, "no_such_plate"
    if winner.confidence < SURE_CONFIDENCE:
        return PlateVerdict.DOUBTFUL, "unclear_character"
    if agreeing < 2 and winner.confidence < VERY_SURE_CONFIDENCE:
        return PlateVerdict.DOUBTFUL, "single_reading"
    return PlateVerdict.SURE, "agreed"
