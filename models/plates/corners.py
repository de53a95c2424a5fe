"""Finds the four corners of a plate in its surroundings, and cuts the plate upright out of them.

    the finder's box, and what is looked at      what is cut
    ┌───────────────┐
    │ ┌──────────┐  │                            ┌────────┐
    │ │  ╱▔▔▔╲   │  │   four corners ─▶          │ 63-B1  │
    │ │ ╱63-B1╲  │  │                            │ 123.45 │
    │ └──────────┘  │                            └────────┘
    └───────────────┘

In: a picture and the box of a plate, which may be too large, too small or cut a part off. Out: corners clockwise from
the plate's own upper left, in shares of the picture; they may lie a little outside it. Never reads.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models import weights
from models.letterbox import Picture
from models.session import (
    NetworkSession,
    Precision,
    SessionSettings,
    open_session,
    settings_from_environment,
)
from models.types import Box, Point

NETWORK = "plate_corners"
WIDTH_PX, HEIGHT_PX = 128, 64
SURROUNDINGS = 0.35
"""What is seen around the box, share of its sides: a box that cuts off a third still shows the whole plate."""
LOOKS = 2
"""The second look begins with the box around the corners that the first one found."""
LEAST_SIDE_PX, MOST_SIDE_PX = 8, 640
LEAST_TURN = 0.35
"""Least sine between neighbouring sides: flatter shapes are no plate."""

Corners = tuple[Point, Point, Point, Point]
Quad = NDArray[np.float32]


def open_plate_corners(
    *, settings: SessionSettings | None = None, folder: Path = weights.FOLDER
) -> "PlateCorners":
    """The shipped network. Raises WeightsMissing or WeightsAltered."""
    session = open_session(
        weights.load(NETWORK, folder),
        shape=(1, HEIGHT_PX, WIDTH_PX),
        settings=settings or settings_from_environment(SessionSettings(threads=1, precision=Precision.BF16)),
    )
    return PlateCorners(session)


class PlateCorners:
    """Looks at a plate's surroundings through one network session."""

    def __init__(self, session: NetworkSession) -> None:
        self._session = session

    def find(self, picture: Picture, box: Box) -> Corners | None:
        """The corners of the plate that the box is about; None when what is seen has not a plate's shape."""
        height, width = picture.shape[:2]
        sides = np.array([box.left * width, box.top * height, box.right * width, box.bottom * height])
        quad = np.zeros((4, 2), np.float32)
        for _ in range(LOOKS):
            seen, window = surroundings(picture, sides)
            (said,) = self._session.run(to_input(seen)[None])
            quad = said[0].reshape(4, 2) * (window[2:] - window[:2]) + window[:2]
            if not is_plate_shaped(quad):
                return None
            sides = np.concatenate([quad.min(axis=0), quad.max(axis=0)]).astype(np.float64)
        shares = quad / (width, height)
        first, second, third, fourth = (Point(x=float(x), y=float(y)) for x, y in shares)
        return first, second, third, fourth


def surroundings(picture: Picture, sides: NDArray[np.float64]) -> tuple[Picture, NDArray[np.float64]]:
    """The box (left, top, right, bottom in px) with what is around it, and where that lies, in px.

    Outside of the picture its edge is repeated.
    """
    more = np.tile(sides[2:] - sides[:2], 2) * SURROUNDINGS * (-1, -1, 1, 1)
    left, top, right, bottom = (int(v) for v in np.round(sides + more))
    height, width = picture.shape[:2]
    left, top = min(left, width - 1), min(top, height - 1)
    right, bottom = max(right, left + 2, 1), max(bottom, top + 2, 1)
    seen = picture[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    above, below, before, behind = (max(0, v) for v in (-top, bottom - height, -left, right - width))
    if above or below or before or behind:
        seen = np.pad(seen, ((above, below), (before, behind), (0, 0)), mode="edge")
    return seen, np.array([left, top, right, bottom], np.float64)


def to_input(seen: Picture) -> NDArray[np.float32]:
    """1×64×128 grey in -1…1, stretched in brightness."""
    shrinks = seen.shape[0] > HEIGHT_PX and seen.shape[1] > WIDTH_PX
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(seen, (WIDTH_PX, HEIGHT_PX), interpolation=how)
    grey = cv2.normalize(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), None, 0, 255, cv2.NORM_MINMAX)
    return (np.asarray(grey, np.float32) / 127.5 - 1.0)[None]


def is_plate_shaped(quad: Quad) -> bool:
    """Whether four corners go clockwise around something large enough that is not nearly a line."""
    sides = np.roll(quad, -1, axis=0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    if lengths.min() < LEAST_SIDE_PX / 2 or lengths.max() > 1e4:
        return False
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    return bool((turns / (lengths * np.roll(lengths, -1)) >= LEAST_TURN).all())


def upright(picture: Picture, corners: Corners, margin: float = 0.0) -> Picture:
    """The plate as if seen from straight before it, with a margin in shares of its sides."""
    height, width = picture.shape[:2]
    quad = np.array([[corner.x * width, corner.y * height] for corner in corners], np.float32)
    lengths = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    across = float(np.clip((lengths[0] + lengths[2]) / 2, LEAST_SIDE_PX, MOST_SIDE_PX))
    down = float(np.clip((lengths[1] + lengths[3]) / 2, LEAST_SIDE_PX, MOST_SIDE_PX))
    x, y = across * margin, down * margin
    target = np.array([[x, y], [x + across, y], [x + across, y + down], [x, y + down]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    size = (round(across + 2 * x), round(down + 2 * y))
    cut = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)
