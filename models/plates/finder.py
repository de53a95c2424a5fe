"""Finds number plates in a picture of a vehicle or in a whole photo.

In: a picture (height × width × 3 bytes, BGR), 40 px wide or more. Out: plate boxes in shares of that
picture, best first, the first ones with their corners. Never reads a plate, never says whose it is.
"""

from dataclasses import replace
from pathlib import Path

from models import weights
from models.letterbox import Picture, to_canvas, to_shares
from models.plates.corners import PlateCorners, open_plate_corners
from models.session import (
    NetworkSession,
    Precision,
    Runtime,
    SessionSettings,
    is_int8_quick,
    open_session,
    settings_from_environment,
)
from models.suppression import suppress
from models.types import Box, PlateBox
from models.yolo import candidates

NETWORK = "plate_finder"
QUANTISED = "plate_finder_int8"
SIDE_PX = 320
LEAST_SCORE = 0.05
MOST_OVERLAP = 0.3
"""Plates never lie over each other."""
MOST_WITH_CORNERS = 3
"""A vehicle has one plate; nobody reads more than its likeliest boxes."""


def open_plate_finder(
    *,
    least_score: float = LEAST_SCORE,
    settings: SessionSettings | None = None,
    folder: Path = weights.FOLDER,
) -> "PlateFinder":
    """The shipped plate finder: quantised on a processor that is quick at it, else in bf16, unless told otherwise."""
    quickest = Precision.INT8 if is_int8_quick() else Precision.BF16
    chosen = settings or settings_from_environment(SessionSettings(precision=quickest))
    quantised = chosen.precision is Precision.INT8 and chosen.runtime is Runtime.OPENVINO
    network = weights.load(QUANTISED if quantised else NETWORK, folder)
    session = open_session(network, shape=(3, SIDE_PX, SIDE_PX), of_bytes=True, settings=chosen)
    corners = open_plate_corners(settings=settings, folder=folder)
    return PlateFinder(session, corners=corners, least_score=least_score)


class PlateFinder:
    """YOLO boxes of one class, plate, with corners where there is a network for them."""

    def __init__(
        self,
        session: NetworkSession,
        *,
        corners: PlateCorners | None = None,
        least_score: float = LEAST_SCORE,
    ) -> None:
        self._session = session
        self._corners = corners
        self._least_score = least_score

    def find(self, picture: Picture) -> list[PlateBox]:
        """The plates of one picture, best first. Raises PictureRefused."""
        canvas, place = to_canvas(picture, width_px=SIDE_PX, height_px=SIDE_PX)
        (output,) = self._session.run(canvas)
        corners, _, scores = candidates(output[0], self._least_score)
        kept = suppress(corners, scores, most_overlap=MOST_OVERLAP)
        height, width = picture.shape[:2]
        shares = to_shares(corners[kept], place, picture_width_px=width, picture_height_px=height)
        found = [
            PlateBox(box=Box(left=left, top=top, right=right, bottom=bottom), score=score)
            for (left, top, right, bottom), score in zip(shares.tolist(), scores[kept].tolist(), strict=True)
            if left < right and top < bottom
        ]
        likeliest, others = found[:MOST_WITH_CORNERS], found[MOST_WITH_CORNERS:]
        return [self.with_corners(picture, plate) for plate in likeliest] + others

    def with_corners(self, picture: Picture, plate: PlateBox) -> PlateBox:
        """The plate with the corners that are seen about its box, if they are."""
        if self._corners is None:
            return plate
        return replace(plate, corners=self._corners.find(picture, plate.box))
