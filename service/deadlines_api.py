"""The deadlines' part of /api/v1: what is late, what is near, what will lapse."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.cases.due_list import due_cases
from service.door import CallerHere, Now, SessionHere, only_reads
from service.law.tariff import VIETNAM
from service.payments.schemas import DueLine, DueList

router = APIRouter(prefix="/api/v1")


@router.get("/deadlines")
@only_reads
def get_deadlines(
    caller: CallerHere,
    session: SessionHere,
    now: Now,
    within_days: Annotated[int, Query(ge=0, le=365)] = 7,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> DueList:
    """Steps that are late or due within some days, the nearest first; `lapses` marks what is lost after its day."""
    today = now.astimezone(VIETNAM).date()
    found = due_cases(session, caller, today=today, within_days=within_days, limit=limit)
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
    return DueList(today=today, late=found.late, near=found.near, due=lines)
