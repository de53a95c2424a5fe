"""Owner look-ups under /api/v1/cases/{case_id}/owner. Each is one person's, for one case, for a reason."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS
from service.cases.moving import note_down
from service.cases.queries import get_case
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, Record, RecordHere, RowId, SessionHere
from service.idempotency import IdempotentRoute
from service.owners import actions, queries
from service.owners.csv_registry import CsvRegistry
from service.owners.registry import NoRegistry, OwnerRegistry
from service.owners.schemas import LookupIn, LookupOut, MismatchOut, RegistrationOut
from service.owners.tables import OwnerLookup
from service.people import names_of
from service.settings import Settings
from service.tables import Case

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)


def open_registry(settings: Settings) -> OwnerRegistry:
    """The registry that the settings name: a server, a file, or none."""
    if settings.owners_url:
        from service.owners.http_registry import HttpRegistry  # noqa: PLC0415 - only a server needs httpx

        return HttpRegistry(settings.owners_url, settings.owners_token.get_secret_value())
    return CsvRegistry(settings.owners_csv) if settings.owners_csv else NoRegistry()


def get_registry(request: Request) -> OwnerRegistry:
    """The registry of this application."""
    registry: OwnerRegistry = request.app.state.owner_registry
    return registry


@router.post("/cases/{case_id}/owner", status_code=201)
def post_owner_lookup(
    case_id: RowId,
    body: LookupIn,
    caller: BriefCaller,
    record: RecordHere,
    registry: Annotated[OwnerRegistry, Depends(get_registry)],
    now: Now,
) -> LookupOut:
    """Look up who owned the case's vehicle at the moment of the act. The question is on record before it is asked.

    With no owner, or more than one, a confirmed case moves to unresolved_owner.
    """
    with transaction(record.engine) as session:
        question = actions.ask(
            session,
            case_id,
            reason=body.reason,
            seen_colour=body.seen_colour,
            seen_make=body.seen_make,
            caller=caller,
            at=now,
        )
    found = registry.registrations_of(question.plate, question.owned_at)
    with transaction(record.engine) as session:
        lookup = actions.note_answer(
            session, question, found, source=registry.name, secret=record.secret, caller=caller, at=now
        )
        return _lookup_out(session, lookup, record)


@router.get("/cases/{case_id}/owner")
def get_owner_lookups(
    case_id: RowId, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> list[LookupOut]:
    """A case's look-ups and what they found, the newest first. Reading them is put on record too."""
    caller.require(*OFFICERS)
    case = get_case(session, case_id, caller)
    found = queries.lookups_of(session, case.id)
    if found:
        note_down(session, case, "saw_owner", caller=caller, at=now)
    return [_lookup_out(session, lookup, record) for lookup in found]


def _lookup_out(session: Session, lookup: OwnerLookup, record: Record) -> LookupOut:
    names = names_of(session, {lookup.asked_by} if lookup.asked_by else set())
    registrations = queries.found_by(lookup, record.secret)
    return LookupOut(
        id=lookup.id,
        case_id=lookup.case_id,
        asked_at=lookup.asked_at,
        asked_by=names.get(lookup.asked_by or 0),
        reason=lookup.reason,
        owned_at=lookup.owned_at,
        source=lookup.source,
        outcome=lookup.outcome,
        possible_cloned_plate=bool(lookup.mismatches),
        mismatches=[MismatchOut(**mismatch) for mismatch in lookup.mismatches.values()],
        registrations=[RegistrationOut.model_validate(registration) for registration in registrations],
        case_state=session.get_one(Case, lookup.case_id).state,
    )
