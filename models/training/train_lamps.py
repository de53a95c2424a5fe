"""Trains the lamp reader's network: a 32×32 picture of a head or of one lamp → colour.

In: ../shared/data/lamps, backgrounds from ../shared/data/vehicles, drawn lamps. Out: lamps.onnx and the
figures of the held-out junctions. A few minutes on a CPU. Offline only.
"""

import argparse
import csv
import json
import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from models.training.draw_lamps import ORDER, background_patch, draw_head, draw_lamp, hide

CLASSES = ("red", "yellow", "green", "off", "unknown")
SIDE = 32
HELD_OUT = ("J2-night-roundabout", "J5-day-banner", "J6-day-yellowgrid")
NAMES_DARK_HEADS = ("cinta",)
COUNTS = {"J1-night-lights-only": 1000, "web": 500}  # near-copies: at most so many


class LampNet(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            *self._block(3, 16, 2), *self._block(16, 32, 2), *self._block(32, 48, 2), *self._block(48, 64, 1),
            nn.Flatten(), nn.Linear(64 * 16, 48), nn.ReLU(), nn.Dropout(0.3), nn.Linear(48, len(CLASSES)),
        )  # fmt: skip

    @staticmethod
    def _block(into: int, out: int, stride: int) -> list[nn.Module]:
        return [nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]


def is_held_out(row: dict[str, str]) -> bool:
    """Junctions J2, J5, J6, and every second block of ten neighbours of boo283's street pictures."""
    if row["scene"] == "boo283":
        return int(Path(row["image"]).stem.split("_")[1]) // 10 % 2 == 1
    return row["scene"] in HELD_OUT


def read_rows(lamps: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    with (lamps / "lamps.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dice = random.Random(1)
    dice.shuffle(rows)
    held_out = [row for row in rows if is_held_out(row)]
    train, seen = [], dict.fromkeys(COUNTS, 0)
    for row in (r for r in rows if not is_held_out(r)):
        seen[row["scene"]] = seen.get(row["scene"], 0) + 1
        if seen[row["scene"]] <= COUNTS.get(row["scene"], 10**9):
            train.append(row)
    return train, held_out


HUES = {"red": ((0, 12), (165, 180)), "yellow": ((8, 40),), "green": ((38, 105),)}


def shines(picture: np.ndarray, colour: str) -> bool:
    """Whether the colour that a label names is anywhere in the crop: cinta names dark heads by a lamp's place."""
    hue, depth, light = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV))
    of_colour = np.zeros(hue.shape, dtype=bool)
    for low, high in HUES[colour]:
        of_colour |= (hue >= low) & (hue < high)
    return bool((of_colour & (depth > 70) & (light > 100)).mean() > 0.004)


