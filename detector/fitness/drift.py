"""Whether a camera still looks where it was calibrated: the calibration picture against a picture of now.

    reference ─▶ features ─┐
                           ├─▶ matches ─▶ homography (robust) ─▶ how far the drawn places would move
    now ───────▶ features ─┘

Two pictures in, one Drift out. Not being able to tell (fog, a truck before the lens) is a value, never "no drift".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Camera, Place
from detector.fitness.grading import MOST_MOVED
from models.letterbox import Picture
from models.types import Point

WORK_WIDTH_PX = 960
MOST_FEATURES = 3000
CLEARLY_BETTER = 0.78
"""A match counts when its distance is below this share of the second best one (Lowe's ratio)."""
REPROJECTION_PX = 3.0
LEAST_INLIERS = 18
LEAST_INLIER_SHARE = 0.25
Colour = tuple[int, int, int]
DRAWN_COLOUR: Colour = (40, 40, 230)
NOW_COLOUR: Colour = (60, 200, 60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far the drawn places moved at most, as a share of the picture's width; None when it cannot be told."""

    moved: float | None
    inliers: int
    to_now: NDArray[np.float64] | None = None
    """3×3 homography from shares of the calibration picture to shares of now; None when it cannot be told."""

    @property
    def is_beyond_limit(self) -> bool:
        """Whether the camera must stop judging until it is calibrated again."""
        return self.moved is not None and self.moved > MOST_MOVED


def drawn_places(camera: Camera) -> tuple[Point, ...]:
    """The places that judging depends on: ends of lines and arrows, corners of lamp boxes and no-stop zones."""
    ends = [end for line in _drawn_lines(camera) for end in line]
    boxes = [
        box
        for signal in camera.signals
        for box in (signal.lamps.head, signal.lamps.red, signal.lamps.yellow, signal.lamps.green)
        if box is not None
    ]
    corners = [corner for box in boxes for corner in ((box[0], box[1]), (box[2], box[3]))]
    zones = [corner for zone in camera.no_stop_zones for corner in zone.area]
    return tuple(Point(x=x, y=y) for x, y in [*ends, *corners, *zones])


def _drawn_lines(camera: Camera) -> list[tuple[Place, Place]]:
    """Stop lines, solid lines and the arrows of one-way lanes, each from its first point to its last."""
    lanes = [lane.stop_line for lane in camera.lanes]
    arrows = [lane.direction.arrow for lane in camera.lanes if lane.direction is not None]
    return [*lanes, *(solid.line for solid in camera.solid_lines), *arrows]


def still_of(pictures: Sequence[Picture]) -> Picture:
    """The scene without its traffic: the median of pictures taken over some seconds."""
    return np.asarray(np.median(np.stack(pictures), axis=0), np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """What is compared of a picture; to be kept when the same picture is compared often."""

    places: NDArray[np.float32]
    """In shares of the picture's width, both ways: row for row with the descriptions."""
    descriptions: NDArray[np.float32] | None
    height_over_width: float


def measure_drift(reference: Picture, now: Picture, places: Sequence[Point]) -> Drift:
    """Compare two BGR pictures of one camera (any sizes of one shape) at the places drawn in shares."""
    return drift_between(features_of(reference), features_of(now), places)


def features_of(picture: Picture, *, work_width_px: int = WORK_WIDTH_PX) -> Features:
    """A BGR picture's features, found at a working width whatever its size."""
    height, width = round(picture.shape[0] * work_width_px / picture.shape[1]), work_width_px
    grey = cv2.resize(
        cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (width, height), interpolation=cv2.INTER_AREA
    )
    even = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey)
    finder = cv2.SIFT.create(nfeatures=MOST_FEATURES, contrastThreshold=0.02)
    found, descriptions = finder.detectAndCompute(even, None)
    places = np.array([point.pt for point in found], np.float32).reshape(-1, 2)
    places /= work_width_px
    return Features(places=places, descriptions=descriptions, height_over_width=height / width)


def drift_between(reference: Features, now: Features, places: Sequence[Point]) -> Drift:
    """The same for features that are known already."""
    first, second = _matched(reference, now)
    if len(first) < LEAST_INLIERS:
        return Drift(moved=None, inliers=0)
    to_now, kept = cv2.findHomography(
        first * WORK_WIDTH_PX, second * WORK_WIDTH_PX, cv2.USAC_MAGSAC, REPROJECTION_PX, maxIters=5000
    )
    inliers = int(kept.sum()) if kept is not None else 0
    if to_now is None or inliers < max(LEAST_INLIERS, LEAST_INLIER_SHARE * len(first)):
        return Drift(moved=None, inliers=inliers)
    scale = np.diag([WORK_WIDTH_PX, WORK_WIDTH_PX * reference.height_over_width, 1.0])
    in_shares = np.linalg.inv(scale) @ to_now @ scale
    moved = max((_distance(in_shares, place, reference.height_over_width) for place in places), default=0.0)
    return Drift(moved=round(moved, 4), inliers=inliers, to_now=in_shares)


def overlay(now: Picture, camera: Camera, drift: Drift | None) -> Picture:
    """The picture of now with lines, arrows and no-stop zones as drawn (red) and where they lie now (green).

    Where they lie now is left out when nothing tells: without a calibration picture, or a drift that is unknown.
    """
    shown = now.copy()
    _draw_all(shown, camera, None, DRAWN_COLOUR)
    if drift is not None and drift.to_now is not None:
        _draw_all(shown, camera, drift.to_now, NOW_COLOUR)
    return shown


def _draw_all(shown: Picture, camera: Camera, to_now: NDArray[np.float64] | None, colour: Colour) -> None:
    height, width = shown.shape[:2]

    def pixels(places: Sequence[Place]) -> NDArray[np.int32]:
        drawn = [Point(x=x, y=y) for x, y in places]
        there = [(p.x, p.y) if to_now is None else _moved(to_now, p) for p in drawn]
        return np.array([(round(x * width), round(y * height)) for x, y in there], np.int32)

    for lane in camera.lanes:
        cv2.polylines(shown, [pixels(lane.stop_line)], False, colour, 3, cv2.LINE_AA)
        if lane.direction is not None:
            tail, head = pixels(lane.direction.arrow).tolist()
            cv2.arrowedLine(shown, tail, head, colour, 3, cv2.LINE_AA, tipLength=0.15)
    for solid in camera.solid_lines:
        cv2.polylines(shown, [pixels(solid.line)], False, colour, 3, cv2.LINE_AA)
    for zone in camera.no_stop_zones:
        cv2.polylines(shown, [pixels(zone.area)], True, colour, 3, cv2.LINE_AA)


def _matched(reference: Features, now: Features) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places of features that both pictures show, row for row."""
    if any(one.descriptions is None or len(one.places) < 2 for one in (reference, now)):
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(reference.descriptions, now.descriptions, k=2)
    clear = [best for best, other in pairs if best.distance < CLEARLY_BETTER * other.distance]
    first = np.array([reference.places[match.queryIdx] for match in clear], np.float32).reshape(-1, 2)
    second = np.array([now.places[match.trainIdx] for match in clear], np.float32).reshape(-1, 2)
    return first, second


def _moved(to_now: NDArray[np.float64], place: Point) -> tuple[float, float]:
    x, y, w = to_now @ np.array([place.x, place.y, 1.0])
    return float(x / w), float(y / w)


def _distance(to_now: NDArray[np.float64], place: Point, height_over_width: float) -> float:
    x, y = _moved(to_now, place)
    return float(np.hypot(x - place.x, (y - place.y) * height_over_width))
