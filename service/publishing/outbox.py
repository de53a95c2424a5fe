"""Writes down what others are to be told, in the transaction in which it happens: nothing is told that was undone.

No message holds a plate or a person: who is told looks the case up with rights of their own.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.publishing.tables import OutboxMessage
from service.tables import CameraRow, Case

QUIET_STATES = frozenset({"detected", "in_review"})
"""On the way to a decision; nobody is told."""
CASE_STATES = (
    "confirmed", "rejected", "second_approval", "notified", "decision", "paid", "overdue", "appealed", "cancelled",
    "unresolved_owner", "forwarded",
)  # fmt: skip
CAMERA_TOPIC = "camera.state"
TOPICS = (*(f"case.{state}" for state in CASE_STATES), CAMERA_TOPIC)


def publish(session: Session, *, topic: str, subject: str, body: dict[str, Any], at: datetime) -> None:
    """Write one message down."""
    session.add(OutboxMessage(topic=topic, subject=subject, body=body, created_at=at))


def publish_case(session: Session, case: Case, *, was: str, at: datetime) -> None:
    """Tell that a case was moved, once it is decided."""
    if case.state in QUIET_STATES:
        return
    body = {
        "case_id": case.id,
        "violation_id": case.violation_id,
        "camera_id": case.camera_id,
        "kind": case.kind,
        "vehicle_class": case.vehicle_class,
        "state": case.state,
        "was": was,
        "committed_at": case.committed_at.isoformat() if case.committed_at else None,
    }
    publish(session, topic=f"case.{case.state}", subject=case.violation_id, body=body, at=at)


def publish_camera(session: Session, camera: CameraRow, state: str, *, at: datetime) -> bool:
    """Tell a camera's state when it is another one than was told last."""
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.topic == CAMERA_TOPIC, OutboxMessage.subject == camera.camera_id)
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    )
    last = session.scalars(query).first()
    was = last.body["state"] if last else None
    if was == state:
        return False
    last_packet = camera.last_packet_at.isoformat() if camera.last_packet_at else None
    body = {"camera_id": camera.camera_id, "state": state, "was": was, "last_packet_at": last_packet}
    publish(session, topic=CAMERA_TOPIC, subject=camera.camera_id, body=body, at=at)
    return True
