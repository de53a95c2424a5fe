"""Questions about imported payments. Lines without a case belong to the whole city, the others to their case's ward."""

from collections.abc import Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.cases.queries import READERS
from service.csv_text import BYTE_ORDER_MARK, csv_line
from service.payments.matching import Outcome
from service.people import Caller
from service.tables import CameraRow, Case, PaymentLine

MOST_ROWS = 200
AT_ONCE = 500
EXPORTED = (
    "id", "row_number", "transaction_id", "paid_on", "amount_vnd", "reference", "plate", "payer", "description",
    "outcome", "reason", "case_id", "file_sha256",
)  # fmt: skip


def list_lines(
    session: Session, caller: Caller, *, outcome: Outcome | None, before_id: int | None, limit: int
) -> list[PaymentLine]:
    """Lines of all statements, the latest first."""
    query = _scoped(caller, outcome).order_by(PaymentLine.id.desc())
    if before_id is not None:
        query = query.where(PaymentLine.id < before_id)
    return list(session.scalars(query.limit(min(limit, MOST_ROWS))))


def lines_as_csv(session: Session, caller: Caller, *, outcome: Outcome | None) -> Iterator[str]:
    """The lines as CSV text, one by one and in order."""
    yield BYTE_ORDER_MARK + csv_line(EXPORTED)
    query = _scoped(caller, outcome).order_by(PaymentLine.id)
    for line in session.scalars(query.execution_options(yield_per=AT_ONCE)):
        yield csv_line(getattr(line, name) for name in EXPORTED)


def _scoped(caller: Caller, outcome: Outcome | None) -> Select[PaymentLine]:
    caller.require(*READERS)
    query = select(PaymentLine)
    if caller.ward is not None:
        query = query.join(Case, Case.id == PaymentLine.case_id).join(CameraRow)
        query = query.where(CameraRow.ward == caller.ward)
    return query if outcome is None else query.where(PaymentLine.outcome == outcome)
