"""Makes a checkpoint to train on from a shipped YOLO: `… rebuild_checkpoint NETWORK.onnx START.pt PICTURES OUT.pt`.

The export folds each batch normalisation into its convolution. Here they are unfolded again: every normalisation gets
the mean and variance that its convolution gives on training pictures, and undoes them, so that the network says the
same and can learn on. START gives the architecture and the class names. Offline only.
"""

import argparse
import random
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import nn
from ultralytics import YOLO
from ultralytics.nn.modules import Conv

from models.letterbox import to_input

PICTURES = 64
SIZE = (512, 288)
SAME = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("start", type=Path)
    parser.add_argument("pictures", type=Path, help="a folder of training pictures")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    yolo = YOLO(args.start)
    model = yolo.model.float().eval()
    fill(model, folded_weights(args.network), some_pictures(args.pictures))
    yolo.save(args.out)


def folded_weights(network: Path) -> dict[str, torch.Tensor]:
    """Every weight and bias by its module's name, out of the casts that store large ones in half precision."""
    graph = onnx.load(str(network)).graph
    held = {
        i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).astype(np.float32)) for i in graph.initializer
    }
    cast_from = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast"}
    weights = {}
    for node in graph.node:
        if node.op_type == "Conv":
            module = node.name.removesuffix("/Conv").split("/")[1:]
            for kind, name in zip(("weight", "bias"), node.input[1:], strict=False):
                weights[f"{_joined(module)}.{kind}"] = held[cast_from.get(name, name)]
    return weights


def _joined(parts: list[str]) -> str:
    """`/model.23/cv3.2/cv3.2.0/cv3.2.0.1/conv` → `model.23.cv3.2.0.1.conv`: lists repeat their prefix."""
    joined: list[str] = []
    for part in parts:
        if joined and part.startswith(f"{joined[-1]}."):
            joined.pop()
        joined.append(part)
    return ".".join(joined)


def some_pictures(folder: Path) -> torch.Tensor:
    """A batch of training pictures as the network takes them."""
    paths = sorted(folder.iterdir())
    chosen = random.Random(5).sample(paths, min(PICTURES, len(paths)))
    blobs = [to_input(cv2.imread(str(path)), width_px=SIZE[0], height_px=SIZE[1])[0] for path in chosen]
    return torch.from_numpy(np.concatenate(blobs))


def fill(model: nn.Module, weights: dict[str, torch.Tensor], pictures: torch.Tensor) -> None:
    """Give the model the folded weights; each normalisation is unfolded when the pictures first pass it."""
    for name, module in model.named_modules():
        if isinstance(module, Conv):
            module.forward = _unfolding(module, weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"])
        elif isinstance(module, nn.Conv2d) and f"{name}.weight" in weights:
            module.weight.data = weights[f"{name}.weight"]
            if module.bias is not None:
                module.bias.data = weights[f"{name}.bias"]
    with torch.no_grad():
        folded = model(pictures)[0]
        for module in model.modules():
            if isinstance(module, Conv):
                del module.forward
        unfolded = model(pictures)[0]
    apart = float((folded - unfolded)[:, 4:].abs().max())
    if apart > SAME:
        raise SystemExit(f"the rebuilt network differs: scores by up to {apart:.4f}")
    print(f"scores differ by at most {apart:.5f}")


def _unfolding(module: Conv, weight: torch.Tensor, bias: torch.Tensor):  # type: ignore[no-untyped-def]
    def forward(pictures: torch.Tensor) -> torch.Tensor:
        module.conv.weight.data = weight
        seen = module.conv(pictures)
        mean, variance = seen.mean((0, 2, 3)), seen.var((0, 2, 3), unbiased=False)
        module.bn.running_mean, module.bn.running_var = mean, variance
        module.bn.weight.data, module.bn.bias.data = (variance + module.bn.eps).sqrt(), bias + mean
        return module.act(seen + bias[None, :, None, None])

    return forward


if __name__ == "__main__":
    main()
