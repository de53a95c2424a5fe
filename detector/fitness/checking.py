"""`ngatu check`: probe a camera, grade it, say what to change. Exit 0 fit, 1 not fit; bad input raises."""

from pathlib import Path
from typing import Any

import cv2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from detector.contract.camera import load_camera
from detector.errors import DetectorError
from detector.fitness.drift import overlay
from detector.fitness.grading import Fitness, Grade, grade
from detector.fitness.probing import probe_camera
from detector.watching.eyes import Picture
from detector.watching.opening import open_eyes
from detector.watching.reporting import clip_length_s, progress_over

MARKS = {Grade.GOOD: "green", Grade.WEAK: "yellow", Grade.UNFIT: "red", Grade.UNMEASURED: "dim"}


def check_camera(
    camera_file: Path,
    *,
    seconds: float,
    quiet: bool,
    keep_picture: Path | None = None,
    overlay_to: Path | None = None,
) -> Fitness:
    """Probe the camera of a camera file and grade it; on wish keeps the scene, and the scene with the drawing.

    Raises CameraFileError, SourceError; DetectorError when a picture cannot be written.
    """
    camera = load_camera(camera_file)
    if not camera.lanes:
        raise DetectorError(f"{camera_file}: has no lanes; draw the stop line first, then check")
    length_s = min(seconds, clip_length_s(camera_file.parent / camera.sources.main) or seconds)
    with progress_over(f"probing {camera.camera_id}", length_s=length_s, quiet=quiet) as progress:
        probed = probe_camera(
            camera, base_dir=camera_file.parent, eyes=open_eyes(), seconds=seconds, progress=progress
        )
    if keep_picture is not None:
        _write(keep_picture, probed.still)
    if overlay_to is not None:
        _write(overlay_to, overlay(probed.still, camera, probed.drift))
    return grade(probed.measure)


def _write(path: Path, picture: Picture) -> None:
    if path.suffix.lower() not in {".jpg", ".png"} or not path.parent.is_dir():
        raise DetectorError(f"{path}: name a .jpg or .png file in a folder that exists")
    if not cv2.imwrite(str(path), picture):
        raise DetectorError(f"{path}: cannot be written; check the folder's rights and space")


def say_fitness(fitness: Fitness) -> None:
    """The report as a table, worst first, and the verdict in one line."""
    console = Console()
    table = Table("", "what", "measured", "what to change", box=SIMPLE_HEAD)
    order = [Grade.UNFIT, Grade.WEAK, Grade.UNMEASURED, Grade.GOOD]
    for check in sorted(fitness.checks, key=lambda check: order.index(check.grade)):
        mark = f"[{MARKS[check.grade]}]{check.grade}[/]"
        table.add_row(mark, check.name, check.measured, check.advice)
    console.print(table)
    verdict = "fit" if fitness.is_fit else "not fit: mend what is marked unfit"
    console.print(f"{fitness.camera_id}: score {fitness.score} of 100, {verdict}.")


def fitness_json(fitness: Fitness) -> dict[str, Any]:
    """The report for scripts."""
    return {
        "camera": fitness.camera_id,
        "fit": fitness.is_fit,
        "score": fitness.score,
        "checks": [
            {"name": c.name, "measured": c.measured, "grade": c.grade, "advice": c.advice}
            for c in fitness.checks
        ],
    }
