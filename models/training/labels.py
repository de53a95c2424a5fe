"""Boxes that people drew, in YOLO's files: `class cx cy w h`, shares of the picture. Offline only."""

from dataclasses import dataclass
from pathlib import Path

from models.types import Box

MOTORBIKE, CAR, BUS, TRUCK, FOUR_WHEELER = 0, 1, 2, 3, 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    number: int
    box: Box

    def to_line(self) -> str:
        centre = self.box.centre
        return f"{self.number} {centre.x:.6f} {centre.y:.6f} {self.box.width:.6f} {self.box.height:.6f}"


def read_labels(path: Path) -> list[Label]:
    labels = []
    for line in path.read_text().splitlines():
        number, cx, cy, w, h = (float(word) for word in line.split())
        if w > 0 and h > 0:
            box = Box(left=cx - w / 2, top=cy - h / 2, right=cx + w / 2, bottom=cy + h / 2)
            labels.append(Label(number=int(number), box=box))
    return labels
