"""The plate of a vehicle that an officer boxed in one frame of a recording: the frames beside it are read too.

The vehicle has moved a little in those, so the box is made a little larger there. Decides nothing.
"""

from detector.judging.track_course import grown
from detector.marking.footage import Footage
from detector.watching.eyes import Eyes, cut
from detector.watching.plates_of_track import PlateView, VehicleView, read_plates, sharpness_of
from models.types import Box

BESIDE_S = 0.2
MARGIN = 0.1
LEAST_VEHICLE_PX = 24


def plates_in_box(footage: Footage, at_s: float, box: Box, eyes: Eyes) -> list[PlateView]:
    """What can be read in the box, a few frames around a second. Raises GapInFootage."""
    wide = grown(box, MARGIN)
    views = []
    for frame in footage.frames(max(0.0, at_s - BESIDE_S), at_s + BESIDE_S):
        crop = cut(frame.picture, (wide.left, wide.top, wide.right, wide.bottom))
        if min(crop.shape[:2]) >= LEAST_VEHICLE_PX:
            views.append(VehicleView(at_s=frame.at_s, box=wide, picture=crop, sharpness=sharpness_of(crop)))
    return read_plates(views, eyes, lambda _at_s: ())
