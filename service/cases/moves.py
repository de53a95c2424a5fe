"""The life of a case as one table: which move leads from where to where, and who may make it.

detected → in_review → confirmed → (second_approval) → (notified) → decision → paid
                └────→ rejected          further: overdue, appealed, cancelled, unresolved_owner
"""

from dataclasses import dataclass
from enum import StrEnum

from service.errors import Conflict


class State(StrEnum):
    """Where a case stands."""

    DETECTED = "detected"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    SECOND_APPROVAL = "second_approval"
    NOTIFIED = "notified"
    DECISION = "decision"
    PAID = "paid"
    OVERDUE = "overdue"
    APPEALED = "appealed"
    CANCELLED = "cancelled"
    UNRESOLVED_OWNER = "unresolved_owner"


class RejectReason(StrEnum):
    """Why a case is no case."""

    PRIORITY_VEHICLE = "priority_vehicle"
    OFFICER_DIRECTING = "officer_directing"
    UNREADABLE = "unreadable"
    WRONG_VEHICLE = "wrong_vehicle"
    ARROW_PERMITS = "arrow_permits"
    SIGNAL_FAULT = "signal_fault"
    TEST = "test"
    OTHER = "other"


OFFICERS = frozenset({"reviewer", "supervisor"})
SUPERVISORS = frozenset({"supervisor"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One allowed move."""

    name: str
    sources: frozenset[State]
    target: State
    roles: frozenset[str]


def _move(name: str, sources: set[State], target: State, roles: frozenset[str]) -> Move:
    return Move(name=name, sources=frozenset(sources), target=target, roles=roles)


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("claim", {State.DETECTED}, State.IN_REVIEW, OFFICERS),
        _move("release", {State.IN_REVIEW}, State.DETECTED, OFFICERS),
        _move("confirm", {State.IN_REVIEW}, State.CONFIRMED, OFFICERS),
        _move("reject", {State.IN_REVIEW}, State.REJECTED, OFFICERS),
        _move("undo", {State.CONFIRMED, State.REJECTED}, State.IN_REVIEW, OFFICERS),
        _move("reopen", {State.REJECTED, State.CANCELLED}, State.DETECTED, SUPERVISORS),
        _move("approve", {State.CONFIRMED}, State.SECOND_APPROVAL, SUPERVISORS),
        _move("leave_owner_open", {State.CONFIRMED, State.SECOND_APPROVAL}, State.UNRESOLVED_OWNER, OFFICERS),
        _move(
            "notify",
            {State.CONFIRMED, State.SECOND_APPROVAL, State.UNRESOLVED_OWNER},
            State.NOTIFIED,
            OFFICERS,
        ),
        _move(
            "issue_fine", {State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED}, State.DECISION, OFFICERS
        ),
        _move("settle", {State.DECISION, State.OVERDUE}, State.PAID, OFFICERS),
        _move("fall_due", {State.DECISION}, State.OVERDUE, SUPERVISORS),
        _move("appeal", {State.NOTIFIED, State.DECISION, State.OVERDUE}, State.APPEALED, SUPERVISORS),
        _move("uphold", {State.APPEALED}, State.DECISION, SUPERVISORS),
        _move(
            "cancel",
            {State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED, State.APPEALED, State.UNRESOLVED_OWNER},
            State.CANCELLED,
            SUPERVISORS,
        ),
    )
}


def check_move(name: str, state: str) -> Move:
    """The move, when it is allowed from this state. Raises Conflict."""
    move = MOVES[name]
    if state not in move.sources:
        raise Conflict(f"the case is {state}: {name} is possible only from {', '.join(sorted(move.sources))}")
    return move
