"""The way from a numbered paper to its kept bytes: no transaction is open while a page is set or signed."""

from datetime import datetime

from service.cases.moves import OFFICERS
from service.cases.moving import note_down
from service.database import transaction
from service.door import Record
from service.papers.actions import keep
from service.papers.content import PaperContent
from service.papers.pictures import pictures_of
from service.papers.queries import content_of, file_of, get_paper
from service.papers.rendering import render_pdf
from service.papers.signing import sign_when_configured
from service.people import Caller


def print_paper(record: Record, paper_id: int, *, caller: Caller, at: datetime) -> bytes:
    """The PDF of a paper: kept bytes, or set and signed now and kept from then on. The look is put on record."""
    caller.require(*OFFICERS)
    with transaction(record.engine) as session:
        paper, case = get_paper(session, paper_id, caller)
        note_down(session, case, "saw_paper", caller=caller, at=at, after={"paper": paper.id})
        there = file_of(session, paper.id)
        if there is not None:
            return there.pdf
        content = content_of(paper, record.secret)
        pictures = pictures_of(record.evidence, case, content)
    return _keep_printed(record, paper_id, content, pictures, caller=caller, at=at)


def _keep_printed(
    record: Record,
    paper_id: int,
    content: PaperContent,
    pictures: dict[str, bytes],
    *,
    caller: Caller,
    at: datetime,
) -> bytes:
    signed = sign_when_configured(render_pdf(content, pictures), record.settings)
    with transaction(record.engine) as session:
        paper, case = get_paper(session, paper_id, caller, lock=True)
        return keep(session, paper, case, signed, caller=caller, at=at).pdf
