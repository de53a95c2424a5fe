"""Tells the service every few seconds how the watch of each camera goes. Health reports in, one small request out.

The newest report of a camera counts; a service that is away is told again next time. Never holds the watch up.
"""

import math
from base64 import b64encode
from collections.abc import Sequence
from threading import Event, Lock

import httpx
import structlog

from detector.contract.health import MOST_CAMERAS, MOST_VIEW_BYTES, HealthIn, WatchedCamera
from detector.watching.camera_health import CameraHealth, GroupHealth

log = structlog.get_logger()

POST_EVERY_S = 5.0
OLD_AFTER = 4
"""A camera that no report named in so many rounds left the watch; its last report is told no more."""
MOST_PICTURES = 1
"""Of moved views, in one request: each is some hundred kilobytes."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
UNKNOWN = "401"
REGISTER = (
    "the service does not know this worker: no packet of it is taken; "
    "register it with ngatu worker add --state STATE, where STATE or NGATU_DATABASE is that of the service"
)
COUNTS = (
    "gaps", "dropped", "reconnects", "restarts", "cases", "unproved", "unwritten", "lost",
)  # fmt: skip


class HealthPoster:
    """Hears the reports of all groups and posts them from a thread of its own."""

    def __init__(self, service_url: str, token: str, *, every_s: float = POST_EVERY_S) -> None:
        self._url = f"{service_url.rstrip('/')}/api/v1/watch/health"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._every_s = every_s
        self._lock = Lock()
        self._newest: dict[str, CameraHealth] = {}
        self._age: dict[str, int] = {}
        self._pictures: dict[str, bytes] = {}
        self._reason: str | None = None
        """Why the last report was not told."""

    def hear(self, reports: Sequence[GroupHealth]) -> None:
        """Take reports that came. The picture of a moved view comes in one report only: it is kept until it is told."""
        with self._lock:
            for camera in (camera for report in reports for camera in report.cameras):
                self._newest[camera.camera_id] = camera
                self._age[camera.camera_id] = 0
                if camera.view_jpeg:
                    self._pictures[camera.camera_id] = camera.view_jpeg

    def run(self, stop: Event) -> None:
        """Post until told to stop; at once, so that a worker that the service does not know is told so at the start."""
        with httpx.Client(timeout=TIMEOUT, headers=self._headers) as client:
            self._sent(client, HealthIn(cameras=()))
            while not stop.wait(self._every_s):
                self.post(client)

    def post(self, client: httpx.Client) -> bool:
        """Tell what is known now; whether the service took it."""
        with self._lock:
            told = self._grown_older()
            pictures = dict(list(self._pictures.items())[:MOST_PICTURES])
        for first in range(0, len(told), MOST_CAMERAS):
            some = told[first : first + MOST_CAMERAS]
            body = HealthIn(cameras=tuple(_wire(one, pictures.get(one.camera_id)) for one in some))
            if not self._sent(client, body):
                return False
        with self._lock:
            for camera_id, jpeg in pictures.items():
                if self._pictures.get(camera_id) is jpeg:
                    del self._pictures[camera_id]
        return True

    def _grown_older(self) -> list[CameraHealth]:
        for camera_id in list(self._age):
            self._age[camera_id] += 1
            if self._age[camera_id] > OLD_AFTER:
                del self._age[camera_id], self._newest[camera_id]
                self._pictures.pop(camera_id, None)
        return list(self._newest.values())

    def _sent(self, client: httpx.Client, body: HealthIn) -> bool:
        headers = {"Content-Type": "application/json"}
        reason = None
        try:
            answer = client.post(self._url, content=body.model_dump_json(), headers=headers)
            reason = str(answer.status_code) if answer.is_error else None
        except httpx.HTTPError as error:
            reason = type(error).__name__
        if reason is not None and reason != self._reason:
            log.warning("health_not_told", reason=reason, **({"do": REGISTER} if reason == UNKNOWN else {}))
        self._reason = reason
        return reason is None


def _wire(health: CameraHealth, jpeg: bytes | None) -> WatchedCamera:
    """The report as the service takes it; a measure that is no number is left at 0."""
    fitting = jpeg is not None and len(jpeg) <= MOST_VIEW_BYTES
    values = {
        "camera_id": health.camera_id, "state": health.state, "gear": health.gear, "is_degraded": health.is_degraded,
        "lag_s": _number(health.lag_s), "analysed_fps": _number(health.analysed_fps), "gap_s": _number(health.gap_s),
        "clock_offset_ms": health.clock_offset_ms, "view": health.view, "view_moved": health.view_moved,
        "view_jpeg_base64": b64encode(jpeg).decode("ascii") if jpeg is not None and fitting else None,
    }  # fmt: skip
    return WatchedCamera.model_validate(values | {name: getattr(health, name) for name in COUNTS})


def _number(value: float) -> float:
    return round(value, 3) if math.isfinite(value) and value > 0 else 0.0
