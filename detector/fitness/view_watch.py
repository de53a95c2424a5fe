"""Whether a watched camera still looks where it was drawn on, every few minutes, by day and by night.

    a frame ─▶ see (keeps it) ─▶ check, in another thread ─▶ fit · moved · unknown
                                      │ compared with the calibration picture, and with one of the other light that is
                                      ▼ learned only while the calibration picture itself shows that nothing moved
    STATE/views/CAMERA-DIGEST.{calibrated,other}.png

Beyond the limit twice in a row: moved, until it is within it twice in a row. Not being able to tell changes nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
import structlog

from detector.contract.camera import Camera
from detector.fitness.drift import Drift, Features, drawn_places, drift_between, features_of, overlay
from detector.fitness.grading import MOST_MOVED
from models.letterbox import Picture

log = structlog.get_logger()

FIRST_CHECK_S = 5.0
CHECK_EVERY_S = 300.0
AGAIN_S = 10.0
"""After a comparison that speaks against what is believed, the next one comes soon."""
WORK_WIDTH_PX = 640
TWICE = 2
OTHER_LIGHT = 25.0
"""How much darker or lighter (of 255, on average) a picture is to be worth learning."""
SURE_MOVED = MOST_MOVED / 3
OVERLAY_WIDTH_PX, OVERLAY_QUALITY = 1280, 80


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reference:
    features: Features
    light: float


class ViewWatch:
    """One camera's view. `see` is called from the thread that judges, `check` from one that may take its time."""

    def __init__(self, camera: Camera, folder: Path, *, check_every_s: float = CHECK_EVERY_S) -> None:
        self._camera, self._places = camera, drawn_places(camera)
        self._name = view_name(camera)
        self._folder = folder
        self._check_every_s = check_every_s
        self._references: dict[str, _Reference] = {}
        self._is_open = False
        self._lock = Lock()
        self._pending: Picture | None = None
        self._seen_s: float | None = None
        self._against = 0
        self.is_moved = False
        self.moved: float | None = None
        self._jpeg = b""

    @property
    def word(self) -> str:
        """unknown, fit or moved."""
        if self.is_moved:
            return "moved"
        return "unknown" if self.moved is None else "fit"

    def wants(self, at_s: float) -> bool:
        """Whether the picture at this moment is due to be compared."""
        every_s = min(AGAIN_S, self._check_every_s) if self._against else self._check_every_s
        if self._seen_s is None or at_s < self._seen_s:  # the first, or the clock began anew
            self._seen_s = at_s - every_s + min(FIRST_CHECK_S, every_s)
        return at_s >= self._seen_s + every_s

    def see(self, at_s: float, picture: Picture) -> None:
        """Keep a picture for the next check."""
        self._seen_s = at_s
        with self._lock:
            self._pending = picture

    def check(self) -> bool:
        """Compare the picture that waits, if one does; whether the camera began or ceased to count as moved."""
        with self._lock:
            picture, self._pending = self._pending, None
        if picture is None:
            return False
        self._open()
        now, light = features_of(picture, work_width_px=WORK_WIDTH_PX), float(picture.mean())
        if "calibrated" not in self._references:
            self._learn("calibrated", picture, now, light)
            return False
        drifts = {
            name: drift_between(one.features, now, self._places) for name, one in self._references.items()
        }
        drift = max(drifts.values(), key=lambda one: (one.moved is not None, one.inliers))
        if drift.moved is None:
            return False
        self.moved = drift.moved
        self._learn_other_light(drifts["calibrated"], picture, now, light)
        return self._count(drift, picture)

    def take_overlay(self) -> bytes:
        """The picture of the moved view as a JPEG, once; empty when there is no new one."""
        jpeg, self._jpeg = self._jpeg, b""
        return jpeg

    def _count(self, drift: Drift, picture: Picture) -> bool:
        self._against = self._against + 1 if drift.is_beyond_limit != self.is_moved else 0
        if self._against < TWICE:
            return False
        self._against = 0
        self.is_moved = drift.is_beyond_limit
        camera_id = self._camera.camera_id
        if self.is_moved:
            self._jpeg = _small_jpeg(overlay(picture, self._camera, drift))
            log.error("camera_view_moved", camera_id=camera_id, moved=drift.moved, limit=MOST_MOVED)
        else:
            self._jpeg = b""
            log.info("camera_view_is_back", camera_id=camera_id, moved=drift.moved)
        return True

    def _learn_other_light(self, drift: Drift, picture: Picture, now: Features, light: float) -> None:
        """Keep the darkest (or lightest) picture that the calibration picture itself vouches for."""
        if self.is_moved or drift.moved is None or drift.moved > SURE_MOVED:
            return
        own = self._references["calibrated"].light
        known = self._references.get("other")
        best = abs(known.light - own) if known is not None else OTHER_LIGHT
        if abs(light - own) > best + 1.0:
            self._learn("other", picture, now, light)

    def _learn(self, which: str, picture: Picture, features: Features, light: float) -> None:
        self._references[which] = _Reference(features=features, light=light)
        path = self._folder / f"{self._name}.{which}.png"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        except OSError as error:  # full disk: it is known until the watch ends
            log.warning("view_not_kept", camera_id=self._camera.camera_id, reason=error.strerror)

    def _open(self) -> None:
        """Read what is kept of this calibration; a picture that cannot be read counts as none."""
        if self._is_open:
            return
        self._is_open = True
        for which in ("calibrated", "other"):
            for path in self._folder.glob(f"{self._name}.{which}.*"):
                picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
                if picture is not None:
                    sound = np.asarray(picture, np.uint8)
                    features = features_of(sound, work_width_px=WORK_WIDTH_PX)
                    self._references[which] = _Reference(features=features, light=float(sound.mean()))


def view_name(camera: Camera) -> str:
    """How the kept pictures of a camera's calibration begin: another drawing is compared with other pictures."""
    return f"{camera.camera_id}-{camera.calibration_sha256()[:12]}"


def _small_jpeg(picture: Picture) -> bytes:
    height = round(picture.shape[0] * OVERLAY_WIDTH_PX / picture.shape[1])
    small = cv2.resize(picture, (OVERLAY_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, OVERLAY_QUALITY])[1].tobytes())
