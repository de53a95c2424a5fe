"""The pages of live pictures: a wall of cameras and one camera alone. Opening one is audited."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from detector.contract.recordings import RecorderState
from service.audit import write_audit
from service.cameras.registering import camera_for
from service.cameras.states import GRADE_OF_STATE, CameraState, camera_states
from service.cases.queries import READERS
from service.console.calibration_words import FAILURES
from service.console.page_caller import PageCaller
from service.console.rendering import render
from service.door import Now, RecordHere, SessionHere
from service.live.endpoints import LOOKERS
from service.recordings import studio
from service.response_headers import SECURITY_HEADERS

router = APIRouter(include_in_schema=False)
ON_A_PAGE = 12
FEED_TROUBLES = ("connecting", "stalled", "refused", "unfit", "disk_full", "not_recorded")
BY_PACKETS = ("waiting", "sending", "quiet")
"""States of what was sent within a day: they say nothing of the picture, so the live pages leave them out."""
WITH_FILM = SECURITY_HEADERS["Content-Security-Policy"] + "; media-src 'self' blob:"
"""Film that a script took is handed to the video as an address of the page's own."""


@router.get("/live")
def get_wall(
    request: Request,
    caller: PageCaller,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    ward: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(max_length=10)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> HTMLResponse:
    """Twelve cameras at a time, each with its newest picture."""
    caller.require(*LOOKERS)
    everything = camera_states(session, caller, at=now)
    chosen = [one for one in everything if ward in {"", one.row.ward} and kind in {"", one.row.kind}]
    pages = max(1, -(-len(chosen) // ON_A_PAGE))
    page = min(page, pages)
    shown = chosen[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    if shown:
        seen = {"cameras": [one.row.camera_id for one in shown]}
        write_audit(
            session, at=now, who=caller.name, action="live_looked_at", subject="live wall", after=seen
        )
    recorder = studio.recorder_state(record.settings.recordings_folder)
    found = render(
        request,
        "live_wall.html",
        caller=caller,
        tiles=[(one, _way(one, recorder)) for one in shown],
        total=len(chosen),
        wards=sorted({one.row.ward for one in everything if one.row.ward}),
        chosen={"ward": ward, "kind": kind},
        page=page,
        pages=pages,
        grades=GRADE_OF_STATE,
        failures=FAILURES,
        troubles=FEED_TROUBLES,
        by_packets=BY_PACKETS,
    )
    found.headers["Content-Security-Policy"] = WITH_FILM
    return found


@router.get("/live/{camera_id}")
def get_one(
    request: Request, camera_id: str, caller: PageCaller, session: SessionHere, record: RecordHere, now: Now
) -> HTMLResponse:
    """One camera as it is now."""
    caller.require(*LOOKERS)
    row = camera_for(session, camera_id, caller)
    write_audit(session, at=now, who=caller.name, action="live_looked_at", subject=row.camera_id)
    state = next(one for one in camera_states(session, caller, at=now) if one.row.camera_id == row.camera_id)
    found = render(
        request,
        "live_camera.html",
        caller=caller,
        one=state,
        way=_way(state, studio.recorder_state(record.settings.recordings_folder)),
        grades=GRADE_OF_STATE,
        failures=FAILURES,
        troubles=FEED_TROUBLES,
        by_packets=BY_PACKETS,
        may_play_back=caller.role in READERS,
    )
    found.headers["Content-Security-Policy"] = WITH_FILM
    return found


def _way(one: CameraState, recorder: RecorderState | None) -> str:
    """Plain cameras are recorded: their film is followed, and what is wrong with the recorder is said."""
    recorded = recorder is not None and one.row.camera_id in recorder.feeds
    return "film" if recorded or one.row.kind == "plain" else "looks"
