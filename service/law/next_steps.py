"""What is to be done with a case and until when: where it stands and what happened in, steps with last days out.

detected_at ──10 days──▶ notice          notified_at ──20 days──▶ owner_answer
issued_at ──10 days──▶ payment           issued_at ──1 year──▶ decision_lapse
committed_at ──1 year──▶ limitation (for every case without a decision)
"""

from dataclasses import dataclass
from datetime import date, datetime

from service.law.deadlines import due_on

STEP_OF_STATE = {
    "detected": "notice",
    "in_review": "notice",
    "confirmed": "notice",
    "second_approval": "notice",
    "unresolved_owner": "notice",
    "notified": "owner_answer",
    "decision": "payment",
    "overdue": "decision_lapse",
    "appealed": "complaint_first",
}
"""The step that a case in this state waits for; a case in another state waits for nothing."""
LAPSES_AT = {"limitation", "decision_lapse"}
"""After these days nothing can be done any more; the others are duties that can be late."""
COUNTED_FROM_ISSUE = {"payment", "decision_lapse"}
WITHOUT_DECISION = frozenset(STEP_OF_STATE) - {"decision", "overdue", "appealed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a case stands in the process; None: has not happened or is not known."""

    state: str
    committed_at: datetime | None
    detected_at: datetime
    since_at: datetime | None
    """When it came into its state."""
    issued_at: datetime | None
    """When the fine was issued. The law counts from receipt of the decision; that day is the earliest it can be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueStep:
    """A step and its last day in Vietnam."""

    step: str
    due_on: date

    @property
    def lapses(self) -> bool:
        """Whether the case is lost after that day."""
        return self.step in LAPSES_AT

    def days_left(self, today: date) -> int:
        """How many days are left; negative when it is late."""
        return (self.due_on - today).days


def due_steps(standing: Standing) -> tuple[DueStep, ...]:
    """Everything that a case waits for, the nearest day first."""
    found = [_own_step(standing)]
    if standing.state in WITHOUT_DECISION and standing.committed_at is not None:
        found.append(DueStep(step="limitation", due_on=due_on("limitation", standing.committed_at)))
    return tuple(sorted((step for step in found if step is not None), key=lambda step: step.due_on))


def next_due(
    state: str, *, detected_at: datetime, decided_at: datetime | None, since_at: datetime | None = None
) -> tuple[str, date] | None:
    """The step that a case in this state waits for and its last day; None for a case that waits for nothing.

    `decided_at` is when the fine was issued.
    """
    found = _own_step(
        Standing(
            state=state, committed_at=None, detected_at=detected_at, since_at=since_at, issued_at=decided_at
        )
    )
    return (found.step, found.due_on) if found else None


def _own_step(standing: Standing) -> DueStep | None:
    step = STEP_OF_STATE.get(standing.state)
    if step is None:
        return None
    counted_from = standing.detected_at if step == "notice" else standing.since_at
    if step in COUNTED_FROM_ISSUE:
        counted_from = standing.issued_at or standing.since_at
    return DueStep(step=step, due_on=due_on(step, counted_from or standing.detected_at))
