"""Tells whether anything moved where vehicles are judged, since the detector last looked: luma in, yes or no out.

What has not changed need not be looked at again: the vehicles stand where they stood. Compared is not the picture
before but the one that the detector saw, so that slow creeping adds up; any doubt (rain, a new exposure) counts as
movement.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Camera, Place
from detector.sources.decoding import Frame

Thumb = NDArray[np.uint8]

THUMB_SIZE = (160, 90)
CHANGED_LEVELS = 10
"""Of 255, after averaging 4×4 pixels of a 640×360 picture: above the noise of a night camera, below a dark rider."""
LEAST_CHANGED_PX = 4
"""Thumb pixels: a motorbike 30 px high in the sub stream covers about 25."""
LONGEST_STILL_S = 1.0
"""The detector looks at least this often, whatever was told."""
LINE_BAND = 0.06
"""Half the height of the band around the stop line, in shares of the picture."""
LINE_PX = 20
"""Thumb pixels beside a solid line that are watched: an eighth of the picture's width."""


class Stillness:
    """One camera's memory of what the detector last saw."""

    def __init__(self, camera: Camera) -> None:
        self._mask = _watched_area(camera)
        self._seen: Thumb | None = None
        self._seen_s = float("-inf")

    def has_moved(self, frame: Frame) -> bool:
        """Whether the detector must look at this frame; it is taken to do so then."""
        thumb = _thumb(frame)
        if self._seen is not None and frame.at_s - self._seen_s < LONGEST_STILL_S:
            changed = cv2.absdiff(thumb, self._seen)
            if np.count_nonzero((changed > CHANGED_LEVELS) & self._mask) < LEAST_CHANGED_PX:
                return False
        self.saw(frame, thumb)
        return True

    def saw(self, frame: Frame, thumb: Thumb | None = None) -> None:
        """The detector looks at this frame."""
        self._seen = _thumb(frame) if thumb is None else thumb
        self._seen_s = frame.at_s

    def forget(self) -> None:
        """The next frame must be looked at."""
        self._seen = None


def _thumb(frame: Frame) -> Thumb:
    """The luma, averaged down; of ten-bit video the upper bytes would do, but cameras send eight bits."""
    return np.asarray(cv2.resize(frame.luma, THUMB_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def _watched_area(camera: Camera) -> NDArray[np.bool_]:
    """Approaches, zones and bands around the lines: whoever is beyond it and not decided yet is followed anyway."""
    mask = np.zeros(THUMB_SIZE[::-1], np.uint8)
    for lane in camera.lanes:
        (x0, y0), (x1, y1) = lane.stop_line
        band = ((x0, y0 - LINE_BAND), (x1, y1 - LINE_BAND), (x1, y1 + LINE_BAND), (x0, y0 + LINE_BAND))
        for area in (lane.approach, band):
            cv2.fillPoly(mask, [_in_thumb(area)], 1)
    for zone in camera.no_stop_zones:
        cv2.fillPoly(mask, [_in_thumb(zone.area)], 1)
    for line in camera.solid_lines:
        cv2.polylines(mask, [_in_thumb(line.line)], isClosed=False, color=1, thickness=LINE_PX)
    return mask.astype(bool)


def _in_thumb(area: tuple[Place, ...]) -> NDArray[np.int32]:
    places: NDArray[np.int32] = np.round(np.array(area) * np.array(THUMB_SIZE)).astype(np.int32)
    return places
