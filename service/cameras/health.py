"""Takes in how the watch of cameras goes, and tells others at once when a camera's state became another one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.contract.health import HealthIn, WatchedCamera
from service.cameras.liveness import liveness_of
from service.cameras.tables import CameraHealthRow, CameraPicture
from service.publishing.outbox import publish_camera
from service.tables import CameraRow, Worker

FRESH_FOR = timedelta(seconds=60)
"""A worker reports every few seconds; who is silent for so long watches no more."""
VIEW = "view.jpg"
WATCH_WORDS = ("moved", "lost", "late", "watched")
LOST = frozenset({"stalled", "refused", "ended"})


def take_health(
    session: Session, health: HealthIn, pictures: Mapping[str, bytes], *, worker: Worker, at: datetime
) -> None:
    """Keep each camera's report in the place of its last one. Cameras that are not registered are passed over.

    `pictures` are those of moved views, by camera.
    """
    known = {row.camera_id: row for row in session.scalars(select(CameraHealthRow))}
    ids = [one.camera_id for one in health.cameras]
    cameras = session.scalars(
        select(CameraRow).where(CameraRow.camera_id.in_(ids), CameraRow.kind == "smart")
    )
    by_id = {camera.camera_id: camera for camera in cameras}
    for one in health.cameras:
        camera = by_id.get(one.camera_id)
        if camera is not None:
            row = _kept(session, known.get(one.camera_id), one, worker=worker, at=at)
            if row.since == at:
                publish_camera(session, camera, row.word, at=at)
            if one.camera_id in pictures:
                _keep_view(session, row, pictures[one.camera_id], at=at)


def healths(session: Session) -> dict[str, CameraHealthRow]:
    """The newest report of every camera that ever had one."""
    return {row.camera_id: row for row in session.scalars(select(CameraHealthRow))}


def watch_word(camera: CameraRow, health: CameraHealthRow | None, *, at: datetime) -> str:
    """The state of an enabled smart camera: by its watch's report, else by the packets that came of it.

    `unwatched`: somebody watched it once and says nothing any more.
    """
    if health is None:
        return liveness_of(camera, at)
    return health.word if at - health.reported_at <= FRESH_FOR else "unwatched"


def told_state(camera: CameraRow, health: CameraHealthRow | None, *, at: datetime) -> str:
    """What others are told of a smart camera: `off` once it is taken out of force after it was watched."""
    return "off" if health is not None and camera.enabled_at is None else watch_word(camera, health, at=at)


def _word_of(one: WatchedCamera, before: str | None) -> str:
    """One word for a report; a camera that is called for the first time is neither lost nor watched yet."""
    if one.view == "moved":
        return "moved"
    if one.state in LOST:
        return "lost"
    if one.state == "connecting":
        return before or "waiting"
    return "late" if one.is_degraded else "watched"


def _kept(
    session: Session, row: CameraHealthRow | None, one: WatchedCamera, *, worker: Worker, at: datetime
) -> CameraHealthRow:
    word = _word_of(one, row.word if row else None)
    if row is None:
        row = CameraHealthRow(camera_id=one.camera_id, word="", since=at)
        session.add(row)
    was_silent = bool(row.word) and at - row.reported_at > FRESH_FOR
    if row.word != word or was_silent:
        row.word, row.since = word, at
    row.worker, row.reported_at = worker.key_id, at
    row.figures = one.model_dump(mode="json", exclude={"view_jpeg_base64", "camera_id"})
    return row


def _keep_view(session: Session, row: CameraHealthRow, jpeg: bytes, *, at: datetime) -> None:
    """A new row each time: a browser keeps a picture by its number."""
    old = session.get(CameraPicture, row.view_picture_id) if row.view_picture_id else None
    picture = CameraPicture(camera_id=row.camera_id, job_id=None, name=VIEW, taken_at=at, jpeg=jpeg)
    session.add(picture)
    session.flush()
    row.view_picture_id = picture.id
    session.flush()
    if old is not None:
        session.delete(old)
