"""A receipt for one payment in the ledger: a numbered paper like the others, printed from what the ledger says.

It says what this office has on record. The treasury's or the bank's own voucher stays the proof of paying.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import OFFICERS
from service.cases.moving import lock_case
from service.cases.queries import camera_of
from service.door import Record
from service.errors import Conflict, NotFound
from service.ledger import CHARGES, counts_on, entries_of
from service.owners.queries import found_by, last_lookup
from service.owners.registry import Registration
from service.papers.actions import number_paper
from service.papers.composing import Material, compose_receipt
from service.papers.content import PaperContent, PaperKind, Receipt
from service.papers.queries import live_paper, live_receipt, receipted_entries
from service.papers.tables import Paper, ReceiptEntry
from service.people import Caller
from service.tables import Case, LedgerEntry, PaymentLine

RECEIPT: PaperKind = "receipt"


def issue_receipt(
    session: Session, record: Record, case_id: int, *, entry_id: int, payer: str, caller: Caller, at: datetime
) -> Paper:
    """Give the receipt for a payment its number. A payment has one receipt; a cancelled one makes room for another.

    Without a payer's name it is the statement's, else the owner's, else left open. Raises NotFound, Conflict.
    """
    caller.require(*OFFICERS)
    case = lock_case(session, case_id, caller)
    entries = entries_of(session, case.id)
    entry = next((each for each in entries if each.id == entry_id and each.kind == "payment"), None)
    if entry is None:
        raise NotFound(f"payment {entry_id}: is not in the ledger of this case")
    there = live_receipt(session, entry.id)
    if there is not None:
        raise Conflict(f"this payment has receipt {there.number} of {there.year}: cancel it before a new one")
    receipt = _receipt(session, case, entry, entries, payer=payer.strip())
    owner = _owner(session, record, case)
    paper = _numbered(session, record, case, receipt, owner, caller=caller, at=at)
    session.add(ReceiptEntry(paper_id=paper.id, ledger_entry_id=entry.id))
    session.flush()
    return paper


def payments_without_receipt(session: Session, case: Case) -> list[LedgerEntry]:
    """The payments of a case that have no receipt that counts."""
    done = receipted_entries(session, case.id)
    return [
        entry for entry in entries_of(session, case.id) if entry.kind == "payment" and entry.id not in done
    ]


def _numbered(
    session: Session,
    record: Record,
    case: Case,
    receipt: Receipt,
    owner: Registration | None,
    *,
    caller: Caller,
    at: datetime,
) -> Paper:
    material = Material(
        case=case, camera=camera_of(session, case), owner=owner, settings=record.settings, pictures={}, at=at
    )

    def compose(number: int) -> PaperContent:
        return compose_receipt(material, number=number, receipt=receipt)

    return number_paper(session, record.secret, case, compose, kind=RECEIPT, code=None, caller=caller, at=at)


def _receipt(
    session: Session, case: Case, entry: LedgerEntry, entries: list[LedgerEntry], *, payer: str
) -> Receipt:
    """What the ledger says up to the payment; what was entered after it is not this receipt's."""
    until = [each for each in entries if each.id <= entry.id]
    decision = live_paper(session, case.id, "decision")
    return Receipt(
        payer=payer or _payer_of(session, entry),
        amount_vnd=-entry.amount_vnd,
        paid_on=counts_on(entry),
        reference=entry.reference or "",
        decision_number=f"{decision.number}/{decision.year}" if decision else "",
        charged_vnd=sum(each.amount_vnd for each in until if each.kind in CHARGES),
        surcharge_vnd=sum(each.amount_vnd for each in until if each.kind == "surcharge"),
        left_vnd=sum(each.amount_vnd for each in until),
    )


def _payer_of(session: Session, entry: LedgerEntry) -> str:
    query = select(PaymentLine.payer).where(PaymentLine.entry_id == entry.id)
    return session.scalar(query) or ""


def _owner(session: Session, record: Record, case: Case) -> Registration | None:
    """The owner, where one is known: whoever came to the office was perhaps never looked up."""
    lookup = last_lookup(session, case.id)
    if lookup is not None and lookup.plate == case.plate and lookup.outcome == "found":
        return found_by(lookup, record.secret)[0]
    return None
