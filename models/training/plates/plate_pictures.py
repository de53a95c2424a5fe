"""Training pictures of plates: real crops and drawn plates, damaged at random, in the reader's input form."""

import csv
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.plates.reader import to_input
from models.types import PlateLayout

Picture = NDArray[np.uint8]
HELD_BACK_SHARE, WATCHED_SHARE = 0.15, 0.06
GLARE_CHANCE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateSample:
    """A BGR picture that holds the plate with some margin; the plate's box in it (pixels); its text and layout.

    `quad`: its corners in px, clockwise from the upper left, where they are known.
    """

    picture: Picture
    box: tuple[int, int, int, int]
    text: str
    layout: PlateLayout
    source: str
    quad: NDArray[np.float32] | None = None


def is_held_back(text: str) -> bool:
    """Whether plates of this text are for validation: by text, so that near-copies stay on one side."""
    return _share_of(text) < HELD_BACK_SHARE


def is_watched(text: str) -> bool:
    """Whether plates of this training text are left out of the reader's training, to choose by and to calibrate on."""
    return HELD_BACK_SHARE <= _share_of(text) < HELD_BACK_SHARE + WATCHED_SHARE


def _share_of(text: str) -> float:
    return int(sha256(text.encode()).hexdigest()[:8], 16) % 1000 / 1000


