"""Live pictures under /api/v1: the growing end of what is recorded, or looks of a worker. Audited by their pages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel

from detector.contract.marking import StillWanted, picture_of
from detector.contract.recordings import FeedReport, mime_codec, segments_as_recorded, segments_between
from service.cameras.registering import INTEGRATORS, camera_for
from service.cases.queries import READERS
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, Record, RecordHere, SessionHere
from service.errors import BadInput, NotFound
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
STILL: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
STILLS_OF = timedelta(minutes=10)
FILM: dict[int | str, dict[str, Any]] = {**BYTES, 200: {"content": {"video/mp4": {}}}}
CameraId = Annotated[str, InPath(max_length=64)]


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
    """For MediaSource; whether a browser plays it is for the browser to say. None while nothing is written."""
    feed: str
    """How the recorder fares with it, or not_recorded."""
    still_at: datetime | None = None
    """The newest key picture of a finished file: what /still shows where the browser cannot play the film."""


@router.get("/live/{camera_id}")
def get_live(camera_id: CameraId, caller: BriefCaller, record: RecordHere) -> LiveOut:
    """How a camera can be looked at now."""
    _may_look(record, caller, camera_id)
    report = feed_of(record, camera_id)
    if report is None:
        return LiveOut(way="looks", mime_codec=None, feed="not_recorded")
    root, now = record.settings.recordings_folder, _now()
    newest = tail.newest_tail(root, camera_id, now=now)
    codec = mime_codec(newest.data) if newest else None
    return LiveOut(
        way="film", mime_codec=codec, feed=report.state, still_at=_newest_key_at(root, camera_id, now)
    )


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


@router.get("/live/{camera_id}/still", response_class=Response, responses=STILL)
def get_still(
    camera_id: CameraId,
    caller: BriefCaller,
    record: RecordHere,
    at: Annotated[AwareDatetime | None, Query()] = None,
    width: Annotated[int, Query(ge=80, le=3840)] = 480,
) -> Response:
    """The recorded picture of a moment of the last minutes, by default the newest; the recorder decodes it."""
    _may_look(record, caller, camera_id)
    root, now = record.settings.recordings_folder, _now()
    at = at or _newest_key_at(root, camera_id, now)
    if at is None:
        raise NotFound(f"camera {camera_id}: nothing was recorded in the last minutes")
    if not timedelta(0) <= now - at <= STILLS_OF:
        raise BadInput("at: only the newest minutes are shown live; older ones are among the recordings")
    if not segments_between(root, camera_id, at, at + timedelta(milliseconds=1)):
        raise NotFound(f"nothing is recorded at {at.isoformat()}; it was not received, or is no longer kept")
    answered = studio.asked_still(root, StillWanted(camera_id=camera_id, at=at, width_px=width))
    return Response(picture_of(root, answered.question_id).read_bytes(), media_type="image/jpeg")


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


def _newest_key_at(root: Path, camera_id: str, now: datetime) -> datetime | None:
    """The last key picture of the newest finished file; None where the last minutes were not recorded."""
    finished = segments_as_recorded(root, camera_id, now - STILLS_OF, now)
    last = finished[-1].segment if finished else None
    return last.started_at + timedelta(seconds=last.keys_s[-1]) if last and last.keys_s else None


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
        "X-Live-Codec": mime_codec(found.data) if found.is_begun else "",
    }


def _now() -> datetime:
    """By the machine's clock: the recorder names its files by it."""
    return datetime.now(UTC)
