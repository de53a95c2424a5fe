"""Finds the vehicles in one picture.

In: a picture (height × width × 3 bytes, BGR). Out: detections in shares of the picture, best first,
one per vehicle: a motorbike's box takes in its rider. Never tracks, never remembers a picture.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import weights
from models.letterbox import Fit, Picture, to_canvas, to_shares
from models.session import (
    Hint,
    NetworkSession,
    Precision,
    Runtime,
    SessionSettings,
    is_int8_quick,
    open_session,
    settings_from_environment,
)
from models.suppression import order_by_score, suppress, without_doubles
from models.types import Box, VehicleClass, VehicleDetection
from models.yolo import candidates

NETWORK = "vehicles"
QUANTISED = "vehicles_int8"
WATCH_SIZE = (640, 384)
SMALL_SIZE = (416, 256)
LEAST_SCORE = 0.25
MOST_OVERLAP = 0.6
"""Two boxes of the same kind that overlap more (IoU) are one vehicle."""
MOST_OVERLAP_ACROSS = 0.8
"""The same for a two-wheeler and a four-wheeler: a rider before a car is two vehicles."""
LEAST_SIDE = 1e-4
"""Boxes that clipping leaves narrower than this share of the picture are not vehicles."""

CLASSES = (
    VehicleClass.MOTORBIKE,
    VehicleClass.CAR,
    VehicleClass.BUS,
    VehicleClass.TRUCK,
    VehicleClass.BICYCLE,
)
_TWO_WHEELED = np.array([c in (VehicleClass.MOTORBIKE, VehicleClass.BICYCLE) for c in CLASSES])


def open_vehicle_detector(
    size: tuple[int, int] = WATCH_SIZE,
    *,
    least_score: float = LEAST_SCORE,
    settings: SessionSettings | None = None,
    folder: Path = weights.FOLDER,
) -> "VehicleDetector":
    """The shipped detector for an input of `size` (width, height in px, multiples of 32).

    Runs quantised on a processor that is quick at it, else in bf16 where there is bf16, and on several pictures at
    once, unless told otherwise.
    """
    quickest = Precision.INT8 if is_int8_quick() else Precision.BF16
    watching = SessionSettings(precision=quickest, hint=Hint.THROUGHPUT)
    chosen = settings or settings_from_environment(watching)
    quantised = chosen.precision is Precision.INT8 and chosen.runtime is Runtime.OPENVINO
    width, height = size
    network = weights.load(QUANTISED if quantised else NETWORK, folder)
    session = open_session(network, shape=(3, height, width), of_bytes=True, settings=chosen)
    return VehicleDetector(session, size=size, least_score=least_score)


class VehicleDetector:
    """YOLO boxes made into one detection per vehicle."""

    def __init__(
        self,
        session: NetworkSession,
        *,
        size: tuple[int, int] = WATCH_SIZE,
        least_score: float = LEAST_SCORE,
    ) -> None:
        self._session = session
        self._width_px, self._height_px = size
        self._least_score = least_score

    def detect(self, picture: Picture) -> list[VehicleDetection]:
        """The vehicles of one picture, best first. Raises PictureRefused."""
        return self.detect_many([picture])[0]

    def detect_many(self, pictures: Sequence[Picture]) -> list[list[VehicleDetection]]:
        """The vehicles of each picture, in the order given; sizes may differ.

        The same as detect() on each, bit for bit, and about half the time on two cores. Raises PictureRefused.
        """
        places: list[Fit] = []

        def fitted() -> Iterator[Picture]:
            for picture in pictures:
                canvas, place = to_canvas(picture, width_px=self._width_px, height_px=self._height_px)
                places.append(place)
                yield canvas

        raws = [outputs[0][0] for outputs in self._session.run_each(fitted())]
        return [
            self._detections(raw, place, picture)
            for raw, place, picture in zip(raws, places, pictures, strict=True)
        ]

    def _detections(self, raw: NDArray[np.float32], place: Fit, picture: Picture) -> list[VehicleDetection]:
        """`raw`: one row each for centre x, centre y, width, height (input px) and each class's score."""
        corners, classes, scores = candidates(raw, self._least_score)
        kept = one_per_vehicle(corners, classes, scores)
        height, width = picture.shape[:2]
        shares = to_shares(corners[kept], place, picture_width_px=width, picture_height_px=height)
        found = zip(shares.tolist(), classes[kept].tolist(), scores[kept].tolist(), strict=True)
        return [
            VehicleDetection(box=_box(share), vehicle_class=CLASSES[number], score=score)
            for share, number, score in found
            if share[2] - share[0] > LEAST_SIDE and share[3] - share[1] > LEAST_SIDE
        ]


def one_per_vehicle(
    corners: NDArray[np.float32], classes: NDArray[np.intp], scores: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Places of the boxes to keep, best first: one per vehicle, whatever classes were called."""
    kept: list[int] = []
    for two_wheeled in (True, False):
        group = np.flatnonzero(_TWO_WHEELED[classes] == two_wheeled)
        best = suppress(corners[group], scores[group], most_overlap=MOST_OVERLAP)
        kept += [int(group[p]) for p in without_doubles(corners[group], scores[group], best)]
    together = np.array(kept, dtype=np.intp)
    across = suppress(corners[together], scores[together], most_overlap=MOST_OVERLAP_ACROSS)
    survivors = together[across]
    return survivors[order_by_score(corners[survivors], scores[survivors])]


def _box(share: list[float]) -> Box:
    left, top, right, bottom = share
    return Box(left=left, top=top, right=right, bottom=bottom)
