"""The mean of two exported networks of one line: `… mean_of_networks ONE.onnx OTHER.onnx SHARE_OF_ONE OUT.onnx`.

Networks that were trained on from the same start can be averaged weight by weight; the mean often keeps what each
of them is good at. Offline only.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def mean(one: onnx.ModelProto, other: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """`one` with every weight moved towards `other`'s of the same name."""
    theirs = {constant.name: numpy_helper.to_array(constant) for constant in other.graph.initializer}
    for constant in one.graph.initializer:
        ours = numpy_helper.to_array(constant)
        if ours.dtype.kind == "f":
            mixed = share * ours.astype(np.float32) + (1 - share) * theirs[constant.name].astype(np.float32)
            constant.CopyFrom(numpy_helper.from_array(mixed.astype(ours.dtype), constant.name))
    onnx.checker.check_model(one)
    return one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("share", type=float, help="of the first, 0…1")
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    onnx.save(mean(onnx.load(str(told.one)), onnx.load(str(told.other)), told.share), str(told.out))


if __name__ == "__main__":
    main()
