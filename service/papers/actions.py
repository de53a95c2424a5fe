"""Issuing, printing and cancelling papers.

issue_…   case, owner and evidence checked ─▶ number and content fixed, on record (one transaction)
keep      the printed bytes, once ─▶ SHA-256 on record
cancel    the number stays, marked
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from service.cases.fines import amount_within, circumstances_of
from service.cases.guards import require_within_limitation
from service.cases.moves import OFFICERS, State
from service.cases.moving import go, lock_case, note_down
from service.cases.queries import camera_of
from service.door import Record
from service.errors import BadInput, Conflict
from service.law.tariff import VIETNAM
from service.ledger import entries_of
from service.owners.queries import found_by, last_lookup
from service.owners.registry import Registration
from service.papers.codes import digest_of_code, new_code
from service.papers.composing import Material, compose_decision, compose_notice
from service.papers.content import PaperContent, PaperKind
from service.papers.pictures import read_pictures
from service.papers.queries import file_of, live_paper, next_number
from service.papers.signing import SignedPdf
from service.papers.tables import Paper, PaperFile
from service.people import Caller
from service.tables import Case

NOTICE_FROM = (State.CONFIRMED, State.SECOND_APPROVAL, State.UNRESOLVED_OWNER, State.NOTIFIED)
DECISION_FROM = (State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED, State.DECISION, State.OVERDUE)


def issue_notice(
    session: Session, record: Record, case_id: int, *, checked_mismatch: bool, caller: Caller, at: datetime
) -> Paper:
    """Give a notice to the owner its number; the case is notified with it. Raises Conflict without a known owner."""
    case = _case_for_paper(session, case_id, kind="notice", states=NOTICE_FROM, caller=caller)
    material = _material(session, record, case, checked_mismatch=checked_mismatch, at=at)
    code = new_code()

    def compose(number: int) -> PaperContent:
        return compose_notice(material, number=number, code=code)

    paper = number_paper(
        session, record.secret, case, compose, kind="notice", code=code, caller=caller, at=at
    )
    if case.state != State.NOTIFIED:
        go(session, case, "notify", caller=caller, at=at, after={"paper": paper.id})
    return paper


def draft_decision(
    session: Session,
    record: Record,
    case_id: int,
    *,
    amount_vnd: int | None,
    circumstances: tuple[str, ...] = (),
    caller: Caller,
    at: datetime,
) -> Paper:
    """Give the draft of a decision its number.

    An issued fine says amount and circumstances itself; else they are the given ones, and the usual amount by default.
    """
    case = _case_for_paper(session, case_id, kind="decision", states=DECISION_FROM, caller=caller)
    if case.state in (State.DECISION, State.OVERDUE):
        amount = _issued_vnd(session, case, amount_vnd)
        circumstances = circumstances_of(session, case)
    else:
        require_within_limitation(case, at)
        amount = amount_within(case, amount_vnd, circumstances)
    material = _material(session, record, case, checked_mismatch=True, at=at)

    def compose(number: int) -> PaperContent:
        return compose_decision(material, number=number, amount_vnd=amount, circumstances=circumstances)

    return number_paper(
        session, record.secret, case, compose, kind="decision", code=None, caller=caller, at=at
    )


def keep(
    session: Session, paper: Paper, case: Case, signed: SignedPdf, *, caller: Caller, at: datetime
) -> PaperFile:
    """Keep the bytes of a printed paper. Where somebody was faster, theirs count: a paper has one file."""
    there = file_of(session, paper.id)
    if there is not None:
        return there
    made = PaperFile(
        paper_id=paper.id,
        sha256=sha256(signed.pdf).hexdigest(),
        signer=signed.signer,
        kept_at=at,
        pdf=signed.pdf,
    )
    session.add(made)
    session.flush()
    after = {"paper": paper.id, "sha256": made.sha256, "signed": signed.signer is not None}
    note_down(session, case, "paper_printed", caller=caller, at=at, after=after)
    return made


def cancel(session: Session, paper: Paper, case: Case, *, reason: str, caller: Caller, at: datetime) -> Paper:
    """Mark a paper as cancelled. It keeps its number and its file; the look-up no longer opens with its code."""
    if paper.cancelled_at is not None:
        raise Conflict(f"paper {paper.number} of {paper.year}: was cancelled already")
    paper.cancelled_at, paper.cancelled_by, paper.cancel_reason = at, caller.person_id, reason
    after = {"paper": paper.id, "number": paper.number, "year": paper.year}
    note_down(session, case, "paper_cancelled", caller=caller, at=at, why=reason, after=after)
    return paper


def _case_for_paper(
    session: Session, case_id: int, *, kind: PaperKind, states: tuple[State, ...], caller: Caller
) -> Case:
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    if case.state not in states:
        raise Conflict(
            f"the case is {case.state}: a {kind} is possible only from {', '.join(sorted(states))}"
        )
    there = live_paper(session, case.id, kind)
    if there is not None:
        raise Conflict(f"the case has {kind} {there.number} of {there.year}: cancel it before a new one")
    return case


def _material(
    session: Session, record: Record, case: Case, *, checked_mismatch: bool, at: datetime
) -> Material:
    return Material(
        case=case,
        camera=camera_of(session, case),
        owner=_owner(session, record, case, checked_mismatch=checked_mismatch),
        settings=record.settings,
        pictures=read_pictures(record.evidence, case),
        at=at,
    )


def _owner(session: Session, record: Record, case: Case, *, checked_mismatch: bool) -> Registration:
    lookup = last_lookup(session, case.id)
    if lookup is None or lookup.plate != case.plate:
        raise Conflict("the owner was not looked up for this plate: look up the owner first")
    if lookup.outcome != "found":
        raise Conflict(f"the owner is not clear ({lookup.outcome}): look up again, or leave the owner open")
    if lookup.mismatches and not checked_mismatch:
        raise Conflict(
            "this may be a cloned plate: compare the pictures, then say that you checked the mismatch"
        )
    return found_by(lookup, record.secret)[0]


def _issued_vnd(session: Session, case: Case, wanted: int | None) -> int:
    """The last fine, as it was corrected since."""
    amount = 0
    for entry in entries_of(session, case.id):
        if entry.kind == "fine":
            amount = entry.amount_vnd
        elif entry.kind == "correction":
            amount += entry.amount_vnd
    if wanted is not None and wanted != amount:
        raise BadInput(f"amount {wanted} VND: a fine of {amount} VND was issued; leave the amount out")
    return amount


def number_paper(
    session: Session,
    secret: Fernet,
    case: Case,
    compose: Callable[[int], PaperContent],
    *,
    kind: PaperKind,
    code: str | None,
    caller: Caller,
    at: datetime,
) -> Paper:
    """Give a paper its number, with the content that `compose` makes for it, and put it on record."""
    year = at.astimezone(VIETNAM).year
    content = compose(next_number(session, kind, year))
    paper = Paper(
        kind=kind,
        year=year,
        number=content.number,
        case_id=case.id,
        issued_at=at,
        issued_by=caller.person_id,
        lookup_code_sha256=digest_of_code(code) if code else None,
        plate=content.vehicle.plate,
        vehicle_class=content.vehicle.vehicle_class,
        content_encrypted=secret.encrypt(content.model_dump_json().encode()).decode(),
    )
    session.add(paper)
    session.flush()
    after: Mapping[str, object] = {"paper": paper.id, "kind": kind, "number": paper.number, "year": year}
    note_down(session, case, "paper_issued", caller=caller, at=at, after=dict(after))
    return paper
