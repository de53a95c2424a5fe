"""Opens what a watch needs: networks from the shipped weights, the signer, the writer. Watches nothing itself."""

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from detector.contract.camera import Camera, load_camera
from detector.evidence.packet_writer import PacketWriter
from detector.evidence.signing import Signer, load_or_create_signer
from detector.watching.describing import RunStamp, stamp_run
from detector.watching.eyes import Eyes
from detector.watching.replay import ReplayResult, camera_on_clip, replay_camera, watched_line
from detector.watching.watcher import Progress
from models.lamps import open_lamp_reader
from models.plates.finder import open_plate_finder
from models.plates.reader import open_plate_reader
from models.vehicles import open_vehicle_detector
from models.weights import checksums

DETECTOR_SIZES = {"fine": (640, 384), "fast": (416, 256)}
"""Width and height that the vehicle detector works at, by the camera's setting; fine: a 640×360 sub stream as it is."""
LEAST_VEHICLE_SCORE = 0.12
"""Faint detections are asked for too: they keep tracks alive, they never begin one."""


def open_eyes(detector: Literal["fine", "fast"] = "fine") -> Eyes:
    """Open all networks, for cameras of one detector setting. Raises WeightsMissing or WeightsAltered."""
    return Eyes(
        vehicles=open_vehicle_detector(size=DETECTOR_SIZES[detector], least_score=LEAST_VEHICLE_SCORE),
        plate_finder=open_plate_finder(),
        plate_reader=open_plate_reader(),
        lamps=open_lamp_reader(),
        checksums=checksums(),
    )


def check_weights() -> None:
    """Raises WeightsMissing or WeightsAltered, before anything is started that would die of it."""
    checksums()


def open_eyes_by_detector() -> dict[str, Eyes]:
    """The networks for cameras of all detector settings, those that do not differ opened once."""
    fine = open_eyes("fine")
    small = open_vehicle_detector(size=DETECTOR_SIZES["fast"], least_score=LEAST_VEHICLE_SCORE)
    return {"fine": fine, "fast": replace(fine, vehicles=small)}


def open_signer(state: Path) -> Signer:
    """The worker's signing key; made at first use in STATE/keys with its public half beside it."""
    return load_or_create_signer(state / "keys")


def stamp() -> RunStamp:
    """This run's own mark, the only part of a packet that differs between two replays."""
    return stamp_run(software_version=version("ngatu"))


def replay_clip(
    clip: Path,
    *,
    camera_file: Path,
    out: Path,
    state: Path,
    progress: Progress = lambda _at_s: None,
    say: Callable[[str], None] = lambda _line: None,
) -> ReplayResult:
    """Replay one clip with a camera file; packets go to `out`, which stream is watched is said.

    Raises CameraFileError, SourceError, …
    """
    camera: Camera = load_camera(camera_file)
    on_clip = camera_on_clip(camera, clip, camera_file.parent)
    say(watched_line(camera, on_clip))
    writer = PacketWriter(out, open_signer(state))
    return replay_camera(
        on_clip,
        base_dir=clip.parent,
        eyes=open_eyes(camera.detector),
        writer=writer,
        run=stamp(),
        progress=progress,
    )
