"""A plate belongs to the vehicle whose box holds it best: riders side by side never swap plates (fault 7)."""

from dataclasses import dataclass

import numpy as np
import pytest

from detector.types import TimedPlateRead
from detector.watching.eyes import Eyes, Picture
from detector.watching.plates_of_track import (
    ENOUGH_READS,
    MOST_READS,
    SharpestViews,
    VehicleView,
    belongs_to,
    cuts_of,
    read_plates,
)
from detector.watching.recent_sights import RecentSights
from models.types import (
    Box,
    LampRead,
    PlateBox,
    PlateCharacter,
    PlateColour,
    PlateLayout,
    PlateRead,
    Point,
    VehicleClass,
    VehicleDetection,
)
from tests.detector.watching.builders import box, track

OWN = box(left=0.40, width=0.10)
NEIGHBOUR = box(left=0.47, width=0.10)


@pytest.mark.parametrize(
    ("what", "x", "mine"),
    [
        ("in the middle of the own box", 0.45, True),
        ("in the overlap, nearer to the own middle", 0.478, True),
        ("in the overlap, nearer to the neighbour's middle", 0.495, False),
        ("outside of the own box", 0.55, False),
    ],
)
def test_a_plate_belongs_to_the_box_whose_axis_is_nearer(what: str, x: float, mine: bool) -> None:
    assert belongs_to(Point(x=x, y=0.55), OWN, [OWN, NEIGHBOUR]) is mine, what


class OnePlate:
    """Finds a plate in the lower middle of any picture, and reads the same text from it."""

    def find(self, picture: Picture) -> list[PlateBox]:
        return [PlateBox(box=box(left=0.4, top=0.7, width=0.2, height=0.15), score=0.9)]

    def read(self, plate: Picture, closer: Picture | None = None) -> PlateRead | None:
        return PlateRead(
            rows=((PlateCharacter(character="6", confidence=0.9),),),
            layout=PlateLayout.ONE_LINE,
            colour=PlateColour.WHITE,
            confidence=0.9,
        )

    def detect(self, picture: Picture) -> list[VehicleDetection]:
        return []

    def read_head(self, head: Picture) -> LampRead:
        raise NotImplementedError

    def read_lamps(self, **lamps: Picture | None) -> LampRead:
        raise NotImplementedError


def eyes() -> Eyes:
    seeing = OnePlate()
    return Eyes(vehicles=seeing, plate_finder=seeing, plate_reader=seeing, lamps=seeing, checksums={})


@dataclass(frozen=True, kw_only=True)
class NoiseFrame:
    """A frame of noise, the stronger the sharper."""

    at_s: float
    picture: Picture

    @property
    def luma(self) -> Picture:
        return np.ascontiguousarray(self.picture[..., 0])


def frames(count: int) -> list[NoiseFrame]:
    rng = np.random.default_rng(1)
    depths = rng.permutation(np.linspace(40, 250, count)).astype(int)
    return [
        NoiseFrame(at_s=10.0 + i * 0.1, picture=rng.integers(0, depth, (720, 1280, 3), np.uint8))
        for i, depth in enumerate(depths)
    ]


def seen(count: int, most: int = 12) -> SharpestViews:
    views = SharpestViews(track(), most)
    for frame in frames(count):
        views.see(frame)
    return views


def reads(neighbours: list[Box]) -> list[TimedPlateRead]:
    return [view.read for view in read_plates(seen(5).views(), eyes(), lambda _at_s: neighbours)]


def test_a_plate_is_read_in_each_view_and_placed_in_the_whole_picture() -> None:
    found = reads([])
    assert [read.at_s for read in found] == pytest.approx([10.0, 10.1, 10.2, 10.3, 10.4])
    first = track().points[0].box
    assert first.left < found[0].box.left < found[0].box.right < first.right


