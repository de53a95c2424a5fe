"""The networks that one watch needs, opened once, and the checksums that go into every packet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Lamps
from models.types import LampColour, LampRead, PlateBox, PlateRead, VehicleDetection

Picture = NDArray[np.uint8]


class SeesVehicles(Protocol):
    def detect(self, picture: Picture) -> list[VehicleDetection]: ...

    def detect_many(self, pictures: Sequence[Picture]) -> list[list[VehicleDetection]]: ...


class FindsPlates(Protocol):
    def find(self, picture: Picture) -> list[PlateBox]: ...


class ReadsPlates(Protocol):
    def read(self, plate: Picture, closer: Picture | None = None) -> PlateRead | None: ...


class ReadsLamps(Protocol):
    def read_head(self, head: Picture) -> LampRead: ...

    def read_lamps(
        self, *, red: Picture | None, yellow: Picture | None, green: Picture | None
    ) -> LampRead: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Eyes:
    """What looks at one picture. `checksums` names each network's weights by their SHA-256."""

    vehicles: SeesVehicles
    plate_finder: FindsPlates
    plate_reader: ReadsPlates
    lamps: ReadsLamps
    checksums: dict[str, str]


LEAST_LAMP_CONFIDENCE = 0.6
"""Below this a lamp reading counts as unknown: unknown never makes a case."""


def read_signal(lamps_reader: ReadsLamps, picture: Picture, lamps: Lamps) -> LampColour:
    """The colour of one signal in one picture; UNKNOWN when the reader is not sure enough."""
    if lamps.head is not None:
        read = lamps_reader.read_head(cut(picture, lamps.head))
    else:
        read = lamps_reader.read_lamps(
            red=cut(picture, lamps.red) if lamps.red else None,
            yellow=cut(picture, lamps.yellow) if lamps.yellow else None,
            green=cut(picture, lamps.green) if lamps.green else None,
        )
    return read.colour if read.confidence >= LEAST_LAMP_CONFIDENCE else LampColour.UNKNOWN


def cut(picture: Picture, corners: tuple[float, float, float, float]) -> Picture:
    """The part of a picture inside [x0, y0, x1, y1] in shares; at least one pixel each way."""
    height, width = picture.shape[:2]
    left = min(int(max(corners[0], 0.0) * width), width - 1)
    top = min(int(max(corners[1], 0.0) * height), height - 1)
    right = max(left + 1, round(min(corners[2], 1.0) * width))
    bottom = max(top + 1, round(min(corners[3], 1.0) * height))
    return picture[top:bottom, left:right]
