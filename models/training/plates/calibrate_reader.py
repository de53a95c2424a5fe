"""Says how sure the shipped plate reader may be: `python -m models.training.plates.calibrate_reader DATA DRAWN`.

In: held-back real plates (`--boxes`: of photos without a box) and drawn plates of another seed than in training.
Out: CALIBRATION_FROM and CALIBRATION_TO for models/plates/reader.py: share right by how far both looks agree.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.plates import reader
from models.training.plates.plate_pictures import (
    PlateSample,
    damaged,
    drawn_samples,
    is_held_back,
    real_samples,
)

EDGES = (0.0, 0.3, 0.5, 0.7, 0.85, 0.93, 0.97, 0.985, 0.993, 0.997, 1.0)
MOST = 0.997
LOOKS = 3
"""Cuts of each real plate, each a little different; drawn plates are looked at once."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("drawn", type=Path)
    parser.add_argument("--boxes", type=Path)
    args = parser.parse_args()
    boxes = {k: tuple(v) for k, v in json.loads(args.boxes.read_text()).items()} if args.boxes else None
    real = [s for s in real_samples(args.data, boxes) if is_held_back(s.text)]
    rng = np.random.default_rng(4)
    agreements, hits = read_all(real * LOOKS + drawn_samples(args.drawn), rng)
    start, end = fitted(agreements, hits)
    print(f"CALIBRATION_FROM = {start}\nCALIBRATION_TO = {end}")


def read_all(
    samples: list[PlateSample], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far both looks agreed on each plate, and whether its text was right."""
    plate_reader = reader.open_plate_reader()
    reader.CALIBRATION_FROM = reader.CALIBRATION_TO = (0.0, 1.0)
    agreements, hits = [], []
    for sample in samples:
        read = plate_reader.read(damaged(sample, rng) if sample.source == "drawn" else _cut(sample, rng))
        if read is not None:
            agreements.append(read.confidence)
            hits.append(read.text == sample.text)
    return np.array(agreements), np.array(hits)


def fitted(
    agreements: NDArray[np.float64], hits: NDArray[np.bool_]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean agreement and share right of each bin, never falling; one more wrong than seen is counted."""
    start, end = [0.0], [0.0]
    for low, high in pairwise(EDGES):
        inside = (agreements >= low) & (agreements <= high)
        if inside.sum() < 5:
            continue
        share = float(hits[inside].sum() / (inside.sum() + 1))
        start.append(round(float(agreements[inside].mean()), 4))
        end.append(round(min(MOST, max(end[-1], share)), 4))
        print(f"{low:.3f}-{high:.3f} n {int(inside.sum())} right {hits[inside].mean():.4f}")
    return (*start, 1.0), (*end, end[-1])


def _cut(sample: PlateSample, rng: np.random.Generator) -> reader.Picture:
    x, y, w, h = sample.box
    left, top, right, bottom = rng.uniform(0.02, 0.1, 4) * (w, h, w, h)
    return sample.picture[
        max(0, int(y - top)) : int(y + h + bottom), max(0, int(x - left)) : int(x + w + right)
    ]


if __name__ == "__main__":
    main()
