"""Writes small two-line crops as a stand-in for a set that is not at hand: `… small_crops DATA CORNERS.json OUT`.

In: ../shared/data/plates; plate corners by image (corners_by_text.py --held-back). Out: OUT/images, OUT/plates.csv for
`ngatu bench plates`. Each two-line plate is cut out once as another camera may give it: turned by up to 15 degrees,
slanted, with 0 to 15 % around it, 22 to 48 px high, noisy, compressed. Seeded: always the same crops.
"""

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.types import PlateLayout

HEIGHT_PX = (22, 48)
COLUMNS = ("image", "source", "kind", "x", "y", "w", "h", "text", "lines")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("corners", type=Path)
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    (told.out / "images").mkdir(parents=True, exist_ok=True)
    known = json.loads(told.corners.read_text(encoding="utf-8"))
    rng = np.random.default_rng(17)
    with (told.out / "plates.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for name, plate in sorted(known.items()):
            if plate["layout"] != PlateLayout.TWO_LINE:
                continue
            photo = cv2.imread(str(told.data / "images" / name))
            crop = small_crop(photo, np.array(plate["corners"], np.float32), rng)
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(60, 95))]
            cv2.imwrite(str(told.out / "images" / name), crop, quality)
            rows.writerow((name, "small", "crop", "", "", "", "", plate["text"], 2))


def small_crop(
    photo: NDArray[np.uint8], quad: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The plate turned, slanted and small, upright cut with a little around it."""
    turn, shear = np.radians(rng.uniform(-15, 15)), rng.uniform(-0.15, 0.15)
    slant = np.array([[1, 0], [shear, 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    aslant = (quad - quad.mean(axis=0)) @ (rotation @ slant).T
    low, high = aslant.min(axis=0), aslant.max(axis=0)
    room = rng.uniform(0.0, 0.15, 4) * np.tile(high - low, 2)
    low, high = low - room[:2], high + room[2:]
    scale = rng.uniform(*HEIGHT_PX) / (high - low)[1]
    fine = max(1.0, 1 / scale)
    target = ((aslant - low) * scale * fine).astype(np.float32)
    size = tuple(int(v) for v in np.ceil((high - low) * scale * fine))
    matrix = cv2.getPerspectiveTransform(quad, target)
    cut = cv2.warpPerspective(photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(cut, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)
    return np.clip(small + rng.normal(0, rng.uniform(0, 6), small.shape), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
