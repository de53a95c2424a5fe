"""Accuracy and speed of the plate finder and reader on labelled pictures.

In: a folder of pictures and a CSV with the columns image, source, kind, text. Kind scene: the plate is found
in the whole picture, then read; kind crop: the picture is the plate. Out: the figures of `ngatu bench plates`.
"""

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from benchmarks.truth import TruthFileError
from detector.watching.plates_of_track import cuts_of
from models.letterbox import Picture
from models.plates.finder import PlateFinder, open_plate_finder
from models.plates.reader import PlateReader, open_plate_reader
from models.types import Box, PlateBox, PlateRead

KINDS = ("scene", "crop")
COLUMNS = ("image", "source", "kind", "text")
MOST_PLATES = 3
"""How many of the likeliest plates of a scene are read; the surest reading counts."""
WHOLE = Box(left=0.0, top=0.0, right=1.0, bottom=1.0)
SURE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatePicture:
    """One labelled picture."""

    path: Path
    source: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateResult:
    """What was read on one picture ("" for nothing), how sure it is, and the time it took."""

    picture: PlatePicture
    text: str
    confidence: float
    read_ms: float
    whole_ms: float

    @property
    def is_exact(self) -> bool:
        return self.text == self.picture.text


def run(images: Path, truth: Path) -> dict[str, Any]:
    """The figures of `ngatu bench plates`; `wrong` lists up to 40 failures, surest first."""
    pictures = read_truth(images, truth)
    finder, reader = open_plate_finder(), open_plate_reader()
    results = [look(picture, finder, reader) for picture in pictures]
    return figures(results)


def figures(results: Sequence[PlateResult]) -> dict[str, Any]:
    """Share read exactly, character error rate and times by source; `sure_wrong` of the sure readings."""
    sources = sorted({result.picture.source for result in results})
    sure = [result for result in results if result.confidence >= SURE]
    wrong = sorted((r for r in results if not r.is_exact), key=lambda r: -r.confidence)
    return {
        "by_source": {s: _of_source([r for r in results if r.picture.source == s]) for s in sources},
        "sure_wrong": round(sum(not r.is_exact for r in sure) / len(sure), 4) if sure else 0.0,
        "sure": len(sure),
        "wrong": [_said(result) for result in wrong[:40]],
    }


def read_truth(images: Path, truth: Path) -> list[PlatePicture]:
    """The rows whose text is known. Raises TruthFileError."""
    try:
        with truth.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as fault:
        raise TruthFileError(f"{truth}: cannot be read ({fault.strerror}); check the path") from None
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise TruthFileError(f"{truth}: needs the columns {', '.join(COLUMNS)} and at least one row")
    return [_row(row, images, f"{truth}:{number}") for number, row in enumerate(rows, start=2)]


def character_errors(read: str, true: str) -> int:
    """Insertions, deletions and changes that lead from one text to the other (Levenshtein)."""
    above = list(range(len(true) + 1))
    for row, one in enumerate(read, start=1):
        current = [row]
        for column, other in enumerate(true, start=1):
            change = above[column - 1] + (one != other)
            current.append(min(above[column] + 1, current[-1] + 1, change))
        above = current
    return above[-1]


def _of_source(results: Sequence[PlateResult]) -> dict[str, float]:
    count = len(results)
    characters = max(1, sum(len(r.picture.text) for r in results))
    errors = sum(character_errors(r.text, r.picture.text) for r in results)
    return {
        "n": count,
        "exact": round(sum(r.is_exact for r in results) / count, 4),
        "cer": round(errors / characters, 4),
        "read_ms": round(sum(r.read_ms for r in results) / count, 2),
        "whole_ms": round(sum(r.whole_ms for r in results) / count, 2),
    }


def _said(result: PlateResult) -> dict[str, Any]:
    return {
        "image": result.picture.path.name,
        "true": result.picture.text,
        "read": result.text,
        "confidence": round(result.confidence, 3),
    }


def look(picture: PlatePicture, finder: PlateFinder, reader: PlateReader) -> PlateResult:
    """Find and read one picture's plate, timed."""
    pixels = _pixels(picture.path)
    started = time.perf_counter()
    crops: list[tuple[Picture, Picture | None]]
    if picture.kind == "scene":
        plates = finder.find(pixels)[:MOST_PLATES]
        crops = [cuts_of(pixels, plate) for plate in plates]
    else:
        plate = finder.with_corners(pixels, PlateBox(box=WHOLE, score=1.0))
        crops = [cuts_of(pixels, plate) if plate.corners else (pixels, None)]
    found = time.perf_counter()
    reads = [read for read in (reader.read(crop, closer) for crop, closer in crops) if read is not None]
    ended = time.perf_counter()
    best = max(reads, key=_confidence, default=None)
    return PlateResult(
        picture=picture,
        text=best.text if best else "",
        confidence=best.confidence if best else 0.0,
        read_ms=(ended - found) * 1000 / max(1, len(crops)),
        whole_ms=(ended - started) * 1000,
    )


def _confidence(read: PlateRead) -> float:
    return read.confidence


def _row(row: dict[str, str], images: Path, where: str) -> PlatePicture:
    if row["kind"] not in KINDS:
        raise TruthFileError(f"{where}: kind '{row['kind']}'; use scene or crop")
    if not row["text"]:
        raise TruthFileError(f"{where}: text is empty; give the plate's characters without separators")
    path = images / row["image"]
    if not path.is_file():
        raise TruthFileError(f"{where}: {path} is missing; give the folder that holds it")
    return PlatePicture(path=path, source=row["source"], kind=row["kind"], text=row["text"])


def _pixels(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TruthFileError(f"{path}: cannot be read as a picture; replace or remove it")
    return picture  # type: ignore[no-any-return]
