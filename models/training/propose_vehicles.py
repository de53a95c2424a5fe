"""Asks two networks what else is in the training pictures, for labels that people left out.

In: pictures, the peer network (motorbike and car at 1024 px, never shipped), the start checkpoint as
ONNX. Out: one JSON of boxes per picture. Proposals only: prepare_vehicles.py decides. Offline only.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import openvino

from models.letterbox import to_input, to_shares
from models.suppression import suppress

LEAST_SCORE = 0.2


def open_network(path: Path, size: tuple[int, int]) -> openvino.CompiledModel:
    network = openvino.Core().read_model(path)
    network.reshape([1, 3, size[1], size[0]])
    return openvino.Core().compile_model(network, "CPU", {"INFERENCE_NUM_THREADS": 2})


def propose(network: openvino.CompiledModel, picture: np.ndarray, size: tuple[int, int]) -> list[list[float]]:
    """Rows of left, top, right, bottom (shares) and a score per class in the network's own order, best first."""
    blob, place = to_input(picture, width_px=size[0], height_px=size[1])
    raw = network(blob)[0][0]
    raw = raw[:, raw[4:].max(axis=0) >= LEAST_SCORE]
    corners = np.concatenate([raw[:2] - raw[2:4] / 2, raw[:2] + raw[2:4] / 2]).T
    kept = suppress(corners, raw[4:].max(axis=0), most_overlap=0.6)
    height, width = picture.shape[:2]
    shares = to_shares(corners[kept], place, picture_width_px=width, picture_height_px=height)
    return np.round(np.concatenate([shares, raw[4:].T[kept]], axis=1), 5).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument("start", type=Path, help="start checkpoint exported to ONNX with free sizes")
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    peer, start = open_network(told.peer, (1024, 1024)), open_network(told.start, (640, 640))
    found = {}
    for path in sorted(told.images.iterdir()):
        picture = cv2.imread(str(path))
        found[path.stem] = {
            "peer": propose(peer, picture, (1024, 1024)),
            "start": propose(start, picture, (640, 640)),
        }
    told.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
