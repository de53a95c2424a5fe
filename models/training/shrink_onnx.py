"""Stores an ONNX network's large constants in half precision; it still computes in float32.

In: an ONNX file. Out: the same network at about half the size. Offline only.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_VALUES = 64


def shrink(network: onnx.ModelProto) -> onnx.ModelProto:
    """Replace each large float32 initializer by a float16 one and a Cast back to float32."""
    casts = []
    for constant in network.graph.initializer:
        values = numpy_helper.to_array(constant)
        if constant.data_type != TensorProto.FLOAT or values.size < LEAST_VALUES:
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name=f"{name}_half"))
        casts.append(
            helper.make_node("Cast", [f"{name}_half"], [name], name=f"{name}_cast", to=TensorProto.FLOAT)
        )
    for cast in reversed(casts):
        network.graph.node.insert(0, cast)
    del network.metadata_props[:]
    del network.graph.value_info[:]  # megabytes of symbolic shapes that every runtime infers again
    network.doc_string = ""
    onnx.checker.check_model(network)
    return network


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    onnx.save(shrink(onnx.load(source)), target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
