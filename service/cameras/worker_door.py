"""The workers' side of camera jobs under /api/v1/assist: take one, report, send pictures, end it; and of the watch."""

import asyncio
import binascii
import time
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from detector.contract.assist import (
    LIVE,
    MOST_PICTURE_BYTES,
    DoneIn,
    FrameAnswer,
    FrameIn,
    JobAsked,
    TakeIn,
)
from detector.contract.health import HealthIn
from service.cameras import jobs
from service.cameras.health import take_health
from service.cameras.tables import CameraPicture
from service.cameras.versions import get_version
from service.database import transaction
from service.door import Now, Record, RecordHere, RowId, SessionHere
from service.errors import BadInput, NotFound, NotSignedIn, TooLarge
from service.people import worker_of
from service.tables import Worker

router = APIRouter(prefix="/api/v1/assist")
watch_router = APIRouter(prefix="/api/v1/watch")
ASK_AGAIN_S = 0.3
JPEG_BEGINS, JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
PictureName = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,50}\.jpg$")]


def bearer_token(request: Request) -> str:
    """The token that a worker sends. Raises NotSignedIn when it sends none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("send the worker's token as: Authorization: Bearer TOKEN")
    return token.strip()


Token = Annotated[str, Depends(bearer_token)]


def known_worker(token: Token, session: SessionHere) -> Worker:
    """The worker that asks. Raises NotSignedIn."""
    return worker_of(session, token)


WorkerHere = Annotated[Worker, Depends(known_worker)]


@router.post("/take", response_model=None)
async def post_take(body: TakeIn, token: Token, record: RecordHere, now: Now) -> JobAsked | Response:
    """The next job for a worker, with the camera's addresses; 204 when none came while it waited."""
    began_s = time.monotonic()
    job = await run_in_threadpool(_take, record, token, now)
    while job is None and time.monotonic() - began_s < body.wait_s:
        await asyncio.sleep(ASK_AGAIN_S)
        if await run_in_threadpool(_has_work, record):
            later = now + timedelta(seconds=time.monotonic() - began_s)
            job = await run_in_threadpool(_take, record, token, later)
    return job if job is not None else Response(status_code=204)


def _take(record: Record, token: str, at: datetime) -> JobAsked | None:
    with transaction(record.engine) as session:
        return jobs.take_job(session, worker_of(session, token), secret=record.secret, at=at)


def _has_work(record: Record) -> bool:
    with transaction(record.engine, only_reads=True) as session:
        return jobs.has_work(session)


@router.post("/jobs/{job_id}/frame")
def post_frame(
    job_id: RowId, body: FrameIn, worker: WorkerHere, session: SessionHere, now: Now
) -> FrameAnswer:
    """A live picture with what is seen in it, or a sign of life; the answer says whether to go on."""
    job = jobs.job_of(session, job_id, worker)
    go_on = jobs.report(job, body.frame, at=now)
    if go_on and body.jpeg_base64 is not None:
        jobs.keep_picture(session, job, LIVE, _decoded(body.jpeg_base64), at=now)
    return FrameAnswer(go_on=go_on)


@router.put("/jobs/{job_id}/pictures/{name}", status_code=204)
async def put_picture(
    job_id: RowId, name: PictureName, request: Request, token: Token, record: RecordHere, now: Now
) -> None:
    """A picture of the job's result, as image/jpeg."""
    jpeg = bytearray()
    async for chunk in request.stream():
        jpeg += chunk
        if len(jpeg) > MOST_PICTURE_BYTES:
            raise TooLarge(f"picture: more than {MOST_PICTURE_BYTES >> 10} KB")
    await run_in_threadpool(_keep, record, token, job_id, name, _checked(bytes(jpeg)), now)


def _keep(record: Record, token: str, job_id: int, name: str, jpeg: bytes, at: datetime) -> None:
    with transaction(record.engine) as session:
        job = jobs.job_of(session, job_id, worker_of(session, token))
        jobs.keep_picture(session, job, name, jpeg, at=at)


@router.get("/jobs/{job_id}/reference")
def get_reference(job_id: RowId, worker: WorkerHere, session: SessionHere) -> Response:
    """The picture that the job's calibration was drawn on, to measure drift against."""
    job = jobs.job_of(session, job_id, worker)
    picture = None
    if job.camera_id is not None and job.version is not None:
        version = get_version(session, job.camera_id, job.version)
        picture = session.get(CameraPicture, version.picture_id) if version.picture_id else None
    if picture is None:
        raise NotFound(f"look {job_id}: its calibration keeps no picture")
    return Response(picture.jpeg, media_type="image/jpeg")


@router.post("/jobs/{job_id}/done", status_code=204)
def post_done(job_id: RowId, body: DoneIn, worker: WorkerHere, session: SessionHere, now: Now) -> None:
    """The end of a job: its result, or what went wrong."""
    jobs.end_job(session, jobs.job_of(session, job_id, worker), body, at=now)


@watch_router.post("/health", status_code=204)
def post_health(body: HealthIn, worker: WorkerHere, session: SessionHere, now: Now) -> None:
    """How the watch of this worker's cameras goes; each report takes the place of the last one."""
    pictures = {
        one.camera_id: _decoded(one.view_jpeg_base64)
        for one in body.cameras
        if one.view_jpeg_base64 is not None
    }
    take_health(session, body, pictures, worker=worker, at=now)


def _decoded(text: str) -> bytes:
    try:
        return _checked(b64decode(text, validate=True))
    except binascii.Error:
        raise BadInput("jpeg_base64: is not base64") from None


def _checked(jpeg: bytes) -> bytes:
    """A browser will show it as image/jpeg: at least it must begin and end like one."""
    if not (jpeg.startswith(JPEG_BEGINS) and jpeg.rstrip(b"\0").endswith(JPEG_ENDS)):
        raise BadInput("picture: is no JPEG")
    return jpeg