def real_samples(data: Path, boxes: dict[str, tuple[int, int, int, int]] | None = None) -> list[PlateSample]:
    """Plates of ../shared/data/plates that have a box, or are crops; `boxes` adds boxes found for other photos."""
    samples = []
    with (data / "plates.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sample = _real_sample(data, row, boxes or {})
            if sample is not None:
                samples.append(sample)
    return samples


def cornered_samples(data: Path, corners: Path) -> list[PlateSample]:
    """The plates that corners_by_text.py listed: a corner list and the layout in which each text was read."""
    samples = []
    for name, known in json.loads(corners.read_text(encoding="utf-8")).items():
        picture = cv2.imread(str(data / "images" / name))
        quad = np.array(known["corners"], np.float32)
        low, high = quad.min(axis=0), quad.max(axis=0)
        room = (high - low) * 0.4
        left, top = np.maximum(low - room, 0).astype(int)
        right, bottom = np.minimum(high + room, picture.shape[1::-1]).astype(int)
        x, y, w, h = (int(v) for v in (*(low - [left, top]), *(high - low)))
        samples.append(
            PlateSample(
                picture=picture[top:bottom, left:right].copy(),
                box=(x, y, w, h),
                text=known["text"],
                layout=PlateLayout(known["layout"]),
                source=known["source"],
                quad=quad - np.array([left, top], np.float32),
            )
        )
    return samples


def _real_sample(
    data: Path, row: dict[str, str], boxes: dict[str, tuple[int, int, int, int]]
) -> PlateSample | None:
    picture = cv2.imread(str(data / "images" / row["image"]))
    if row["kind"] == "crop":
        box = (0, 0, picture.shape[1], picture.shape[0])
    elif row["x"]:
        box = tuple(int(float(row[key])) for key in ("x", "y", "w", "h"))
    elif row["image"] in boxes:
        box = tuple(int(v) for v in boxes[row["image"]])
    else:
        return None
    lines = int(row["lines"]) if row["lines"] else (1 if box[2] > 2.6 * box[3] else 2)
    layout = PlateLayout.ONE_LINE if lines == 1 else PlateLayout.TWO_LINE
    x, y, w, h = box
    pad_x, pad_y = int(w * 0.3), int(h * 0.3)
    left, top = max(0, x - pad_x), max(0, y - pad_y)
    loose = picture[top : y + h + pad_y, left : x + w + pad_x]
    return PlateSample(
        picture=loose, box=(x - left, y - top, w, h), text=row["text"], layout=layout, source=row["source"]
    )


def drawn_samples(folder: Path) -> list[PlateSample]:
    """Plates drawn by `python -m fixtures.plates`."""
    samples = []
    with (folder / "plates.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            plate = cv2.imread(str(folder / row["image"]))
            height, width = plate.shape[:2]
            pad_x, pad_y = width // 4, height // 4
            loose = cv2.copyMakeBorder(
                plate, pad_y, pad_y, pad_x, pad_x, cv2.BORDER_CONSTANT, value=(70, 70, 72)
            )
            samples.append(
                PlateSample(
                    picture=loose,
                    box=(pad_x, pad_y, width, height),
                    text=row["text"],
                    layout=PlateLayout(row["layout"]),
                    source="drawn",
                )
            )
    return samples


def damaged(sample: PlateSample, rng: np.random.Generator) -> Picture:
    """The plate as a camera may see it: askew, loosely cut, small, blurred, shaded, noisy, compressed."""
    strength = 1.0 if sample.source == "drawn" else float(rng.uniform(0.3, 1.0))
    plate = _warped(sample, rng, strength)
    plate = _shaded(plate, rng, strength)
    if rng.random() < GLARE_CHANCE * strength:
        plate = _glaring(plate, rng)
    height = int(rng.uniform(12, 60) if sample.layout is PlateLayout.ONE_LINE else rng.uniform(18, 84))
    if height < plate.shape[0] and rng.random() < 0.8:
        scale = height / plate.shape[0]
        plate = cv2.resize(plate, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.35:
        plate = cv2.GaussianBlur(plate, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.3:
        plate = _motion(plate, rng)
    noise = rng.normal(0, rng.uniform(0, 12), plate.shape)
    plate = np.clip(plate + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.uniform(25, 90))
        plate = cv2.imdecode(cv2.imencode(".jpg", plate, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    return plate


def _warped(sample: PlateSample, rng: np.random.Generator, strength: float) -> Picture:
    """A loose crop under a small random perspective."""
    corners, w, h = _tilted(sample, rng) if sample.source == "drawn" else _cut(sample, rng)
    jitter = 0.07 * strength + 0.03
    shift = rng.uniform(-jitter, jitter, (4, 2)) * [w * 0.5, h]
    grow = rng.uniform(-0.04, 0.14, 4)
    corners += np.array([[-grow[0] * w, -grow[1] * h], [grow[2] * w, -grow[1] * h]] * 2)[[0, 1, 1, 0]]
    corners[2:, 1] += grow[3] * h + grow[1] * h
    skew = rng.uniform(-0.12, 0.12) * strength * h
    corners[[0, 3], 1] += skew
    corners[[1, 2], 1] -= skew
    out_w, out_h = max(24, w), max(12, h)
    target = np.array([[0, 0], [out_w, 0], [out_w, out_h], [0, out_h]], np.float32)
    matrix = cv2.getPerspectiveTransform((corners + shift).astype(np.float32), target)
    return cv2.warpPerspective(
        sample.picture, matrix, (out_w, out_h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _cut(sample: PlateSample, rng: np.random.Generator) -> tuple[NDArray[np.float32], int, int]:
    """By its corners three times of four, where they are known, else by its box."""
    if sample.quad is None or rng.random() < 0.25:
        return _upright(sample)
    lengths = np.linalg.norm(np.roll(sample.quad, -1, axis=0) - sample.quad, axis=1)
    return sample.quad.copy(), round((lengths[0] + lengths[2]) / 2), round((lengths[1] + lengths[3]) / 2)


def _upright(sample: PlateSample) -> tuple[NDArray[np.float32], int, int]:
    """Corners, width and height of the plate's box, in the sample's picture."""
    x, y, w, h = sample.box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32), w, h


def _tilted(sample: PlateSample, rng: np.random.Generator) -> tuple[NDArray[np.float32], int, int]:
    """Corners of an upright box around a plate seen from the side: its rows run up or down in the crop.

    ┌─────────────┐      The box lies upright in the photo, so in the drawn
    │     __-- ¯¯ │      plate's own frame it is sheared by the slope.
    │ ¯¯--        │
    └─────────────┘
    """
    x, y, w, h = sample.box
    if rng.random() < 0.5:
        return _upright(sample)
    slope = rng.uniform(-0.22, 0.22)
    taller = h + abs(slope) * w
    across = np.array([-w / 2, w / 2, w / 2, -w / 2])
    down = np.array([-taller / 2, -taller / 2, taller / 2, taller / 2]) - slope * across
    corners = np.stack([x + w / 2 + across, y + h / 2 + down], axis=1)
    return corners.astype(np.float32), w, round(taller)


def _shaded(plate: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """Uneven light, faded paint, dirt, glare."""
    height, width = plate.shape[:2]
    level = plate.astype(np.float32)
    if rng.random() < 0.6:
        ramp = np.linspace(rng.uniform(0.5, 1.1), rng.uniform(0.6, 1.2), width)[None, :, None]
        level *= ramp
    if rng.random() < 0.3 * strength:
        edge = int(rng.uniform(0.2, 0.8) * width)
        slope = rng.uniform(-0.8, 0.8)
        shade = (np.arange(width)[None, :] + slope * np.arange(height)[:, None]) < edge
        level[shade] *= rng.uniform(0.35, 0.8)
    level = (level - 128) * rng.uniform(0.35, 1.25) + 128 + rng.uniform(-70, 50)
    for _ in range(rng.integers(0, 4) if rng.random() < 0.35 * strength else 0):
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        size = max(1, int(rng.uniform(0.008, 0.025) * width))
        cv2.circle(level, centre, size, [float(rng.uniform(30, 230))] * 3, -1, cv2.LINE_AA)
    return np.clip(level, 0, 255).astype(np.uint8)


def _glaring(plate: Picture, rng: np.random.Generator) -> Picture:
    """A lamp's soft white spot on the plate, as in a car park: it takes most of the ink's contrast."""
    height, width = plate.shape[:2]
    spot = np.zeros((height, width), np.float32)
    centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
    axes = (int(rng.uniform(0.05, 0.25) * height) + 1, int(rng.uniform(0.05, 0.35) * height) + 1)
    cv2.ellipse(spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.03, 0.1) * height) * rng.uniform(0.4, 0.85)
    white = float(plate.max())
    return np.asarray(plate * (1 - spot[:, :, None]) + white * spot[:, :, None], np.uint8)


def _motion(plate: Picture, rng: np.random.Generator) -> Picture:
    length = int(rng.integers(2, max(3, plate.shape[0] // 9)))
    kernel = np.zeros((length, length), np.float32)
    if rng.random() < 0.5:
        kernel[length // 2, :] = 1 / length
    else:
        kernel[:, length // 2] = 1 / length
    return cv2.filter2D(plate, -1, kernel)


def as_input(plate: Picture, layout: PlateLayout) -> NDArray[np.float32]:
    """The network's input for a plate of known layout."""
    return to_input(plate, layout)
