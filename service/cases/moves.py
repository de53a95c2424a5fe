"""The life of a case as one table: which move leads from where to where, who may make it, and what must hold.

detected → in_review → confirmed → (second_approval) → (notified) → decision → paid
                └────→ rejected          further: overdue, appealed, cancelled, unresolved_owner, forwarded
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
    FORWARDED = "forwarded"


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


class Guard(StrEnum):
    """What must hold for a move beside state and role; service/cases/guards.py checks it."""

    WORDS = "words"
    """A reason is given."""
    OTHER_PERSON = "other_person"
    """Somebody else confirmed the case."""
    SECOND_APPROVAL = "second_approval"
    """A second person approved, where the office asks for it."""
    NUMBERED_NOTICE = "numbered_notice"
    """A notice with a number exists that was not cancelled."""
    NOTICE_OR_WORDS = "notice_or_words"
    """A notice was given; or a reason says why none was needed, such as that the person came."""
    PAYMENT_IS_LATE = "payment_is_late"
    """The person received the decision, and its term is over."""
    CAN_BE_FINED = "can_be_fined"
    """Moment and plate are known."""
    HAS_FINE = "has_fine"
    """A fine was issued."""
    WITHIN_LIMITATION = "within_limitation"
    """The year within which an act may be fined is not over."""
    EVIDENCE_IS_KEPT = "evidence_is_kept"
    """Pictures and clip are there: nobody is accused of what nobody can look at any more."""


OFFICERS = frozenset({"reviewer", "supervisor"})
SUPERVISORS = frozenset({"supervisor"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One allowed move."""

    name: str
    sources: frozenset[State]
    target: State
    roles: frozenset[str]
    guards: tuple[Guard, ...] = ()


def _move(name: str, sources: set[State], target: State, roles: frozenset[str], *guards: Guard) -> Move:
    return Move(name=name, sources=frozenset(sources), target=target, roles=roles, guards=guards)


_APPROVED = {State.CONFIRMED, State.SECOND_APPROVAL}
_FINED = {State.DECISION, State.OVERDUE}

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("claim", {State.DETECTED}, State.IN_REVIEW, OFFICERS),
        _move("release", {State.IN_REVIEW}, State.DETECTED, OFFICERS),
        _move(
            "confirm",
            {State.IN_REVIEW},
            State.CONFIRMED,
            OFFICERS,
            Guard.EVIDENCE_IS_KEPT,
            Guard.CAN_BE_FINED,
        ),
        _move("reject", {State.IN_REVIEW}, State.REJECTED, OFFICERS),
        _move("undo", {State.CONFIRMED, State.REJECTED}, State.IN_REVIEW, OFFICERS),
        _move(
            "reopen",
            {State.REJECTED, State.CANCELLED},
            State.DETECTED,
            SUPERVISORS,
            Guard.WORDS,
            Guard.EVIDENCE_IS_KEPT,
        ),
        _move("approve", {State.CONFIRMED}, State.SECOND_APPROVAL, SUPERVISORS, Guard.OTHER_PERSON),
        _move("send_back", {State.CONFIRMED}, State.DETECTED, SUPERVISORS, Guard.WORDS, Guard.OTHER_PERSON),
        _move("leave_owner_open", _APPROVED, State.UNRESOLVED_OWNER, OFFICERS, Guard.WORDS),
        _move(
            "notify",
            {*_APPROVED, State.UNRESOLVED_OWNER},
            State.NOTIFIED,
            OFFICERS,
            Guard.EVIDENCE_IS_KEPT,
            Guard.SECOND_APPROVAL,
            Guard.NUMBERED_NOTICE,
        ),
        _move(
            "issue_fine",
            {*_APPROVED, State.NOTIFIED},
            State.DECISION,
            OFFICERS,
            Guard.WITHIN_LIMITATION,
            Guard.EVIDENCE_IS_KEPT,
            Guard.SECOND_APPROVAL,
            Guard.NOTICE_OR_WORDS,
        ),
        _move("settle", _FINED, State.PAID, OFFICERS),
        _move("fall_due", {State.DECISION}, State.OVERDUE, SUPERVISORS, Guard.PAYMENT_IS_LATE),
        _move("appeal", {State.NOTIFIED, *_FINED, State.PAID}, State.APPEALED, SUPERVISORS, Guard.WORDS),
        _move("uphold", {State.APPEALED}, State.DECISION, SUPERVISORS, Guard.WORDS, Guard.HAS_FINE),
        _move("uphold_notice", {State.APPEALED}, State.NOTIFIED, SUPERVISORS, Guard.WORDS),
        _move(
            "cancel",
            {*_APPROVED, State.NOTIFIED, *_FINED, State.APPEALED, State.UNRESOLVED_OWNER},
            State.CANCELLED,
            SUPERVISORS,
            Guard.WORDS,
        ),
        _move(
            "forward",
            {*_APPROVED, State.NOTIFIED, State.UNRESOLVED_OWNER},
            State.FORWARDED,
            SUPERVISORS,
            Guard.WORDS,
        ),
        _move("take_back", {State.FORWARDED}, State.CONFIRMED, SUPERVISORS, Guard.WORDS),
    )
}


def check_move(name: str, state: str) -> Move:
    """The move, when it is allowed from this state. Raises Conflict."""
    move = MOVES[name]
    if state not in move.sources:
        raise Conflict(f"the case is {state}: {name} is possible only from {', '.join(sorted(move.sources))}")
    return move
