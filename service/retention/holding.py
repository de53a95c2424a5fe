"""Puts evidence on hold and lets it go again. Both need a reason and are audited."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.errors import BadInput, Conflict, NotFound
from service.retention.tables import EvidenceHold
from service.tables import Case


def hold_evidence(session: Session, case_id: int, *, why: str, who: str, at: datetime) -> Case:
    """Keep a case's evidence until the hold is released. Raises NotFound, BadInput, Conflict."""
    case = _case(session, case_id, why)
    if case.evidence_erased_at is not None:
        raise Conflict(
            f"case {case_id}: its evidence was erased on {case.evidence_erased_at.date()}; there is nothing to hold"
        )
    if session.get(EvidenceHold, case_id) is not None:
        raise Conflict(f"case {case_id}: its evidence is on hold already")
    session.add(EvidenceHold(case_id=case_id, since=at, held_by=who, why=why))
    write_audit(session, at=at, who=who, action="evidence_held", subject=case.violation_id, why=why)
    return case


def release_evidence(session: Session, case_id: int, *, why: str, who: str, at: datetime) -> Case:
    """Let the rules decide again. Raises NotFound, BadInput, Conflict."""
    case = _case(session, case_id, why)
    held = session.get(EvidenceHold, case_id)
    if held is None:
        raise Conflict(f"case {case_id}: its evidence is not on hold")
    session.delete(held)
    write_audit(session, at=at, who=who, action="evidence_released", subject=case.violation_id, why=why)
    return case


def _case(session: Session, case_id: int, why: str) -> Case:
    if not why.strip():
        raise BadInput("why: say why, for the audit trail")
    case = session.scalars(select(Case).where(Case.id == case_id).with_for_update()).first()
    if case is None:
        raise NotFound(f"case {case_id}: there is none")
    return case
