"""The deadlines' part of /api/v1: what is late, what is near, what will lapse."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.cases.due_list import due_cases, place_from
from service.door import CallerHere, Now, SessionHere, only_reads
from service.law.tariff import VIETNAM
from service.payments.schemas import DueLine, DueList
from service.schemas import Text

router = APIRouter(prefix="/api/v1")


@router.get("/deadlines")
@only_reads
def get_deadlines(
    caller: CallerHere,
    session: SessionHere,
    now: Now,
    within_days: Annotated[int, Query(ge=0, le=365)] = 7,
    after: Annotated[Text | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> DueList:
    """Steps that are late or due within some days, the nearest first; `lapses` marks what is lost after its day.

    `next_after` is the cursor of the next page.
    """
    today = now.astimezone(VIETNAM).date()
    place = place_from(after) if after is not None else None
    found = due_cases(session, caller, today=today, within_days=within_days, limit=limit, after=place)
    lines = [
        DueLine(
            case_id=each.case.id,
            violation_id=each.case.violation_id,
            state=each.case.state,
            step=each.step.step,
            due_on=each.step.due_on,
            days_left=each.step.days_left(today),
            lapses=each.step.lapses,
        )
        for each in found.due
    ]
    rest = found.rest_after.to_text() if found.rest_after is not None else None
    return DueList(today=today, late=found.late, near=found.near, due=lines, next_after=rest)
