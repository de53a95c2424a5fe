"""Cuts vehicle crops with labelled plates out of rendered training frames, for the plate finder.

In: folders of rendered frames (images/, labels/, plates.csv with plate corners). Out: images/ and
plate_labels/ (YOLO). Plates under 9 px in the frame are left out: nothing can be read there. Offline only.
"""

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

LEAST_HEIGHT_PX = 9.0
LEAST_CROP_PX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateCorners:
    corners: np.ndarray
    """4×2, shares of the frame."""
    height_px: float
    text: str = ""


def read_plates(path: Path) -> dict[str, list[PlateCorners]]:
    plates: dict[str, list[PlateCorners]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            corners = np.array([[float(row[f"{axis}{i}"]) for axis in "xy"] for i in range(1, 5)])
            plates[row["image"]].append(
                PlateCorners(corners=corners, height_px=float(row["height_px"]), text=row["text"])
            )
    return plates


def vehicle_of(plate: PlateCorners, vehicles: list[list[float]]) -> list[float] | None:
    """The smallest vehicle box (cx, cy, w, h) around the middle of the plate."""
    x, y = plate.corners.mean(0)
    around = [v for v in vehicles if abs(x - v[0]) < v[2] / 2 and abs(y - v[1]) < v[3] / 2]
    return min(around, key=lambda v: v[2] * v[3], default=None)


def loose(vehicle: list[float], size: np.ndarray, dice: random.Random) -> np.ndarray:
    """Left, top, right, bottom in px, with the slack that a detector's boxes have."""
    cx, cy, w, h = vehicle
    slack = [dice.uniform(-0.02, 0.12) for _ in range(4)]
    sides = [
        cx - w / 2 - slack[0] * w,
        cy - h / 2 - slack[1] * h,
        cx + w / 2 + slack[2] * w,
        cy + h / 2 + slack[3] * h,
    ]
    return (np.clip(sides, 0, 1) * np.tile(size, 2)).astype(int)


def label_lines(plates: list[PlateCorners], crop: np.ndarray, size: np.ndarray) -> list[str]:
    """YOLO lines of the plates that lie at least 70 % in the crop."""
    lines = []
    whole = np.tile(crop[2:] - crop[:2], 2)
    for plate in plates:
        box = np.concatenate([plate.corners.min(0), plate.corners.max(0)]) * np.tile(size, 2)
        box = box - np.tile(crop[:2], 2)
        inside = np.clip(box, 0, whole)
        if np.prod(inside[2:] - inside[:2]) >= 0.7 * np.prod(box[2:] - box[:2]) > 0:
            left, top, right, bottom = inside / whole
            lines.append(
                f"0 {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}"
            )
    return lines


def crops(part: Path, dice: random.Random) -> Iterator[tuple[np.ndarray, list[str]]]:
    """Every vehicle crop of one folder with its plate labels."""
    for name, plates in read_plates(part / "plates.csv").items():
        picture = cv2.imread(str(part / "images" / f"{name}.jpg"))
        if picture is None:
            continue
        size = np.array(picture.shape[1::-1])
        text = (part / "labels" / f"{name}.txt").read_text()
        vehicles = [[float(word) for word in line.split()[1:5]] for line in text.splitlines()]
        for plate in plates:
            vehicle = vehicle_of(plate, vehicles)
            if vehicle is None or plate.height_px < LEAST_HEIGHT_PX:
                continue
            left, top, right, bottom = crop = loose(vehicle, size, dice)
            if min(right - left, bottom - top) >= LEAST_CROP_PX:
                yield picture[top:bottom, left:right], label_lines(plates, crop, size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rendered", type=Path, nargs="+", help="folders with images/, labels/, plates.csv")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args()
    dice = random.Random(9)
    (told.out / "images").mkdir(parents=True, exist_ok=True)
    (told.out / "plate_labels").mkdir(parents=True, exist_ok=True)
    count = 0
    for part in sorted(told.rendered):
        for cut, lines in crops(part, dice):
            scale = dice.choice((1, 1.5, 2, 2.5))
            crop = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            quality = [cv2.IMWRITE_JPEG_QUALITY, dice.randint(60, 95)]
            cv2.imwrite(str(told.out / "images" / f"rendered_{count:05d}.jpg"), crop, quality)
            (told.out / "plate_labels" / f"rendered_{count:05d}.txt").write_text("\n".join(lines))
            count += 1
    print(f"{count} crops")


if __name__ == "__main__":
    main()
