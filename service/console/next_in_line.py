"""The case that an officer gets next: claimed in the same moment, so that no two officers get the same one."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.cases import actions, queries
from service.cases.moves import OFFICERS
from service.errors import Conflict
from service.people import Caller
from service.tables import Case

MOST_TRIES = 20
PRELOADED = ("scene_before.jpg", "scene_crossing.jpg", "scene_junction.jpg", "plate.jpg")


def take_next(session: Session, caller: Caller, at: datetime, *, after_id: int | None) -> Case | None:
    """Claim the next free case; None when there is none. Who may not decide only sees which it is."""
    for _ in range(MOST_TRIES):
        case = queries.next_case(session, caller, at, after_id=after_id)
        if case is None or caller.role not in OFFICERS:
            return case
        session.expire(case)  # what is locked below is read again: somebody may have been faster
        try:
            return actions.claim(session, case.id, caller=caller, at=at)
        except Conflict:
            after_id = case.id
    return None


def pictures_ahead(
    session: Session, caller: Caller, at: datetime, *, case_id: int, approves: bool = False
) -> list[str]:
    """The pictures of the case that probably comes next, for the browser to fetch while this one is decided."""
    if caller.role not in OFFICERS:
        return []
    if approves:
        case = queries.next_to_approve(session, caller, after_id=case_id)
    else:
        case = queries.next_case(session, caller, at, after_id=case_id)
    if case is None or case.id == case_id:
        return []
    names = PRELOADED if case.plate_machine else PRELOADED[:3]
    return [f"/api/v1/cases/{case.id}/evidence/{name}" for name in names]
