"""Finds plate boxes in photos whose text is known but whose box is not: `… boxes_by_text DATA BOXES.json OUT.json`.

In: ../shared/data/plates, boxes to begin with (image → left, top, right, bottom in px; hand_boxes.json). Out: the same,
better. A box is good when the shipped reader sees the true text in it: photos without a box are searched window by
window, then boxes are moved and stretched at random and drawn together, each weighing as much as the text is likely in
it. A box in which the text stays unlikely is left out; look at the rest, a reader that knows a picture by heart sees
its text anywhere. Held-back texts are not touched. Offline only.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models import weights
from models.letterbox import Picture
from models.plates.finder import PlateFinder, open_plate_finder
from models.plates.reader import CHARACTERS, NETWORK, possible_layouts, to_input
from models.session import NetworkSession, open_session
from models.training.plates.plate_pictures import is_held_back

Corners = NDArray[np.float64]
SOURCE = "cartgmt"
WINDOWS_PX = (130, 200, 290)
LEAST_SCORE = 0.02
MOST_CANDIDATES = 60
ROUNDS = ((0.3, 0.35), (0.16, 0.2), (0.12, 0.16))
"""How far boxes are moved (share of their sides) and stretched (logarithm) in each round."""
TRIES = 44
LEAST_LIKELY = -1.5
SLACK = np.array([0.03, 0.04, -0.03, -0.04])
"""What the reader likes beyond the plate's own edge, share of its sides: taken off again."""
IMPOSSIBLE = -1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("boxes", type=Path)
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    begun = json.loads(told.boxes.read_text(encoding="utf-8"))
    finder, seen = open_plate_finder(least_score=LEAST_SCORE), Seen()
    found: dict[str, list[float]] = {}
    for name, text in texts(told.data / "plates.csv"):
        photo = np.asarray(cv2.imread(str(told.data / "images" / name)), np.uint8)
        box = np.array(begun[name]) if name in begun else searched(photo, text, finder, seen)
        if box is None:
            continue
        box, likely = refined(photo, box, text, seen)
        if likely > LEAST_LIKELY:
            sides = np.tile(box[2:] - box[:2], 2)
            found[name] = [round(float(v), 1) for v in box + SLACK * sides]
    told.out.write_text(json.dumps(found), encoding="utf-8")


def texts(table: Path) -> Iterator[tuple[str, str]]:
    """Every photo of the source that training may see, with its true text."""
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["source"] == SOURCE and row["text"] and not is_held_back(row["text"]):
                yield row["image"], row["text"]


class Seen:
    """How likely the shipped reader finds a text in parts of a photo."""

    def __init__(self) -> None:
        self._session: NetworkSession = open_session(weights.load(NETWORK), shape=(1, 32, 192))

    def likelihoods(self, photo: Picture, boxes: Corners, text: str) -> Corners:
        """Logarithm for each box, of its likelier layout."""
        return np.array([self._likelihood(part(photo, box), text) for box in boxes])

    def _likelihood(self, plate: Picture, text: str) -> float:
        if min(plate.shape[:2]) < 6:
            return IMPOSSIBLE
        layouts = possible_layouts(plate.shape[1] / plate.shape[0])
        (scores,) = self._session.run(np.stack([to_input(plate, layout) for layout in layouts]))
        return max(text_likelihood(one, text) for one in scores)


def text_likelihood(scores: NDArray[np.float32], text: str) -> float:
    """Logarithm of the probability of `text` under CTC (steps × classes, class 0 is blank)."""
    shares = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    path = [0, *(n for c in text for n in (CHARACTERS.index(c) + 1, 0))]
    skips = np.array([s > 1 and path[s] != 0 and path[s] != path[s - 2] for s in range(len(path))])
    state = np.full(len(path), IMPOSSIBLE)
    state[:2] = shares[0, path[:2]]
    for step in shares[1:]:
        came = np.logaddexp(state, np.concatenate([[IMPOSSIBLE], state[:-1]]))
        skipped = np.concatenate([[IMPOSSIBLE, IMPOSSIBLE], state[:-2]])
        state = np.where(skips, np.logaddexp(came, skipped), came) + step[path]
    return float(np.logaddexp(state[-1], state[-2]))


def searched(photo: Picture, text: str, finder: PlateFinder, seen: Seen) -> Corners | None:
    """The finder's box, from the photo and from windows of it, in which the text is likeliest."""
    candidates: list[tuple[float, Corners]] = []
    for left, top, right, bottom in windows(*photo.shape[1::-1]):
        window = np.ascontiguousarray(photo[top:bottom, left:right])
        for plate in finder.find(window)[:3]:
            box = plate.box
            shares = np.array([box.left, box.top, box.right, box.bottom])
            corners = shares * np.tile(window.shape[1::-1], 2) + [left, top, left, top]
            candidates.append((plate.score, corners))
    best = sorted(candidates, key=lambda one: -one[0])[:MOST_CANDIDATES]
    if not best:
        return None
    boxes = np.array([box for _, box in best])
    return boxes[int(seen.likelihoods(photo, boxes, text).argmax())]


def windows(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """The whole photo, and squares of three sizes that overlap by half."""
    yield 0, 0, width, height
    for side in WINDOWS_PX:
        for top in range(0, max(1, height - side // 2), side // 2):
            for left in range(0, max(1, width - side // 2), side // 2):
                yield left, top, min(width, left + side), min(height, top + side)


def refined(photo: Picture, box: Corners, text: str, seen: Seen) -> tuple[Corners, float]:
    """The box drawn to where the text is likely, and how likely it was at best in the last round."""
    rng = np.random.default_rng(5)
    likely = IMPOSSIBLE
    for moved, stretched in ROUNDS:
        sides, centre = box[2:] - box[:2], (box[:2] + box[2:]) / 2
        centres = centre + rng.uniform(-moved, moved, (TRIES, 2)) * sides
        halves = np.exp(rng.uniform(-stretched, stretched, (TRIES, 2))) * sides / 2
        tries = np.vstack([box, np.hstack([centres - halves, centres + halves])])
        tries = np.clip(tries, 0, np.tile(photo.shape[1::-1], 2))
        logarithms = seen.likelihoods(photo, tries, text)
        likely = float(logarithms.max())
        weight = np.exp(logarithms - likely)
        box = (tries * weight[:, None]).sum(0) / weight.sum()
    return box, likely


def part(photo: Picture, box: Corners) -> Picture:
    """What a box covers, at least a few pixels each way."""
    left, top = (max(0, int(v)) for v in box[:2])
    right, bottom = max(left + 4, int(box[2])), max(top + 4, int(box[3]))
    return photo[top:bottom, left:right]


if __name__ == "__main__":
    main()
