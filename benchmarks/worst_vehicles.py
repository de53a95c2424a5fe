"""Draws where the vehicle detector is worst, boxes only: no pixel of a picture goes into the project.

`python -m benchmarks.worst_vehicles IMAGES LABELS OUT.svg`. In: labelled pictures. Out: the twelve pictures with most
missed and false vehicles at the product's least score, as one SVG. Lines: what people drew; dashes: what was said.
"""

import argparse
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2

from benchmarks.average_precision import LEAST_OVERLAP
from benchmarks.truth import TruthFileError
from benchmarks.vehicles import LabelledPicture, read_labelled
from models.types import Box, VehicleClass
from models.vehicles import VehicleDetector, open_vehicle_detector

SHOWN, ACROSS = 12, 4
TILE_PX, CAPTION_PX = 300, 34
TWO_WHEELED = (VehicleClass.MOTORBIKE, VehicleClass.BICYCLE)
COLOURS = {"right": "#1b7f3b", "missed": "#c97a00", "false": "#c4122f", "said": "#1f5fbf"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One picture's boxes by what became of them."""

    name: str
    shape: tuple[int, int]
    boxes: tuple[tuple[str, Box], ...]

    @property
    def faults(self) -> int:
        return sum(kind in ("missed", "false") for kind, _ in self.boxes)


def main() -> None:
    """Writes the SVG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    detector = open_vehicle_detector()
    drawn = [_look(labelled, detector) for labelled in read_labelled(told.images, told.labels)]
    told.out.write_text(svg(sorted(drawn, key=lambda one: (-one.faults, one.name))[:SHOWN]), encoding="utf-8")


def _look(labelled: LabelledPicture, detector: VehicleDetector) -> Drawn:
    picture = cv2.imread(str(labelled.path))
    if picture is None:
        raise TruthFileError(f"{labelled.path}: cannot be read as a picture; replace or remove it")
    said = [(one.vehicle_class in TWO_WHEELED, one.box) for one in detector.detect(picture)]
    true = [(kind in TWO_WHEELED, box) for kind, box in labelled.boxes]
    true += [(False, box) for box in labelled.untold]
    height, width = picture.shape[:2]
    return Drawn(name=labelled.path.stem, shape=(width, height), boxes=judged(true, said))


def judged(true: list[tuple[bool, Box]], said: list[tuple[bool, Box]]) -> tuple[tuple[str, Box], ...]:
    """What became of each box; `said` comes best first, and two-wheelers are matched with two-wheelers only."""
    free = list(true)
    boxes: list[tuple[str, Box]] = []
    for two_wheeled, box in said:
        alike = [other for other in free if other[0] == two_wheeled]
        best = max(alike, key=lambda other: box.overlap(other[1]), default=None)
        if best is not None and box.overlap(best[1]) >= LEAST_OVERLAP:
            free.remove(best)
            boxes += [("right", best[1]), ("said", box)]
        else:
            boxes.append(("false", box))
    return (*boxes, *(("missed", box) for _, box in free))


def svg(drawn: list[Drawn]) -> str:
    """All pictures as one drawing."""
    rows = -(-len(drawn) // ACROSS)
    width, height = ACROSS * TILE_PX, rows * (TILE_PX + CAPTION_PX) + CAPTION_PX
    tiles = "".join(
        _tile(one, place % ACROSS * TILE_PX, place // ACROSS * (TILE_PX + CAPTION_PX))
        for place, one in enumerate(drawn)
    )
    words = {"right": "drawn by people, found", "said": "found", "missed": "missed", "false": "false"}
    legend = "".join(
        f'<text x="{8 + 260 * place}" y="{height - 12}" fill="{COLOURS[kind]}">{word}</text>'
        for place, (kind, word) in enumerate(words.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="13"><rect width="{width}" height="{height}" fill="#fff"/>{tiles}{legend}</svg>\n'
    )


def _tile(one: Drawn, x: int, y: int) -> str:
    scale = (TILE_PX - 10) / max(one.shape)
    width, height = (side * scale for side in one.shape)
    parts = [f'<rect x="{x}" y="{y}" width="{width:.0f}" height="{height:.0f}" fill="#eef0f2"/>']
    for kind, box in one.boxes:
        dashes = ' stroke-dasharray="4 2"' if kind in ("said", "false") else ""
        parts.append(
            f'<rect x="{x + box.left * width:.1f}" y="{y + box.top * height:.1f}" width="{box.width * width:.1f}" '
            f'height="{box.height * height:.1f}" fill="none" stroke="{COLOURS[kind]}" stroke-width="1.5"{dashes}/>'
        )
    missed = sum(kind == "missed" for kind, _ in one.boxes)
    words = f"{one.name}: {missed} missed, {one.faults - missed} false"
    return "".join([*parts, f'<text x="{x}" y="{y + TILE_PX + 12}">{escape(words)}</text>'])


if __name__ == "__main__":
    main()
