"""Makes the vehicle detector's training and validation set from ../shared/data/vehicles.

In: pictures, labels, proposals (propose_vehicles.py), rendered frames. Out: a YOLO folder and a report
of what was kept, relabelled, added and masked. Validation is made of junctions never trained on, with
the labels as people drew them (only four-wheelers renamed). Offline only.

What is done, and why:
- class 5 (car, bus or truck) → bus or truck where the start checkpoint sees one there in spite of having
  learnt class 5 as car; else car where it sees a car; else masked grey: not told apart is not trained on.
- vehicles that people left out: where the peer is sure they are added as labels, where it half sees them
  they are masked; in lehuynh, whose labels leave out parked and far vehicles on purpose, always masked.
- motorbike labels without their rider, or that cut the rider's head off, get the rider back (complete_riders.py).
  For validation that makes a second set of labels, val_riders; the first stays as drawn.
- near-duplicates (same scene, thumbnails almost equal) are dropped from training.
- square pictures are cameras' wide pictures pressed square: half of them are stretched back.
"""

import argparse
import csv
import json
import random
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from models.training.complete_riders import complete
from models.training.labels import BUS, CAR, FOUR_WHEELER, MOTORBIKE, TRUCK, Label, read_labels
from models.types import Box

VALIDATION_SCENES = ("J5-day-banner", "J2-night-roundabout")
STYLE_LEAVES_OUT = "lehuynh"
SURE, HALF_SEEN = 0.5, 0.3
RIM_SIDE, RIM_FOOT = 0.05, 0.8
SAME_THUMBNAIL = 2.5  # mean grey levels
REPEATED = 2
TAKEN = {"adeirman": 0.5, "yuskun": 0.55}
"""lehuynh shows what a junction camera sends; these two show other roads."""


def told_apart(label: Label, start_rows: list[list[float]], peer_rows: list[list[float]]) -> Label | None:
    """A class 5 label as car, bus or truck by the start checkpoint's vote; None when it does not know."""
    best = [0.0] * 5
    for left, top, right, bottom, *scores in start_rows:
        if left < right and top < bottom:
            shared = Box(left=left, top=top, right=right, bottom=bottom).overlap(label.box)
            if shared > 0.5:
                best = [max(pair) for pair in zip(best, scores, strict=True)]
    large = max((BUS, TRUCK), key=lambda number: best[number])
    if best[large] >= 0.25 and best[large] >= 0.5 * best[CAR]:
        return Label(number=large, box=label.box)
    seen_by_peer = any(
        row[4] >= 0.25  # the peer's first class is car
        and row[0] < row[2]
        and row[1] < row[3]
        and _covers(label.box, Box(left=row[0], top=row[1], right=row[2], bottom=row[3]))
        for row in peer_rows
    )
    return Label(number=CAR, box=label.box) if best[CAR] >= 0.25 or seen_by_peer else None


def left_out(labels: list[Label], peer_rows: list[list[float]]) -> list[tuple[Label, float]]:
    """What the peer sees and no label covers, with its score."""
    found = []
    for left, top, right, bottom, car, motorbike in peer_rows:
        if left >= right or top >= bottom:
            continue
        box = Box(left=left, top=top, right=right, bottom=bottom)
        if not any(_covers(label.box, box) for label in labels):
            number = MOTORBIKE if motorbike >= car else CAR
            found.append((Label(number=number, box=box), max(motorbike, car)))
    return found


def _covers(known: Box, seen: Box) -> bool:
    """Whether a proposal is the same thing as a known box: they overlap, or one lies mostly in the other."""
    width = min(known.right, seen.right) - max(known.left, seen.left)
    height = min(known.bottom, seen.bottom) - max(known.top, seen.top)
    if width <= 0 or height <= 0:
        return False
    smaller = min(known.width * known.height, seen.width * seen.height)
    return known.overlap(seen) > 0.35 or width * height > 0.6 * smaller


def mask(picture: np.ndarray, box: Box, kept: list[Label]) -> None:
    """Greys a box out of the picture, except where a kept label lies."""
    height, width = picture.shape[:2]
    cover = np.zeros((height, width), dtype=bool)
    cover[_slices(box, width, height)] = True
    for label in kept:
        cover[_slices(label.box, width, height)] = False
    picture[cover] = 114


