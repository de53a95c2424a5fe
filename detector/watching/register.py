"""Which cameras are to be watched, asked again and again: whoever is enabled, changed or disabled needs no restart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from detector.contract.camera import Camera
from detector.errors import DetectorError, SourceUnreadable
from detector.fitness.view_watch import view_name
from detector.sources.translating import is_live

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


def why_unfit(camera: Camera) -> str | None:
    """Why a camera cannot be watched live, in a line; None: it can be."""
    if camera.kind != "smart":
        return f"camera {camera.camera_id}: is a plain one; only smart cameras are judged"
    for role, source in (("main", camera.sources.main), ("sub", camera.sources.sub)):
        if source is not None and not is_live(source):
            return (
                f"camera {camera.camera_id}: sources.{role} is no rtsp:// address; use ngatu replay for files"
            )
    return None


def refuse_named_twice(cameras: Sequence[Camera]) -> None:
    """Raise SourceUnreadable for two cameras of one id."""
    known: set[str] = set()
    for camera in cameras:
        if camera.camera_id in known:
            raise SourceUnreadable(
                f"camera {camera.camera_id}: was named twice; give each camera an id of its own"
            )
        known.add(camera.camera_id)


def _refuse_unfit(cameras: Sequence[Camera]) -> None:
    refuse_named_twice(cameras)
    for camera in cameras:
        why = why_unfit(camera)
        if why is not None:
            raise SourceUnreadable(why)


class FitCameras:
    """A register without the cameras that cannot be watched; each is logged once for as long as it stays so.

    One of them must not keep the others from being watched. Raises SourceUnreadable for named cameras, when it is made:
    who names a camera wants it watched.
    """

    def __init__(self, register: CameraRegister) -> None:
        if isinstance(register, FixedCameras):
            _refuse_unfit(register.cameras())
        self._register = register
        self._left_out: dict[str, str] = {}

    def cameras(self) -> Sequence[Camera]:
        cameras = self._register.cameras()
        unfit = {camera.camera_id: why for camera in cameras if (why := why_unfit(camera)) is not None}
        for camera_id, why in unfit.items():
            if self._left_out.get(camera_id) != why:
                log.warning("camera_not_watched", camera_id=camera_id, reason=why)
        self._left_out = unfit
        return tuple(camera for camera in cameras if camera.camera_id not in unfit)

    def picture(self, camera: Camera) -> bytes | None:
        return self._register.picture(camera)


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
