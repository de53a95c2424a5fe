"""Pictures go into a network's input whole and boxes come back where they were."""

import numpy as np
import pytest

from models.errors import PictureRefused
from models.letterbox import fit, to_input, to_shares

FITS = [
    # picture size, input size, scale, left, top, inner width, inner height
    ("wide as the input", (1280, 768), (640, 384), 0.5, 0, 0, 640, 384),
    ("16:9 gets bars above and below", (640, 360), (640, 384), 1.0, 0, 12, 640, 360),
    ("4:3 gets bars left and right", (640, 480), (640, 384), 0.8, 64, 0, 512, 384),
    ("square", (640, 640), (416, 256), 0.4, 80, 0, 256, 256),
    ("smaller than the input is enlarged", (100, 200), (320, 320), 1.6, 80, 0, 160, 320),
    ("odd bars put the smaller half first", (641, 383), (640, 384), 640 / 641, 0, 1, 640, 382),
    ("a sliver keeps one pixel", (5000, 2), (320, 320), 0.064, 0, 159, 320, 1),
]


@pytest.mark.parametrize(
    ("picture", "size", "scale", "left", "top", "width", "height"),
    [row[1:] for row in FITS],
    ids=[row[0] for row in FITS],
)
def test_a_picture_lies_in_the_middle_of_the_input(
    picture: tuple[int, int],
    size: tuple[int, int],
    scale: float,
    left: int,
    top: int,
    width: int,
    height: int,
) -> None:
    place = fit(*picture, width_px=size[0], height_px=size[1])
    assert place.scale == pytest.approx(scale)
    assert (place.left_px, place.top_px, place.width_px, place.height_px) == (left, top, width, height)


def test_the_input_is_red_green_blue_from_nought_to_one_with_grey_bars() -> None:
    picture = np.zeros((180, 320, 3), dtype=np.uint8)
    picture[:, :, 0] = 255  # blue
    blob, place = to_input(picture, width_px=640, height_px=384)
    assert blob.shape == (1, 3, 384, 640)
    assert blob.dtype == np.float32
    assert blob[0, :, 200, 300].tolist() == [0.0, 0.0, 1.0]
    assert blob[0, :, place.top_px - 1, 300] == pytest.approx([114 / 255] * 3)


def test_a_box_comes_back_to_where_it_was() -> None:
    place = fit(640, 480, width_px=640, height_px=384)
    corners = np.array([[64 + 51.2, 38.4, 64 + 256, 192]], dtype=np.float32)
    shares = to_shares(corners, place, picture_width_px=640, picture_height_px=480)
    assert shares[0] == pytest.approx([0.1, 0.1, 0.5, 0.5], abs=1e-6)


def test_a_box_over_the_edge_is_clipped() -> None:
    place = fit(640, 360, width_px=640, height_px=384)
    corners = np.array([[-10, 0, 700, 390]], dtype=np.float32)
    shares = to_shares(corners, place, picture_width_px=640, picture_height_px=360)
    assert shares.tolist() == [[0.0, 0.0, 1.0, 1.0]]


REFUSED = [
    ("empty", np.zeros((0, 10, 3), dtype=np.uint8)),
    ("grey", np.zeros((10, 10), dtype=np.uint8)),
    ("four channels", np.zeros((10, 10, 4), dtype=np.uint8)),
    ("floats", np.zeros((10, 10, 3), dtype=np.float32)),
]


@pytest.mark.parametrize("picture", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(PictureRefused, match="height × width × 3 bytes"):
        to_input(picture, width_px=64, height_px=64)
