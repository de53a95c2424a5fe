"""AP50 by hand-made cases."""

import pytest

from benchmarks.average_precision import PictureOfClass, ScoredBox, average_precision
from models.types import Box

HERE = Box(left=0.1, top=0.1, right=0.3, bottom=0.3)
NEAR = Box(left=0.12, top=0.1, right=0.32, bottom=0.3)
THERE = Box(left=0.6, top=0.6, right=0.8, bottom=0.9)


def seen(*boxes: tuple[Box, float]) -> tuple[ScoredBox, ...]:
    return tuple(ScoredBox(box=box, score=score) for box, score in boxes)


CASES = [
    ("no truth, no figure", (), (), (), None),
    ("nothing found", (), (HERE,), (), 0.0),
    ("all found", seen((HERE, 0.9), (THERE, 0.8)), (HERE, THERE), (), 1.0),
    ("near enough counts", seen((NEAR, 0.9)), (HERE,), (), 1.0),
    ("half found", seen((HERE, 0.9)), (HERE, THERE), (), 0.5),
    ("a second box on the same thing is wrong", seen((HERE, 0.9), (NEAR, 0.8), (THERE, 0.7)), (HERE, THERE), (), 0.833),
    ("a false box after the right one costs nothing", seen((HERE, 0.9), (THERE, 0.5)), (HERE,), (), 1.0),
    ("a false box before the right one halves", seen((THERE, 0.9), (HERE, 0.5)), (HERE,), (), 0.5),
    ("a box over a disregarded one counts neither way", seen((THERE, 0.9), (HERE, 0.5)), (HERE,), (THERE,), 1.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "true", "disregarded", "figure"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_average_precision_of_hand_made_cases(
    found: tuple[ScoredBox, ...], true: tuple[Box, ...], disregarded: tuple[Box, ...], figure: float | None
) -> None:
    measured = average_precision([PictureOfClass(found=found, true=true, disregarded=disregarded)])
    assert measured == pytest.approx(figure, abs=0.012)
