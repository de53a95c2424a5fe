"""Cameras for people under /api/v1: register, draw, look, enable. Pictures come out, addresses never."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from service.cameras import jobs, versions
from service.cameras.bulk import export_cameras, import_cameras
from service.cameras.registering import INTEGRATORS, camera_for, edit_feed, record_again, register_feed
from service.cameras.schemas import (
    CalibrationIn,
    CalibrationOut,
    EnableIn,
    FeedEdit,
    FeedIn,
    FeedOut,
    ImportOut,
    JobIn,
    JobOut,
    VersionOut,
)
from service.cameras.tables import CalibrationVersion, CameraJob, CameraPicture
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, RecordHere, RowId, SessionHere
from service.errors import BadInput, Forbidden, NotFound, ServiceError
from service.idempotency import IdempotentRoute
from service.people import Caller
from service.seen_versions import camera_tag, check_seen
from service.tables import CameraRow

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)
PICTURES_STAY = "private, max-age=86400, immutable"
NOTHING_DRAWN: dict[str, Any] = {"signals": [], "lanes": [], "judging": {}}
CameraId = Annotated[str, Path(max_length=64)]


class NoVersionNamed(ServiceError):
    """A change without the version that it began from could undo another's work unseen."""

    status = 428


def integrator_here(caller: BriefCaller) -> Caller:
    """A caller who may change cameras. Raises Forbidden."""
    caller.require(*INTEGRATORS)
    return caller


Integrator = Annotated[Caller, Depends(integrator_here)]


def camera_here(camera_id: CameraId, caller: CallerHere, session: SessionHere) -> CameraRow:
    """The camera that the path names, of the caller's ward."""
    return camera_for(session, camera_id, caller)


def camera_to_change(camera_id: CameraId, caller: Integrator, session: SessionHere) -> CameraRow:
    """The same, held so that two who change it come one after the other."""
    return camera_for(session, camera_id, caller, lock=True)


CameraHere = Annotated[CameraRow, Depends(camera_here)]
CameraToChange = Annotated[CameraRow, Depends(camera_to_change)]


@router.post("/feeds", status_code=201)
def post_feed(
    body: FeedIn, caller: Integrator, session: SessionHere, record: RecordHere, now: Now
) -> FeedOut:
    """Register a feed. Its addresses are encrypted and never come back."""
    if caller.ward is not None and body.ward != caller.ward:
        raise Forbidden("who is bound to a ward may register cameras of that ward only")
    row = register_feed(session, body, secret=record.secret, at=now, who=caller.name)
    return FeedOut.model_validate(row)


@router.post("/feeds/{camera_id}")
def post_feed_edit(
    body: FeedEdit,
    row: CameraToChange,
    caller: Integrator,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    response: Response,
) -> FeedOut:
    """Change name, ward, place or addresses; what is not sent stays. If-Match takes the ETag of the camera."""
    check_seen(caller, camera_tag(row), f"camera {row.camera_id}")
    if caller.ward is not None and "ward" in body.model_fields_set and body.ward != caller.ward:
        raise Forbidden("who is bound to a ward may register cameras of that ward only")
    edit_feed(session, row, body, secret=record.secret, at=now, who=caller.name)
    response.headers["ETag"] = f'"{camera_tag(row)}"'
    return FeedOut.model_validate(row)


@router.post("/cameras/import")
async def post_import(request: Request, caller: Integrator, record: RecordHere, now: Now) -> ImportOut:
    """Register and edit many cameras from a CSV file (text/csv); with a fault in any line nothing is changed."""
    data = await request.body()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8; save it as CSV UTF-8") from None
    return await run_in_threadpool(_import, record, text, caller, now)


def _import(record: RecordHere, text: str, caller: Caller, now: Now) -> ImportOut:
    with transaction(record.engine) as session:
        return import_cameras(session, text, caller=caller, secret=record.secret, at=now)


