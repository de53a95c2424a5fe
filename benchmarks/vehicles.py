"""Accuracy and speed of the vehicle detector on labelled pictures.

In: a folder of pictures and a folder of YOLO labels (0 motorbike, 1 car, 2 bus, 3 truck, 4 bicycle,
5 car, bus or truck not told apart). Out: AP50 by class, milliseconds a picture.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import cv2

from benchmarks.average_precision import PictureOfClass, ScoredBox, average_precision
from benchmarks.truth import TruthFileError
from models.letterbox import Picture
from models.types import Box, VehicleClass, VehicleDetection
from models.vehicles import CLASSES, SMALL_SIZE, WATCH_SIZE, VehicleDetector, open_vehicle_detector

LEAST_SCORE = 0.01
STILL_SIZES = ((640, 384), (640, 480), (448, 448))
"""Inputs for stills of any shape. Square stills are wide ones pressed: at 640 px their vehicles stand taller than any
that were trained on, so they get the side of training (on training junctions 0.73 of four-wheelers against 0.65)."""
FOUR_WHEELERS = (VehicleClass.CAR, VehicleClass.BUS, VehicleClass.TRUCK)
UNTOLD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledPicture:
    """A picture's true boxes by class; `untold` are four-wheelers that nobody told apart."""

    path: Path
    boxes: tuple[tuple[VehicleClass, Box], ...]
    untold: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """A labelled picture and what the detector said of it."""

    labelled: LabelledPicture
    detections: tuple[VehicleDetection, ...]


class Detects(Protocol):
    """Anything that finds vehicles in one picture."""

    def detect(self, picture: Picture) -> list[VehicleDetection]: ...


Choice = Callable[[Picture], Detects]


def run(images: Path, labels: Path) -> dict[str, Any]:
    """The figures of `ngatu bench vehicles`; `ap50` is for stills by their shape, `by_size` for watching."""
    pictures = read_labelled(images, labels)
    looked, ms = look_at(pictures, shipped(None))
    figures = {"n": len(pictures), "ap50": ap50(looked), "ms": round(ms, 2)}
    by_size = {}
    for size in (WATCH_SIZE, SMALL_SIZE):
        looked, ms = look_at(pictures, shipped(size))
        by_size[f"{size[0]}x{size[1]}"] = {"ap50": ap50(looked), "ms": round(ms, 2)}
    return {**figures, "by_size": by_size}


def read_labelled(images: Path, labels: Path) -> list[LabelledPicture]:
    """Every picture of a folder with its labels. Raises TruthFileError."""
    paths = sorted(path for path in images.glob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not paths:
        raise TruthFileError(f"{images}: holds no JPEG or PNG picture; give a folder that does")
    return [_labelled(path, labels / f"{path.stem}.txt") for path in paths]


def ap50(looked: list[Looked]) -> dict[str, float | None]:
    """AP50 by class; four_wheeler merges car, bus, truck and the untold on both sides; None: no such truth."""
    figures = {}
    for one in CLASSES:
        untold = one in FOUR_WHEELERS
        figures[one.value] = average_precision([_of(seen, (one,), disregard=untold) for seen in looked])
    merged = [_of(seen, FOUR_WHEELERS, disregard=False) for seen in looked]
    figures["four_wheeler"] = average_precision(merged)
    return {name: None if value is None else round(value, 4) for name, value in figures.items()}


def _of(seen: Looked, classes: tuple[VehicleClass, ...], *, disregard: bool) -> PictureOfClass:
    untold = seen.labelled.untold if classes[0] in FOUR_WHEELERS else ()
    true = tuple(box for kind, box in seen.labelled.boxes if kind in classes)
    return PictureOfClass(
        found=tuple(
            ScoredBox(box=one.box, score=one.score) for one in seen.detections if one.vehicle_class in classes
        ),
        true=true if disregard else true + untold,
        disregarded=untold if disregard else (),
    )


def look_at(pictures: list[LabelledPicture], choose: Choice) -> tuple[list[Looked], float]:
    """Detections on every picture, and milliseconds a picture without reading files.

    `choose` names the detector for a picture; its first look is not timed.
    """
    warm: set[int] = set()
    looked, spent_s = [], 0.0
    for labelled in pictures:
        picture = _read(labelled.path)
        detector = choose(picture)
        if id(detector) not in warm:
            warm.add(id(detector))
            detector.detect(picture)
        started = time.perf_counter()
        detections = detector.detect(picture)
        spent_s += time.perf_counter() - started
        looked.append(Looked(labelled=labelled, detections=tuple(detections)))
    return looked, spent_s / len(pictures) * 1000


def shipped(size: tuple[int, int] | None) -> Choice:
    """The shipped detector at one input size, or at the size that fits a still (None)."""

    @cache
    def opened(chosen: tuple[int, int]) -> VehicleDetector:
        return open_vehicle_detector(chosen, least_score=LEAST_SCORE)

    return lambda picture: opened(size or still_size(picture))


def still_size(picture: Picture) -> tuple[int, int]:
    """The input size whose shape is nearest to the picture's."""
    shape = picture.shape[0] / picture.shape[1]
    return min(STILL_SIZES, key=lambda size: abs(size[1] / size[0] - shape))


def _labelled(path: Path, label_file: Path) -> LabelledPicture:
    if not label_file.is_file():
        raise TruthFileError(f"{label_file}: missing; every picture needs one, empty if it shows no vehicle")
    boxes: list[tuple[VehicleClass, Box]] = []
    untold: list[Box] = []
    for number, line in enumerate(label_file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        kind, box = _label(line, f"{label_file}:{number}")
        if kind == UNTOLD:
            untold.append(box)
        else:
            boxes.append((CLASSES[kind], box))
    return LabelledPicture(path=path, boxes=tuple(boxes), untold=tuple(untold))


def _label(line: str, where: str) -> tuple[int, Box]:
    try:
        kind, cx, cy, width, height = line.split()[:5]
        x, y, half_w, half_h = float(cx), float(cy), float(width) / 2, float(height) / 2
        box = Box(left=x - half_w, top=y - half_h, right=x + half_w, bottom=y + half_h)
        if not 0 <= int(kind) <= UNTOLD:
            raise ValueError(f"class {kind}")
    except ValueError as fault:
        raise TruthFileError(f"{where}: '{line}' is not 'class cx cy w h' with class 0…5 ({fault})") from None
    return int(kind), box


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TruthFileError(f"{path}: cannot be read as a picture; replace or remove it")
    return picture  # type: ignore[no-any-return]
