"""From a network's raw boxes to one detection per vehicle."""

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import PictureRefused
from models.session import Hint, Precision, SessionSettings
from models.types import VehicleClass
from models.vehicles import VehicleDetector, open_vehicle_detector

MOTORBIKE, CAR, BUS, TRUCK, BICYCLE = range(5)
PICTURE = np.full((384, 640, 3), 90, dtype=np.uint8)


class Said:
    """A session that says what it was told, whatever the picture."""

    def __init__(self, *boxes: tuple[list[float], int, float]) -> None:
        self.raw = np.zeros((9, max(len(boxes), 1)), dtype=np.float32)
        for place, ((left, top, right, bottom), number, score) in enumerate(boxes):
            self.raw[:4, place] = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
            self.raw[4 + number, place] = score

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [np.stack([self.raw] * len(batch))]

    def run_each(self, singles: Iterable[NDArray[np.float32]]) -> list[list[NDArray[np.float32]]]:
        return [self.run(single) for single in singles]


def classes_of(*boxes: tuple[list[float], int, float]) -> list[VehicleClass]:
    return [one.vehicle_class for one in VehicleDetector(Said(*boxes)).detect(PICTURE)]


SAME = [100.0, 100.0, 160.0, 200.0]
WHOLE, LOWER, INNER = [10.0, 10.0, 40.0, 90.0], [12.0, 45.0, 38.0, 90.0], [120.0, 130.0, 140.0, 200.0]
M, C, B = VehicleClass.MOTORBIKE, VehicleClass.CAR, VehicleClass.BUS
TABLE = [
    ("nothing", [], []),
    ("one unsure", [(SAME, CAR, 0.2)], []),
    ("one sure", [(SAME, CAR, 0.9)], [C]),
    ("car and truck at one place are one", [(SAME, CAR, 0.6), (SAME, TRUCK, 0.7)], [VehicleClass.TRUCK]),
    ("motorbike and bicycle at one place are one", [(SAME, BICYCLE, 0.4), (SAME, MOTORBIKE, 0.7)], [M]),
    ("motorbike and car at one place are one", [(SAME, MOTORBIKE, 0.9), (SAME, CAR, 0.5)], [M]),
    ("a rider before a car stays", [(SAME, CAR, 0.9), (INNER, MOTORBIKE, 0.5)], [C, M]),
    ("rider and bike boxed twice", [(WHOLE, MOTORBIKE, 0.8), (LOWER, MOTORBIKE, 0.6)], [M]),
    ("best first", [(WHOLE, MOTORBIKE, 0.5), (SAME, BUS, 0.9)], [B, M]),
]  # fmt: skip


@pytest.mark.parametrize(("boxes", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_vehicle_is_detected_once(
    boxes: list[tuple[list[float], int, float]], expected: list[VehicleClass]
) -> None:
    assert classes_of(*boxes) == expected


def test_boxes_are_shares_of_the_picture() -> None:
    (found,) = VehicleDetector(Said(([64, 38.4, 320, 192], CAR, 0.9))).detect(PICTURE)
    box = found.box
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([0.1, 0.1, 0.5, 0.5])
    assert found.score == pytest.approx(0.9)


def test_a_box_that_lies_in_the_bars_only_is_no_vehicle() -> None:
    wide = np.full((300, 640, 3), 90, dtype=np.uint8)
    assert VehicleDetector(Said(([100, 2, 200, 40], CAR, 0.9))).detect(wide) == []


def test_no_pictures_give_no_detections() -> None:
    assert VehicleDetector(Said()).detect_many([]) == []


@pytest.mark.parametrize("hint", list(Hint))
def test_many_pictures_of_unlike_sizes_say_the_same_as_one_by_one_to_the_last_bit(hint: Hint) -> None:
    dice = np.random.default_rng(4)
    pictures = [
        dice.integers(0, 255, (height, width, 3), dtype=np.uint8)
        for height, width in ((360, 640), (480, 640), (200, 100), (256, 416), (100, 700))
    ]
    settings = SessionSettings(precision=Precision.BF16, hint=hint)
    detector = open_vehicle_detector((416, 256), least_score=0.005, settings=settings)
    alone = [detector.detect(picture) for picture in pictures]
    assert sum(len(found) for found in alone) > 5
    for _ in range(3):
        assert detector.detect_many(pictures) == alone


def test_a_picture_that_is_none_is_refused_among_many_and_the_next_ones_are_looked_at() -> None:
    detector = open_vehicle_detector((416, 256))
    with pytest.raises(PictureRefused):
        detector.detect_many([PICTURE, np.zeros((0, 4, 3), dtype=np.uint8), PICTURE])
    assert detector.detect_many([PICTURE, PICTURE]) == [detector.detect(PICTURE)] * 2


def test_both_sizes_open_from_the_same_weights() -> None:
    for size in ((416, 256), (640, 384)):
        assert open_vehicle_detector(size).detect(np.full((360, 640, 3), 114, dtype=np.uint8)) == []
