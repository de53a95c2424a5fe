"""The state of every camera in one word, for tables and maps: what there is to do comes before what is well.

uncalibrated ─▶ off ─▶ waiting ─▶ sending ⇄ quiet        moved: its view is not the one that was drawn on
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cameras.liveness import liveness_of
from service.cameras.registering import list_cameras
from service.cameras.tables import CalibrationVersion
from service.people import Caller
from service.tables import CameraRow

STATES = ("moved", "uncalibrated", "off", "quiet", "waiting", "sending", "plain")
GRADE_OF_STATE = {"moved": "bad", "uncalibrated": "warn", "off": "warn", "quiet": "warn", "sending": "good"}
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


def camera_states(session: Session, caller: Caller, *, at: datetime) -> list[CameraState]:
    """The cameras of the caller's ward by name."""
    rows = list_cameras(session, caller)
    versions: dict[str, dict[int, CalibrationVersion]] = {}
    for version in session.scalars(select(CalibrationVersion)):
        versions.setdefault(version.camera_id, {})[version.version] = version
    return [_state_of(row, versions.get(row.camera_id, {}), at) for row in rows]


def camera_state(row: CameraRow, counted: CalibrationVersion | None, *, at: datetime) -> str:
    """One word for a camera; `counted` is the version whose fitness counts."""
    if row.kind != "smart":
        return "plain"
    if row.enabled_at is None:
        return "off" if counted is not None else "uncalibrated"
    if counted is not None and view_grade(counted) == "unfit":
        return "moved"
    return liveness_of(row, at)


def view_grade(version: CalibrationVersion) -> str | None:
    """How the last probe graded the camera's view: weak or unfit when it was moved; None when it was not compared."""
    checks = version.fitness.get("checks", [])
    return next((check["grade"] for check in checks if check["name"] == VIEW_CHECK), None)


def _state_of(row: CameraRow, versions: dict[int, CalibrationVersion], at: datetime) -> CameraState:
    newest = max(versions, default=0)
    counted = versions.get(row.calibration_version or newest)
    fitness = counted.fitness if counted is not None else {}
    return CameraState(
        row=row,
        state=camera_state(row, counted, at=at),
        score=fitness.get("score"),
        is_fit=bool(fitness.get("fit")),
        newest_version=newest,
    )
