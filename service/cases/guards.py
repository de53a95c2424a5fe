"""What must hold before a move, by the names in the table of moves. Each raises the refusal that its caller reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.cases.moves import Guard, Move, State
from service.errors import BadInput, Conflict, Forbidden
from service.law.deadlines import due_on, noon_of
from service.law.tariff import VIETNAM
from service.ledger import fined_at
from service.papers.queries import live_paper
from service.people import Caller
from service.tables import Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A move that somebody is about to make with a case."""

    session: Session
    case: Case
    move: Move
    caller: Caller
    at: datetime
    why: str | None


def check_guards(attempt: Attempt) -> None:
    """Raise what the first guard of the move that does not hold refuses."""
    for guard in attempt.move.guards:
        _CHECKS[guard](attempt)


def _words(attempt: Attempt) -> None:
    if not (attempt.why or "").strip():
        raise BadInput(f"{attempt.move.name}: say why")


def _other_person(attempt: Attempt) -> None:
    if attempt.case.decided_by == attempt.caller.person_id:
        raise Forbidden("the second approval is another person's; ask a colleague")


def _second_approval(attempt: Attempt) -> None:
    if attempt.case.needs_second_approval and attempt.case.state == State.CONFIRMED:
        raise Conflict("this case needs a second approval first; ask a supervisor who did not confirm it")


def _numbered_notice(attempt: Attempt) -> None:
    if live_paper(attempt.session, attempt.case.id, "notice") is None:
        raise Conflict("the case has no numbered notice: issue the notice, which notifies it")


def _notice_or_words(attempt: Attempt) -> None:
    notified = attempt.case.state == State.NOTIFIED
    if notified and live_paper(attempt.session, attempt.case.id, "notice") is not None:
        return
    if not (attempt.why or "").strip():
        raise Conflict(
            "the law asks for a notice first: issue the notice; or say in without_notice why none is needed"
        )


def _payment_is_late(attempt: Attempt) -> None:
    received_on = attempt.case.decision_received_on
    if received_on is None:
        raise Conflict("nobody is on record as having received the decision: its term has not begun")
    last_day = due_on("payment", noon_of(received_on))
    if attempt.at.astimezone(VIETNAM).date() <= last_day:
        raise Conflict(f"the fine may be paid until {last_day}: it is not overdue yet")


def _can_be_fined(attempt: Attempt) -> None:
    if attempt.case.committed_at is None:
        raise BadInput(
            "this footage has no clock: the moment of the act is unknown, so the case cannot be confirmed"
        )
    if attempt.case.plate is None:
        raise BadInput("the plate is not known: enter it as you read it, or reject the case as unreadable")


def _within_limitation(attempt: Attempt) -> None:
    require_within_limitation(attempt.case, attempt.at)


def require_within_limitation(case: Case, at: datetime) -> None:
    """Raise Conflict once the time is over within which an act may be fined (ND168 art. 4.1); the last day counts.

    That the time begins anew for who evades it (art. 4.2) is not known here: it would be guessed against the person.
    """
    if case.committed_at is None:
        return
    last_day = due_on("limitation", case.committed_at)
    if at.astimezone(VIETNAM).date() > last_day:
        raise Conflict(
            f"this act could be fined until {last_day}, its limitation: nobody can be fined for it any more"
        )


def _has_fine(attempt: Attempt) -> None:
    if fined_at(attempt.session, attempt.case.id) is None:
        raise Conflict("no fine was issued in this case")


def _evidence_is_kept(attempt: Attempt) -> None:
    erased_at = attempt.case.evidence_erased_at
    if erased_at is not None:
        raise Conflict(
            f"the evidence of this case was erased on {erased_at.astimezone(VIETNAM).date()}, as the law asks:"
            " nobody can be accused of it any more"
        )


_CHECKS: dict[Guard, Callable[[Attempt], None]] = {
    Guard.WORDS: _words,
    Guard.OTHER_PERSON: _other_person,
    Guard.SECOND_APPROVAL: _second_approval,
    Guard.NUMBERED_NOTICE: _numbered_notice,
    Guard.NOTICE_OR_WORDS: _notice_or_words,
    Guard.PAYMENT_IS_LATE: _payment_is_late,
    Guard.CAN_BE_FINED: _can_be_fined,
    Guard.WITHIN_LIMITATION: _within_limitation,
    Guard.HAS_FINE: _has_fine,
    Guard.EVIDENCE_IS_KEPT: _evidence_is_kept,
}
