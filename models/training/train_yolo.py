"""Trains or goes on training an ultralytics YOLO on the CPU (or a GPU), resumably.

In: a start checkpoint or a model yaml, a YOLO data.yaml. Out: <project>/<name>/weights/last.pt each epoch.
Run it again with the same arguments and --resume after a break. Offline only.
"""

import argparse

import torch
from ultralytics import YOLO


def main() -> None:
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
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    start = f"{told.project}/{told.name}/weights/last.pt" if told.resume else told.start
    YOLO(start).train(
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