def _slices(box: Box, width: int, height: int) -> tuple[slice, slice]:
    rows = slice(max(int(box.top * height), 0), int(np.ceil(box.bottom * height)))
    return rows, slice(max(int(box.left * width), 0), int(np.ceil(box.right * width)))


def without_rim(picture: np.ndarray, labels: list[Label]) -> tuple[np.ndarray, list[Label]]:
    """A rendered frame without its rim, labels clipped to what is left.

    The renderer leaves out vehicles that the frame cuts; cut here, they keep their label.
    """
    height, width = picture.shape[:2]
    left, right, bottom = round(RIM_SIDE * width), width - round(RIM_SIDE * width), round(RIM_FOOT * height)
    kept = []
    for label in labels:
        box = label.box
        sides = np.clip(
            [
                (box.left * width - left) / (right - left),
                box.top * height / bottom,
                (box.right * width - left) / (right - left),
                box.bottom * height / bottom,
            ],
            0,
            1,
        ).tolist()
        whole = box.width * width / (right - left) * box.height * height / bottom
        if (sides[2] - sides[0]) * (sides[3] - sides[1]) > 0.25 * whole:
            inside = Box(left=sides[0], top=sides[1], right=sides[2], bottom=sides[3])
            kept.append(Label(number=label.number, box=inside))
    return np.ascontiguousarray(picture[:bottom, left:right]), kept


