"""Quantises an exported YOLO to INT8: `… quantise_yolo NETWORK.onnx PICTURES.txt OUT.onnx`.

In: the shipped ONNX, a list of training pictures. Out: ONNX with quantise and dequantise nodes, which OpenVINO
computes in INT8. What decodes the boxes stays as it is: a box is a difference of numbers up to 640. Offline only.
"""

import argparse
import random
from pathlib import Path

import cv2
import nncf
import numpy as np
import onnx
from onnx import numpy_helper

from models.letterbox import to_input

SIZE = (640, 384)
HEAD = "/model.23/"
HEADS_CONVOLUTIONS = ("/cv2", "/cv3")


def in_full(network: onnx.ModelProto) -> onnx.ModelProto:
    """Undo shrink_onnx: constants in half precision behind a Cast become float32 constants."""
    graph = network.graph
    held = {constant.name: constant for constant in graph.initializer}
    casts = [node for node in graph.node if node.op_type == "Cast" and node.input[0] in held]
    for cast in casts:
        values = numpy_helper.to_array(held[cast.input[0]]).astype(np.float32)
        held[cast.input[0]].CopyFrom(numpy_helper.from_array(values, name=cast.output[0]))
        graph.node.remove(cast)
    onnx.checker.check_model(network)
    return network


def left_as_it_is(network: onnx.ModelProto) -> list[str]:
    """Names of the head's nodes that are none of its convolutions."""
    heads = [node.name for node in network.graph.node if node.name.startswith(HEAD)]
    return [name for name in heads if not any(part in name for part in HEADS_CONVOLUTIONS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("pictures", type=Path, help="a file with one path a line, training pictures only")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=100)
    told = parser.parse_args()
    network = in_full(onnx.load(str(told.network)))
    name = network.graph.input[0].name
    paths = random.Random(3).sample(told.pictures.read_text().split(), told.count)

    def fed(path: str) -> dict[str, np.ndarray]:
        return {name: to_input(cv2.imread(path), width_px=SIZE[0], height_px=SIZE[1])[0]}

    quantised = nncf.quantize(
        network,
        nncf.Dataset(paths, fed),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=told.count,
        ignored_scope=nncf.IgnoredScope(names=left_as_it_is(network), validate=False),
    )
    del quantised.metadata_props[:]
    del quantised.graph.value_info[:]
    onnx.save(quantised, str(told.out))
    print(f"{told.out}: {told.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
