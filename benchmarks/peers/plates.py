"""What other readers make of the plates that ours reads: RapidOCR (PP-OCR) or Tesseract, same pictures, one run.

`python -m benchmarks.peers.plates IMAGES TRUTH.csv rapidocr|tesseract [--every 3]`. The others get every given box
cut out with a margin; ours finds the plate itself. Needs rapidocr-onnxruntime, or the program tesseract. Prints JSON.
"""

import argparse
import csv
import importlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.plates import PlatePicture, PlateResult, character_errors, figures, look, read_truth
from models.letterbox import Picture
from models.plates.finder import open_plate_finder
from models.plates.reader import open_plate_reader

MARGIN = 0.06
LEAST_HEIGHT_PX = 64
"""Smaller cuts are enlarged for the others, which are made for larger letters."""
PLATE = re.compile(r"[0-9]{2}[A-Z][A-Z0-9]?[0-9]{4,6}")

ONE_LINE_FROM = 2.5

TextOf = Callable[[Picture], str]


def main() -> None:
    """Ours and another reader on every nth picture, beside each other."""
    told = _arguments()
    pictures = read_truth(told.images, told.truth)[:: told.every]
    boxes = _boxes(told.truth)
    other = {"rapidocr": open_rapidocr, "tesseract": open_tesseract}[told.reader]()
    finder, reader = open_plate_finder(), open_plate_reader()
    ours = [look(picture, finder, reader) for picture in pictures]
    theirs = [_look_with(other, picture, boxes.get(picture.path.name)) for picture in pictures]
    row = {"n": len(pictures), "ours": _short(ours), told.reader: _short(theirs)}
    sys.stdout.write(json.dumps(row) + "\n")


def open_rapidocr() -> TextOf:
    """RapidOCR with the networks that its package brings."""
    engine = importlib.import_module("rapidocr_onnxruntime").RapidOCR()

    def text_of(picture: Picture) -> str:
        rows, _ = engine(picture)
        text = plate_text(in_reading_order([(box, text) for box, text, _ in rows or []]))
        if PLATE.fullmatch(text) or picture.shape[1] < ONE_LINE_FROM * picture.shape[0]:
            return text
        # Its finder splits a row that fills the picture; without it the row is read whole.
        whole, _ = engine(picture, use_det=False, use_cls=False)
        return plate_text([text for text, _ in whole or []])

    return text_of


def open_tesseract() -> TextOf:
    """Tesseract in its mode for one block of text."""

    def text_of(picture: Picture) -> str:
        encoded = cv2.imencode(".png", picture)[1].tobytes()
        command = ["tesseract", "-", "-", "--psm", "6"]
        said = subprocess.run(command, input=encoded, capture_output=True, check=True)  # noqa: S603
        return plate_text(said.stdout.decode("utf-8", "replace").split("\n"))

    return text_of


def in_reading_order(found: Sequence[tuple[Sequence[Sequence[float]], str]]) -> list[str]:
    """Texts from top to bottom, and from left to right where boxes share a row."""
    boxes = [
        (np.asarray(corners, float).min(0), np.asarray(corners, float).max(0), text)
        for corners, text in found
    ]
    if not boxes:
        return []
    height = float(np.median([low[1] - high[1] for high, low, _ in boxes])) or 1.0
    boxes.sort(key=lambda box: (round(float(box[0][1] + box[1][1]) / 2 / height), float(box[0][0])))
    return [text for _, _, text in boxes]


def plate_text(rows: Sequence[str]) -> str:
    """The first row, or two rows together, that are a plate by their shape; else all letters and digits."""
    clean = [re.sub(r"[^0-9A-Z]", "", row.upper().replace("Đ", "D")) for row in rows]
    for together in (*clean, *(upper + lower for upper, lower in pairwise(clean))):
        if PLATE.fullmatch(together):
            return together
    joined = "".join(clean)
    plate = PLATE.search(joined)
    return plate.group() if plate else joined


def _look_with(other: TextOf, picture: PlatePicture, box: tuple[float, ...] | None) -> PlateResult:
    pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{picture.path}: cannot be read as a picture")
    seen = _enlarged(_cut(np.asarray(pixels, np.uint8), box))
    started = time.perf_counter()
    text = other(seen)
    spent_ms = (time.perf_counter() - started) * 1000
    return PlateResult(picture=picture, text=text, confidence=0.0, read_ms=spent_ms, whole_ms=spent_ms)


def _cut(pixels: Picture, box: tuple[float, ...] | None) -> Picture:
    if box is None:
        return pixels
    x, y, width, height = box
    left, top = max(0, int(x - MARGIN * width)), max(0, int(y - MARGIN * height))
    return pixels[top : int(y + height * (1 + MARGIN)), left : int(x + width * (1 + MARGIN))]


def _enlarged(pixels: Picture) -> Picture:
    times = max(1.0, LEAST_HEIGHT_PX / pixels.shape[0])
    return np.asarray(cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8)


def _boxes(truth: Path) -> dict[str, tuple[float, ...]]:
    with truth.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "scene" and row.get("w")]
    return {Path(row["image"]).name: tuple(float(row[key]) for key in "xywh") for row in rows}


def _short(results: list[PlateResult]) -> dict[str, Any]:
    whole = figures(results)
    errors = sum(character_errors(r.text, r.picture.text) for r in results)
    return {
        "by_source": whole["by_source"],
        "exact": sum(r.is_exact for r in results),
        "character_errors": errors,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("reader", choices=("rapidocr", "tesseract"))
    parser.add_argument("--every", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
