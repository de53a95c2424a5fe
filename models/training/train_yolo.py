"""Trains or goes on training an ultralytics YOLO on the CPU (or a GPU), resumably.

In: a start checkpoint or a model yaml, a YOLO data.yaml. Out: <project>/<name>/weights/last.pt each epoch.
Run it again with the same arguments and --resume after a break. Offline only.
With --hours the clock rules: the rate falls with it, mosaic ends with its last part, and a checkpoint is
written every SAVED_EVERY batches, so that a machine busy with other work still gives a finished run.
"""

import argparse
import time
from typing import Any

import torch
from ultralytics import YOLO

SAVED_EVERY = 20
LAST_PART = 0.85


class ByTheClock:
    """Callbacks of the trainer for a run of so many hours."""

    def __init__(self, told: argparse.Namespace) -> None:
        self._told = told
        self._batches = 0
        self._mosaic = told.mosaic > 0

    def before_batch(self, trainer: Any) -> None:
        spent = min((time.time() - trainer.train_time_start) / (self._told.hours * 3600), 1.0)
        for group in trainer.optimizer.param_groups:
            group["lr"] = self._told.lr0 * (1 - spent * (1 - self._told.lrf))

    def before_epoch(self, trainer: Any) -> None:
        spent = (time.time() - trainer.train_time_start) / (self._told.hours * 3600)
        if (
            self._mosaic and spent > LAST_PART
        ):  # between epochs only: within one the loader loses its iterator
            self._mosaic = False
            trainer._close_dataloader_mosaic()
            trainer.train_loader.reset()

    def after_batch(self, trainer: Any) -> None:
        self._batches += 1
        if self._batches % SAVED_EVERY == 0:
            trainer.save_model()
            print(f"\nbatch {self._batches}, rate {trainer.optimizer.param_groups[0]['lr']:.5f}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("start")
    parser.add_argument("data")
    parser.add_argument("--project", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--imgsz", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--hours", type=float, help="instead of --epochs: as many as fit")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr0", type=float, default=0.005)
    parser.add_argument("--lrf", type=float, default=0.05)
    parser.add_argument("--scale", type=float, default=0.5)
    parser.add_argument("--mosaic", type=float, default=1.0)
    parser.add_argument("--close-mosaic", type=int, default=1)
    parser.add_argument("--warmup", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--freeze", type=int, default=0, help="leave the first layers as they are")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def main() -> None:
    told = arguments()
    torch.set_num_threads(told.threads)
    start = f"{told.project}/{told.name}/weights/last.pt" if told.resume else told.start
    yolo = YOLO(start)
    if told.hours:
        clock = ByTheClock(told)
        yolo.add_callback("on_train_epoch_start", clock.before_epoch)
        yolo.add_callback("on_train_batch_start", clock.before_batch)
        yolo.add_callback("on_train_batch_end", clock.after_batch)
    yolo.train(
        data=told.data,
        imgsz=told.imgsz,
        epochs=told.epochs,
        time=told.hours,
        batch=told.batch,
        nbs=told.batch,
        freeze=told.freeze or None,
        optimizer="SGD",
        lr0=told.lr0,
        lrf=told.lrf,
        scale=told.scale,
        mosaic=told.mosaic,
        close_mosaic=told.close_mosaic,
        warmup_epochs=told.warmup,
        hsv_s=0.5,
        degrees=2.0,
        workers=1,
        device=told.device,
        project=told.project,
        name=told.name,
        exist_ok=True,
        val=False,
        plots=False,
        save_period=1,
        seed=7,
        resume=told.resume,
    )


if __name__ == "__main__":
    main()
