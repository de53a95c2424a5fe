"""Makes a checkpoint to train on from a shipped YOLO: `… rebuild_checkpoint NETWORK.onnx START.pt PICTURES OUT.pt`.

The export folds each batch normalisation into its convolution. Here they are unfolded again: every normalisation gets
the mean and variance that its convolution gives on training pictures, and undoes them, so that the network says the
same and can learn on. START gives the architecture, the class names and each filter's length: a filter before a
normalisation says the same at any length, but the longer it is the slower it learns. Offline only.
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
    pictures = some_pictures(args.pictures)
    lengths = {name: m.conv.weight.flatten(1).norm(dim=1) for name, m in convolutions(model)}
    fill(model, folded_weights(args.network), pictures)
    before = said(model, pictures)
    for name, module in convolutions(model):
        set_lengths(module, lengths[name].detach())
    refuse_if_apart(before, said(model, pictures))
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


def convolutions(model: nn.Module) -> list[tuple[str, Conv]]:
    return [(name, module) for name, module in model.named_modules() if isinstance(module, Conv)]


def said(model: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model(pictures)[0]


def set_lengths(module: Conv, lengths: torch.Tensor) -> None:
    """Stretch each filter, and its normalisation with it."""
    stretch = lengths / module.conv.weight.data.flatten(1).norm(dim=1).clamp_min(1e-8)
    bn, varied = module.bn, module.bn.running_var + module.bn.eps
    module.conv.weight.data *= stretch[:, None, None, None]
    bn.running_mean *= stretch
    bn.running_var = (varied * stretch**2 - bn.eps).clamp_min(0)
    bn.weight.data *= ((bn.running_var + bn.eps) / (varied * stretch**2)).sqrt()


def refuse_if_apart(one: torch.Tensor, other: torch.Tensor) -> None:
    apart = float((one - other)[:, 4:].abs().max())
    if apart > SAME:
        raise SystemExit(f"the rebuilt network differs: scores by up to {apart:.4f}")
    print(f"scores differ by at most {apart:.5f}")


def fill(model: nn.Module, weights: dict[str, torch.Tensor], pictures: torch.Tensor) -> None:
    """Give the model the folded weights; each normalisation is unfolded when the pictures first pass it."""
    for name, module in model.named_modules():
        if isinstance(module, Conv):
            module.forward = _unfolding(module, weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"])
        elif isinstance(module, nn.Conv2d) and f"{name}.weight" in weights:
            module.weight.data = weights[f"{name}.weight"]
            if module.bias is not None:
                module.bias.data = weights[f"{name}.bias"]
    folded = said(model, pictures)
    for _, module in convolutions(model):
        del module.forward
    refuse_if_apart(folded, said(model, pictures))


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