@router.get("/cameras/export.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_export(caller: Integrator, session: SessionHere) -> Response:
    """The cameras of the caller's ward as CSV, without their addresses; the import takes it again."""
    text = "".join(export_cameras(session, caller))
    headers = {"Content-Disposition": 'attachment; filename="cameras.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/cameras/{camera_id}/calibration")
def get_calibration(
    row: CameraHere, session: SessionHere, response: Response, version: int | None = None
) -> CalibrationOut | dict[str, Any]:
    """A version's drawing, the newest one's by default. The ETag names the newest version: send it with a change."""
    newest = versions.newest_version(session, row.camera_id)
    response.headers["ETag"] = _etag(newest)
    shown = versions.get_version(session, row.camera_id, version) if version else newest
    if shown is None:
        return {"version": 0, "drawing": NOTHING_DRAWN, "in_force": None}
    return _calibration_out(shown, row)


@router.put("/cameras/{camera_id}/calibration", status_code=201, response_model=CalibrationOut)
def put_calibration(
    body: CalibrationIn,
    row: CameraToChange,
    caller: Integrator,
    session: SessionHere,
    response: Response,
    now: Now,
    request: Request,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> CalibrationOut | Response:
    """Save a drawing as the next version. 412 with the newest drawing when somebody saved one meanwhile."""
    try:
        saved = versions.save_drawing(
            session,
            row,
            body.drawing,
            drawn_on=_version_in(if_match),
            note=body.note,
            picture_id=body.picture_id,
            at=now,
            who=caller.name,
        )
    except versions.EditedMeanwhile as error:
        newest = _calibration_out(error.newest, row).model_dump(mode="json")
        return _problem(error, {"newest": newest}, etag=_etag(error.newest))
    except versions.DrawingFaulty as error:
        problems = [{"code": p.code, "where": p.where, "part": p.part} for p in error.problems]
        return _problem(error, {"problems": problems})
    response.headers["ETag"] = _etag(saved)
    return _calibration_out(saved, row)


@router.get("/cameras/{camera_id}/calibrations")
def get_calibrations(row: CameraHere, session: SessionHere) -> list[VersionOut]:
    """All versions, the newest first."""
    return [VersionOut.model_validate(one) for one in versions.list_versions(session, row.camera_id)]


@router.post("/cameras/{camera_id}/calibrations/{version}/enable")
def post_enable(
    version: RowId, body: EnableIn, row: CameraToChange, caller: Integrator, session: SessionHere, now: Now
) -> CalibrationOut:
    """Let workers judge by a version from now on; an earlier version is gone back to in the same way."""
    chosen = versions.get_version(session, row.camera_id, version)
    versions.put_in_force(session, row, chosen, why=body.why, at=now, who=caller.name)
    return _calibration_out(chosen, row)


@router.post("/cameras/{camera_id}/enable", status_code=204)
def post_record(
    body: EnableIn, row: CameraToChange, caller: Integrator, session: SessionHere, now: Now
) -> None:
    """Record a plain feed again that was disabled; smart cameras are enabled with one of their calibrations."""
    record_again(session, row, why=body.why, at=now, who=caller.name)


@router.post("/cameras/{camera_id}/disable", status_code=204)
def post_disable(
    body: EnableIn, row: CameraToChange, caller: Integrator, session: SessionHere, now: Now
) -> None:
    """Let nobody judge this camera any more; a plain one is no longer recorded, what was recorded stays."""
    versions.take_out_of_force(session, row, why=body.why, at=now, who=caller.name)


@router.post("/cameras/{camera_id}/jobs", status_code=201, response_model=JobOut)
def post_job(
    body: JobIn, row: CameraToChange, caller: Integrator, session: SessionHere, record: RecordHere, now: Now
) -> JobOut | Response:
    """Ask a worker to look at a camera: still, probe, dry_run or watch_along."""
    try:
        return job_out(session, _asked(session, body, row, caller, record, now), now)
    except versions.DrawingFaulty as error:
        problems = [{"code": p.code, "where": p.where, "part": p.part} for p in error.problems]
        return _problem(error, {"problems": problems})


@router.post("/camera-jobs", status_code=201)
def post_network_job(
    body: JobIn, caller: Integrator, session: SessionHere, record: RecordHere, now: Now
) -> JobOut:
    """Ask a worker to look for ONVIF devices in its network, or for the streams of one."""
    return job_out(session, _asked(session, body, None, caller, record, now), now)


@router.get("/camera-jobs/{job_id}")
def get_job(job_id: RowId, caller: CallerHere, session: SessionHere, now: Now) -> JobOut:
    """How a job stands. Asking keeps a live look going."""
    return job_out(session, jobs.job_for(session, job_id, caller, at=now, watches=True), now)


@router.post("/camera-jobs/{job_id}/stop")
def post_stop(job_id: RowId, caller: Integrator, session: SessionHere, now: Now) -> JobOut:
    """Nobody wants it any more."""
    job = jobs.job_for(session, job_id, caller, at=now)
    jobs.stop_job(job, at=now)
    return job_out(session, job, now)


@router.get("/camera-pictures/{picture_id}")
def get_picture(picture_id: RowId, caller: CallerHere, session: SessionHere) -> Response:
    """A picture of a job or a calibration."""
    picture = session.get(CameraPicture, picture_id)
    if picture is None or picture.camera_id is None:
        raise NotFound(f"picture {picture_id}: there is none")
    camera_for(session, picture.camera_id, caller)
    return Response(picture.jpeg, media_type="image/jpeg", headers={"Cache-Control": PICTURES_STAY})


def job_out(session: SessionHere, job: CameraJob, at: Now) -> JobOut:
    """A job for the wire."""
    names = JobOut.model_fields.keys() - {"pictures", "worker_seen"}
    return JobOut(
        **{name: getattr(job, name) for name in names},
        pictures=jobs.pictures_of(session, job.id),
        worker_seen=jobs.worker_seen(session, at=at),
    )


def _asked(
    session: SessionHere, body: JobIn, row: CameraRow | None, caller: Caller, record: RecordHere, now: Now
) -> CameraJob:
    return jobs.ask_job(
        session,
        row,
        kind=body.kind,
        seconds=body.seconds,
        version=body.version,
        drawing=body.drawing,
        device=body.device,
        secret=record.secret,
        at=now,
        who=caller.name,
    )


def _calibration_out(version: CalibrationVersion, row: CameraRow) -> CalibrationOut:
    base = VersionOut.model_validate(version).model_dump()
    return CalibrationOut(**base, drawing=version.drawing, in_force=row.calibration_version)


def _etag(newest: CalibrationVersion | None) -> str:
    return f'"{newest.version if newest else 0}"'


def _version_in(if_match: str | None) -> int:
    if if_match is None:
        raise NoVersionNamed("send If-Match with the ETag of the drawing that this one began from")
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit() or len(text) > 9:
        raise BadInput("If-Match: is no ETag of a calibration")
    return int(text)


def _problem(error: ServiceError, more: dict[str, Any], *, etag: str | None = None) -> JSONResponse:
    """A refusal with what the page needs to go on."""
    body = {"type": "about:blank", "status": error.status, "detail": str(error), **more}
    headers = {"ETag": etag} if etag else None
    return JSONResponse(body, error.status, headers=headers, media_type="application/problem+json")
