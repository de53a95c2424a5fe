"""Recordings under /api/v1: what there is, the files, stills, markings, patrols. A look is audited by its page."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from detector.contract.marking import PlateWanted, StillWanted, is_question_id, picture_of
from detector.contract.recordings import (
    PlacedSegment,
    day_folder,
    gaps_between,
    is_segment_name,
    segments_as_recorded,
    segments_between,
)
from service.cameras.registering import camera_for
from service.cases.moves import OFFICERS
from service.cases.queries import READERS
from service.console.refusals import said_in
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, Record, RecordHere, RowId, SessionHere, only_reads
from service.errors import BadInput, NotFound
from service.idempotency import IdempotentRoute
from service.people import Caller
from service.recordings import actions, queries, studio
from service.recordings.queries import PatrolSeen
from service.recordings.schemas import (
    GapOut,
    MarkIn,
    MarkOut,
    PatrolCameraOut,
    PatrolIn,
    PatrolOut,
    PlateIn,
    PlateOut,
    ProgressIn,
    RecordingOut,
    SegmentOut,
)
from service.recordings.tables import OfficerMark

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute, tags=["recordings"])

LONGEST_ASKED = timedelta(hours=26)
USUAL_PERIOD = timedelta(hours=1)
MOMENT = timedelta(milliseconds=1)
KEPT_BY_BROWSER = {"Cache-Control": "private, max-age=3600"}
CameraId = Annotated[str, Path(max_length=64)]
QuestionId = Annotated[str, Path(max_length=32)]


@router.get("/recordings/{camera_id}")
@only_reads
def get_recording(
    camera_id: CameraId,
    caller: CallerHere,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    from_at: Annotated[AwareDatetime | None, Query()] = None,
    until_at: Annotated[AwareDatetime | None, Query()] = None,
) -> RecordingOut:
    """What is recorded of a camera in a period of up to 26 hours; the last hour where none is named."""
    caller.require(*READERS)
    camera_for(session, camera_id, caller)
    until_at = until_at or now
    from_at = from_at or until_at - USUAL_PERIOD
    if not timedelta(0) < until_at - from_at <= LONGEST_ASKED:
        raise BadInput("ask for up to 26 hours of a recording, the end after the beginning")
    root = record.settings.recordings_folder
    found = segments_as_recorded(root, camera_id, from_at, until_at)
    in_time = sorted((placed.segment for placed in found), key=lambda segment: segment.started_at)
    state = studio.recorder_state(root)
    feed = state.feeds.get(camera_id) if state else None
    gaps = gaps_between(in_time, from_at, min(until_at, max(now, from_at)))
    return RecordingOut(
        segments=[_segment_out(camera_id, placed) for placed in found],
        gaps=[GapOut(from_at=gap.from_at, until_at=gap.until_at) for gap in gaps],
        feed=feed.state if feed else None,
    )


@router.get("/recordings/{camera_id}/files/{day}/{name}", response_class=FileResponse)
def get_file(
    camera_id: CameraId, day: date, name: str, caller: BriefCaller, record: RecordHere
) -> FileResponse:
    """A recorded file, byte for byte; ranges are answered."""
    _may_look(record, caller, camera_id)
    path = day_folder(record.settings.recordings_folder, camera_id, day) / name
    if not is_segment_name(name) or not path.is_file():
        raise NotFound("this recording is no longer kept")
    return FileResponse(path, media_type="video/mp4", headers=KEPT_BY_BROWSER)


@router.get("/recordings/{camera_id}/still", response_class=Response)
def get_still(
    camera_id: CameraId,
    caller: BriefCaller,
    record: RecordHere,
    now: Now,
    at: Annotated[AwareDatetime | None, Query()] = None,
    width: Annotated[int, Query(ge=80, le=3840)] = 320,
) -> Response:
    """The picture of a moment; the recorder decodes it."""
    _may_look(record, caller, camera_id)
    root = record.settings.recordings_folder
    wanted = StillWanted(camera_id=camera_id, at=at or now, width_px=width)
    _refuse_unrecorded(record, camera_id, wanted.at)
    answered = studio.asked_still(root, wanted)
    path = picture_of(root, answered.question_id)
    return Response(path.read_bytes(), media_type="image/jpeg", headers=KEPT_BY_BROWSER)


@router.post("/recordings/{camera_id}/plate")
def post_plate(camera_id: CameraId, sent: PlateIn, caller: BriefCaller, record: RecordHere) -> PlateOut:
    """What the reader makes of the plate in a box: a suggestion."""
    caller.require(*sorted(OFFICERS))
    _may_look(record, caller, camera_id)
    _refuse_unrecorded(record, camera_id, sent.at)
    wanted = PlateWanted(camera_id=camera_id, at=sent.at, box=sent.box)
    answered = studio.asked_plate(record.settings.recordings_folder, wanted)
    plate = answered.plate
    return PlateOut(
        text=plate.text if plate else None,
        confidence=plate.confidence if plate else 0.0,
        verdict=plate.verdict if plate else "unread",
        picture=f"/api/v1/markings/pictures/{answered.question_id}" if answered.has_picture else None,
    )


@router.get("/markings/pictures/{question_id}", response_class=FileResponse)
def get_picture(question_id: QuestionId, caller: BriefCaller, record: RecordHere) -> FileResponse:
    """A picture that was made for an answer; its number is known only to whoever asked."""
    caller.require(*READERS)
    path = picture_of(record.settings.recordings_folder, question_id)
    if not is_question_id(question_id) or not path.is_file():
        raise NotFound("this picture is no longer kept; ask for it again")
    return FileResponse(path, media_type="image/jpeg", headers=KEPT_BY_BROWSER)


@router.post("/markings", status_code=201)
def post_mark(
    request: Request, sent: MarkIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> MarkOut:
    """Mark a violation; the recorder makes its packet, which becomes a case."""
    row = actions.mark(session, sent, caller=caller, root=record.settings.recordings_folder, at=now)
    return mark_out(row, language_wanted(request))


@router.get("/markings/{mark_id}")
def get_mark(
    request: Request, mark_id: QuestionId, caller: CallerHere, session: SessionHere, record: RecordHere
) -> MarkOut:
    """What has become of a marking."""
    caller.require(*READERS)
    row = actions.mark_of(session, mark_id, caller)
    return mark_out(actions.follow(session, row, record.settings.recordings_folder), language_wanted(request))


@router.get("/patrols")
@only_reads
def get_patrols(caller: CallerHere, session: SessionHere) -> list[PatrolOut]:
    """The open patrols of the caller's ward."""
    caller.require(*READERS)
    return [_patrol_out(seen) for seen in queries.list_patrols(session, caller)]


