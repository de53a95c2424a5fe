"""Makes the plate finder's training set from ../shared/data/plates and from rendered plates.

In: pictures with plate boxes (greenparking, scenes; cartgmt from an earlier finder's boxes; rendered
frames' plates). Out: a YOLO folder of whole pictures and loose vehicle-like crops, split by plate text
(greenparking, cartgmt) or by block of neighbours (scenes). Offline only.
"""

import argparse
import csv
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

Turned = tuple["Scene", np.ndarray]
VALIDATION_SHARE = 0.12
TURNED_CHANCE = 0.6
BLOCK = 20  # scenes: neighbours in number are near-copies


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One picture with its plates (left, top, right, bottom in px); `group` decides the split."""

    name: str
    path: Path
    boxes: tuple[tuple[float, float, float, float], ...]
    group: str

    @property
    def is_validation(self) -> bool:
        return zlib.crc32(self.group.encode()) % 1000 < VALIDATION_SHARE * 1000


def plate_csv_scenes(data: Path, proposals: dict[str, list[float]]) -> Iterator[Scene]:
    """greenparking with its own boxes, cartgmt with proposed ones (left, top, right, bottom in px)."""
    with (data / "plates.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = data / "images" / row["image"]
            if row["x"]:
                x, y, w, h = (float(row[key]) for key in "xywh")
                box = (x, y, x + w, y + h)
            elif row["image"] in proposals:
                box = tuple(proposals[row["image"]])
            else:
                continue
            yield Scene(name=path.stem, path=path, boxes=(box,), group=row["text"])


def yolo_scenes(images: Path, labels: Path, plate_class: int = 0) -> Iterator[Scene]:
    """Pictures with YOLO label files; only boxes of `plate_class` count."""
    for path in sorted(images.iterdir()):
        height, width = cv2.imread(str(path)).shape[:2]
        boxes = []
        for line in (labels / f"{path.stem}.txt").read_text().splitlines():
            number, cx, cy, w, h = (float(word) for word in line.split()[:5])
            if number == plate_class:
                corners = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
                boxes.append(tuple(v * side for v, side in zip(corners, (width, height) * 2, strict=True)))
        stem, _, number = path.stem.rpartition("_")
        yield Scene(name=path.stem, path=path, boxes=tuple(boxes), group=f"{stem}-{int(number) // BLOCK}")


def loose_crop(
    scene: Scene, picture: np.ndarray, dice: random.Random
) -> tuple[np.ndarray, list[list[float]]]:
    """A part of the picture around one plate, as large as a vehicle box would be, 80–500 px wide."""
    height, width = picture.shape[:2]
    left, top, right, bottom = dice.choice(scene.boxes)
    plate = right - left
    w = min(plate * dice.uniform(1.6, 7.0), width)
    h = min(w * dice.choice((0.7, 0.9, 1.2, 1.6, 2.0)), height)
    x = np.clip(dice.uniform(right - w, left), 0, width - w)
    y = np.clip(dice.uniform(bottom - h, top), 0, height - h)
    crop = picture[int(y) : int(y + h), int(x) : int(x + w)]
    scale = min(1.0, dice.uniform(80, 500) / crop.shape[1])
    scale = max(scale, min(1.0, 14 / plate))
    crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows = [within((np.array(b) - [x, y, x, y]) * scale, crop.shape[1], crop.shape[0]) for b in scene.boxes]
    return crop, [row for row in rows if row]


def turned(scene: Scene, corners: np.ndarray, picture: np.ndarray, dice: random.Random) -> Turned:
    """The picture turned about its plate by 6 to 32 degrees, and the plate's upright box in it."""
    angle = dice.uniform(6, 32) * dice.choice((-1, 1))
    height, width = picture.shape[:2]
    x, y = (float(v) for v in corners.mean(axis=0))
    matrix = cv2.getRotationMatrix2D((x, y), angle, dice.uniform(0.75, 1.1))
    whole = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    at = np.hstack([corners, np.ones((4, 1))]) @ matrix.T
    box = np.concatenate([at.min(axis=0), at.max(axis=0)])
    return replace(scene, boxes=(tuple(float(v) for v in box),)), whole


def within(box: np.ndarray, width: int, height: int) -> list[float]:
    """A box (px) clipped into the picture as YOLO shares; empty when less than 60 % of it is inside."""
    inside = np.clip(box, 0, [width, height, width, height])
    if np.prod(inside[2:] - inside[:2]) < 0.6 * np.prod(box[2:] - box[:2]):
        return []
    left, top, right, bottom = inside / [width, height, width, height]
    return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]


def write(out: Path, part: str, name: str, picture: np.ndarray, rows: list[list[float]]) -> None:
    for kind in ("images", "labels"):
        (out / kind / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out / "images" / part / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    lines = [" ".join(["0", *(f"{v:.6f}" for v in row)]) for row in rows if row]
    (out / "labels" / part / f"{name}.txt").write_text("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="../shared/data/plates")
    parser.add_argument("out", type=Path)
    parser.add_argument("--proposals", type=Path, help="JSON: cartgmt picture → box in px")
    parser.add_argument("--leave-out", type=Path, help="held_back.py's CSV: no picture of these texts")
    parser.add_argument("--rendered", type=Path, help="folder with images/ and plate_labels/ (YOLO)")
    parser.add_argument(
        "--corners", type=Path, help="what corners_by_text.py found: boxes, and turned pictures"
    )
    parser.add_argument("--keep", type=float, default=1.0, help="share of greenparking to use")
    told = parser.parse_args()
    dice = random.Random(5)
    proposals = json.loads(told.proposals.read_text()) if told.proposals else {}
    known = json.loads(told.corners.read_text()) if told.corners else {}
    corners = {name: np.array(one["corners"]) for name, one in known.items()}
    proposals |= {name: [*quad.min(axis=0), *quad.max(axis=0)] for name, quad in corners.items()}
    scenes = [*plate_csv_scenes(told.data, proposals)]
    if told.leave_out:
        with told.leave_out.open(encoding="utf-8") as file:
            held = {row["text"] for row in csv.DictReader(file)}
        scenes = [s for s in scenes if s.group not in held]
    scenes = [s for s in scenes if not s.name.startswith("greenparking") or dice.random() < told.keep]
    scenes += yolo_scenes(told.data / "scenes/images", told.data / "scenes/labels")
    if told.rendered:
        scenes += yolo_scenes(told.rendered / "images", told.rendered / "plate_labels")
    for scene in scenes:
        picture = cv2.imread(str(scene.path))
        part = "val" if scene.is_validation else "train"
        height, width = picture.shape[:2]
        write(told.out, part, scene.name, picture, [within(np.array(b), width, height) for b in scene.boxes])
        for i in range(1 if scene.boxes else 0):
            crop, rows = loose_crop(scene, picture, dice)
            write(told.out, part, f"{scene.name}_crop{i}", crop, rows)
        if scene.path.name in corners and dice.random() < TURNED_CHANCE:
            askew, whole = turned(scene, corners[scene.path.name], picture, dice)
            rows = [within(np.array(b), width, height) for b in askew.boxes]
            write(told.out, part, f"{scene.name}_turned", whole, rows)
            write(told.out, part, f"{scene.name}_turned_crop", *loose_crop(askew, whole, dice))
    (told.out / "data.yaml").write_text(
        f"path: {told.out.resolve()}\ntrain: images/train\nval: images/val\nnames: [plate]\n"
    )


if __name__ == "__main__":
    main()
