"""Trains the corner network: `python -m models.training.plates.train_corners PICTURES.npz CHECK.npz OUT`.

In: what make_corner_pictures.py wrote. Resumable: goes on from OUT/last.pt. Out: OUT/last.pt, OUT/plate_corners.onnx.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.plates.corners import HEIGHT_PX, SURROUNDINGS, WIDTH_PX

BATCH = 64
KEPT_EVERY = 250
INNER = SURROUNDINGS / (1 + 2 * SURROUNDINGS)


class CornerNetwork(nn.Module):
    """Grey 64×128 to four corners (x, y) in shares of the picture, as a change of the box that was said."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs, stride in (
            (1, 16, 2),
            (16, 32, 2),
            (32, 48, 1),
            (48, 64, 2),
            (64, 64, 1),
            (64, 96, 2),
            (96, 96, 1),
        ):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
        self.features = nn.Sequential(*layers)
        self.corners = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.1),
            nn.Linear(96 * HEIGHT_PX * WIDTH_PX // 256, 128),
            nn.ReLU(inplace=True),
            nn.Linear(128, 8),
        )
        low, high = INNER, 1 - INNER
        self.register_buffer("box", torch.tensor([low, low, high, low, high, high, low, high]))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.box + 0.2 * self.corners(self.features(pictures))
        return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--check", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--start", type=Path, help="weights to begin with, when OUT/last.pt is not there")
    told = parser.parse_args()
    torch.set_num_threads(1)
    told.out.mkdir(parents=True, exist_ok=True)
    files = [np.load(path) for path in told.pictures]
    pictures, corners = (np.concatenate([file[key] for file in files]) for key in "XY")
    model = CornerNetwork().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=told.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, told.rate, total_steps=told.steps, pct_start=0.1
    )
    step, last = 0, told.out / "last.pt"
    if last.exists():
        state = torch.load(last)
        for part, name in ((model, "model"), (optimiser, "optimiser"), (schedule, "schedule")):
            part.load_state_dict(state[name])
        step = state["step"]
    elif told.start:
        model.load_state_dict(torch.load(told.start)["model"])
    rng, began, losses = np.random.default_rng(step + 1), time.time(), []
    while step < told.steps:
        chosen = rng.integers(0, len(pictures), BATCH)
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            said = model(as_tensor(pictures[chosen]))
        loss = nn.functional.smooth_l1_loss(said.float(), torch.from_numpy(corners[chosen]), beta=0.01)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        step += 1
        losses.append(loss.item())
        if step % KEPT_EVERY == 0 or step == told.steps:
            print(f"{step} {np.mean(losses):.5f} {checked(model, told.check)} {time.time() - began:.0f} s")
            losses = []
            parts = {"model": model, "optimiser": optimiser, "schedule": schedule}
            torch.save({"step": step, **{n: p.state_dict() for n, p in parts.items()}}, last)
    export(model, told.out / "plate_corners.onnx")


def as_tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures.astype(np.float32) / 127.5 - 1.0)[:, None]


def checked(model: nn.Module, path: Path) -> str:
    """Mean and 90th percentile of the worst corner's distance, in shares of the box's sides."""
    file = np.load(path)
    model.eval()
    with torch.no_grad():
        said = torch.cat([model(as_tensor(part)) for part in np.array_split(file["X"], 20)]).numpy()
    apart = np.abs(said - file["Y"]).reshape(-1, 4, 2) * (1 + 2 * SURROUNDINGS)
    worst = np.linalg.norm(apart, axis=2).max(axis=1)
    return f"worst corner {worst.mean():.4f}, p90 {np.quantile(worst, 0.9):.4f}"


def export(model: nn.Module, path: Path) -> None:
    model.eval()
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, HEIGHT_PX, WIDTH_PX),),
        str(path),
        input_names=["pictures"],
        output_names=["corners"],
        dynamo=False,
    )


if __name__ == "__main__":
    main()