@router.post("/patrols", status_code=201)
def post_patrol(sent: PatrolIn, caller: CallerHere, session: SessionHere, now: Now) -> PatrolOut:
    """Make a list of recordings to look through."""
    return _patrol_out(actions.make_patrol(session, sent, caller=caller, at=now))


@router.post("/patrols/{patrol_id}/progress")
def post_progress(
    patrol_id: RowId, sent: ProgressIn, caller: CallerHere, session: SessionHere, now: Now
) -> PatrolOut:
    """Note how far a camera was looked through; it only grows."""
    return _patrol_out(actions.note_progress(session, patrol_id, sent, caller=caller, at=now))


@router.post("/patrols/{patrol_id}/close", status_code=204)
def post_close(patrol_id: RowId, caller: CallerHere, session: SessionHere, now: Now) -> None:
    """Take a patrol off the list."""
    actions.close_patrol(session, patrol_id, caller=caller, at=now)


def mark_out(row: OfficerMark, language: str) -> MarkOut:
    """A marking for the wire, its problem in a language."""
    return MarkOut(
        mark_id=row.mark_id,
        camera_id=row.camera_id,
        kind=row.kind,
        crossing_at=row.crossing_at,
        state=row.state,
        problem=said_in(language, row.problem) if row.problem else None,
        case_id=row.case_id,
    )


def language_wanted(request: Request) -> str:
    """The language that a page's script asks in; programs get English."""
    return "vi" if request.headers.get("Accept-Language", "en").startswith("vi") else "en"


def _may_look(record: Record, caller: Caller, camera_id: str) -> None:
    caller.require(*READERS)
    with transaction(record.engine, only_reads=True) as session:
        camera_for(session, camera_id, caller)


def _refuse_unrecorded(record: Record, camera_id: str, at: datetime) -> None:
    """Raise NotFound at once for a moment that no file shows: the studio need not be asked."""
    if not segments_between(record.settings.recordings_folder, camera_id, at, at + MOMENT):
        raise NotFound(f"nothing is recorded at {at.isoformat()}; it was not received, or is no longer kept")


def _segment_out(camera_id: str, placed: PlacedSegment) -> SegmentOut:
    segment = placed.segment
    return SegmentOut(
        url=f"/api/v1/recordings/{camera_id}/files/{placed.day}/{segment.name}",
        started_at=segment.started_at,
        duration_s=segment.duration_s,
        mime_codec=segment.mime_codec,
        width=segment.width,
        height=segment.height,
        fps=round(segment.pictures / segment.duration_s, 3),
        motion=segment.motion,
        clock_step_s=segment.clock_step_s,
        recovered=segment.recovered,
        lost_packets=segment.lost_packets,
    )


def _patrol_out(seen: PatrolSeen) -> PatrolOut:
    patrol = seen.patrol
    return PatrolOut(
        id=patrol.id,
        name=patrol.name,
        from_at=patrol.from_at,
        until_at=patrol.until_at,
        closed_at=patrol.closed_at,
        cameras=[
            PatrolCameraOut(
                camera_id=camera.row.camera_id,
                name=camera.name,
                seen_until=camera.row.seen_until,
                who=camera.who,
                share=round(camera.share, 4),
            )
            for camera in seen.cameras
        ],
    )
