"""The clips of a folder with their camera and truth files. Opens no clip; every bad neighbour is told in one line."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.truth import TruthFileError, load_truth
from detector.contract.camera import Camera, CameraFileError, load_camera, parse_camera
from detector.errors import printable

CAMERA_END, TRUTH_END = ".camera.json", ".truth.json"
NOT_CLIPS = {".json", ".gz", ".md", ".txt", ".jpg", ".jpeg", ".png", ".html", ".csv", ".yaml", ".yml", ".zip"}
VIDEO = {".mp4", ".mkv", ".avi", ".mov", ".m4v", ".ts", ".mpg", ".mpeg", ".wmv", ".flv", ".webm", ".dav"}
"""Folders of such a name, as some recorders make them, are told; other folders are none of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFiles:
    """One clip and the files beside it that are there."""

    clip: Path
    camera_file: Path | None
    truth_file: Path | None

    @property
    def name(self) -> str:
        """As it is shown: a name may hold line breaks, or bytes that are no text."""
        return printable(self.clip.name)


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
        if (not path.is_dir() or path.suffix.lower() in VIDEO)
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
        camera = load_camera(files.camera_file)
    elif files.truth_file is not None:
        camera = parse_camera(load_truth(files.truth_file).camera, f"{files.truth_file}: camera")
    else:
        raise CameraFileError(
            f"{files.name}: has no camera file; write {files.clip.stem}{CAMERA_END} beside it (see `ngatu check`)"
        )
    if not (camera.lanes or camera.solid_lines or camera.no_stop_zones):
        raise CameraFileError(
            f"camera {camera.camera_id}: has no lanes, so nothing in it is judged; calibrate it first"
        )
    return camera


def sub_of(files: ClipFiles) -> Path | None:
    """The sub stream that is run with a clip, where it lies beside it."""
    named = _sub_of(files.camera_file) if files.camera_file else None
    if files.camera_file is None and files.truth_file is not None:
        named = _sub_of(files.truth_file, "camera")
    path = files.clip.parent / named if named and "://" not in named else None
    return path if path is not None and path.is_file() else None


def _beside(clip: Path, end: str) -> Path | None:
    path = clip.with_name(clip.stem + end)
    return path if path.is_file() else None


def _sub_of(file: Path, *within: str) -> str | None:
    """The sub stream a camera file names; a broken file names none and is told with its clip."""
    try:
        sub = json.loads(file.read_bytes())
        for key in (*within, "sources", "sub"):
            sub = sub[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return sub if isinstance(sub, str) else None
