"""The clips of a folder with their camera and truth files. Opens no clip; every bad neighbour is told in one line."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.truth import TruthFileError, load_truth
from detector.contract.camera import Camera, CameraFileError, load_camera, parse_camera

CAMERA_END, TRUTH_END = ".camera.json", ".truth.json"
NOT_CLIPS = {".json", ".gz", ".md", ".txt", ".jpg", ".jpeg", ".png", ".html", ".csv", ".yaml", ".yml", ".zip"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFiles:
    """One clip and the files beside it that are there."""

    clip: Path
    camera_file: Path | None
    truth_file: Path | None

    @property
    def name(self) -> str:
        return self.clip.name


def find_clips(folder: Path) -> tuple[ClipFiles, ...]:
    """Every clip of a folder in order of name, sub streams left out. Raises TruthFileError when there is none."""
    if not folder.is_dir():
        raise TruthFileError(f"{folder}: is no folder; give a folder of clips with their .camera.json files")
    subs = {name for path in folder.glob(f"*{CAMERA_END}") if (name := _sub_of(path))}
    clips = tuple(
        ClipFiles(
            clip=path,
            camera_file=_beside(path, CAMERA_END),
            truth_file=_beside(path, TRUTH_END),
        )
        for path in sorted(folder.iterdir())
        if path.is_file()
        and path.suffix.lower() not in NOT_CLIPS
        and path.name not in subs
        and not path.name.startswith(".")
    )
    if not clips:
        raise TruthFileError(f"{folder}: holds no clip; put clips there, each with a NAME{CAMERA_END} beside")
    return clips


def camera_of(files: ClipFiles) -> Camera:
    """The camera beside a clip, else the one in its truth file. Raises CameraFileError, TruthFileError."""
    if files.camera_file is not None:
        return load_camera(files.camera_file)
    if files.truth_file is not None:
        return parse_camera(load_truth(files.truth_file).camera, f"{files.truth_file}: camera")
    raise CameraFileError(
        f"{files.name}: has no camera file; write {files.clip.stem}{CAMERA_END} beside it (see `ngatu check`)"
    )


def _beside(clip: Path, end: str) -> Path | None:
    path = clip.with_name(clip.stem + end)
    return path if path.is_file() else None


def _sub_of(camera_file: Path) -> str | None:
    """The sub stream a camera file names; a broken file names none and is told with its clip."""
    try:
        sub = json.loads(camera_file.read_bytes())["sources"]["sub"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sub if isinstance(sub, str) else None