class Preparation:
    """Writes pictures and labels, counts what was done."""

    def __init__(self, data: Path, out: Path, proposals: dict[str, dict[str, list[list[float]]]]) -> None:
        self._data, self._out, self._proposals = data, out, proposals
        self._dice = random.Random(11)
        self._thumbnails: dict[str, list[np.ndarray]] = {}
        self.report: Counter[str] = Counter()
        self._listed: list[str] = []

    def add(self, row: dict[str, str]) -> None:
        path = next((self._data / "images").glob(f"{row['image']}.*"))
        labels = read_labels(self._data / "labels" / f"{row['image']}.txt")
        picture = cv2.imread(str(path))
        if row["scene"] in VALIDATION_SCENES:
            as_car = [Label(number=CAR if v.number == FOUR_WHEELER else v.number, box=v.box) for v in labels]
            self._write("val", row["image"], picture, as_car)
            self._write_with_riders(row, picture, as_car)
            return
        if self._is_copy(row["scene"], picture):
            self.report[f"{row['source']}: near-duplicate dropped"] += 1
            return
        whole, masked_bikes, grown = complete(labels, self._proposals[row["image"]]["peer"], row["scene"])
        self.report[f"{row['source']}: motorbike given its rider"] += grown
        self.report[f"{row['source']}: motorbike without rider, masked"] += len(masked_bikes)
        kept, masked = self._decide(row, whole)
        masked += masked_bikes
        for box in masked:
            mask(picture, box, kept)
        self._write("train", row["image"], self._stretched(picture, row["source"]), kept)

    def _write_with_riders(self, row: dict[str, str], picture: np.ndarray, labels: list[Label]) -> None:
        """The same picture with labels after the product's convention, to be measured beside the labels as drawn."""
        if row["image"] in self._proposals:
            whole, _, grown = complete(labels, self._proposals[row["image"]]["peer"], row["scene"])
            self._write("val_riders", row["image"], picture, whole)
            self.report["val_riders: motorbike given its rider"] += grown

    def _decide(self, row: dict[str, str], labels: list[Label]) -> tuple[list[Label], list[Box]]:
        rows = self._proposals[row["image"]]
        kept, masked = [], []
        for label in labels:
            known = told_apart(label, rows["start"], rows["peer"]) if label.number == FOUR_WHEELER else label
            if known is None:
                masked.append(label.box)
                self.report[f"{row['source']}: four-wheeler not told apart, masked"] += 1
            else:
                kept.append(known)
                if label.number == FOUR_WHEELER:
                    self.report[f"{row['source']}: four-wheeler became {known.number}"] += 1
        for label, score in left_out(labels, rows["peer"]):
            if score >= SURE and row["source"] != STYLE_LEAVES_OUT:
                kept.append(label)
                self.report[f"{row['source']}: left out, added as {label.number}"] += 1
            elif score >= HALF_SEEN:
                masked.append(label.box)
                self.report[f"{row['source']}: left out, masked"] += 1
        return kept, masked

    def _is_copy(self, scene: str, picture: np.ndarray) -> bool:
        thumbnail = cv2.cvtColor(
            cv2.resize(picture, (48, 48), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
        )
        thumbnail = thumbnail.astype(np.float32)
        known = self._thumbnails.setdefault(scene, [])
        if any(np.abs(thumbnail - other).mean() < SAME_THUMBNAIL for other in known):
            return True
        known.append(thumbnail)
        return False

    def _stretched(self, picture: np.ndarray, source: str) -> np.ndarray:
        height, width = picture.shape[:2]
        if height != width or source in ("adeirman", "boo283") or self._dice.random() < 0.5:
            return picture
        wide = self._dice.choice((4 / 3, 16 / 9))
        return cv2.resize(picture, (704, round(704 / wide)), interpolation=cv2.INTER_AREA)

    def add_rendered(self, images: Path, labels: Path, *, every_nth_validates: int) -> None:
        """Rendered frames with exact labels; whole scenes (the name before the last _) validate."""
        scenes = sorted({path.stem.rpartition("_")[0] for path in images.iterdir()})
        for path in sorted(images.iterdir()):
            place = scenes.index(path.stem.rpartition("_")[0])
            part = "val_rendered" if place % every_nth_validates == 0 else "train"
            picture, found = without_rim(cv2.imread(str(path)), read_labels(labels / f"{path.stem}.txt"))
            self._write(part, f"rendered_{path.stem}", picture, found)

    def write_list(self) -> None:
        """Which pictures an epoch takes: those of the junction cameras REPEATED times, of other sources a share."""
        (self._out / "train.txt").write_text("\n".join(self._listed) + "\n")
        self.report["train: pictures an epoch"] = len(self._listed)

    def _list(self, name: str) -> None:
        source = name.partition("_")[0]
        times = REPEATED if source == STYLE_LEAVES_OUT else int(self._dice.random() < TAKEN.get(source, 1.0))
        self._listed += [str((self._out / "images" / "train" / f"{name}.jpg").resolve())] * times

    def _write(self, part: str, name: str, picture: np.ndarray, labels: list[Label]) -> None:
        for kind in ("images", "labels"):
            (self._out / kind / part).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self._out / "images" / part / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        lines = "\n".join(label.to_line() for label in labels)
        (self._out / "labels" / part / f"{name}.txt").write_text(lines)
        self.report[f"{part}: pictures"] += 1
        if part == "train":
            self._list(name)
        for label in labels:
            self.report[f"{part}: class {label.number}"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="../shared/data/vehicles")
    parser.add_argument("proposals", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rendered", type=Path, help="folder with images/ and labels/ (YOLO)")
    parser.add_argument("--every-nth-validates", type=int, default=8)
    parser.add_argument("--keep", type=float, default=1.0, help="share of each source's training pictures")
    told = parser.parse_args()
    preparation = Preparation(told.data, told.out, json.loads(told.proposals.read_text()))
    with (told.data / "vehicles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dice = random.Random(17)
    for row in rows:
        if row["scene"] in VALIDATION_SCENES or dice.random() < told.keep:
            preparation.add(row)
    if told.rendered:
        folders = told.rendered / "images", told.rendered / "labels"
        preparation.add_rendered(*folders, every_nth_validates=told.every_nth_validates)
    preparation.write_list()
    names = "[motorbike, car, bus, truck, bicycle]"
    (told.out / "data.yaml").write_text(
        f"path: {told.out.resolve()}\ntrain: train.txt\nval: images/val\nnames: {names}\n"
    )
    (told.out / "report.json").write_text(json.dumps(dict(sorted(preparation.report.items())), indent=1))
    print((told.out / "report.json").read_text())


if __name__ == "__main__":
    main()
