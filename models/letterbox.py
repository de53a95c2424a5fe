"""Fits a picture into a network's input and brings boxes back.

In: height × width × 3 bytes, blue-green-red. Out: the same as 1×H×W×3 bytes, or as float32 1×3×H×W, red-green-blue,
0…1. Never cuts.

    ┌──────────────┐ grey (114)      The picture keeps its proportions and lies in the
    ├──────────────┤                 middle; bars left and right, or above and below.
    │   picture    │
    ├──────────────┤
    └──────────────┘
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import PictureRefused

Picture = NDArray[np.uint8]
GREY = 114


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Where a picture lies in the input: input_px = picture_px · scale + left/top."""

    scale: float
    left_px: int
    top_px: int
    width_px: int
    height_px: int


def fit(picture_width_px: int, picture_height_px: int, *, width_px: int, height_px: int) -> Fit:
    """How a picture of this size goes into an input of `width_px` × `height_px`."""
    scale = min(width_px / picture_width_px, height_px / picture_height_px)
    inner_width = max(round(picture_width_px * scale), 1)
    inner_height = max(round(picture_height_px * scale), 1)
    return Fit(
        scale=scale,
        left_px=round((width_px - inner_width) / 2 - 0.1),
        top_px=round((height_px - inner_height) / 2 - 0.1),
        width_px=inner_width,
        height_px=inner_height,
    )


def to_input(picture: Picture, *, width_px: int, height_px: int) -> tuple[NDArray[np.float32], Fit]:
    """The input of a network that takes shares, and how the picture was fitted. Raises PictureRefused."""
    canvas, place = to_canvas(picture, width_px=width_px, height_px=height_px)
    blob = cv2.dnn.blobFromImage(canvas[0], scalefactor=1 / 255, swapRB=True)
    return blob, place


def to_canvas(picture: Picture, *, width_px: int, height_px: int) -> tuple[Picture, Fit]:
    """The input of a network that takes bytes (1×H×W×3), and how the picture was fitted. Raises PictureRefused."""
    refuse_unless_picture(picture)
    height, width = picture.shape[:2]
    place = fit(width, height, width_px=width_px, height_px=height_px)
    inner: NDArray[np.uint8] = picture
    if (width, height) != (place.width_px, place.height_px):
        inner = cv2.resize(picture, (place.width_px, place.height_px), interpolation=cv2.INTER_LINEAR)
    canvas = np.full((height_px, width_px, 3), GREY, dtype=np.uint8)
    bottom, right = place.top_px + place.height_px, place.left_px + place.width_px
    canvas[place.top_px : bottom, place.left_px : right] = inner
    return canvas[None], place


def to_shares(
    corners_px: NDArray[np.float32], place: Fit, *, picture_width_px: int, picture_height_px: int
) -> NDArray[np.float64]:
    """Corner boxes (N×4: left, top, right, bottom) from input pixels to shares of the picture, clipped."""
    shift = np.array([place.left_px, place.top_px] * 2, dtype=np.float64)
    size = np.array([picture_width_px, picture_height_px] * 2, dtype=np.float64)
    return np.clip((corners_px.astype(np.float64) - shift) / place.scale / size, 0.0, 1.0)


def refuse_unless_picture(picture: Picture) -> None:
    """Raises PictureRefused unless this is a filled height × width × 3 array of bytes."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or picture.size == 0:
        raise PictureRefused(
            f"picture of shape {picture.shape} and type {picture.dtype}: "
            "give height × width × 3 bytes (BGR), both sides at least 1 px"
        )
