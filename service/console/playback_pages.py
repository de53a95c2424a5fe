"""Pages of the recordings: which feeds and patrols there are, and one camera's day to look through and mark in."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from detector.contract.marking import Light, Vehicle
from detector.contract.packet import Kind
from detector.contract.recordings import RecorderState, recorded_days
from service.audit import write_audit
from service.cameras.registering import camera_for
from service.cases.moves import OFFICERS
from service.cases.queries import READERS
from service.console.page_caller import PageCaller
from service.console.rendering import render
from service.console.wording import VIETNAM
from service.door import Now, RecordHere, SessionHere, only_reads
from service.errors import NotFound
from service.recordings import actions, queries
from service.recordings.queries import PatrolSeen
from service.recordings.studio import recorder_state
from service.tables import CameraRow

router = APIRouter(include_in_schema=False)

KINDS: tuple[str, ...] = get_args(Kind)
LIGHTS = (Light.RED, Light.YELLOW, Light.GREEN, Light.UNKNOWN)
SPEEDS = (0.5, 1, 2, 4, 8)
MOST_DAYS = 60
CameraId = Annotated[str, Path(max_length=64)]


@router.get("/playback")
@only_reads
def get_playback(
    request: Request, caller: PageCaller, session: SessionHere, record: RecordHere, now: Now
) -> HTMLResponse:
    """Patrols first, then every plain camera and how its recording goes."""
    caller.require(*READERS)
    root = record.settings.recordings_folder
    state = recorder_state(root)
    today = now.astimezone(VIETNAM).date()
    cameras = queries.plain_cameras_of(session, caller)
    return render(
        request,
        "playback.html",
        caller=caller,
        cameras=[(camera, _feed_of(state, camera), _days_of(record, camera, today)) for camera in cameras],
        recorder=state,
        patrols=queries.list_patrols(session, caller),
        may_patrol=caller.role in OFFICERS,
        may_make=caller.role == "supervisor",
        suggested_from=datetime.combine(today - timedelta(days=1), time(6)),
        suggested_until=datetime.combine(today - timedelta(days=1), time(22)),
    )


@router.get("/playback/{camera_id}")
def get_camera_playback(
    request: Request,
    camera_id: CameraId,
    caller: PageCaller,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    day: Annotated[str, Query(max_length=10)] = "",
    at: Annotated[str, Query(max_length=40)] = "",
    patrol: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """One camera's day; the look is audited."""
    caller.require(*READERS)
    camera = camera_for(session, camera_id, caller)
    seen = queries.get_patrol(session, patrol, caller) if patrol is not None else None
    begin = _moment(at) or _where_to_go_on(seen, camera_id)
    days = _days_of(record, camera, now.astimezone(VIETNAM).date())
    shown = _day(day) or (begin.astimezone(VIETNAM).date() if begin else days[-1] if days else None)
    shown = shown or now.astimezone(VIETNAM).date()
    from_at = datetime.combine(shown, time(), VIETNAM)
    until_at = from_at + timedelta(days=1)
    write_audit(
        session, at=now, who=caller.name, action="recording_looked_at", subject=f"{camera_id} {shown}"
    )
    marks = queries.marks_of_camera(session, camera_id, from_at=from_at, until_at=until_at)
    root = record.settings.recordings_folder
    return render(
        request,
        "playback_camera.html",
        caller=caller,
        camera=camera,
        day=shown,
        days=days[-MOST_DAYS:],
        from_at=from_at.astimezone(UTC),
        until_at=until_at.astimezone(UTC),
        begin=begin,
        patrol=seen,
        after=_after(seen, camera_id),
        marks=[actions.follow(session, mark, root) for mark in marks],
        kinds=KINDS,
        classes=tuple(Vehicle),
        lights=LIGHTS,
        speeds=SPEEDS,
        may_mark=caller.role in OFFICERS,
    )


def _where_to_go_on(seen: PatrolSeen | None, camera_id: str) -> datetime | None:
    """In a patrol: where whoever looked last stopped."""
    if seen is None:
        return None
    found = next((camera for camera in seen.cameras if camera.row.camera_id == camera_id), None)
    if found is None:
        raise NotFound(f"camera {camera_id}: is not in this patrol")
    return found.row.seen_until if found.row.seen_until and not found.is_done else seen.patrol.from_at


def _after(seen: PatrolSeen | None, camera_id: str) -> str | None:
    """The patrol's next camera that is not done."""
    if seen is None:
        return None
    ids = [camera.row.camera_id for camera in seen.cameras]
    place = ids.index(camera_id)
    rest = seen.cameras[place + 1 :] + seen.cameras[:place]
    return next((camera.row.camera_id for camera in rest if not camera.is_done), None)


def _feed_of(state: RecorderState | None, camera: CameraRow) -> tuple[str, str]:
    """How its recording goes, and why not."""
    report = state.feeds.get(camera.camera_id) if state else None
    return (report.state, report.reason) if report else ("not_recorded", "")


def _days_of(record: RecordHere, camera: CameraRow, today: date) -> list[date]:
    """The days in Vietnam of which something may be recorded, oldest first."""
    days = recorded_days(record.settings.recordings_folder, camera.camera_id)
    # A UTC day reaches into the next one of Vietnam.
    return sorted({day for utc in days for day in (utc, utc + timedelta(days=1)) if day <= today})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
