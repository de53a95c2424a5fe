"""Live pictures of cameras that nobody records: a worker takes them while somebody looks. Viewers share one look."""

from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.cameras import jobs
from service.cameras.jobs import DONE, TAKEN, WAITING
from service.cameras.tables import CameraJob
from service.errors import Conflict
from service.people import Caller
from service.tables import CameraRow

FRESH = timedelta(seconds=5)
MOST_MOVING = 8
"""Each holds a connection to its camera."""
LONGEST_S = 600.0


def ask_look(
    session: Session, row: CameraRow, *, moving: bool, caller: Caller, secret: Fernet, at: datetime
) -> CameraJob:
    """A look at a camera that goes on already, or a new one: one picture, or pictures while it is watched.

    Raises Conflict when too many are looked at.
    """
    running = _running(session, row, moving=moving, at=at)
    if running is not None:
        return running
    if moving and _moving(session) >= MOST_MOVING:
        raise Conflict(f"{MOST_MOVING} cameras are watched live already; close one of them")
    jobs.forget_live_looks(session, row.camera_id)
    return jobs.ask_job(
        session,
        row,
        kind="live",
        seconds=LONGEST_S if moving else 0.0,
        version=None,
        drawing=None,
        device=None,
        secret=secret,
        at=at,
        who=caller.name,
        is_noted=False,
    )


def _running(session: Session, row: CameraRow, *, moving: bool, at: datetime) -> CameraJob | None:
    """A look of the same kind that waits, goes on, or gave its picture just now."""
    wanted = CameraJob.wanted_until.is_not(None) if moving else CameraJob.wanted_until.is_(None)
    query = select(CameraJob).where(CameraJob.camera_id == row.camera_id, CameraJob.kind == "live", wanted)
    newest = session.scalars(query.order_by(CameraJob.id.desc()).limit(1)).first()
    if newest is None or newest.asked_at < at - timedelta(seconds=2 * LONGEST_S):
        return None
    if newest.state in (WAITING, TAKEN):
        return newest
    is_fresh = newest.state == DONE and newest.ended_at is not None and at - newest.ended_at < FRESH
    return newest if is_fresh and not moving else None


def _moving(session: Session) -> int:
    query = select(func.count(CameraJob.id)).where(
        CameraJob.kind == "live", CameraJob.state.in_((WAITING, TAKEN)), CameraJob.wanted_until.is_not(None)
    )
    return session.scalar(query) or 0
