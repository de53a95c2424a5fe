"""The lane that a case was judged by: its drawing of that time where it is kept, else as it is drawn now."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cameras.tables import CalibrationVersion
from service.cases.queries import camera_of
from service.tables import Case


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneOfCase:
    """`drawing` is None when the lane is drawn nowhere; `is_other` when it may have been another at the act."""

    drawing: dict[str, Any] | None
    is_other: bool


def lane_of_case(session: Session, case: Case) -> LaneOfCase:
    """By the digest that the packet names, else by the lane's id in what is in force."""
    lane_id, digest = case.packet["lane_id"], case.packet["camera"]["calibration_sha256"]
    kept = session.scalars(
        select(CalibrationVersion)
        .where(CalibrationVersion.camera_id == case.camera_id, CalibrationVersion.sha256 == digest)
        .limit(1)
    ).first()
    drawing = kept.drawing if kept is not None else camera_of(session, case).calibration
    lane = next((lane for lane in drawing.get("lanes", ()) if lane["id"] == lane_id), None)
    return LaneOfCase(drawing=lane, is_other=kept is None)
