"""Cases as they go over the wire: a line of a list, or a case with its packet, evidence, money and next step."""

from sqlalchemy.orm import Session

from service.cases import fines, queries
from service.cases.due_list import next_due_of
from service.door import Record
from service.errors import BadInput
from service.ledger import balance_vnd, entries_of
from service.schemas import CaseLine, CaseOut, LedgerLine, TariffOut
from service.tables import CameraRow, Case


def case_line(case: Case, camera: CameraRow) -> CaseLine:
    """A case for a list."""
    return CaseLine(**_line_values(case, camera))  # type: ignore[arg-type]


def case_out(session: Session, record: Record, case: Case) -> CaseOut:
    """A case with all that belongs to it."""
    session.flush()
    due = next_due_of(session, case)
    return CaseOut(
        **_line_values(case, queries.camera_of(session, case)),  # type: ignore[arg-type]
        plate_machine=case.plate_machine,
        plate_officer=case.plate_officer,
        plate_confidence=case.plate_confidence,
        assigned_to=case.assigned_to,
        reject_reason=case.reject_reason,
        reject_note=case.reject_note,
        packet=case.packet,
        evidence=record.evidence.names_of(case.camera_id, case.violation_id),
        evidence_erased_at=case.evidence_erased_at,
        ledger=[LedgerLine.model_validate(entry) for entry in entries_of(session, case.id)],
        balance_vnd=balance_vnd(session, case.id),
        tariff=tariff_out(case),
        needs_second_approval=case.needs_second_approval,
        decision_received_on=case.decision_received_on,
        forwarded_to=case.forwarded_to,
        next_step=due.step if due else None,
        due_on=due.due_on if due else None,
    )


def _line_values(case: Case, camera: CameraRow) -> dict[str, object]:
    names = (
        "id", "violation_id", "camera_id", "kind", "state", "vehicle_class", "plate", "plate_verdict", "footage",
        "committed_at", "detected_at", "version",
    )  # fmt: skip
    return {**{name: getattr(case, name) for name in names}, "camera_name": camera.name}


def tariff_out(case: Case) -> TariffOut | None:
    """The bracket of a case; None when it has no moment or the law data has no row."""
    try:
        return TariffOut.model_validate(fines.tariff_of(case))
    except BadInput:
        return None
