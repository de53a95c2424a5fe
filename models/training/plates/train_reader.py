"""Trains the plate reader: `python -m models.training.plates.train_reader --data ../shared/data/plates --drawn DIR --out DIR`.

Resumable: starts from OUT/last.pt when it is there. Validates on held-back texts, keeps the best as OUT/best.pt.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.plates.reader import CHARACTERS, spell
from models.training.plates.ngatu_plate import Model
from models.training.plates.plate_pictures import (
    PlateSample,
    as_input,
    damaged,
    drawn_samples,
    is_held_back,
    real_samples,
)

BATCH = 64
WIDTH = 192
SOURCE_WEIGHTS = {"greenparking": 0.35, "carlong": 0.2, "cartgmt": 0.2, "drawn": 0.35}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--boxes", type=Path, help="JSON: image → [x, y, w, h] for photos without a box")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    boxes = {k: tuple(v) for k, v in json.loads(args.boxes.read_text()).items()} if args.boxes else None
    real = real_samples(args.data, boxes)
    held_back = [s for s in real if is_held_back(s.text)]
    training = [s for s in real if not is_held_back(s.text)] + drawn_samples(args.drawn)
    train(training, held_back, out=args.out, steps=args.steps)


def train(training: list[PlateSample], held_back: list[PlateSample], *, out: Path, steps: int) -> None:
    """Adam with a one-cycle rate; CTC; validates every 250 steps."""
    model = Model(1, WIDTH, 0, len(CHARACTERS) + 1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.1)
    start, best = 0, 0.0
    if (out / "last.pt").exists():
        state = torch.load(out / "last.pt")
        model.load_state_dict(state["model"])
        if state["steps"] == steps:
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            start, best = state["step"], state["best"]
    rng = np.random.default_rng(1 + start)
    ctc = nn.CTCLoss(blank=0, zero_infinity=True)
    chances = chances_of(training)
    began, losses = time.time(), []
    for step in range(start, steps):
        pictures, targets, lengths = batch_of(training, chances, rng)
        model.train()
        scores = model(pictures).log_softmax(2).permute(1, 0, 2)
        loss = ctc(scores, targets, torch.full((BATCH,), scores.shape[0]), lengths)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 250 == 0 or step + 1 == steps:
            exact = validate(model, held_back)
            print(
                step + 1,
                f"loss {np.mean(losses[-250:]):.4f}",
                exact,
                f"{time.time() - began:.0f} s",
                flush=True,
            )
            mean = float(np.mean(list(exact.values())))
            if mean >= best:
                best = mean
                torch.save(model.state_dict(), out / "best.pt")
            torch.save(
                {
                    "model": model.state_dict(), "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(), "step": step + 1, "steps": steps, "best": best,
                },
                out / "last.pt",
            )  # fmt: skip


def chances_of(training: list[PlateSample]) -> np.ndarray:
    counts = {source: sum(s.source == source for s in training) for source in SOURCE_WEIGHTS}
    chances = np.array([SOURCE_WEIGHTS[s.source] / counts[s.source] for s in training])
    return np.cumsum(chances / chances.sum())


def batch_of(training: list[PlateSample], chances: np.ndarray, rng: np.random.Generator) -> tuple:
    chosen = [
        training[min(int(np.searchsorted(chances, rng.random())), len(training) - 1)] for _ in range(BATCH)
    ]
    pictures = np.stack([as_input(damaged(sample, rng), sample.layout) for sample in chosen])
    targets = [CHARACTERS.index(c) + 1 for sample in chosen for c in sample.text]
    lengths = torch.tensor([len(sample.text) for sample in chosen])
    return torch.from_numpy(pictures), torch.tensor(targets), lengths


def validate(model: nn.Module, held_back: list[PlateSample]) -> dict[str, float]:
    """Share of texts read exactly from the given boxes, by source."""
    model.eval()
    right: dict[str, list[bool]] = {}
    with torch.no_grad():
        for sample in held_back:
            x, y, w, h = sample.box
            margin_x, margin_y = int(w * 0.04), int(h * 0.04)
            crop = sample.picture[
                max(0, y - margin_y) : y + h + margin_y, max(0, x - margin_x) : x + w + margin_x
            ]
            scores = model(torch.from_numpy(as_input(crop, sample.layout)[None]))[0].numpy()
            read = "".join(c.character for row in spell(scores, sample.layout).rows for c in row)
            right.setdefault(sample.source, []).append(read == sample.text)
    return {source: round(float(np.mean(hits)), 4) for source, hits in right.items()}


if __name__ == "__main__":
    main()
