"""Trains the plate reader: `python -m models.training.plates.train_reader --data DIR --drawn DIR --out DIR`.

Resumable: goes on from OUT/last.pt when it is there. Watches its progress on training texts that it leaves out
(`is_watched`), damaged; held-back texts are not touched. The end of the cycle is the network, OUT/end.pt.
Computes in bf16 where the processor has it: half the time of float32 on the CPU.
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.plates.reader import CHARACTERS, spell
from models.training.plates.ngatu_plate import Model
from models.training.plates.plate_pictures import (
    PlateSample,
    as_input,
    cornered_samples,
    damaged,
    drawn_samples,
    is_held_back,
    is_watched,
    real_samples,
)

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
BATCH = 64
WIDTH = 192
WATCHED_TIMES = 3
EVENNESS = 0.9
"""0 draws series letters as often as they come, 1 all equally often; 0.5 still read M and N as H."""
SOURCE_WEIGHTS = {"greenparking": 0.35, "carlong": 0.2, "cartgmt": 0.2, "drawn": 0.35}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--boxes", type=Path, help="JSON: image → [x, y, w, h] for photos without a box")
    parser.add_argument("--corners", type=Path, help="what corners_by_text.py found, instead of --boxes")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--start", type=Path, help="weights to begin with, when OUT/last.pt is not there")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate of the cycle")
    parser.add_argument("--every", type=int, default=250, help="steps between validations")
    parser.add_argument(
        "--freeze", type=int, default=0, help="leave the first layers as they are: half the time"
    )
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    boxes = {k: tuple(v) for k, v in json.loads(args.boxes.read_text()).items()} if args.boxes else None
    if args.corners:
        real = cornered_samples(args.data, args.corners)
    else:
        real = [s for s in real_samples(args.data, boxes) if not is_held_back(s.text)]
    watched = [s for s in real if is_watched(s.text)]
    training = [s for s in real if not is_watched(s.text)] + drawn_samples(args.drawn)
    run = Run(
        out=args.out,
        steps=args.steps,
        rate=args.rate,
        every=args.every,
        start=args.start,
        freeze=args.freeze,
    )
    train(training, watched, run)


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One training run: where its files lie, how long it goes, its highest rate, what it begins with and leaves."""

    out: Path
    steps: int
    rate: float
    every: int
    start: Path | None = None
    freeze: int = 0


class Learner:
    """The network with its optimiser, as OUT/last.pt keeps them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.model = Model(1, WIDTH, 0, len(CHARACTERS) + 1).to(memory_format=torch.channels_last)
        self.frozen = self.model.features[: run.freeze]
        self.frozen.requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=run.rate, weight_decay=1e-4)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, run.rate, total_steps=run.steps, pct_start=0.15
        )
        self.ctc = nn.CTCLoss(blank=0, zero_infinity=True)
        self.step = 0
        if (run.out / "last.pt").exists():
            self._resume(torch.load(run.out / "last.pt"))
        elif run.start is not None:
            self.model.load_state_dict(torch.load(run.start))

    def _resume(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]

    def learn(self, pictures: torch.Tensor, targets: torch.Tensor, lengths: torch.Tensor) -> float:
        """One step; the batch's loss."""
        self.model.train()
        self.frozen.eval()
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.model(pictures.to(memory_format=torch.channels_last))
        shares = scores.float().log_softmax(2).permute(1, 0, 2)
        loss = self.ctc(shares, targets, torch.full((BATCH,), shares.shape[0]), lengths)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1
        return float(loss.item())

    def keep(self) -> None:
        """Write OUT/last.pt, and at the end of the cycle OUT/end.pt."""
        if self.step == self.run.steps:
            torch.save(self.model.state_dict(), self.run.out / "end.pt")
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.run.out / "last.pt")


def train(training: list[PlateSample], watched: list[PlateSample], run: Run) -> None:
    """AdamW with a one-cycle rate; CTC; says every so many steps how watched plates are read."""
    learner = Learner(run)
    rng = np.random.default_rng(1 + learner.step)
    chances = chances_of(training)
    began, losses = time.time(), []
    while learner.step < run.steps:
        losses.append(learner.learn(*batch_of(training, chances, rng)))
        if learner.step % run.every == 0 or learner.step == run.steps:
            exact = validate(learner.model, watched)
            figures = f"{learner.step} loss {np.mean(losses[-run.every :]):.4f} {exact}"
            print(f"{figures} {time.time() - began:.0f} s", flush=True)
            learner.keep()


def chances_of(training: list[PlateSample]) -> NDArray[np.float64]:
    """Cumulated chance of each sample: by source, and within it rarer series letters more often.

    Parking pictures show a few letters over and over; unbalanced, M and N are read as H.
    """
    sources = Counter(s.source for s in training)
    letters = Counter((s.source, s.text[2:3]) for s in training)
    chances = np.array(
        [
            SOURCE_WEIGHTS[s.source] / sources[s.source] / letters[s.source, s.text[2:3]] ** EVENNESS
            for s in training
        ]
    )
    for source, weight in SOURCE_WEIGHTS.items():
        of_source = np.array([s.source == source for s in training])
        chances[of_source] *= weight / max(chances[of_source].sum(), 1e-12)
    return np.cumsum(chances / chances.sum())


def batch_of(training: list[PlateSample], chances: NDArray[np.float64], rng: np.random.Generator) -> Batch:
    chosen = [
        training[min(int(np.searchsorted(chances, rng.random())), len(training) - 1)] for _ in range(BATCH)
    ]
    pictures = np.stack([as_input(damaged(sample, rng), sample.layout) for sample in chosen])
    targets = [CHARACTERS.index(c) + 1 for sample in chosen for c in sample.text]
    lengths = torch.tensor([len(sample.text) for sample in chosen])
    return torch.from_numpy(pictures), torch.tensor(targets), lengths


def validate(model: nn.Module, watched: list[PlateSample]) -> dict[str, float]:
    """Share of damaged plates read exactly, by source."""
    model.eval()
    rng = np.random.default_rng(8)
    right: dict[str, list[bool]] = {}
    with torch.no_grad():
        for sample in watched * WATCHED_TIMES:
            pictures = as_input(damaged(sample, rng), sample.layout)[None]
            scores = model(torch.from_numpy(pictures))[0].numpy()
            read = "".join(c.character for row in spell(scores, sample.layout).rows for c in row)
            right.setdefault(sample.source, []).append(read == sample.text)
    return {source: round(float(np.mean(hits)), 4) for source, hits in right.items()}


if __name__ == "__main__":
    main()
