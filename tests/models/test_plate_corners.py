"""Where the corners of a plate are seen, what is cut by them, and what has not a plate's shape."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.plates.artist import PlateForm, PlateSpec, draw_plate
from models.plates.corners import (
    Corners,
    PlateCorners,
    is_plate_shaped,
    open_plate_corners,
    surroundings,
    upright,
)
from models.plates.reader import open_plate_reader
from models.session import Batch, Input
from models.types import Box, Point

Picture = NDArray[np.uint8]
SPECS = {
    "one row": PlateSpec(text="63A12345", first_row=3, form=PlateForm.CAR_LONG),
    "two rows": PlateSpec(text="63B112345", first_row=4, form=PlateForm.MOTORBIKE),
    "a car's two rows": PlateSpec(text="66C34567", first_row=3, form=PlateForm.CAR_SHORT),
}
NEAR = 0.07
"""Of the plate's longer side: a corner that is so near is found."""


@pytest.fixture(scope="module")
def corners() -> PlateCorners:
    return open_plate_corners()


def turned_photo(spec: PlateSpec, degrees: float) -> tuple[Picture, NDArray[np.float32]]:
    """A plate turned about the middle of a dark vehicle, and its corners in px."""
    plate = draw_plate(spec, 0.4)[:, :, ::-1]
    height, width = plate.shape[:2]
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    quad = ((flat - [width / 2, height / 2]) @ rotation.T + [250, 180]).astype(np.float32)
    photo = np.full((360, 500, 3), (70, 64, 60), np.uint8)
    photo[:170] = (96, 90, 84)
    matrix = cv2.getPerspectiveTransform(flat, quad)
    laid = cv2.warpPerspective(
        plate, matrix, (500, 360), dst=photo, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_AREA
    )
    return np.asarray(cv2.GaussianBlur(laid, (0, 0), 0.6), np.uint8), quad


def box_of(photo: Picture, quad: NDArray[np.float32], cut_off: float = 0.0) -> Box:
    """The upright box around corners, its right part cut off."""
    height, width = photo.shape[:2]
    low, high = quad.min(axis=0), quad.max(axis=0)
    right = high[0] - cut_off * (high[0] - low[0])
    return Box(
        left=float(low[0]) / width, top=float(low[1]) / height,
        right=float(right) / width, bottom=float(high[1]) / height,
    )  # fmt: skip


def px(photo: Picture, found: Corners) -> NDArray[np.float64]:
    return np.array([[corner.x * photo.shape[1], corner.y * photo.shape[0]] for corner in found])


@pytest.mark.parametrize("cut_off", [0.0, 0.25])
@pytest.mark.parametrize("degrees", [-14, 0, 14])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_corners_are_seen_on_turned_plates_and_where_the_box_cuts_a_part_off(
    corners: PlateCorners, spec: PlateSpec, degrees: float, cut_off: float
) -> None:
    photo, quad = turned_photo(spec, degrees)
    found = corners.find(photo, box_of(photo, quad, cut_off))
    assert found is not None
    apart = np.linalg.norm(px(photo, found) - quad, axis=1).max()
    assert apart < NEAR * np.ptp(quad, axis=0).max()


def test_a_turned_plate_that_is_cut_upright_is_read_exactly(corners: PlateCorners) -> None:
    photo, quad = turned_photo(SPECS["one row"], 17)
    found = corners.find(photo, box_of(photo, quad))
    assert found is not None
    read = open_plate_reader().read(upright(photo, found, 0.04))
    assert read is not None
    assert read.text == "63A12345"


@pytest.mark.parametrize(
    "box",
    [
        Box(left=0.0, top=0.0, right=1.0, bottom=1.0),
        Box(left=0.9, top=0.9, right=1.0, bottom=1.0),
        Box(left=0.5, top=0.5, right=0.501, bottom=0.501),
    ],
    ids=["the whole picture", "a corner of it", "less than a pixel"],
)
@pytest.mark.parametrize("size", [(40, 60), (1, 1), (3, 400)])
def test_any_box_of_any_picture_has_surroundings(size: tuple[int, int], box: Box) -> None:
    height, width = size
    sides = np.array([box.left * width, box.top * height, box.right * width, box.bottom * height])
    seen, window = surroundings(np.zeros((*size, 3), np.uint8), sides)
    assert seen.shape[:2] == (window[3] - window[1], window[2] - window[0])


SHAPES = [
    ("a plate", [[0, 0], [40, 0], [40, 20], [0, 20]], True),
    ("a plate seen from the side", [[0, 6], [40, 0], [38, 24], [2, 28]], True),
    ("counter-clockwise", [[0, 0], [0, 20], [40, 20], [40, 0]], False),
    ("crossed", [[0, 0], [40, 20], [40, 0], [0, 20]], False),
    ("nearly a line", [[0, 0], [40, 0], [80, 6], [40, 6]], False),
    ("three corners in a row", [[0, 0], [20, 0], [40, 0], [20, 20]], False),
    ("too small", [[0, 0], [3, 0], [3, 2], [0, 2]], False),
]


@pytest.mark.parametrize(("quad", "shaped"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_only_what_has_a_plates_shape_has_corners(quad: list[list[float]], shaped: bool) -> None:
    assert is_plate_shaped(np.array(quad, np.float32)) is shaped


class Says:
    """A session that says the same corners, in shares of what it is shown."""

    def __init__(self, *shares: float) -> None:
        self._said = np.array([shares], np.float32)

    def run(self, batch: Input) -> list[Batch]:
        assert batch.shape == (1, 1, 64, 128)
        return [self._said]

    def run_each(self, singles: Iterable[Input]) -> list[list[Batch]]:
        raise NotImplementedError


def test_corners_that_have_not_a_plates_shape_are_not_said() -> None:
    crossed = PlateCorners(Says(0.2, 0.2, 0.8, 0.8, 0.8, 0.2, 0.2, 0.8))
    photo = np.zeros((100, 200, 3), np.uint8)
    assert crossed.find(photo, Box(left=0.2, top=0.2, right=0.8, bottom=0.8)) is None


def test_what_is_cut_has_the_plates_own_sides_and_its_margin() -> None:
    photo = np.zeros((100, 200, 3), np.uint8)
    photo[20:60, 50:150] = 255
    quad = tuple(Point(x=x / 200, y=y / 100) for x, y in ((50, 20), (150, 20), (150, 60), (50, 60)))
    plain = upright(photo, quad)  # type: ignore[arg-type]
    assert plain.shape == (40, 100, 3)
    assert plain.min() >= 127
    wider = upright(photo, quad, 0.1)  # type: ignore[arg-type]
    assert wider.shape == (48, 120, 3)
    assert wider[0].max() == 0
