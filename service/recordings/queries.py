"""Questions about markings and patrols, within the caller's ward."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cameras.registering import list_cameras
from service.errors import NotFound
from service.people import Caller, names_of
from service.recordings.tables import OfficerMark, Patrol, PatrolCamera
from service.tables import CameraRow

MOST_MARKS = 50
MOST_PATROLS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraOfPatrol:
    """One camera of a patrol, how far it is, and who looked last."""

    row: PatrolCamera
    name: str
    who: str | None
    share: float

    @property
    def is_done(self) -> bool:
        return self.share >= 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PatrolSeen:
    """A patrol with its cameras in order."""

    patrol: Patrol
    cameras: tuple[CameraOfPatrol, ...]

    @property
    def share(self) -> float:
        return sum(camera.share for camera in self.cameras) / max(1, len(self.cameras))

    @property
    def next_camera(self) -> CameraOfPatrol | None:
        """Where to go on: the first camera that is not done."""
        return next((camera for camera in self.cameras if not camera.is_done), None)


def plain_cameras_of(session: Session, caller: Caller) -> list[CameraRow]:
    """The cameras whose recordings the caller may look through."""
    return [camera for camera in list_cameras(session, caller) if camera.kind == "plain"]


def marks_of_camera(
    session: Session, camera_id: str, *, from_at: datetime, until_at: datetime
) -> list[OfficerMark]:
    """What was marked in a stretch of a camera's recordings, newest first."""
    query = (
        select(OfficerMark)
        .where(
            OfficerMark.camera_id == camera_id,
            OfficerMark.crossing_at >= from_at,
            OfficerMark.crossing_at < until_at,
        )
        .order_by(OfficerMark.marked_at.desc())
        .limit(MOST_MARKS)
    )
    return list(session.scalars(query))


def list_patrols(session: Session, caller: Caller) -> list[PatrolSeen]:
    """The open patrols that have a camera of the caller's ward, newest first."""
    query = select(Patrol).where(Patrol.closed_at.is_(None)).order_by(Patrol.id.desc()).limit(MOST_PATROLS)
    seen = [_seen(session, patrol, caller) for patrol in session.scalars(query)]
    return [patrol for patrol in seen if patrol.cameras]


def get_patrol(session: Session, patrol_id: int, caller: Caller) -> PatrolSeen:
    """One patrol. Raises NotFound, also for one without a camera of the caller's ward."""
    patrol = session.get(Patrol, patrol_id)
    seen = _seen(session, patrol, caller) if patrol is not None else None
    if seen is None or not seen.cameras:
        raise NotFound(f"patrol {patrol_id}: there is none")
    return seen


def _seen(session: Session, patrol: Patrol, caller: Caller) -> PatrolSeen:
    query = (
        select(PatrolCamera, CameraRow)
        .join(CameraRow, CameraRow.camera_id == PatrolCamera.camera_id)
        .where(PatrolCamera.patrol_id == patrol.id)
        .order_by(PatrolCamera.place)
    )
    rows = [
        (row[0], row[1])
        for row in session.execute(query)
        if caller.ward is None or row[1].ward == caller.ward
    ]
    names = names_of(session, {row.person_id for row, _ in rows if row.person_id is not None})
    return PatrolSeen(
        patrol=patrol,
        cameras=tuple(
            CameraOfPatrol(
                row=row,
                name=camera.name,
                who=names.get(row.person_id) if row.person_id is not None else None,
                share=_share(patrol, row.seen_until),
            )
            for row, camera in rows
        ),
    )


def _share(patrol: Patrol, seen_until: datetime | None) -> float:
    if seen_until is None:
        return 0.0
    whole_s = (patrol.until_at - patrol.from_at).total_seconds()
    return min(1.0, max(0.0, (seen_until - patrol.from_at).total_seconds() / whole_s))
