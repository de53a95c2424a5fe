"""Proposes plate boxes for cartgmt, whose photos show one plate each and come without a box.

In: an earlier finder (.pt), the pictures. Out: JSON picture → box in px, the likeliest of
three input sizes. Offline only.
"""

import argparse
import csv
import json
from pathlib import Path

import torch
from ultralytics import YOLO

LEAST_SCORE = 0.25
SIZES_PX = (256, 320, 448)
WIDEST, TALLEST = 6.5, 0.9  # width ÷ height of a plate as seen, two-line and one-line


def best_of(finder: YOLO, path: Path, size_px: int) -> tuple[float, list[float]]:
    """Score and corners (px) of the likeliest plate-shaped box at one input size."""
    boxes = finder.predict(path, imgsz=size_px, conf=LEAST_SCORE, verbose=False)[0].boxes
    for score, corners in zip(boxes.conf.tolist(), boxes.xyxy.tolist(), strict=True):
        left, top, right, bottom = corners
        if TALLEST < (right - left) / (bottom - top) < WIDEST:
            return score, corners
    return 0.0, []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("finder")
    parser.add_argument("data", type=Path, help="../shared/data/plates")
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    torch.set_num_threads(2)
    finder = YOLO(told.finder)
    with (told.data / "plates.csv").open(encoding="utf-8") as file:
        names = [row["image"] for row in csv.DictReader(file) if row["source"] == "cartgmt"]
    found: dict[str, list[float]] = {}
    for name in names:
        boxes = finder.predict(told.data / "images" / name, imgsz=320, conf=LEAST_SCORE, verbose=False)[
            0
        ].boxes
        if len(boxes) and TALLEST < (boxes.xywh[0][2] / boxes.xywh[0][3]).item() < WIDEST:
            found[name] = [round(v, 1) for v in boxes.xyxy[0].tolist()]
    told.out.write_text(json.dumps(found))
    print(f"{len(found)} of {len(names)} photos")


if __name__ == "__main__":
    main()
