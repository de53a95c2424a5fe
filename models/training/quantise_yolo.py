"""Quantises an exported YOLO to INT8, to be measured: `… quantise_yolo NETWORK.onnx PICTURES.txt OUT.xml`.

In: the shipped ONNX, a list of training pictures. Out: OpenVINO IR (OUT.xml, OUT.bin). Sigmoid and product are made
one Swish first: otherwise they run apart from their convolutions, and INT8 is no faster than bf16. Quantising the ONNX
file itself gave a network that finds nothing (AP50 0.01). The head's last convolutions and what decodes the boxes stay
as they are. 60 pictures were too few: a rendered night clip lost a case that 250 kept. Offline only.
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

HEAD, HEADS_CONVOLUTIONS = "/model.23/", ("cv2", "cv3")
LAST_CONVOLUTIONS = tuple(f"{branch}.{scale}.2/" for branch in HEADS_CONVOLUTIONS for scale in range(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("pictures", type=Path, help="a file with one path a line, training pictures only")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--size", nargs=2, type=int, default=(640, 384), metavar=("WIDTH", "HEIGHT"))
    told = parser.parse_args()
    network = openvino.Core().read_model(told.network)
    width, height = told.size
    network.reshape([1, 3, height, width])
    apply_moc_transformations(network, cf=False, smart_reshape=False)
    paths = random.Random(3).sample(told.pictures.read_text().split(), told.count)
    names = [op.get_friendly_name() for op in network.get_ops() if op.get_type_name() != "Constant"]
    quantised_parts = [n for n in names if HEAD not in n or any(part in n for part in HEADS_CONVOLUTIONS)]
    left = set(names) - {n for n in quantised_parts if not any(part in n for part in LAST_CONVOLUTIONS)}

    def fed(path: str) -> np.ndarray:
        return to_input(cv2.imread(path), width_px=width, height_px=height)[0]

    quantised = nncf.quantize(
        network,
        nncf.Dataset(paths, fed),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=told.count,
        ignored_scope=nncf.IgnoredScope(names=sorted(left), validate=False),
    )
    openvino.save_model(quantised, told.out, compress_to_fp16=False)


if __name__ == "__main__":
    main()
