"""Makes a checkpoint to train on from the shipped reader: `… start_from_shipped NETWORK OUT.pt --data DIR --drawn DIR`.

The export folds each batch normalisation into its convolution. Here they are unfolded again: every normalisation gets
the mean and variance that its convolution gives on training pictures, and undoes them, so that the network says the
same and can learn on. Offline only.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import nn

from models.plates.reader import CHARACTERS
from models.training.plates.ngatu_plate import Model
from models.training.plates.plate_pictures import as_input, damaged, drawn_samples, is_held_back, real_samples
from models.training.plates.train_reader import WIDTH

PICTURES = 512
Folded = tuple[torch.Tensor, torch.Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(3)
    samples = [s for s in real_samples(args.data) if not is_held_back(s.text)] + drawn_samples(args.drawn)
    chosen = [samples[i] for i in rng.choice(len(samples), PICTURES, replace=False)]
    pictures = torch.from_numpy(np.stack([as_input(damaged(s, rng), s.layout) for s in chosen]))
    convolutions, score = folded_weights(args.network)
    model = Model(1, WIDTH, 0, len(CHARACTERS) + 1).eval()
    unfold(model, convolutions, score, pictures)
    torch.save(model.state_dict(), args.out)


def folded_weights(network: Path) -> tuple[list[Folded], Folded]:
    """Weight and bias of every convolution in order, and of the last linear layer."""
    graph = onnx.load(str(network)).graph
    held = {
        i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).astype(np.float32)) for i in graph.initializer
    }
    made = {node.output[0]: node for node in graph.node}

    def tensor(name: str) -> torch.Tensor:
        """A constant, through the casts that store it in half precision."""
        while name not in held:
            name = made[name].input[0]
        return held[name]

    convolutions = [
        (tensor(node.input[1]), tensor(node.input[2])) for node in graph.node if node.op_type == "Conv"
    ]
    (product,) = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    weight = tensor(product.input[1])
    (bias,) = [
        tensor(name)
        for node in graph.node
        if node.op_type == "Add" and product.output[0] in node.input
        for name in node.input
        if name != product.output[0]
    ]
    return convolutions, (weight.T.contiguous(), bias)


def unfold(model: Model, convolutions: list[Folded], score: Folded, pictures: torch.Tensor) -> None:
    """Fill the model, one normalisation after the other, each seeing what the filled ones before it give."""
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Conv1d)]
    normalisations = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
    model.score.weight.data, model.score.bias.data = score
    for layer, normalisation, (weight, bias) in zip(layers, normalisations, convolutions, strict=True):
        layer.weight.data = weight.reshape(layer.weight.shape)
        seen: list[torch.Tensor] = []
        hook = layer.register_forward_hook(lambda _layer, _inputs, output, seen=seen: seen.append(output))
        with torch.no_grad():
            model(pictures)
        hook.remove()
        axes = [axis for axis in range(seen[0].dim()) if axis != 1]
        mean, variance = seen[0].mean(axes), seen[0].var(axes, unbiased=False)
        normalisation.running_mean, normalisation.running_var = mean, variance
        normalisation.weight.data = (variance + normalisation.eps).sqrt()
        normalisation.bias.data = bias + mean


if __name__ == "__main__":
    main()
