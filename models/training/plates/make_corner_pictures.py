"""Writes pictures for the corner network: `… make_corner_pictures DATA DRAWN OUT.npz --count 40000 --seed 11`.

In: ../shared/data/plates, plates drawn by `python -m fixtures.plates`; `--corners`: what corners_by_text.py found, then
half of the pictures show real plates. Out: X (N×64×128 grey bytes), Y (N×8 corners, shares of the picture). Photos of
held-back texts are not touched. Offline only.
"""

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np

from models.plates.corners import HEIGHT_PX, WIDTH_PX
from models.plates.finder import open_plate_finder
from models.training.plates.corner_pictures import PlatePatch, as_input, covered, patch_around, seen
from models.training.plates.plate_pictures import is_held_back

LEAST_SCORE = 0.3
CAR_PHOTOS = 0.55
REAL = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("drawn", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--corners", type=Path)
    told = parser.parse_args()
    rng = np.random.default_rng(told.seed)
    drawn = [cv2.imread(str(path)) for path in sorted(told.drawn.glob("*.png"))]
    known = json.loads(told.corners.read_text(encoding="utf-8")) if told.corners else {}
    real = {name: patch_around(read(told.data, name), np.array(known[name]["corners"])) for name in known}
    real_by_kind = of_kinds(real)
    found_by_kind = of_kinds(found_plates(told.data))
    pictures = np.zeros((told.count, HEIGHT_PX, WIDTH_PX), np.uint8)
    corners = np.zeros((told.count, 8), np.float32)
    for i in range(told.count):
        if real and rng.random() < REAL:
            patch = pick(real_by_kind, rng)
        else:
            patch = covered(pick(found_by_kind, rng), drawn[rng.integers(len(drawn))], rng)
        picture, quad = seen(patch, rng)
        pictures[i] = np.round((as_input(picture)[0] + 1) * 127.5)
        corners[i] = quad.ravel()
    np.savez(told.out, X=pictures, Y=corners)


def read(data: Path, name: str) -> np.ndarray:
    return np.asarray(cv2.imread(str(data / "images" / name)))


def found_plates(data: Path) -> dict[str, PlatePatch]:
    """Surroundings of the plates of training photos, by the given box or the finder's."""
    finder, found = open_plate_finder(), {}
    with (data / "plates.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["kind"] == "scene" and not is_held_back(row["text"])
        ]
    for row in rows:
        photo = read(data, row["image"])
        if row["x"]:
            x, y, w, h = (float(row[key]) for key in "xywh")
        else:
            boxes = finder.find(photo)
            if not boxes or boxes[0].score < LEAST_SCORE:
                continue
            box, (height, width) = boxes[0].box, photo.shape[:2]
            x, y, w, h = box.left * width, box.top * height, box.width * width, box.height * height
        quad = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
        found[row["image"]] = patch_around(photo, quad)
    return found


def of_kinds(patches: dict[str, PlatePatch]) -> tuple[list[PlatePatch], list[PlatePatch]]:
    """Car photos and crops, motorbike scenes."""
    cars = [patch for name, patch in patches.items() if not name.startswith("greenparking")]
    return cars, [patch for name, patch in patches.items() if name.startswith("greenparking")]


def pick(kinds: tuple[list[PlatePatch], list[PlatePatch]], rng: np.random.Generator) -> PlatePatch:
    of_kind = kinds[0 if rng.random() < CAR_PHOTOS else 1]
    return of_kind[rng.integers(len(of_kind))]


if __name__ == "__main__":
    main()
