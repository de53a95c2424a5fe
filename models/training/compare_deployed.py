"""Compares a shipped network with its ultralytics checkpoint on the same pictures.

In: the checkpoint, the network's name, pictures. Out: one JSON line: how far inputs, scores and boxes
differ, in f32 and in bf16, and the same after INT8 where asked. For the model card. Offline only.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from ultralytics import YOLO
from ultralytics.data.augment import LetterBox

from models import weights
from models.letterbox import to_input
from models.session import Precision, SessionSettings, open_session

SURE = 0.25


def reference_input(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    boxed = LetterBox((size[1], size[0]), auto=False)(image=picture)
    return np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255


def differences(reference: np.ndarray, deployed: np.ndarray) -> tuple[float, float, int, int]:
    """Largest score and box (px) difference over sure anchors, how many are sure in each."""
    sure = reference[4:].max(0) >= SURE
    count = int((deployed[4:].max(0) >= SURE).sum())
    if not sure.any():
        return 0.0, 0.0, 0, count
    scores = np.abs(reference[4:, sure] - deployed[4:, sure]).max()
    boxes = np.abs(reference[:4, sure] - deployed[:4, sure]).max()
    return float(scores), float(boxes), int(sure.sum()), count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("network")
    parser.add_argument("images", type=Path)
    parser.add_argument("--size", nargs=2, type=int, required=True)
    parser.add_argument("--count", type=int, default=40)
    told = parser.parse_args()
    torch.set_num_threads(1)
    size = tuple(told.size)
    reference = YOLO(told.checkpoint).model.float().fuse().eval()
    shape = (3, size[1], size[0])
    found: dict[str, list[tuple[float, float, int, int]]] = {}
    inputs = []
    for path in sorted(told.images.glob("*.jpg"))[
        :: max(1, len(list(told.images.glob("*.jpg"))) // told.count)
    ]:
        picture = cv2.imread(str(path))
        blob = reference_input(picture, size)
        ours, _ = to_input(picture, width_px=size[0], height_px=size[1])
        inputs.append(float(np.abs(blob - ours).max()))
        with torch.no_grad():
            truth = reference(torch.from_numpy(blob))[0][0].numpy()
        for precision in Precision:
            settings = SessionSettings(precision=precision, threads=1)
            session = open_session(weights.load(told.network), shape=shape, settings=settings)
            found.setdefault(precision.value, []).append(differences(truth, session.run(ours)[0][0]))
    figures = {
        key: {
            "largest_score_difference": round(max(row[0] for row in rows), 5),
            "largest_box_difference_px": round(max(row[1] for row in rows), 3),
            "median_of_pictures_box_difference_px": round(float(np.median([row[1] for row in rows])), 3),
            "sure_anchors_reference": sum(row[2] for row in rows),
            "sure_anchors_deployed": sum(row[3] for row in rows),
        }
        for key, rows in found.items()
    }
    print(json.dumps({"pictures": len(inputs), "largest_input_difference": max(inputs), **figures}))


if __name__ == "__main__":
    main()
