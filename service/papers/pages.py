"""The page of a case's owner and papers. Its forms send to the JSON interface; it decides nothing itself."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.cases.moves import OFFICERS
from service.cases.moving import note_down
from service.cases.queries import get_case
from service.console.page_caller import PageCaller
from service.console.rendering import render
from service.door import Now, RecordHere, RowId, SessionHere
from service.owners.actions import MAY_BE_ASKED_FOR
from service.owners.queries import found_by, last_lookup
from service.papers.actions import DECISION_FROM, NOTICE_FROM
from service.papers.queries import papers_of
from service.papers.receipts import payments_without_receipt

router = APIRouter(include_in_schema=False)


@router.get("/cases/{case_id}/papers")
def get_papers_page(
    request: Request, case_id: RowId, caller: PageCaller, session: SessionHere, record: RecordHere, now: Now
) -> HTMLResponse:
    """Owner and papers of a case. Who sees the owner is put on record."""
    caller.require(*OFFICERS)
    case = get_case(session, case_id, caller)
    papers = papers_of(session, case.id, caller)
    lookup = last_lookup(session, case.id)
    if lookup is not None:
        note_down(session, case, "saw_owner", caller=caller, at=now)
    live = {paper.kind for paper in papers if paper.cancelled_at is None}
    has_owner = lookup is not None and lookup.outcome == "found" and lookup.plate == case.plate
    return render(
        request,
        "papers/of_case.html",
        caller=caller,
        case=case,
        papers=papers,
        lookup=lookup,
        registrations=found_by(lookup, record.secret) if lookup else (),
        may_ask=case.state in MAY_BE_ASKED_FOR,
        may_notify=has_owner and case.state in NOTICE_FROM and "notice" not in live,
        unreceipted=payments_without_receipt(session, case),
        may_draft=has_owner and case.state in DECISION_FROM and "decision" not in live,
    )
