"""Papers under /api/v1: issue, list, print, print many as one, cancel."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from service.cases.moves import SUPERVISORS
from service.database import transaction
from service.door import BriefCaller, CallerHere, Now, Record, RecordHere, RowId, SessionHere
from service.idempotency import IdempotentRoute
from service.papers import actions, queries
from service.papers.content import PaperKind
from service.papers.printing import print_paper
from service.papers.receipts import issue_receipt
from service.papers.rendering import join_pdfs
from service.papers.schemas import BatchIn, CancelIn, DecisionIn, NoticeIn, PaperList, PaperOut, ReceiptIn
from service.papers.tables import Paper
from service.people import Caller

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)
PDF = "application/pdf"


@router.post("/cases/{case_id}/notice", status_code=201)
def post_notice(
    case_id: RowId, body: NoticeIn, caller: BriefCaller, record: RecordHere, now: Now
) -> PaperOut:
    """Issue the notice to the owner: it gets the next number, the case becomes notified, the PDF is kept."""
    with transaction(record.engine) as session:
        paper = actions.issue_notice(
            session, record, case_id, checked_mismatch=body.checked_mismatch, caller=caller, at=now
        )
        paper_id = paper.id
    return _printed(record, paper_id, caller=caller, now=now)


@router.post("/cases/{case_id}/decision-draft", status_code=201)
def post_decision_draft(
    case_id: RowId, body: DecisionIn, caller: BriefCaller, record: RecordHere, now: Now
) -> PaperOut:
    """Draft the decision: it gets the next number and names those who may sign it; the PDF is kept."""
    with transaction(record.engine) as session:
        paper = actions.draft_decision(
            session,
            record,
            case_id,
            amount_vnd=body.amount_vnd,
            circumstances=body.circumstances,
            caller=caller,
            at=now,
        )
        paper_id = paper.id
    return _printed(record, paper_id, caller=caller, now=now)


@router.post("/cases/{case_id}/receipts", status_code=201)
def post_receipt(
    case_id: RowId, body: ReceiptIn, caller: BriefCaller, record: RecordHere, now: Now
) -> PaperOut:
    """Issue the receipt for a payment in the ledger of the case: it gets the next number, the PDF is kept."""
    with transaction(record.engine) as session:
        paper = issue_receipt(
            session, record, case_id, entry_id=body.entry_id, payer=body.payer, caller=caller, at=now
        )
        paper_id = paper.id
    return _printed(record, paper_id, caller=caller, now=now)


@router.get("/cases/{case_id}/papers")
def get_case_papers(case_id: RowId, caller: CallerHere, session: SessionHere) -> list[PaperOut]:
    """A case's papers, the newest first."""
    return _paper_out(session, queries.papers_of(session, case_id, caller))


@router.get("/papers")
def get_papers(
    caller: CallerHere,
    session: SessionHere,
    kind: PaperKind | None = None,
    year: Annotated[int | None, Query(ge=2000, le=2200)] = None,
    before_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PaperList:
    """The register of numbers, cancelled ones too; `next_before_id` is the cursor of the next page."""
    found = queries.list_papers(session, caller, kind=kind, year=year, before_id=before_id, limit=limit)
    return PaperList(
        papers=_paper_out(session, found), next_before_id=found[-1].id if len(found) == limit else None
    )


@router.get("/papers/{paper_id}/pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_paper_pdf(paper_id: RowId, caller: BriefCaller, record: RecordHere, now: Now) -> Response:
    """The PDF: the same bytes every time. A paper that could not be printed before is printed now."""
    pdf = print_paper(record, paper_id, caller=caller, at=now)
    return _pdf_answer(pdf, f"giay-to-{paper_id}.pdf")


@router.post("/papers/batch", response_class=Response, responses={200: {"content": {PDF: {}}}})
def post_paper_batch(body: BatchIn, caller: BriefCaller, record: RecordHere, now: Now) -> Response:
    """Many papers as one PDF for the printer, each beginning on a new sheet. Signatures hold in the single files."""
    papers = [print_paper(record, paper_id, caller=caller, at=now) for paper_id in body.paper_ids]
    return _pdf_answer(join_pdfs(papers), "giay-to.pdf")


@router.post("/papers/{paper_id}/cancel")
def post_paper_cancel(
    paper_id: RowId, body: CancelIn, caller: CallerHere, session: SessionHere, now: Now
) -> PaperOut:
    """Cancel a paper. Its number is not given to another one, and it stays in the register."""
    caller.require(*SUPERVISORS)
    paper, case = queries.get_paper(session, paper_id, caller, lock=True)
    cancelled = actions.cancel(session, paper, case, reason=body.why, caller=caller, at=now)
    return _paper_out(session, [cancelled])[0]


def _printed(record: Record, paper_id: int, *, caller: Caller, now: datetime) -> PaperOut:
    """The paper with its PDF, made once its number is on record: no other number waits for the printing."""
    print_paper(record, paper_id, caller=caller, at=now)
    with transaction(record.engine) as session:
        return _paper_out(session, [queries.get_paper(session, paper_id, caller)[0]])[0]


def _paper_out(session: Session, papers: list[Paper]) -> list[PaperOut]:
    printed = queries.digests_of(session, [paper.id for paper in papers])
    names = ("id", "kind", "year", "number", "case_id", "issued_at", "cancelled_at", "cancel_reason")
    return [
        PaperOut(
            **{name: getattr(paper, name) for name in names},
            sha256=printed.get(paper.id, (None, None))[0],
            signer=printed.get(paper.id, (None, None))[1],
        )
        for paper in papers
    ]


def _pdf_answer(pdf: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type=PDF, headers=headers)
