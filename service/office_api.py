"""The office's part of /api/v1: people, workers, cameras, the audit trail. Passwords and sources go in, never out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from detector.contract.camera import Camera
from service import people
from service.audit import first_broken_entry, list_entries
from service.cameras.registering import camera_for, check_live_sources, list_cameras, register_camera
from service.cases.moves import SUPERVISORS
from service.door import CallerHere, Now, RecordHere, SessionHere
from service.errors import Conflict, Forbidden
from service.idempotency import IdempotentRoute
from service.schemas import (
    AuditCheckOut,
    AuditLine,
    AuditList,
    CameraOut,
    PersonIn,
    PersonOut,
    Text,
    WorkerIn,
    WorkerOut,
    WorkerTokenOut,
)
from service.seen_versions import camera_tag, check_seen
from service.tables import CameraRow

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)
AUDITORS = ("auditor",)
MACHINE_KEEPERS = ("integrator", "admin")
Limit = Annotated[int, Query(ge=1, le=200)]


def link_next(request: Request, response: Response, *, after: str | None) -> None:
    """Lead to the page after an entry by a Link header (RFC 8288); None where this page is the last."""
    if after is not None:
        address = request.url.include_query_params(after=after)
        response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'


@router.get("/people")
def get_people(
    request: Request,
    response: Response,
    caller: CallerHere,
    session: SessionHere,
    after: Annotated[Text, Query(max_length=100)] = "",
    limit: Limit = 200,
) -> list[PersonOut]:
    """Who has an account, by name. A `Link` header leads to the next page where there is one."""
    caller.require("admin")
    found = people.list_people(session, caller, after=after, limit=limit)
    link_next(request, response, after=found[-1].name if len(found) == limit else None)
    return [PersonOut.model_validate(person) for person in found]


@router.post("/people", status_code=201)
def post_person(body: PersonIn, caller: CallerHere, session: SessionHere, now: Now) -> PersonOut:
    """Add somebody who may sign in; who is bound to a ward adds people of that ward only."""
    caller.require("admin")
    if caller.ward is not None and body.ward != caller.ward:
        raise Forbidden("who is bound to a ward may add people of that ward only")
    person = people.add_person(
        session,
        name=body.name,
        role=body.role,
        ward=body.ward,
        password=body.password,
        at=now,
        who=caller.name,
    )
    return PersonOut.model_validate(person)


@router.get("/workers")
def get_workers(
    request: Request,
    response: Response,
    caller: CallerHere,
    session: SessionHere,
    after: Annotated[Text, Query(max_length=16)] = "",
    limit: Limit = 200,
) -> list[WorkerOut]:
    """Registered video workers by key. A `Link` header leads to the next page where there is one."""
    caller.require(*MACHINE_KEEPERS)
    found = people.list_workers(session, after=after, limit=limit)
    link_next(request, response, after=found[-1].key_id if len(found) == limit else None)
    return [WorkerOut.model_validate(worker) for worker in found]


@router.post("/workers", status_code=201)
def post_worker(body: WorkerIn, caller: CallerHere, session: SessionHere, now: Now) -> WorkerTokenOut:
    """Register a worker's key; its token is shown this once."""
    caller.require(*MACHINE_KEEPERS)
    token = people.register_worker(
        session, name=body.name, key_id=body.key_id, public_pem=body.public_pem, at=now, who=caller.name
    )
    return WorkerTokenOut(key_id=body.key_id, token=token)


@router.delete("/workers/{key_id}")
def delete_worker(key_id: str, caller: CallerHere, session: SessionHere, now: Now) -> WorkerOut:
    """Believe nothing more that is signed with this key."""
    caller.require(*MACHINE_KEEPERS)
    return WorkerOut.model_validate(people.revoke_worker(session, key_id, at=now, who=caller.name))


@router.get("/cameras")
def get_cameras(
    request: Request,
    response: Response,
    caller: CallerHere,
    session: SessionHere,
    after: Annotated[Text, Query(max_length=64)] = "",
    limit: Limit = 200,
) -> list[CameraOut]:
    """The cameras of the caller's ward by id, without their sources. A `Link` header leads to the next page."""
    cameras = sorted(list_cameras(session, caller), key=lambda camera: camera.camera_id)
    found = [camera for camera in cameras if camera.camera_id > after][:limit]
    link_next(request, response, after=found[-1].camera_id if len(found) == limit else None)
    return [CameraOut.model_validate(camera) for camera in found]


@router.post("/cameras", status_code=201)
def post_camera(
    body: Camera, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now, response: Response
) -> CameraOut:
    """Register a camera, or bring a registered one up to date. Its sources are encrypted and never come back.

    Workers judge a drawing only once it is enabled: found fit by a probe, or with a reason
    (`…/calibrations/{version}/enable`). A camera that is enabled goes on with the drawing that is in force.
    """
    caller.require(*MACHINE_KEEPERS)
    if caller.ward is not None and body.ward != caller.ward:
        raise Forbidden("who is bound to a ward may register cameras of that ward only")
    check_live_sources(body)
    there = session.get(CameraRow, body.camera_id, with_for_update=True)
    if there is not None:
        if caller.ward is not None and there.ward != caller.ward:
            raise Conflict(f"camera {body.camera_id}: is registered already; choose another id")
        check_seen(caller, camera_tag(there), f"camera {body.camera_id}")
    row = register_camera(session, body, secret=record.secret, at=now, who=caller.name, enable=False)
    response.headers["ETag"] = f'"{camera_tag(row)}"'
    return CameraOut.model_validate(row)


@router.get("/cameras/{camera_id}")
def get_camera(
    camera_id: Annotated[Text, Path(max_length=64)],
    caller: CallerHere,
    session: SessionHere,
    response: Response,
) -> CameraOut:
    """One camera, without its sources. The ETag names its version: send it as If-Match with a change."""
    row = camera_for(session, camera_id, caller)
    response.headers["ETag"] = f'"{camera_tag(row)}"'
    return CameraOut.model_validate(row)


@router.get("/audit")
def get_audit(
    caller: CallerHere,
    session: SessionHere,
    subject: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")] = None,
    after_id: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditList:
    """The audit trail in order; `next_after_id` is the cursor of the next page."""
    caller.require(*AUDITORS, *SUPERVISORS)
    if caller.ward is not None:
        raise Forbidden("the audit trail is of the whole city: it is for people who are bound to no ward")
    entries = list_entries(session, subject=subject, after_id=after_id, limit=limit)
    return AuditList(
        entries=[AuditLine.model_validate(entry) for entry in entries],
        next_after_id=entries[-1].id if len(entries) == limit else None,
    )


@router.get("/audit/check")
def get_audit_check(caller: CallerHere, session: SessionHere) -> AuditCheckOut:
    """Whether every entry still fits its seal and its predecessor."""
    caller.require(*AUDITORS)
    broken = first_broken_entry(session)
    return AuditCheckOut(is_whole=broken is None, first_broken_id=broken)
