"""The office's part of /api/v1: people, workers, cameras, the audit trail. Passwords and sources go in, never out."""

from typing import Annotated

from fastapi import APIRouter, Query

from detector.contract.camera import Camera
from service import people
from service.audit import first_broken_entry, list_entries
from service.cameras.registering import check_live_sources, list_cameras, register_camera
from service.cases.moves import SUPERVISORS
from service.door import CallerHere, Now, RecordHere, SessionHere
from service.errors import Forbidden
from service.schemas import (
    AuditCheckOut,
    AuditLine,
    AuditList,
    CameraOut,
    PersonIn,
    PersonOut,
    WorkerIn,
    WorkerOut,
    WorkerTokenOut,
)

router = APIRouter(prefix="/api/v1")
AUDITORS = ("auditor",)
MACHINE_KEEPERS = ("integrator", "admin")


@router.get("/people")
def get_people(caller: CallerHere, session: SessionHere) -> list[PersonOut]:
    """Everybody who has an account."""
    caller.require("admin")
    everybody = people.list_people(session)
    return [PersonOut.model_validate(p) for p in everybody if caller.ward is None or p.ward == caller.ward]


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


@router.delete("/people/{name}")
def delete_person(name: str, caller: CallerHere, session: SessionHere, now: Now) -> PersonOut:
    """Close somebody's account; the name stays in the record."""
    caller.require("admin")
    person = people.find_person(session, name, caller)
    return PersonOut.model_validate(people.close_account(session, person.name, at=now, who=caller.name))


@router.get("/workers")
def get_workers(caller: CallerHere, session: SessionHere) -> list[WorkerOut]:
    """Registered video workers."""
    caller.require(*MACHINE_KEEPERS)
    return [WorkerOut.model_validate(worker) for worker in people.list_workers(session)]


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
def get_cameras(caller: CallerHere, session: SessionHere) -> list[CameraOut]:
    """The cameras of the caller's ward, without their sources."""
    return [CameraOut.model_validate(camera) for camera in list_cameras(session, caller)]


@router.post("/cameras", status_code=201)
def post_camera(
    body: Camera, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> CameraOut:
    """Register a camera, or bring a registered one up to date. Its sources are encrypted and never come back."""
    caller.require(*MACHINE_KEEPERS)
    check_live_sources(body)
    row = register_camera(session, body, secret=record.secret, at=now, who=caller.name)
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
