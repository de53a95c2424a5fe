"""Quantises an exported YOLO to INT8, to be measured: `… quantise_yolo NETWORK.onnx PICTURES.txt OUT.xml`.

In: the shipped ONNX, a list of training pictures. Out: OpenVINO IR. Sigmoid and product are made one Swish first:
otherwise they run apart from their convolutions, and INT8 is no faster than bf16. Quantising the ONNX file itself
gave a network that finds nothing (AP50 0.01). What decodes the boxes stays as it is. Offline only.
"""

import argparse
import random
from pathlib import Path

import cv2
import nncf
import numpy as np
import openvino
from openvino._offline_transformations import apply_moc_transformations

from models.letterbox import to_input

SIZE = (640, 384)
HEAD, HEADS_CONVOLUTIONS = "/model.23/", ("cv2", "cv3")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("pictures", type=Path, help="a file with one path a line, training pictures only")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60)
    told = parser.parse_args()
    network = openvino.Core().read_model(told.network)
    network.reshape([1, 3, SIZE[1], SIZE[0]])
    apply_moc_transformations(network, cf=False, smart_reshape=False)
    paths = random.Random(3).sample(told.pictures.read_text().split(), told.count)
    names = [op.get_friendly_name() for op in network.get_ops() if op.get_type_name() != "Constant"]
    left = [n for n in names if HEAD in n and not any(part in n for part in HEADS_CONVOLUTIONS)]

    def fed(path: str) -> np.ndarray:
        return to_input(cv2.imread(path), width_px=SIZE[0], height_px=SIZE[1])[0]

    quantised = nncf.quantize(
        network,
        nncf.Dataset(paths, fed),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=told.count,
        ignored_scope=nncf.IgnoredScope(names=left, validate=False),
    )
    openvino.save_model(quantised, told.out, compress_to_fp16=False)


if __name__ == "__main__":
    main()
