"""All SQL about papers: the next number of a series, a case's papers, a paper in the caller's ward, its file."""

from collections.abc import Sequence

from cryptography.fernet import Fernet
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.cases.queries import MOST_ROWS, READERS, camera_of, get_case, require_scope
from service.errors import NotFound
from service.papers.content import PaperContent
from service.papers.tables import Paper, PaperFile, ReceiptEntry
from service.people import Caller
from service.tables import CameraRow, Case, LedgerEntry

NUMBERS_LOCK = 7_214_003
"""PostgreSQL's advisory lock that makes numbers follow each other; SQLite has one writer anyway."""


def next_number(session: Session, kind: str, year: int) -> int:
    """The number after the last one of the series. Nobody else gets it: numbers wait until this transaction ends.

    A transaction that is given up gives its number back, and rows are never deleted: there are no gaps.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": NUMBERS_LOCK})
    last = select(func.max(Paper.number)).where(Paper.kind == kind, Paper.year == year)
    return int(session.scalar(last) or 0) + 1


def papers_of(session: Session, case_id: int, caller: Caller) -> list[Paper]:
    """A case's papers, the newest first."""
    case = get_case(session, case_id, caller)
    return list(session.scalars(select(Paper).where(Paper.case_id == case.id).order_by(Paper.id.desc())))


def list_papers(
    session: Session, caller: Caller, *, kind: str | None, year: int | None, before_id: int | None, limit: int
) -> list[Paper]:
    """The register of numbers in the caller's ward, the newest first."""
    caller.require(*READERS)
    query = select(Paper).join(Case, Case.id == Paper.case_id).join(CameraRow)
    if caller.ward is not None:
        query = query.where(CameraRow.ward == caller.ward)
    if kind is not None:
        query = query.where(Paper.kind == kind)
    if year is not None:
        query = query.where(Paper.year == year)
    if before_id is not None:
        query = query.where(Paper.id < before_id)
    return list(session.scalars(query.order_by(Paper.id.desc()).limit(min(limit, MOST_ROWS))))


def get_paper(session: Session, paper_id: int, caller: Caller, *, lock: bool = False) -> tuple[Paper, Case]:
    """A paper and its case. Raises NotFound, also for another ward's."""
    query = select(Paper).where(Paper.id == paper_id)
    paper = session.scalars(query.with_for_update() if lock else query).first()
    if paper is None:
        raise NotFound(f"paper {paper_id}: there is none")
    case = session.get_one(Case, paper.case_id)
    require_scope(camera_of(session, case), caller)
    return paper, case


def live_paper(session: Session, case_id: int, kind: str) -> Paper | None:
    """The paper of a kind that was not cancelled."""
    query = select(Paper).where(Paper.case_id == case_id, Paper.kind == kind, Paper.cancelled_at.is_(None))
    return session.scalars(query).first()


def live_receipt(session: Session, entry_id: int) -> Paper | None:
    """The receipt of a payment that was not cancelled."""
    query = select(Paper).join(ReceiptEntry).where(ReceiptEntry.ledger_entry_id == entry_id)
    return session.scalars(query.where(Paper.cancelled_at.is_(None))).first()


def receipted_entries(session: Session, case_id: int) -> set[int]:
    """The payments of a case that have a receipt that was not cancelled."""
    query = select(ReceiptEntry.ledger_entry_id).join(Paper).join(LedgerEntry)
    return set(session.scalars(query.where(LedgerEntry.case_id == case_id, Paper.cancelled_at.is_(None))))


def file_of(session: Session, paper_id: int) -> PaperFile | None:
    """The PDF of a paper, once it was printed."""
    return session.get(PaperFile, paper_id)


def digests_of(session: Session, paper_ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """SHA-256 and signer of each paper that was printed, without the bytes."""
    query = select(PaperFile.paper_id, PaperFile.sha256, PaperFile.signer)
    rows = session.execute(query.where(PaperFile.paper_id.in_(paper_ids))).all()
    return {row[0]: (row[1], row[2]) for row in rows}


def content_of(paper: Paper, secret: Fernet) -> PaperContent:
    """What a paper says."""
    return PaperContent.model_validate_json(secret.decrypt(paper.content_encrypted.encode()))
