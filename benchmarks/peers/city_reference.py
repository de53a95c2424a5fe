"""What a camera costs in the pipelines that a user would write: run by an environment with ultralytics and easyocr.

`python -m benchmarks.peers.city_reference naive|tuned MAIN SUB NETWORK --from-s 30 --seconds 8`

naive: OpenCV decodes the main stream, ultralytics tracks on every frame, EasyOCR reads every vehicle it sees.
tuned: PyAV decodes the sub stream, ultralytics runs OpenVINO weights on five frames a second, EasyOCR reads a vehicle
once. EasyOCR's text detector is left out (its weights come from the network only) and its recogniser has its usual
shape with weights by chance: both favour the reference. Prints one JSON line: processor seconds by second of video.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch
from easyocr.model.vgg_model import Model
from ultralytics import YOLO

TUNED_FPS = 5.0
TUNED_SIZE = (256, 416)
NAIVE_SIZE = (384, 640)
PLATE_PX = (64, 200)


def recogniser() -> Any:
    """EasyOCR's second-generation recogniser in its usual shape."""
    return Model(input_channel=1, output_channel=256, hidden_size=256, num_class=97).eval()


def read(network: Any, crop: np.ndarray) -> None:
    """One recognition of the lower half of a vehicle, prepared as EasyOCR does."""
    grey = cv2.cvtColor(crop[crop.shape[0] // 2 :], cv2.COLOR_BGR2GRAY)
    height, width = PLATE_PX
    small = torch.from_numpy(cv2.resize(grey, (width, height))).float().div(127.5).sub(1.0)
    with torch.no_grad():
        network(small[None, None], "")


def main_frames(path: Path, from_s: float, seconds: float) -> Iterator[np.ndarray]:
    """Every frame of the main stream, as OpenCV gives them."""
    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_POS_MSEC, from_s * 1000)
    for _ in range(int(seconds * 25)):
        good, frame = capture.read()
        if not good:
            return
        yield frame


def sub_frames(path: Path, from_s: float, seconds: float) -> Iterator[np.ndarray]:
    """Five frames a second of the sub stream; the others are decoded and left."""
    next_s = from_s
    with av.open(str(path)) as container:
        container.seek(int(from_s * 1e6))
        for frame in container.decode(video=0):
            at_s = float(frame.time or 0.0)
            if at_s >= from_s + seconds:
                return
            if at_s >= next_s:
                next_s += 1 / TUNED_FPS
                yield frame.to_ndarray(format="bgr24")


def run(kind: str, main: Path, sub: Path, network: Path, from_s: float, seconds: float) -> dict[str, float]:
    """Processor seconds by second of video, after one frame that warms everything up."""
    detector, reader = YOLO(str(network), task="detect"), recogniser()
    size = NAIVE_SIZE if kind == "naive" else TUNED_SIZE
    settings = {"imgsz": size, "verbose": False, "persist": True, "conf": 0.25, "device": "cpu"}
    frames = main_frames(main, from_s, seconds) if kind == "naive" else sub_frames(sub, from_s, seconds)
    detector.track(next(frames), **settings)
    known: set[int] = set()
    reads = looks = 0
    began_s, wall_s = time.process_time(), time.perf_counter()
    for frame in frames:
        boxes = detector.track(frame, **settings)[0].boxes
        looks += 1
        ids = boxes.id.int().tolist() if boxes.id is not None else [-1] * len(boxes)
        for number, (left, top, right, bottom) in zip(ids, boxes.xyxy.int().tolist(), strict=False):
            if (kind == "tuned" and number in known) or right - left < 8 or bottom - top < 8:
                continue
            known.add(number)
            read(reader, frame[top:bottom, left:right])
            reads += 1
    return {
        "cores_per_camera": (time.process_time() - began_s) / seconds,
        "wall_s_per_s": (time.perf_counter() - wall_s) / seconds,
        "looks": looks,
        "reads": reads,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("naive", "tuned"))
    parser.add_argument("main", type=Path)
    parser.add_argument("sub", type=Path)
    parser.add_argument("network", type=Path)
    parser.add_argument("--from-s", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    print(json.dumps(run(told.kind, told.main, told.sub, told.network, told.from_s, told.seconds)))  # noqa: T201


if __name__ == "__main__":
    main()
