"""HSV thresholds, as red-light projects use them, beside the lamp reader on the same pictures.

`python -m benchmarks.peers.lamps IMAGES TRUTH.csv`
A picture is the colour that has most bright, deep pixels of its hue; none: off. Prints one JSON line.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.lamps import read_picture, read_truth
from models.lamps import open_lamp_reader
from models.letterbox import Picture
from models.types import LampColour

LEAST_DEPTH, LEAST_LIGHT = 50, 100
LEAST_SHARE = 0.002
"""Chosen in favour of the thresholds: the best of three settings on the very pictures that are judged."""
HUES = {
    LampColour.RED: ((0, 10), (160, 180)),
    LampColour.YELLOW: ((15, 35),),
    LampColour.GREEN: ((40, 95),),
}
"""OpenCV's half degrees, as in the tutorials."""


def main() -> None:
    """Ours and the thresholds on the same pictures."""
    rows = read_truth(Path(sys.argv[1]), Path(sys.argv[2]))
    reader = open_lamp_reader()
    figures = {
        "ours": measure(rows, lambda picture: reader.read_head(picture).colour),
        "hsv": measure(rows, colour_by_hue),
    }
    sys.stdout.write(json.dumps({"n": len(rows), **figures}) + "\n")


def colour_by_hue(picture: Picture) -> LampColour:
    """The colour with most pixels that shine in its hue."""
    hue, depth, light = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV))
    shining = (depth >= LEAST_DEPTH) & (light >= LEAST_LIGHT)
    counts = {
        colour: sum(int(np.count_nonzero(shining & (hue >= low) & (hue <= high))) for low, high in ranges)
        for colour, ranges in HUES.items()
    }
    best = max(counts, key=lambda colour: counts[colour])
    return best if counts[best] >= LEAST_SHARE * hue.size else LampColour.OFF


def measure(
    rows: list[tuple[Path, LampColour]], colour_of: Callable[[Picture], LampColour]
) -> dict[str, Any]:
    """Share told right, reds called green, milliseconds a picture."""
    pairs: Counter[tuple[LampColour, LampColour]] = Counter()
    spent_s = 0.0
    for path, true in rows:
        picture = read_picture(path)
        started = time.perf_counter()
        pairs[true, colour_of(picture)] += 1
        spent_s += time.perf_counter() - started
    right = sum(count for (true, said), count in pairs.items() if true is said)
    return {
        "accuracy": round(right / len(rows), 4),
        "red_as_green": pairs[LampColour.RED, LampColour.GREEN],
        "green_as_red": pairs[LampColour.GREEN, LampColour.RED],
        "ms": round(spent_s / len(rows) * 1000, 3),
    }


if __name__ == "__main__":
    main()