def test_a_plate_that_fits_a_neighbour_better_is_left_to_it() -> None:
    plate = reads([])[0].box
    rival = Box(left=plate.left - 0.02, top=0.3, right=plate.right + 0.02, bottom=1.0)
    shifted = Box(left=rival.left + 0.001, top=rival.top, right=rival.right + 0.001, bottom=rival.bottom)
    assert len(reads([shifted])) == 5
    own = track().points[0].box
    off_axis = Box(left=own.left + 0.055, top=0.3, right=own.right + 0.055, bottom=1.0)
    assert len(reads([off_axis])) == 5


def test_only_the_sharpest_views_are_kept_in_order_of_time_with_their_own_pixels() -> None:
    every, kept = seen(15, most=15).views(), seen(15, most=4).views()
    assert len(every) == 15
    assert [view.at_s for view in kept] == sorted(view.at_s for view in kept)
    best = sorted(every, key=lambda view: -view.sharpness)[:4]
    assert {view.at_s for view in kept} == {view.at_s for view in best}
    assert all(view.picture.base is None for view in kept), "no view keeps its whole frame in memory"


def test_what_was_seen_is_found_by_the_nearest_moment_and_forgotten_in_time() -> None:
    sights = RecentSights(2.0)
    for second in range(5):
        seen = VehicleDetection(box=box(left=second / 10), vehicle_class=VehicleClass.CAR, score=0.9)
        sights.add(float(second), [seen])
    assert sights.boxes_at(3.4)[0].left == pytest.approx(0.3)
    assert sights.boxes_at(0.0)[0].left == pytest.approx(0.2)
    assert RecentSights(2.0).boxes_at(1.0) == ()


class SureReader(OnePlate):
    """Reads a whole plate, or from the picture's first byte another one; counts how often."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, plate: Picture, closer: Picture | None = None) -> PlateRead | None:
        self.reads += 1
        rows = ("63B1", "58624") if plate[0, 0, 0] < 200 else ("63B1", "58629")
        return PlateRead(
            rows=tuple(tuple(PlateCharacter(character=c, confidence=0.999) for c in row) for row in rows),
            layout=PlateLayout.TWO_LINE,
            colour=PlateColour.WHITE,
            confidence=0.999,
        )


@pytest.mark.parametrize(("disagreeing", "reads"), [(0, ENOUGH_READS), (1, MOST_READS)])
def test_a_plate_is_read_until_it_is_beyond_doubt(disagreeing: int, reads: int) -> None:
    eyes_of = SureReader()
    seen = [
        VehicleView(
            at_s=0.1 * place,
            box=OWN,
            picture=np.full((200, 200, 3), 255 if place < disagreeing else 90, np.uint8),
            sharpness=100.0 - place,
        )
        for place in range(MOST_READS)
    ]
    eyes = Eyes(vehicles=eyes_of, plate_finder=eyes_of, plate_reader=eyes_of, lamps=eyes_of, checksums={})
    found = read_plates(seen, eyes, lambda _at_s: ())
    assert eyes_of.reads == reads
    assert [plate.read.at_s for plate in found] == sorted(plate.read.at_s for plate in found)


def bright_plate(corners: tuple[Point, Point, Point, Point] | None) -> tuple[Picture, PlateBox]:
    """A plate of 80 × 40 px in the dark, under a box that cuts off its right half."""
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[100:140, 60:140] = 255
    return picture, PlateBox(box=Box(left=0.3, top=0.5, right=0.5, bottom=0.7), score=0.9, corners=corners)


def test_a_plate_is_cut_by_its_corners_where_they_are_known_with_a_wide_and_a_close_margin() -> None:
    corners = (Point(x=0.3, y=0.5), Point(x=0.7, y=0.5), Point(x=0.7, y=0.7), Point(x=0.3, y=0.7))
    wide, close = cuts_of(*bright_plate(corners))
    assert (wide.shape, close.shape) == ((50, 99, 3), (43, 86, 3))
    assert wide[25, 5:-12].min() < wide[25, 15:-15].min() == 255
    assert close[21, 5:-5].min() == 255


def test_a_plate_without_known_corners_is_cut_by_its_box() -> None:
    wide, close = cuts_of(*bright_plate(None))
    assert close.shape == (40, 40, 3)
    assert close.min() == 255
    assert wide.shape[0] > 40
