"""Which cameras are to be watched, asked again and again: whoever is enabled, changed or disabled needs no restart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from detector.contract.camera import Camera
from detector.errors import DetectorError
from detector.fitness.view_watch import view_name

log = structlog.get_logger()


class CameraRegister(Protocol):
    """Where the cameras of a watch are kept."""

    def cameras(self) -> Sequence[Camera]:
        """Those to be watched now. Raises OSError or DetectorError when that cannot be told now."""
        ...

    def picture(self, camera: Camera) -> bytes | None:
        """The picture that its calibration was drawn on; None where there is none."""
        ...


class FixedCameras:
    """Cameras that were named when the watch began; `pictures` by their ids."""

    def __init__(self, cameras: Sequence[Camera], pictures: dict[str, Path] | None = None) -> None:
        self._cameras, self._pictures = tuple(cameras), pictures or {}

    def cameras(self) -> Sequence[Camera]:
        return self._cameras

    def picture(self, camera: Camera) -> bytes | None:
        path = self._pictures.get(camera.camera_id)
        try:
            return path.read_bytes() if path is not None else None
        except OSError as error:
            log.warning("calibration_picture_not_read", camera_id=camera.camera_id, reason=error.strerror)
            return None


class KeptViews:
    """Lays each camera's calibration picture where its group looks for it, once for each calibration."""

    def __init__(self, register: CameraRegister, folder: Path) -> None:
        self._register, self._folder = register, folder
        self._seen: set[str] = set()

    def keep(self, cameras: Sequence[Camera]) -> None:
        """Before these cameras are watched. What cannot be kept is said; then the first view counts."""
        for camera in cameras:
            name = view_name(camera)
            if name in self._seen:
                continue
            self._seen.add(name)
            try:
                self._lay(name, self._register.picture(camera))
            except (OSError, DetectorError) as error:
                reason = type(error).__name__
                log.warning("calibration_picture_not_kept", camera_id=camera.camera_id, reason=reason)

    def _lay(self, name: str, jpeg: bytes | None) -> None:
        if jpeg is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{name}.calibrated.*"):
            old.unlink()
        path = self._folder / f"{name}.calibrated.jpg"
        part = path.with_suffix(".part")
        part.write_bytes(jpeg)
        part.rename(path)