def widened(dice: random.Random, picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The crop small in a piece of street: a head box that was drawn too wide."""
    canvas = cv2.resize(background_patch(dice, ground), (64, 64))
    width, height = dice.randint(26, 56), dice.randint(26, 56)
    x, y = dice.randint(0, 64 - width), dice.randint(0, 64 - height)
    canvas[y : y + height, x : x + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return canvas


def changed(dice: random.Random, picture: np.ndarray) -> np.ndarray:
    """A real crop with another framing, size, light and cast; colours stay what they are."""
    height, width = picture.shape[:2]
    x0, x1 = dice.uniform(0, 0.12) * width, width * dice.uniform(0.88, 1)
    y0, y1 = dice.uniform(0, 0.12) * height, height * dice.uniform(0.88, 1)
    crop = picture[int(y0) : max(int(y1), int(y0) + 2), int(x0) : max(int(x1), int(x0) + 2)]
    side = dice.randint(10, 64)
    crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    if dice.random() < 0.5:
        crop = crop[:, ::-1]
    light = dice.uniform(0.65, 1.2) * np.array([dice.uniform(0.9, 1.1) for _ in range(3)])
    return np.clip(crop * light + dice.uniform(-10, 20), 0, 255).astype(np.uint8)


def dark_part(picture: np.ndarray) -> np.ndarray | None:
    """The lower half of a head whose red is lit: dark lamps; None when something there still shines."""
    height = picture.shape[0]
    part = picture[int(height * 0.5) :, int(picture.shape[1] * 0.3) : int(picture.shape[1] * 0.7)]
    hsv = cv2.cvtColor(part, cv2.COLOR_BGR2HSV)
    shining = (hsv[..., 1] > 110) & (hsv[..., 2] > 110)
    return part if shining.mean() < 0.01 and hsv[..., 2].mean() < 90 else None


def to_input(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small[..., ::-1].transpose(2, 0, 1).astype(np.float32) / 255


def named(picture: np.ndarray, colour: str) -> tuple[np.ndarray, str]:
    """The picture with its colour, or unknown when light has washed the colour out of it."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    coloured = (hsv[..., 1] > 60) & (hsv[..., 2] > 90)
    return picture, colour if coloured.mean() > 0.01 else "unknown"


def make_epoch(
    dice: random.Random,
    real: list[tuple[np.ndarray, str]],
    darks: list[np.ndarray],
    grounds: list[np.ndarray],
    drawn: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Every real crop, a quarter again in a wider crop, `drawn` drawn ones, dark and hidden heads, streets."""
    pictures = [(changed(dice, picture), colour) for picture, colour in real]
    some = dice.sample(real, len(real) // 4)
    pictures += [
        (widened(dice, changed(dice, picture), dice.choice(grounds)), colour) for picture, colour in some
    ]
    for _ in range(drawn):
        colour, ground = dice.choice(ORDER), dice.choice(grounds)
        kind = dice.random()
        if kind < 0.38:
            pictures.append(named(draw_head(dice, ground, colour), colour))
        elif kind < 0.62:
            pictures.append(named(draw_lamp(dice, ground, colour, is_lit=True), colour))
        elif kind < 0.74:
            pictures.append((draw_lamp(dice, ground, colour, is_lit=False), "off"))
        elif kind < 0.81:
            pictures.append((draw_head(dice, ground, None), "off"))
        elif kind < 0.86 and darks:
            pictures.append((changed(dice, dice.choice(darks)), "off"))
        elif kind < 0.92:
            pictures.append((hide(dice, dice.choice(real)[0], ground), "unknown"))
        else:
            pictures.append((background_patch(dice, ground), "unknown"))
    dice.shuffle(pictures)
    inputs = torch.from_numpy(np.stack([to_input(picture) for picture, _ in pictures]))
    return inputs, torch.tensor([CLASSES.index(colour) for _, colour in pictures])


def train(net: LampNet, epochs: int, make: Callable[[], tuple[torch.Tensor, torch.Tensor]]) -> None:
    steps = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    slope = torch.optim.lr_scheduler.CosineAnnealingLR(steps, epochs)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        net.train()
        inputs, labels = make()
        total = 0.0
        for start in range(0, len(labels), 64):
            loss = loss_of(net(inputs[start : start + 64]), labels[start : start + 64])
            steps.zero_grad()
            loss.backward()
            steps.step()
            total += loss.item() * 64
        slope.step()
        print(f"epoch {epoch + 1}/{epochs} loss {total / len(labels):.4f}", flush=True)


def measure(net: nn.Module, rows: list[tuple[np.ndarray, str]]) -> dict[str, object]:
    net.eval()
    inputs = torch.from_numpy(np.stack([to_input(picture) for picture, _ in rows]))
    with torch.no_grad():
        said = [CLASSES[i] for i in net(inputs).argmax(1).tolist()]
    pairs = [(colour, word) for (_, colour), word in zip(rows, said, strict=True)]
    return {
        "n": len(rows),
        "accuracy": sum(a == b for a, b in pairs) / len(rows),
        "red_as_green": sum(pair == ("red", "green") for pair in pairs),
        "pairs": {f"{a}>{b}": pairs.count((a, b)) for a, b in sorted(set(pairs))},
    }


class Mean(nn.Module):
    """Several networks' probabilities, averaged: steadier than any one of them."""

    def __init__(self, nets: list[LampNet]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.stack([torch.softmax(net(pictures), 1) for net in self.nets]).mean(0)


def export(mean: Mean, path: Path) -> None:
    torch.onnx.export(
        mean.eval(), (torch.zeros(1, 3, SIDE, SIDE),), path, input_names=["pictures"], output_names=["shares"],
        opset_version=17, dynamo=False, dynamic_axes={"pictures": {0: "batch"}, "shares": {0: "batch"}},
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="../shared/data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--nets", type=int, default=2)
    parser.add_argument("--drawn", type=int, default=4000)
    told = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(3)
    dice = random.Random(3)
    load, held = (
        [
            (picture, row["colour"])
            for row in rows
            if (picture := cv2.imread(str(told.data / row["image"]))) is not None
            and (row["scene"] not in NAMES_DARK_HEADS or shines(picture, row["colour"]))
        ]
        for rows in read_rows(told.data / "lamps")
    )
    street = sorted((told.data / "vehicles/images").glob("[bty]*.jpg"))[::6]
    grounds = [picture for path in street if (picture := cv2.imread(str(path))) is not None]
    heads = [p for p, colour in load if colour == "red" and p.shape[0] > 50]
    darks = [part for picture in heads if (part := dark_part(picture)) is not None]
    print(
        f"{len(load)} real, {len(darks)} dark parts, {len(grounds)} backgrounds, {len(held)} held out",
        flush=True,
    )
    mean = Mean([LampNet() for _ in range(told.nets)])
    for net in mean.nets:
        train(net, told.epochs, lambda: make_epoch(dice, load, darks, grounds, told.drawn))
    print(json.dumps(measure(mean, held)))
    torch.save(mean.state_dict(), told.out.with_suffix(".pt"))
    export(mean, told.out)


if __name__ == "__main__":
    main()
