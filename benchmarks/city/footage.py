"""The footage of the city bench: rendered once into a folder that is kept, and what was planted in it.

Rendering takes minutes, so a finished clip is taken again as long as its scene is the same.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.truth import load_truth
from detector.contract.camera import Camera, load_camera
from fixtures.render.clip import render_clip
from fixtures.scene.script import Scene
from fixtures.scenes.city import CITY_SCENES, SECONDS

Say = Callable[[str], None]
FINISHED = "finished.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Planted:
    """A violation that the footage shows, once in every round."""

    at_s: float
    kind: str
    plate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CityFootage:
    """One junction that several cameras of the bench show, each at another moment of it."""

    camera: Camera
    main: Path
    sub: Path
    planted: tuple[Planted, ...]
    round_s: float


def city_footage(folder: Path, *, say: Say) -> tuple[CityFootage, ...]:
    """All junctions of the city, rendered where they are not there yet. Raises OSError."""
    return tuple(_one(scene, folder / scene.name, say) for scene in CITY_SCENES)


def _one(scene: Scene, folder: Path, say: Say) -> CityFootage:
    mark = folder / FINISHED
    stamp = json.dumps({"seed": scene.seed, "seconds": scene.seconds, "kbps": scene.main_kbps})
    if not mark.is_file() or mark.read_text(encoding="utf-8") != stamp:
        say(
            f"Rendering {scene.seconds:.0f} s of {scene.name} into {folder}; this is done once and takes minutes."
        )
        render_clip(scene, folder)
        mark.write_text(stamp, encoding="utf-8")
    truth = load_truth(folder / f"{scene.name}.truth.json")
    return CityFootage(
        camera=load_camera(folder / f"{scene.name}.camera.json").model_copy(update={"detector": "fast"}),
        main=folder / f"{scene.name}.mp4",
        sub=folder / f"{scene.name}.sub.mp4",
        planted=tuple(
            Planted(at_s=row.cross_s, kind=str(row.verdict), plate=row.plate)
            for row in truth.crossings
            if row.verdict in ("red_light", "stop_line") and row.sure and row.cross_s is not None
        ),
        round_s=SECONDS,
    )
