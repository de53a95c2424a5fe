"""One box per thing."""

import numpy as np
import pytest

from models.suppression import order_by_score, suppress, without_doubles

FULL = [10, 10, 30, 60]
BIKE = [11, 35, 29, 60]
RIDER = [12, 10, 28, 38]
TWO = [0, 0, 40, 50]
APART = [100, 10, 120, 60]

SUPPRESSED = [
    ("nothing", [], [], []),
    ("one", [FULL], [0.9], [0]),
    ("two apart", [FULL, APART], [0.5, 0.9], [1, 0]),
    ("the same box twice", [FULL, FULL], [0.5, 0.9], [1]),
    ("little overlap stays", [[0, 0, 10, 10], [6, 0, 16, 10]], [0.9, 0.8], [0, 1]),
    ("much overlap goes", [[0, 0, 10, 10], [1, 0, 11, 10]], [0.9, 0.8], [0]),
    (
        "a chain loses its middle only",
        [[0, 0, 10, 10], [2, 0, 12, 10], [5, 0, 15, 10]],
        [0.9, 0.8, 0.7],
        [0, 2],
    ),
]


@pytest.mark.parametrize(
    ("boxes", "scores", "kept"), [row[1:] for row in SUPPRESSED], ids=[row[0] for row in SUPPRESSED]
)
def test_boxes_that_overlap_a_better_one_go(
    boxes: list[list[float]], scores: list[float], kept: list[int]
) -> None:
    corners = np.array(boxes, dtype=np.float32).reshape(-1, 4)
    assert suppress(corners, np.array(scores), most_overlap=0.5) == kept


DOUBLES = [
    ("rider with bike, and the bike again", [FULL, BIKE], [0.8, 0.7], [0]),
    ("the bike is a little surer", [FULL, BIKE], [0.6, 0.8], [0]),
    ("rider and bike both again", [FULL, BIKE, RIDER], [0.8, 0.7, 0.5], [0]),
    ("the whole is hardly seen", [FULL, BIKE], [0.2, 0.8], [1]),
    ("two side by side in one box", [TWO, [1, 1, 18, 49], [21, 1, 39, 49]], [0.6, 0.8, 0.8], [1, 2]),
    ("weak shreds do not split a sure box", [TWO, [1, 1, 9, 20], [30, 1, 39, 20]], [0.9, 0.1, 0.1], [0]),
    ("partly behind another is another vehicle", [FULL, [14, 0, 34, 50]], [0.8, 0.7], [0, 1]),
    ("equal boxes are not inside each other", [FULL, FULL], [0.8, 0.7], [0, 1]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("boxes", "scores", "kept"), [row[1:] for row in DOUBLES], ids=[row[0] for row in DOUBLES]
)
def test_a_thing_boxed_twice_is_kept_once(
    boxes: list[list[float]], scores: list[float], kept: list[int]
) -> None:
    everything = list(range(len(boxes)))
    assert without_doubles(np.array(boxes, dtype=np.float32), np.array(scores), everything) == kept


def test_equal_scores_are_ordered_by_place() -> None:
    corners = np.array([[5, 0, 6, 1], [1, 0, 2, 1], [1, 0, 2, 0.5]])
    assert order_by_score(corners, np.array([0.5, 0.5, 0.5])).tolist() == [2, 1, 0]
