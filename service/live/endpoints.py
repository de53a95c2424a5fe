"""Live pictures under /api/v1: the growing end of what is recorded, or looks of a worker. Audited by their pages."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from detector.contract.recordings import FeedReport
from service.cameras.registering import INTEGRATORS, camera_for
from service.cases.queries import READERS
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, Record, RecordHere, SessionHere
from service.errors import BadInput
from service.idempotency import IdempotentRoute
from service.live import looks, tail
from service.live.tail import Place, Tail
from service.people import Caller
from service.recordings import studio

router = APIRouter(prefix="/api/v1", tags=["live"], route_class=IdempotentRoute)

LOOKERS = tuple(sorted({*READERS, *INTEGRATORS}))
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}},
    204: {"description": "Nothing new came yet"},
}
FILM: dict[int | str, dict[str, Any]] = {**BYTES, 200: {"content": {"video/mp4": {}}}}
CameraId = Annotated[str, Path(max_length=64)]


class LookIn(BaseModel):
    """`moving`: pictures for as long as they are watched; else one picture."""

    moving: bool = False


class LookOut(BaseModel):
    """The look's number among the camera jobs: asking for it there keeps it going."""

    job_id: int


class LiveOut(BaseModel):
    """How a camera can be looked at now."""

    way: str
    """film: its recording can be followed; looks: a worker takes pictures."""
    mime_codec: str | None
    """For MediaSource; None where the codec cannot be streamed to browsers."""
    feed: str
    """How the recorder fares with it, or not_recorded."""


@router.get("/live/{camera_id}")
def get_live(camera_id: CameraId, caller: BriefCaller, record: RecordHere) -> LiveOut:
    """How a camera can be looked at now."""
    _may_look(record, caller, camera_id)
    report = feed_of(record, camera_id)
    if report is None:
        return LiveOut(way="looks", mime_codec=None, feed="not_recorded")
    newest = tail.newest_tail(record.settings.recordings_folder, camera_id, now=_now())
    codec = tail.mime_codec(newest.data) if newest else None
    return LiveOut(way="film", mime_codec=codec, feed=report.state)


@router.get("/live/{camera_id}/film", response_class=Response, responses=BYTES)
def get_film(
    camera_id: CameraId,
    caller: BriefCaller,
    record: RecordHere,
    segment: Annotated[str, Query(max_length=40)] = "",
    offset: Annotated[int, Query(ge=0, le=2**40)] = 0,
) -> Response:
    """What was recorded since a place, byte for byte; without a place the newest pictures. Never decoded."""
    _may_look(record, caller, camera_id)
    root, now = record.settings.recordings_folder, _now()
    if not segment:
        found = tail.newest_tail(root, camera_id, now=now)
    elif tail.is_segment(segment):
        found = tail.tail_after(root, camera_id, Place(segment=segment, offset=offset), now=now)
    else:
        raise BadInput("segment: is no name of a recorded file")
    if found is None:
        return _nothing(record, camera_id)
    return Response(found.data, media_type="application/octet-stream", headers=_headers(found, now))


@router.get("/live/{camera_id}/glimpse", response_class=Response, responses=FILM)
def get_glimpse(camera_id: CameraId, caller: BriefCaller, record: RecordHere) -> Response:
    """The newest recorded pictures as a small film of its own: its first picture stands for a still."""
    _may_look(record, caller, camera_id)
    now = _now()
    found = tail.newest_tail(record.settings.recordings_folder, camera_id, now=now)
    if found is None:
        return _nothing(record, camera_id)
    return Response(found.data, media_type="video/mp4", headers=_headers(found, now))


@router.post("/live/{camera_id}/looks", status_code=201)
def post_look(
    camera_id: CameraId, sent: LookIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> LookOut:
    """Have a worker look at a camera; many viewers share one look."""
    caller.require(*LOOKERS)
    row = camera_for(session, camera_id, caller)
    job = looks.ask_look(session, row, moving=sent.moving, caller=caller, secret=record.secret, at=now)
    return LookOut(job_id=job.id)


def feed_of(record: Record, camera_id: str) -> FeedReport | None:
    """How the recorder fares with a camera; None when no recorder runs or it does not record this one."""
    state = studio.recorder_state(record.settings.recordings_folder)
    return state.feeds.get(camera_id) if state else None


def _may_look(record: Record, caller: Caller, camera_id: str) -> None:
    caller.require(*LOOKERS)
    with transaction(record.engine, only_reads=True) as session:
        camera_for(session, camera_id, caller)


def _nothing(record: Record, camera_id: str) -> Response:
    """Nothing new came; how the recorder fares with the camera says why."""
    report = feed_of(record, camera_id)
    return Response(status_code=204, headers={"X-Live-Feed": report.state if report else "not_recorded"})


def _headers(found: Tail, now: datetime) -> dict[str, str]:
    return {
        "X-Live-Segment": found.next.segment,
        "X-Live-Offset": str(found.next.offset),
        "X-Live-Began-Ms": str(round(found.began_at.timestamp() * 1000)),
        "X-Live-Now-Ms": str(round(now.timestamp() * 1000)),
        "X-Live-Begins": "yes" if found.is_begun else "no",
        "X-Live-Codec": (tail.mime_codec(found.data) or "") if found.is_begun else "",
    }


def _now() -> datetime:
    """By the machine's clock: the recorder names its files by it."""
    return datetime.now(UTC)
