"""What the plate reader says of drawn plates, of damaged ones, of no plate, and of missing weights."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.plates.artist import PlateForm, PlateSpec, draw_plate
from models import weights
from models.errors import WeightsAltered, WeightsMissing
from models.plates.reader import PlateReader, calibrated, open_plate_reader, possible_layouts, spell
from models.types import PlateColour, PlateLayout

Picture = NDArray[np.uint8]
PX_PER_MM = 0.45


@pytest.fixture(scope="module")
def reader() -> PlateReader:
    return open_plate_reader()


def photo(spec: PlateSpec, px_per_mm: float = PX_PER_MM) -> Picture:
    """The plate on a dark vehicle, loosely cut, in BGR."""
    plate = draw_plate(spec, px_per_mm)[:, :, ::-1]
    margin_y, margin_x = plate.shape[0] // 14, plate.shape[1] // 14
    sides = (margin_y, margin_y, margin_x, margin_x)
    return np.asarray(cv2.copyMakeBorder(plate, *sides, cv2.BORDER_CONSTANT, value=(62, 60, 60)), np.uint8)


def blurred(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.uint8)


def darkened(picture: Picture) -> Picture:
    return np.asarray(picture * 0.45, np.uint8)


def compressed(picture: Picture) -> Picture:
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 45])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(3).normal(0, 9, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def as_is(picture: Picture) -> Picture:
    return picture


WHITE, YELLOW, BLUE, RED = (PlateColour.WHITE, PlateColour.YELLOW, PlateColour.BLUE, PlateColour.RED)
ONE, TWO = PlateLayout.ONE_LINE, PlateLayout.TWO_LINE
PLATES = [
    ("63B112345", 4, PlateForm.MOTORBIKE, WHITE),
    ("66AB06789", 4, PlateForm.MOTORBIKE, WHITE),
    ("63N54321", 4, PlateForm.MOTORBIKE, WHITE),
    ("63A12345", 3, PlateForm.CAR_SHORT, WHITE),
    ("66C34567", 3, PlateForm.CAR_SHORT, YELLOW),
    ("51G86079", 3, PlateForm.CAR_LONG, WHITE),
    ("63E24680", 3, PlateForm.CAR_LONG, YELLOW),
    ("80B13579", 3, PlateForm.CAR_LONG, BLUE),
    ("63LD01234", 4, PlateForm.CAR_LONG, WHITE),
    ("63A1234", 3, PlateForm.CAR_LONG_OLD, WHITE),
    ("TM1234", 2, PlateForm.CAR_SHORT_OLD, RED),
]


@pytest.mark.parametrize("damage", [as_is, blurred, darkened, compressed, noisy])
@pytest.mark.parametrize(("text", "first_row", "form", "colour"), PLATES, ids=[row[0] for row in PLATES])
def test_a_drawn_plate_is_read_exactly(
    reader: PlateReader,
    text: str,
    first_row: int,
    form: PlateForm,
    colour: PlateColour,
    damage: Callable[[Picture], Picture],
) -> None:
    read = reader.read(damage(photo(PlateSpec(text=text, first_row=first_row, form=form, colour=colour))))
    assert read is not None
    assert (read.text, read.layout) == (text, form.value.layout)
    rows = (len(text),) if form.value.layout is ONE else (first_row, len(text) - first_row)
    assert tuple(len(row) for row in read.rows) == rows
    assert all(0.0 < c.confidence <= 1.0 for row in read.rows for c in row)


@pytest.mark.parametrize(("text", "first_row", "form", "colour"), PLATES, ids=[row[0] for row in PLATES])
def test_the_colour_is_seen(
    reader: PlateReader, text: str, first_row: int, form: PlateForm, colour: PlateColour
) -> None:
    read = reader.read(photo(PlateSpec(text=text, first_row=first_row, form=form, colour=colour)))
    assert read is not None
    assert read.colour is colour


def test_rows_tell_an_old_motorcycle_from_a_car(reader: PlateReader) -> None:
    moto = reader.read(photo(PlateSpec(text="63B11234", first_row=4, form=PlateForm.MOTORBIKE)))
    car = reader.read(photo(PlateSpec(text="63B11234", first_row=3, form=PlateForm.CAR_SHORT)))
    assert moto is not None
    assert car is not None
    assert moto.text == car.text == "63B11234"
    assert [len(row) for row in moto.rows] == [4, 4]
    assert [len(row) for row in car.rows] == [3, 5]


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(140, 190), (110, 520), (4, 30)])
def test_an_empty_picture_has_no_reading(reader: PlateReader, size: tuple[int, int], grey: int) -> None:
    assert reader.read(np.full((*size, 3), grey, dtype=np.uint8)) is None


def test_a_batch_says_what_single_readings_say(reader: PlateReader) -> None:
    pictures = [photo(PlateSpec(text=t, first_row=n, form=f, colour=c)) for t, n, f, c in PLATES[:4]]
    assert reader.read_batch(pictures) == [reader.read(picture) for picture in pictures]


def scores(*numbers: int) -> NDArray[np.float32]:
    """Network scores whose surest class at each step is given; 0 is the blank."""
    said = np.zeros((48, 33), np.float32)
    for step in range(48):
        said[step, numbers[step] if step < len(numbers) else 0] = 8.0
    return said


SPELLED = [
    ("one class over several steps is one character", scores(1, 1, 1), ONE, ["0"]),
    ("a blank parts two of the same", scores(1, 0, 1), ONE, ["00"]),
    ("classes follow each other", scores(2, 2, 11), ONE, ["1A"]),
    ("the second half is the lower row", scores(*[0] * 10, 2, *[0] * 20, 3), TWO, ["1", "2"]),
    ("a class across the middle counts in both rows", scores(*[0] * 23, 2, 2), TWO, ["1", "1"]),
    ("no character, no row", scores(), TWO, []),
]


@pytest.mark.parametrize(("said", "layout", "rows"), [r[1:] for r in SPELLED], ids=[r[0] for r in SPELLED])
def test_scores_are_spelled_row_by_row(
    said: NDArray[np.float32], layout: PlateLayout, rows: list[str]
) -> None:
    assert ["".join(c.character for c in row) for row in spell(said, layout).rows] == rows


@pytest.mark.parametrize(
    ("aspect", "layouts"), [(1.36, (TWO,)), (1.7, (TWO,)), (2.4, (TWO, ONE)), (4.3, (ONE,)), (4.73, (ONE,))]
)
def test_the_shape_says_which_layouts_to_try(aspect: float, layouts: tuple[PlateLayout, ...]) -> None:
    assert possible_layouts(aspect) == layouts


def test_confidence_rises_with_agreement_and_never_says_certain() -> None:
    said = [calibrated(agreement / 100) for agreement in range(101)]
    assert said == sorted(said)
    assert said[0] == 0.0
    assert said[50] < 0.6, "two looks that differ can agree by half at most"
    assert 0.95 <= said[100] < 1.0


class Looks:
    """A session whose first look and second look read the given classes."""

    def __init__(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> None:
        self._looks = [first, second]

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        look = self._looks.pop(0)
        return [np.stack([look] * len(batch))]


def test_a_text_that_changes_at_the_second_look_is_doubtful() -> None:
    one, other = scores(7, 4, 11, 2, 3, 4), scores(7, 4, 11, 2, 3, 5)
    plate = photo(PlateSpec(text="63A123", first_row=3, form=PlateForm.CAR_LONG))
    agreed, torn = PlateReader(Looks(one, one)).read(plate), PlateReader(Looks(one, other)).read(plate)
    assert agreed is not None
    assert torn is not None
    assert agreed.text == torn.text == "63A123"
    assert agreed.confidence > 0.9
    assert torn.confidence < 0.6


def test_of_two_cuts_the_surer_reading_counts_and_doubt_stays() -> None:
    faint, sure = scores(7, 4, 11, 2, 3, 4), scores(7, 4, 11, 2, 3, 5)
    faint[5] /= 4
    plate = photo(PlateSpec(text="63A123", first_row=3, form=PlateForm.CAR_LONG))
    read = PlateReader(Looks(faint, sure)).read(plate, plate)
    assert read is not None
    assert read.text == "63A124"
    assert read.confidence < 0.6


def test_a_text_that_no_plate_has_is_doubtful_and_stays_as_it_was_read() -> None:
    plate = photo(PlateSpec(text="63A123", first_row=3, form=PlateForm.CAR_LONG))
    read = PlateReader(Looks(*[scores(4, 11, 2, 3, 4, 5, 6)] * 2)).read(plate, plate)
    assert read is not None
    assert read.text == "3A12345"
    assert read.confidence <= 0.5


def test_of_two_cuts_the_one_that_shows_a_plate_counts() -> None:
    cut_off, whole = scores(4, 11, 2, 3, 4, 5), scores(7, 4, 11, 2, 3, 4, 5)
    whole[5] /= 2
    plate = photo(PlateSpec(text="63A123", first_row=3, form=PlateForm.CAR_LONG))
    read = PlateReader(Looks(whole, cut_off)).read(plate, plate)
    assert read is not None
    assert read.text == "63A1234"


def test_a_plate_that_only_the_closer_cut_shows_is_read_with_doubt() -> None:
    plate = photo(PlateSpec(text="63A123", first_row=3, form=PlateForm.CAR_LONG))
    read = PlateReader(Looks(scores(), scores(7, 4, 11, 2, 3, 4))).read(plate, plate)
    assert read is not None
    assert read.text == "63A123"
    assert read.confidence < 0.6


def test_missing_weights_are_said(tmp_path: Path) -> None:
    shutil.copy(weights.FOLDER / weights.RECORD, tmp_path)
    with pytest.raises(WeightsMissing, match=r"plate_reader\.onnx is missing"):
        open_plate_reader(folder=tmp_path)


def test_altered_weights_are_said(tmp_path: Path) -> None:
    shutil.copy(weights.FOLDER / weights.RECORD, tmp_path)
    (tmp_path / "plate_reader.onnx").write_bytes(b"not the network")
    with pytest.raises(WeightsAltered, match="plate_reader"):
        open_plate_reader(folder=tmp_path)
