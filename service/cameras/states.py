"""The state of every camera in one word, for tables and maps: what there is to do comes before what is well.

uncalibrated ─▶ off ─▶ waiting ─▶ sending ⇄ quiet        moved: its view is not the one that was drawn on
plain ⇄ off            watched ⇄ late ⇄ lost             as the watch says; unwatched: it says nothing any more
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cameras.health import healths, watch_word
from service.cameras.registering import list_cameras
from service.cameras.tables import CalibrationVersion, CameraHealthRow
from service.people import Caller
from service.tables import CameraRow

STATES = (
    "moved", "lost", "late", "unwatched", "uncalibrated", "off", "quiet", "waiting", "sending", "watched", "plain",
)  # fmt: skip
GRADE_OF_STATE = {
    "moved": "bad", "lost": "bad", "late": "warn", "unwatched": "warn", "uncalibrated": "warn", "off": "warn",
    "quiet": "warn", "sending": "good", "watched": "good",
}  # fmt: skip
VIEW_CHECK = "view"
"""The check of a probe that compares the view with the calibration picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraState:
    """One camera as lists show it. `score` is its fitness by the version in force, or the newest one."""

    row: CameraRow
    state: str
    score: int | None
    is_fit: bool
    newest_version: int
    health: CameraHealthRow | None
    """How its watch went when it was told last; None when it was never watched."""


def camera_states(session: Session, caller: Caller, *, at: datetime) -> list[CameraState]:
    """The cameras of the caller's ward by name."""
    rows = list_cameras(session, caller)
    versions: dict[str, dict[int, CalibrationVersion]] = {}
    for version in session.scalars(select(CalibrationVersion)):
        versions.setdefault(version.camera_id, {})[version.version] = version
    known = healths(session)
    return [_state_of(row, versions.get(row.camera_id, {}), known.get(row.camera_id), at) for row in rows]


def camera_state(
    row: CameraRow, counted: CalibrationVersion | None, health: CameraHealthRow | None, *, at: datetime
) -> str:
    """One word for a camera; `counted` is the version whose fitness counts."""
    if row.kind != "smart":
        return "plain" if row.enabled_at is not None else "off"
    if row.enabled_at is None:
        return "off" if counted is not None else "uncalibrated"
    if counted is not None and view_grade(counted) == "unfit":
        return "moved"
    return watch_word(row, health, at=at)


def view_grade(version: CalibrationVersion) -> str | None:
    """How the last probe graded the camera's view: weak or unfit when it was moved; None when it was not compared."""
    checks = version.fitness.get("checks", [])
    return next((check["grade"] for check in checks if check["name"] == VIEW_CHECK), None)


def _state_of(
    row: CameraRow, versions: dict[int, CalibrationVersion], health: CameraHealthRow | None, at: datetime
) -> CameraState:
    newest = max(versions, default=0)
    counted = versions.get(row.calibration_version or newest)
    fitness = counted.fitness if counted is not None else {}
    return CameraState(
        row=row,
        state=camera_state(row, counted, health, at=at),
        score=fitness.get("score"),
        is_fit=bool(fitness.get("fit")),
        newest_version=newest,
        health=health,
    )
