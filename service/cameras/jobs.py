"""Camera jobs: a person asks, a worker takes, reports and ends them. Passwords are gone when a job has ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from detector.contract.assist import Device, DoneIn, JobAsked, JobKind, SeenFrame
from service.audit import write_audit
from service.cameras.drawings import Drawing, problems_of
from service.cameras.registering import bare_calibration, sources_of
from service.cameras.tables import CalibrationVersion, CameraJob, CameraPicture
from service.cameras.versions import DrawingFaulty, calibration_with, get_version, newest_version
from service.errors import BadInput, Conflict, NotFound
from service.feed_addresses import leads_here, rules_of
from service.people import Caller
from service.settings import Settings
from service.tables import CameraRow, Worker

WAITING, TAKEN, DONE, FAILED = "waiting", "taken", "done", "failed"
NEEDS_LANES = ("dry_run", "watch_along")
OF_DEVICES = ("discover", "profiles")
MOST_WAITING = 20
SILENT_FOR = timedelta(seconds=60)
"""A worker reports more often than this; else it is lost, and its job with it."""
UNTAKEN_FOR = timedelta(minutes=5)
WATCHED_FOR = timedelta(seconds=15)
SWEPT_AFTER = timedelta(days=7)


def ask_job(
    session: Session,
    row: CameraRow | None,
    *,
    kind: JobKind,
    seconds: float,
    version: int | None,
    drawing: Drawing | None,
    device: Device | None,
    secret: Fernet,
    at: datetime,
    who: str,
    is_noted: bool = True,
) -> CameraJob:
    """Ask for a look. It is audited, unless its page was: somebody sees pictures of the street.

    Raises BadInput, Conflict, NotFound.
    """
    if (row is None) != (kind in OF_DEVICES):
        raise BadInput(
            f"{kind}: this look is {'of the network' if row else 'of one camera'}, ask for it there"
        )
    if device is not None:
        _check_device(device)
    _sweep(session, at)
    waiting = session.scalar(select(func.count(CameraJob.id)).where(CameraJob.state == WAITING)) or 0
    if waiting >= MOST_WAITING:
        raise Conflict(f"{waiting} looks wait for a worker already; see that one runs: ngatu assist")
    version_drawn, keys = (None, None) if row is None else _calibration(session, row, version, drawing)
    if kind in NEEDS_LANES and not (keys and keys.get("lanes")):
        raise BadInput("nothing is drawn yet; draw a lane and its lamps first")
    asked = JobAsked(
        job_id=0,
        kind=kind,
        camera={**keys, "sources": sources_of(row, secret)} if row and keys else None,
        seconds=seconds,
        device=device,
        has_reference=version_drawn is not None and version_drawn.picture_id is not None,
    )
    job = CameraJob(
        camera_id=row.camera_id if row else None,
        kind=kind,
        version=version_drawn.version if version_drawn else None,
        asked_encrypted=secret.encrypt(asked.model_dump_json().encode()).decode(),
        asked_by=who,
        asked_at=at,
        state=WAITING,
        wanted_until=at + UNTAKEN_FOR if kind == "watch_along" or (kind == "live" and seconds > 0) else None,
        progress={},
        result={},
        failure_text="",
    )
    session.add(job)
    session.flush()
    subject = row.camera_id if row else (device.address if device else "network")
    if is_noted:
        write_audit(
            session, at=at, who=who, action="camera_looked_at", subject=subject[:100], after={"kind": kind}
        )
    return job


def forget_live_looks(session: Session, camera_id: str) -> None:
    """Drop a camera's ended live looks and their pictures: of live pictures only the newest is kept."""
    over = CameraJob.camera_id == camera_id, CameraJob.kind == "live", CameraJob.state.in_((DONE, FAILED))
    ids = session.scalars(select(CameraJob.id).where(*over)).all()
    if ids:
        _forget_pictures(session, ids, kept_ids=[])
        session.execute(delete(CameraJob).where(CameraJob.id.in_(ids)))


def _check_device(device: Device) -> None:
    """Raise BadInput for a device on the worker's own machine: nobody may have its ports looked into."""
    try:
        host = urlsplit(device.address if "://" in device.address else f"http://{device.address}").hostname
    except ValueError:
        host = None
    if not host:
        raise BadInput("device: names no host; write http://host:port/onvif/device_service")
    if leads_here(host) and not rules_of(Settings()).local:
        raise BadInput(
            "device: leads to this machine or a metadata service; a camera has an address of its own"
        )


def _calibration(
    session: Session, row: CameraRow, version: int | None, drawing: Drawing | None
) -> tuple[CalibrationVersion | None, dict[str, Any]]:
    """What the look is judged by: the drawing that was sent, a version, the newest one, or nothing drawn yet."""
    if drawing is not None:
        problems = problems_of(drawing)
        if problems:
            raise DrawingFaulty(problems)
        return None, calibration_with(row, drawing.to_camera_parts())
    found = (
        get_version(session, row.camera_id, version) if version else newest_version(session, row.camera_id)
    )
    if found is None:
        return None, {**bare_calibration(row), "kind": "plain"}
    return found, calibration_with(row, found.drawing)


def job_for(
    session: Session, job_id: int, caller: Caller, *, at: datetime, watches: bool = False
) -> CameraJob:
    """A job of a camera that the caller may see, with its losses noticed. Raises NotFound.

    `watches`: the page that shows it is open, so it is wanted a while longer.
    """
    job = session.get(CameraJob, job_id)
    row = session.get(CameraRow, job.camera_id) if job and job.camera_id else None
    hidden = row is not None and caller.ward is not None and row.ward != caller.ward
    if job is None or hidden:
        raise NotFound(f"look {job_id}: there is none")
    if job.state == TAKEN and job.reported_at is not None and at - job.reported_at > SILENT_FOR:
        _end(job, at=at, failure="worker_lost")
    elif job.state == WAITING and at - job.asked_at > UNTAKEN_FOR:
        _end(job, at=at, failure="nobody_took")
    elif watches and job.wanted_until is not None and job.wanted_until - at < WATCHED_FOR / 2:
        job.wanted_until = at + WATCHED_FOR
    return job


