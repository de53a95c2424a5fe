"""Finds the corners of real plates whose text is known: `… corners_by_text DATA OUT.json [--boxes hand_boxes.json]`.

In: ../shared/data/plates, boxes for photos on which the finder fails. Out: image → corners (px), text, layout, source.
The corner network begins from several boxes around each plate; what it says counts where the shipped reader reads the
true text from the plate so cut, each weighing as much as the reading is sure. Where it never does, the corners about
the true box count unless another text is read for sure: then the label is wrong. Offline only.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Picture
from models.plates.corners import PlateCorners, open_plate_corners, upright
from models.plates.finder import PlateFinder, open_plate_finder
from models.plates.reader import PlateReader, open_plate_reader
from models.training.plates.plate_pictures import is_held_back
from models.types import Box, PlateLayout

STARTS = 6
MARGIN = 0.04
MOST_PLATES = 3
SHIFTED = 0.06
SURE_OF_ANOTHER = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--boxes", type=Path)
    parser.add_argument(
        "--held-back", action="store_true", help="the held-back plates, to measure with, never to train"
    )
    told = parser.parse_args()
    boxes = json.loads(told.boxes.read_text(encoding="utf-8")) if told.boxes else {}
    eyes = open_plate_finder(), open_plate_corners(), open_plate_reader()
    found, missed = {}, []
    for row in rows_of(told.data / "plates.csv", held_back=told.held_back):
        photo = np.asarray(cv2.imread(str(told.data / "images" / row["image"])), np.uint8)
        known = cornered(photo, row, boxes.get(row["image"]), *eyes)
        if known is None:
            missed.append(row["image"])
        else:
            found[row["image"]] = {**known, "text": row["text"], "source": row["source"]}
    told.out.write_text(json.dumps(found), encoding="utf-8")
    print(f"{len(found)} plates; without their text: {' '.join(missed)}")


def rows_of(table: Path, *, held_back: bool) -> Iterator[dict[str, str]]:
    with table.open(encoding="utf-8") as file:
        yield from (
            row for row in csv.DictReader(file) if row["text"] and is_held_back(row["text"]) is held_back
        )


def cornered(
    photo: Picture,
    row: dict[str, str],
    box: list[float] | None,
    finder: PlateFinder,
    corners: PlateCorners,
    reader: PlateReader,
) -> dict[str, object] | None:
    """Corners (px) and layout; None when the text is not read from any."""
    sized = np.array(photo.shape[1::-1], np.float64)
    rng = np.random.default_rng(5)
    quads, weights, layouts, doubtful = [], [], [], []
    for begun in starts(photo, row, box, finder):
        for start in [begun, *(shifted(begun, rng) for _ in range(STARTS - 1))]:
            quad = corners.find(photo, start)
            read = reader.read(upright(photo, quad, MARGIN)) if quad else None
            if quad and read and read.text == row["text"]:
                quads.append(np.array([[p.x, p.y] for p in quad]) * sized)
                weights.append(max(read.confidence, 1e-3) ** 2)
                layouts.append(read.layout)
            elif quad and row["x"] and (read is None or read.confidence < SURE_OF_ANOTHER):
                doubtful.append(np.array([[p.x, p.y] for p in quad]) * sized)
        if quads:
            break
    if not quads and len(doubtful) == STARTS:
        quads, weights, layouts = doubtful, [1.0] * STARTS, [PlateLayout.TWO_LINE]
    if not quads:
        return None
    mean = np.average(np.array(quads), axis=0, weights=weights)
    near = np.array([np.abs(q - mean).max() for q in quads]) <= 0.12 * np.ptp(mean, axis=0).max()
    if not near.any():
        return None
    kept = np.average(np.array(quads)[near], axis=0, weights=np.array(weights)[near])
    layout = PlateLayout(max(set(layouts), key=layouts.count))
    return {"corners": np.round(kept, 2).tolist(), "layout": layout}


def starts(
    photo: Picture, row: dict[str, str], box: list[float] | None, finder: PlateFinder
) -> Iterator[Box]:
    """The boxes to begin with: the true one, the one drawn by hand, or those that the finder says."""
    height, width = photo.shape[:2]
    if row["kind"] == "crop":
        yield Box(left=0.0, top=0.0, right=1.0, bottom=1.0)
        return
    if row["x"]:
        x, y, w, h = (float(row[key]) for key in "xywh")
        yield Box(left=x / width, top=y / height, right=(x + w) / width, bottom=(y + h) / height)
        return
    if box is not None:
        left, top, right, bottom = np.array(box) / np.tile([width, height], 2)
        yield Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom))
    yield from (plate.box for plate in finder.find(photo)[:MOST_PLATES])


def shifted(box: Box, rng: np.random.Generator) -> Box:
    error: NDArray[np.float64] = rng.normal(0, SHIFTED, 4)
    return Box(
        left=box.left + error[0] * box.width,
        top=box.top + error[1] * box.height,
        right=box.right + error[2] * box.width,
        bottom=box.bottom + error[3] * box.height,
    )


if __name__ == "__main__":
    main()
