"""Looking up the owner of a case's vehicle at the moment of the act: ask, then note the answer.

ask   case, reason, role and ward checked, put on record ─▶ registry (no transaction open) ─▶ note_answer
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from service.cases.moves import MOVES, OFFICERS, State
from service.cases.moving import go, lock_case, note_down
from service.errors import BadInput, Conflict
from service.owners.matching import Seen, mismatches
from service.owners.queries import sealed_for_record
from service.owners.registry import Registration
from service.owners.tables import OwnerLookup
from service.people import Caller

MAY_BE_ASKED_FOR = frozenset(State) - {State.DETECTED, State.REJECTED, State.CANCELLED, State.PAID}
"""An owner is nobody's business before an officer holds the case, nor after it has ended."""
MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the registry is asked, and what the camera saw of the vehicle."""

    case_id: int
    plate: str
    owned_at: datetime
    reason: str
    seen: Seen


def ask(
    session: Session,
    case_id: int,
    *,
    reason: str,
    seen_colour: str = "",
    seen_make: str = "",
    caller: Caller,
    at: datetime,
) -> Question:
    """Put on record that somebody asks for an owner. Raises BadInput without reason, plate or moment, Conflict."""
    caller.require(*OFFICERS)
    if not reason.strip():
        raise BadInput("reason: say what the owner is needed for")
    case = lock_case(session, case_id, caller)
    if case.state not in MAY_BE_ASKED_FOR:
        raise Conflict(f"the case is {case.state}: its owner may not be looked up")
    if case.state == State.IN_REVIEW and case.assigned_to != caller.person_id:
        raise Conflict("another officer holds this case; take the next one")
    if case.plate is None or case.committed_at is None:
        raise BadInput("plate and moment of the act must be known before the owner can be looked up")
    note_down(session, case, "owner_asked", caller=caller, at=at, why=reason)
    seen = Seen(
        vehicle_class=case.vehicle_class,
        plate_colour=str(case.packet["plate"]["colour"]),
        colour=seen_colour,
        make=seen_make,
    )
    return Question(case_id=case.id, plate=case.plate, owned_at=case.committed_at, reason=reason, seen=seen)


def note_answer(
    session: Session,
    question: Question,
    found: tuple[Registration, ...],
    *,
    source: str,
    secret: Fernet,
    caller: Caller,
    at: datetime,
) -> OwnerLookup:
    """Keep what the registry said; with none or several owners a confirmed case waits as unresolved_owner."""
    case = lock_case(session, question.case_id, caller)
    outcome = outcome_of(found)
    differing = mismatches(question.seen, found[0]) if outcome == "found" else ()
    lookup = OwnerLookup(
        case_id=case.id,
        asked_at=at,
        asked_by=caller.person_id,
        reason=question.reason,
        plate=question.plate,
        owned_at=question.owned_at,
        source=source,
        outcome=outcome,
        mismatches={mismatch.what: asdict(mismatch) for mismatch in differing},
        registrations_encrypted=sealed_for_record(found[:MOST_NAMED], secret),
    )
    session.add(lookup)
    session.flush()
    after = {
        "lookup": lookup.id,
        "outcome": outcome,
        "source": source,
        "mismatches": sorted(lookup.mismatches),
    }
    note_down(session, case, "owner_looked_up", caller=caller, at=at, why=question.reason, after=after)
    if outcome != "found" and case.state in MOVES["leave_owner_open"].sources:
        go(session, case, "leave_owner_open", caller=caller, at=at, why=f"owner {outcome} in {source}")
    return lookup


def outcome_of(found: tuple[Registration, ...]) -> str:
    """found, none or ambiguous. Two rows of the same owner and vehicle are one answer."""
    if not found:
        return "none"
    different = {(row.owner_name, row.owner_address, row.vehicle_class, row.make) for row in found}
    return "found" if len(different) == 1 else "ambiguous"