def stop_job(job: CameraJob, *, at: datetime) -> None:
    """Nobody wants it any more; the worker is told when it reports."""
    if job.state in (WAITING, TAKEN):
        _end(job, at=at, failure="stopped")


def has_work(session: Session) -> bool:
    """Whether a job waits; reads only."""
    return session.scalar(select(exists().where(CameraJob.state == WAITING))) or False


def take_job(session: Session, worker: Worker, *, secret: Fernet, at: datetime) -> JobAsked | None:
    """The oldest waiting job, for this worker alone; None when there is none."""
    worker.assisted_at = at
    oldest = select(CameraJob.id).where(CameraJob.state == WAITING, CameraJob.asked_at > at - UNTAKEN_FOR)
    for job_id in session.scalars(oldest.order_by(CameraJob.id)):
        mine = (
            update(CameraJob)
            .where(CameraJob.id == job_id, CameraJob.state == WAITING)
            .values(state=TAKEN, worker=worker.key_id, reported_at=at)
            .execution_options(synchronize_session=False)
        )
        if session.execute(mine).rowcount:  # type: ignore[attr-defined]
            job = session.get_one(CameraJob, job_id, populate_existing=True)
            if job.wanted_until is not None:
                job.wanted_until = at + WATCHED_FOR
            asked = JobAsked.model_validate_json(secret.decrypt(job.asked_encrypted.encode()))
            return asked.model_copy(update={"job_id": job_id})
    return None


def job_of(session: Session, job_id: int, worker: Worker) -> CameraJob:
    """A job that this worker has taken. Raises NotFound."""
    job = session.get(CameraJob, job_id)
    if job is None or job.worker != worker.key_id:
        raise NotFound(f"look {job_id}: was not taken by this worker")
    return job


def report(job: CameraJob, frame: SeenFrame, *, at: datetime) -> bool:
    """Note how far a job is; whether it is still wanted."""
    if job.state != TAKEN:
        return False
    job.reported_at = at
    number = int(job.progress.get("number", 0)) + 1
    job.progress = {"number": number, **frame.model_dump(mode="json")}
    return job.wanted_until is None or at < job.wanted_until


def keep_picture(session: Session, job: CameraJob, name: str, jpeg: bytes, *, at: datetime) -> CameraPicture:
    """Keep a picture of a job under a name; the same name again takes its place."""
    wanted = select(CameraPicture).where(CameraPicture.job_id == job.id, CameraPicture.name == name)
    picture = session.scalars(wanted).first()
    if picture is None:
        picture = CameraPicture(camera_id=job.camera_id, job_id=job.id, name=name)
        session.add(picture)
    picture.jpeg, picture.taken_at = jpeg, at
    session.flush()
    return picture


def end_job(session: Session, job: CameraJob, done: DoneIn, *, at: datetime) -> None:
    """Take in a result or a failure; a probe's result becomes the fitness of the version that it was done with."""
    if job.state != TAKEN:
        return
    _end(job, at=at, failure=done.failure, text=done.failure_text)
    job.result = done.result
    if job.kind == "probe" and job.version is not None and done.failure is None and job.camera_id:
        version = get_version(session, job.camera_id, job.version)
        version.fitness, version.fitness_at = done.result, at


def pictures_of(session: Session, job_id: int) -> dict[str, int]:
    """The ids of a job's pictures by their names."""
    wanted = select(CameraPicture.name, CameraPicture.id).where(CameraPicture.job_id == job_id)
    rows = session.execute(wanted.order_by(CameraPicture.id))
    return {row[0]: row[1] for row in rows}


def worker_seen(session: Session, *, at: datetime) -> bool:
    """Whether any worker asked for work in the last minute, or reports on some."""
    asked = select(exists().where(Worker.assisted_at > at - SILENT_FOR, Worker.revoked_at.is_(None)))
    busy = select(exists().where(CameraJob.state == TAKEN, CameraJob.reported_at > at - SILENT_FOR))
    return bool(session.scalar(asked) or session.scalar(busy))


def _end(job: CameraJob, *, at: datetime, failure: str | None, text: str = "") -> None:
    job.state = FAILED if failure else DONE
    job.failure, job.failure_text, job.ended_at, job.asked_encrypted = failure, text, at, ""


def _sweep(session: Session, at: datetime) -> None:
    """Forget looks of last week and their pictures; a picture that a calibration was drawn on stays."""
    old = session.scalars(select(CameraJob.id).where(CameraJob.asked_at < at - SWEPT_AFTER)).all()
    if not old:
        return
    kept = select(CalibrationVersion.picture_id).where(CalibrationVersion.picture_id.is_not(None))
    _forget_pictures(session, old, kept_ids=session.scalars(kept).all())
    session.execute(delete(CameraJob).where(CameraJob.id.in_(old)))


def _forget_pictures(session: Session, job_ids: Sequence[int], *, kept_ids: Sequence[int | None]) -> None:
    of_jobs = CameraPicture.job_id.in_(job_ids)
    session.execute(update(CameraPicture).where(of_jobs, CameraPicture.id.in_(kept_ids)).values(job_id=None))
    session.execute(delete(CameraPicture).where(of_jobs, CameraPicture.id.not_in(kept_ids)))
