"""What the networks get wrong is drawn with its words; what they get right is not."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.failures import LINE_PX, Failure, Sheet, drawn, of_drawn_plates
from fixtures.plates.artist import PlateForm, PlateSpec, draw_plate
from models.plates.reader import open_plate_reader


def test_a_sheet_has_room_for_every_picture_and_its_words() -> None:
    failures = [Failure(picture=np.zeros((40, 90, 3), np.uint8), words="63A12345: nothing", weight=1)] * 3
    sheet = drawn(failures, Sheet(across=2, tile_px=(100, 60), most=9))
    assert sheet.shape == (2 * (60 + LINE_PX), 200, 3)
    assert (sheet[-(60 + LINE_PX) :, 100:] == 255).all(), "the place without a picture stays empty"
    assert (sheet[60 : 60 + LINE_PX, :100] < 128).any(), "the words are there"


def test_only_a_wrong_text_weighs(tmp_path: Path) -> None:
    spec = PlateSpec(text="63A12345", first_row=3, form=PlateForm.CAR_LONG)
    cv2.imwrite(str(tmp_path / "one.png"), draw_plate(spec, 0.6)[:, :, ::-1])
    rows = "image,text,first_row,layout,colour\none.png,{},3,one_line,white\n"
    weights = []
    for text in ("63A12345", "63A12346"):
        (tmp_path / "plates.csv").write_text(rows.format(text))
        weights += [one.weight for one in of_drawn_plates(tmp_path, open_plate_reader())]
    assert weights[0] == 0
    assert weights[1] > 0.5
