"""Draws what the networks get wrong on rendered data, the only pictures that may be shown.

`python -m benchmarks.failures RENDERED DRAWN OUT`. In: frames of `python -m fixtures.render training` and plates of
`python -m fixtures.plates`, both of seeds that nothing was trained on. Out: vehicles.jpg, vehicle_plates.jpg and
drawn_plates.jpg in OUT, and how many there were of each as JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.vehicles import LabelledPicture, read_labelled
from benchmarks.worst_vehicles import judged
from detector.watching.plates_of_track import cuts_of
from models.letterbox import Picture
from models.plates.finder import open_plate_finder
from models.plates.reader import PlateReader, open_plate_reader
from models.training.plates.plate_pictures import damaged, drawn_samples
from models.training.prepare_rendered_plates import PlateCorners, read_plates, vehicle_of
from models.types import Box, VehicleClass
from models.vehicles import open_vehicle_detector

TWO_WHEELED = (VehicleClass.MOTORBIKE, VehicleClass.BICYCLE)
COLOURS = {"missed": (0, 140, 240), "false": (40, 20, 210), "right": (60, 160, 30), "said": (190, 110, 30)}
LEAST_PLATE_PX = 16.0
"""Lower plates are too small to be asked for."""
VEHICLE_MARGIN = 0.06
LINE_PX = 18
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 72]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """One picture to show, what to write under it, and how bad it is."""

    picture: Picture
    words: str
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """How many tiles a drawing has across, how large each is, and how many are shown at most."""

    across: int
    tile_px: tuple[int, int]
    most: int


SHEETS = {
    "vehicles": Sheet(across=2, tile_px=(560, 315), most=6),
    "vehicle_plates": Sheet(across=6, tile_px=(190, 190), most=24),
    "drawn_plates": Sheet(across=6, tile_px=(190, 110), most=36),
}


def main() -> None:
    """Writes the drawings and prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("drawn", type=Path)
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    reader = open_plate_reader()
    kinds = {
        "vehicles": list(of_vehicles(told.rendered)),
        "vehicle_plates": list(of_vehicle_plates(told.rendered, reader)),
        "drawn_plates": list(of_drawn_plates(told.drawn, reader)),
    }
    counts = {}
    for kind, seen in kinds.items():
        failures = [one for one in seen if one.weight > 0]
        counts[kind] = {"looked_at": len(seen), "wrong": len(failures)}
        if failures:
            worst = sorted(failures, key=lambda one: -one.weight)[: SHEETS[kind].most]
            cv2.imwrite(str(told.out / f"{kind}.jpg"), drawn(worst, SHEETS[kind]), QUALITY)
    sys.stdout.write(json.dumps(counts) + "\n")


def of_vehicles(rendered: Path) -> Iterator[Failure]:
    """Each frame with the boxes that are missed (orange) and false (red); right ones are green."""
    detector = open_vehicle_detector()
    for labelled in read_labelled(rendered / "images", rendered / "labels"):
        frame = _read(labelled.path)
        said = [(one.vehicle_class in TWO_WHEELED, one.box) for one in detector.detect(frame)]
        boxes = judged(_true(labelled), said)
        for kind in ("right", "false", "missed"):
            for box in (box for what, box in boxes if what == kind):
                _outline(frame, box, COLOURS[kind])
        missed, false = (sum(what == kind for what, _ in boxes) for kind in ("missed", "false"))
        words = f"{labelled.path.stem}: {missed} missed, {false} false of {len(_true(labelled))}"
        yield Failure(picture=frame, words=words, weight=missed + false)


def of_vehicle_plates(rendered: Path, reader: PlateReader) -> Iterator[Failure]:
    """Each vehicle whose plate is tall enough: weight 2 for a plate not found, 1 and its confidence for one misread."""
    finder = open_plate_finder()
    for name, plates in read_plates(rendered / "plates.csv").items():
        frame = _read(rendered / "images" / f"{name}.jpg")
        lines = (rendered / "labels" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        vehicles = [[float(word) for word in line.split()[1:5]] for line in lines]
        for plate in plates:
            crop = _vehicle(frame, plate, vehicles)
            if plate.height_px < LEAST_PLATE_PX or crop is None:
                continue
            reads = [(reader.read(*cuts_of(crop, found)), found) for found in finder.find(crop)[:1]]
            read = next((read for read, _ in reads if read), None)
            for _, found in reads:
                _outline(crop, found.box, COLOURS["said"])
            text, sure = (read.text, read.confidence) if read else ("nothing", 1.0)
            wrong = text != plate.text
            words = f"{plate.text}: {text} {sure:.2f}" if read else f"{plate.text}: nothing"
            yield Failure(picture=crop, words=words, weight=wrong * (1 + sure))


def of_drawn_plates(folder: Path, reader: PlateReader) -> Iterator[Failure]:
    """Each drawn plate, damaged as in training; a text that is wrong weighs as much as it was believed."""
    rng = np.random.default_rng(6)
    for sample in drawn_samples(folder):
        picture = damaged(sample, rng)
        read = reader.read(picture)
        text, sure = (read.text, read.confidence) if read else ("nothing", 0.0)
        words = f"{sample.text}: {text} {sure:.2f}"
        yield Failure(picture=picture, words=words, weight=(text != sample.text) * (0.01 + sure))


def drawn(failures: list[Failure], sheet: Sheet) -> Picture:
    """All pictures on one sheet, each with its words below."""
    width, height = sheet.tile_px
    tiles = [_tile(one, width, height) for one in failures]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % sheet.across)
    rows = [np.hstack(tiles[first : first + sheet.across]) for first in range(0, len(tiles), sheet.across)]
    return np.vstack(rows)


def _tile(one: Failure, width: int, height: int) -> Picture:
    tile = np.full((height + LINE_PX, width, 3), 255, np.uint8)
    scale = min((width - 6) / one.picture.shape[1], (height - 4) / one.picture.shape[0])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(one.picture, None, fx=scale, fy=scale, interpolation=how)
    tile[: small.shape[0], : small.shape[1]] = small
    cv2.putText(
        tile, one.words, (2, height + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (40, 40, 40), 1, cv2.LINE_AA
    )
    return tile


def _true(labelled: LabelledPicture) -> list[tuple[bool, Box]]:
    return [(kind in TWO_WHEELED, box) for kind, box in labelled.boxes]


def _vehicle(frame: Picture, plate: PlateCorners, vehicles: list[list[float]]) -> Picture | None:
    around = vehicle_of(plate, vehicles)
    if around is None:
        return None
    cx, cy, w, h = around
    corners = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    corners += np.array([-w, -h, w, h]) * VEHICLE_MARGIN
    left, top, right, bottom = (np.clip(corners, 0, 1) * np.tile(frame.shape[1::-1], 2)).astype(int)
    return frame[top:bottom, left:right].copy() if right > left and bottom > top else None


def _outline(picture: Picture, box: Box, colour: tuple[int, int, int]) -> None:
    height, width = picture.shape[:2]
    corners = (
        (round(box.left * width), round(box.top * height)),
        (
            round(box.right * width),
            round(box.bottom * height),
        ),
    )
    cv2.rectangle(picture, *corners, colour, max(1, width // 400))


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path}: cannot be read as a picture; render the frames again")
    return np.asarray(picture, np.uint8)


if __name__ == "__main__":
    main()
