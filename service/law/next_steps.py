"""What is to be done with a case and until when: where it stands and what happened in, steps with last days out.

detected_at ──10 days──▶ notice          notified_at ──20 days──▶ owner_answer
issued_at ──2 working days──▶ decision_sent, until somebody is on record as having received the decision
received_on ──10 days──▶ payment         issued_at ──1 year──▶ decision_lapse
committed_at ──1 year──▶ limitation (for every case without a decision)
"""

from dataclasses import dataclass
from datetime import date, datetime

from service.law.deadlines import due_on, noon_of

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
UNRECEIVED = "decision_sent"
"""What a decision waits for that nobody received yet: payment is counted from receipt (LHAV art. 73.1)."""
STEPS = frozenset({*STEP_OF_STATE.values(), UNRECEIVED, *LAPSES_AT})
COUNTED_FROM_ISSUE = {UNRECEIVED, "decision_lapse"}
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
    """When the fine was issued."""
    received_on: date | None = None
    """The day that the person received the decision."""


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
    found = [next_due(standing)]
    if standing.state in WITHOUT_DECISION and standing.committed_at is not None:
        found.append(DueStep(step="limitation", due_on=due_on("limitation", standing.committed_at)))
    return tuple(sorted((step for step in found if step is not None), key=lambda step: step.due_on))


def next_due(standing: Standing) -> DueStep | None:
    """The duty that a case waits for and its last day; None for a case that waits for nothing."""
    step = STEP_OF_STATE.get(standing.state)
    if step is None:
        return None
    if step == "payment":
        if standing.received_on is not None:
            return DueStep(step=step, due_on=due_on(step, noon_of(standing.received_on)))
        step = UNRECEIVED
    counted_from = standing.detected_at if step == "notice" else standing.since_at
    if step in COUNTED_FROM_ISSUE:
        counted_from = standing.issued_at or standing.since_at
    return DueStep(step=step, due_on=due_on(step, counted_from or standing.detected_at))
