"""Reads one track's plate in the main stream: picks the sharpest pictures, finds, binds, reads.

A plate counts only when its centre lies in this vehicle's box and in no better-fitting neighbour's
(two riders side by side must never swap plates). Votes nothing: see detector.judging.plate_vote.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2

from detector.judging.plate_vote import CHARACTER_SHARE, VERY_SURE_CONFIDENCE, vote
from detector.judging.track_course import box_at, grown
from detector.types import PlateVerdict, TimedPlateRead, Track
from detector.watching.eyes import Eyes, Picture, cut
from models.plates.corners import upright
from models.types import Box, PlateBox, Point

MOST_READS, ENOUGH_READS = 12, 6
"""So many of the sharpest views are read, and so many of one opinion are enough."""
LEAST_VEHICLE_PX = 40
PLATE_MARGIN = 0.08
UPRIGHT_MARGINS = 0.12, 0.04


@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleView:
    """One main-stream picture of the track's vehicle, cut out."""

    at_s: float
    box: Box
    picture: Picture
    sharpness: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateView:
    """A plate cut out of the main stream, with what was read on it."""

    picture: Picture
    read: TimedPlateRead


class SeenFrame(Protocol):
    """A decoded frame: its moment, its luma, and its colours, which cost more."""

    @property
    def at_s(self) -> float: ...

    @property
    def luma(self) -> Picture: ...

    @property
    def picture(self) -> Picture: ...


class SharpestViews:
    """The frames in which a track's vehicle is seen sharpest; colours are made of those alone, and only at the end.

    At any moment at most `most` frames are held, whatever many are seen.
    """

    def __init__(self, track: Track, most: int = MOST_READS) -> None:
        self._track, self._most = track, most
        self._kept: list[tuple[float, float, Box, SeenFrame]] = []

    def see(self, frame: SeenFrame) -> None:
        """Take the next frame, if it is known where the vehicle was in it."""
        box = box_at(self._track, frame.at_s)
        if box is None:
            return
        wide = grown(box, PLATE_MARGIN)
        crop = cut(frame.luma, (wide.left, wide.top, wide.right, wide.bottom))
        if min(crop.shape[:2]) < LEAST_VEHICLE_PX:
            return
        self._kept.append((sharpness_of(crop), frame.at_s, wide, frame))
        # Of equally sharp ones the earlier stays.
        self._kept.sort(key=lambda kept: (-kept[0], kept[1]))
        del self._kept[self._most :]

    def views(self) -> list[VehicleView]:
        """The kept views in order of time, each cut out with its own pixels."""
        return [
            VehicleView(
                at_s=at_s,
                box=wide,
                picture=cut(frame.picture, (wide.left, wide.top, wide.right, wide.bottom)).copy(),
                sharpness=sharpness,
            )
            for sharpness, at_s, wide, frame in sorted(self._kept, key=lambda kept: kept[1])
        ]


def sharpness_of(crop: Picture) -> float:
    """Focus times size: variance of the Laplacian over the lower half, where plates are, by its pixels.

    Of a picture in colours its grey.
    """
    lower = crop[crop.shape[0] // 2 :]
    grey = cv2.cvtColor(lower, cv2.COLOR_BGR2GRAY) if lower.ndim == 3 else lower
    return math.sqrt(float(cv2.Laplacian(grey, cv2.CV_64F).var()) * grey.size)


def read_plates(
    views: Sequence[VehicleView], eyes: Eyes, neighbours_at: Callable[[float], Sequence[Box]]
) -> list[PlateView]:
    """Find, bind and read the plate in each view, the sharpest first, until it is beyond doubt.

    In order of time; views without a plate of this vehicle give nothing.
    """
    found: list[PlateView] = []
    for view in sorted(views, key=lambda view: (-view.sharpness, view.at_s)):
        plate = _plate_in(view, eyes, neighbours_at(view.at_s))
        if plate is not None:
            found.append(plate)
        if len(found) >= ENOUGH_READS and _are_beyond_doubt([plate.read for plate in found]):
            break
    return sorted(found, key=lambda plate: plate.read.at_s)


def _are_beyond_doubt(reads: Sequence[TimedPlateRead]) -> bool:
    """Whether all say the same, and the vote over them is as sure as can be."""
    if len({read.read.text for read in reads}) > 1:
        return False
    voted = vote(reads)
    return (
        voted.verdict is PlateVerdict.SURE
        and voted.winner is not None
        and voted.winner.confidence >= VERY_SURE_CONFIDENCE
    )


def _plate_in(view: VehicleView, eyes: Eyes, neighbours: Sequence[Box]) -> PlateView | None:
    for plate in eyes.plate_finder.find(view.picture):
        in_scene = _to_scene(plate.box, view.box)
        if not belongs_to(in_scene.centre, view.box, neighbours):
            continue
        crop = cut_plate(view.picture, plate)
        read = eyes.plate_reader.read(*cuts_of(view.picture, plate))
        if read is not None:
            height_px = plate.box.height * view.picture.shape[0]
            timed = TimedPlateRead(
                at_s=view.at_s,
                box=in_scene,
                sharpness=sharpness_of(crop),
                read=read,
                character_px=height_px * CHARACTER_SHARE[read.layout],
            )
            return PlateView(picture=crop, read=timed)
    return None


def belongs_to(plate_centre: Point, vehicle: Box, neighbours: Sequence[Box]) -> bool:
    """Whether a plate is this vehicle's: inside its box, and no neighbour's axis is nearer to it."""
    if not vehicle.contains(plate_centre):
        return False
    own = abs(plate_centre.x - vehicle.centre.x) / vehicle.width
    rivals = [box for box in neighbours if box.contains(plate_centre) and box.overlap(vehicle) < 0.5]
    return all(own < abs(plate_centre.x - box.centre.x) / box.width for box in rivals)


def cut_plate(picture: Picture, plate: PlateBox, margin: float = PLATE_MARGIN) -> Picture:
    """The plate with a small margin, as the reader was trained on."""
    box = grown(plate.box, margin)
    return cut(picture, (box.left, box.top, box.right, box.bottom))


def cuts_of(picture: Picture, plate: PlateBox) -> tuple[Picture, Picture]:
    """The two cuts that the reader looks at: upright by the corners where they are known, else by the box.

    The wide one shows a character that the close one has cut off: then they differ, and the reading is doubtful.
    """
    if plate.corners is None:
        return cut_plate(picture, plate), cut_plate(picture, plate, margin=0.0)
    wide, close = (upright(picture, plate.corners, margin) for margin in UPRIGHT_MARGINS)
    return wide, close


def _to_scene(inner: Box, outer: Box) -> Box:
    return Box(
        left=outer.left + inner.left * outer.width,
        top=outer.top + inner.top * outer.height,
        right=outer.left + inner.right * outer.width,
        bottom=outer.top + inner.bottom * outer.height,
    )
