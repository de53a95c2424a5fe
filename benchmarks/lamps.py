"""Accuracy and speed of the lamp reader on pictures of lamps and heads.

In: a folder and a CSV with the columns image and colour (red, yellow, green). Out: the share read
right (a picture said to be off or unknown is not right), and how many reds were called green.
"""

import csv
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2

from benchmarks.truth import TruthFileError
from models.lamps import open_lamp_reader
from models.letterbox import Picture
from models.types import LampColour


def run(images: Path, truth: Path) -> dict[str, Any]:
    """The figures of `ngatu bench lamps`; `said` counts "true>said" pairs."""
    rows = read_truth(images, truth)
    reader = open_lamp_reader()
    pairs: Counter[tuple[str, str]] = Counter()
    spent_s = 0.0
    for path, colour in rows:
        picture = read_picture(path)
        started = time.perf_counter()
        read = reader.read_head(picture)
        spent_s += time.perf_counter() - started
        pairs[colour.value, read.colour.value] += 1
    right = sum(count for (true, said), count in pairs.items() if true == said)
    return {
        "n": len(rows),
        "accuracy": round(right / len(rows), 4),
        "red_as_green": pairs["red", "green"],
        "said": {f"{true}>{said}": count for (true, said), count in sorted(pairs.items())},
        "ms": round(spent_s / len(rows) * 1000, 3),
    }


def read_truth(images: Path, truth: Path) -> list[tuple[Path, LampColour]]:
    """Picture files and their colours. Raises TruthFileError."""
    try:
        with truth.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as fault:
        raise TruthFileError(f"{truth}: cannot be read ({fault.strerror}); check the path") from None
    if not rows or not {"image", "colour"} <= rows[0].keys():
        raise TruthFileError(f"{truth}: needs the columns image and colour and at least one row")
    return [_row(row, images, f"{truth}:{number}") for number, row in enumerate(rows, start=2)]


def _row(row: dict[str, str], images: Path, where: str) -> tuple[Path, LampColour]:
    try:
        colour = LampColour(row["colour"])
    except ValueError:
        raise TruthFileError(f"{where}: colour '{row['colour']}'; use red, yellow, green or off") from None
    for folder in (images, images.parent):
        if (folder / row["image"]).is_file():
            return folder / row["image"], colour
    raise TruthFileError(f"{where}: {row['image']} is neither in {images} nor beside it")


def read_picture(path: Path) -> Picture:
    """A picture's pixels. Raises TruthFileError."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TruthFileError(f"{path}: cannot be read as a picture; replace or remove it")
    return picture  # type: ignore[no-any-return]
