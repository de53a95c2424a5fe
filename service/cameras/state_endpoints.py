"""The states of cameras under /api/v1: one word each, and how their watch went when its worker said so last."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.cameras.states import CameraState, camera_states
from service.door import CallerHere, Now, SessionHere, only_reads
from service.idempotency import IdempotentRoute
from service.office_api import link_next
from service.schemas import Text, Wire

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)


class WatchOut(Wire):
    """The newest report of the watch; `figures` are those of its worker, counts since the watch began."""

    reported_at: datetime
    since: datetime
    figures: dict[str, Any]
    view_picture_id: int | None


class CameraStateOut(Wire):
    camera_id: str
    name: str
    ward: str | None
    kind: str
    state: str
    score: int | None
    watch: WatchOut | None


@router.get("/camera-states")
@only_reads
def get_camera_states(
    request: Request,
    response: Response,
    caller: CallerHere,
    session: SessionHere,
    now: Now,
    after: Annotated[Text, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> list[CameraStateOut]:
    """The state of each camera of the caller's ward by id. A `Link` header leads to the next page."""
    every = sorted(camera_states(session, caller, at=now), key=lambda one: one.row.camera_id)
    found = [one for one in every if one.row.camera_id > after][:limit]
    link_next(request, response, after=found[-1].row.camera_id if len(found) == limit else None)
    return [_out(one) for one in found]


def _out(one: CameraState) -> CameraStateOut:
    row = one.row
    return CameraStateOut(
        camera_id=row.camera_id,
        name=row.name,
        ward=row.ward,
        kind=row.kind,
        state=one.state,
        score=one.score,
        watch=WatchOut.model_validate(one.health) if one.health is not None else None,
    )
