"""What can be chosen above the queue: the words of its boxes in, a filter out. An unknown word does not narrow."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, get_args

from fastapi import Depends, Query

from detector.contract.packet import Kind
from service.cases.due_list import is_due_by
from service.cases.moves import State
from service.cases.queries import QueueFilter
from service.console.wording import VIETNAM
from service.people import Caller

APPROVAL = "approval"
QUEUE_STATES = {
    "open": (State.DETECTED, State.IN_REVIEW),
    APPROVAL: (State.CONFIRMED,),
    "confirmed": (State.CONFIRMED, State.SECOND_APPROVAL, State.NOTIFIED),
    "decision": (State.DECISION, State.OVERDUE),
    "paid": (State.PAID,),
    "rejected": (State.REJECTED,),
    "all": (),
}
KINDS: tuple[Kind, ...] = get_args(Kind)
AGES = {"day": timedelta(days=1), "3_days": timedelta(days=3), "week": timedelta(days=7)}
DUES = {
    "late": timedelta(days=-1),
    "today": timedelta(),
    "3_days": timedelta(days=3),
    "week": timedelta(days=7),
}
VERDICTS = ("sure", "doubtful", "unread")
CONFIDENCES = {"below_70": (0.0, 0.7), "70_to_90": (0.7, 0.9), "from_90": (0.9, 1.01)}
QUEUE_LENGTH = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The words that were chosen, as the page shows them again."""

    show: str = "open"
    camera_id: str = ""
    ward: str = ""
    kind: str = ""
    age: str = ""
    due: str = ""
    plate: str = ""
    confidence: str = ""
    mine: str = ""

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in self.to_query().items() if name != "show")

    @property
    def is_oldest_first(self) -> bool:
        """What waits for a decision is shown in the order in which it is taken up; the rest begins with the newest."""
        return self.show in {"open", APPROVAL}

    def to_query(self) -> dict[str, str]:
        """What stands in the page's address."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}

    def to_filter(self, caller: Caller, now: datetime, beyond_id: int | None) -> QueueFilter:
        """The cases that are wanted, those after `beyond_id` in their order."""
        older_than, due_in = AGES.get(self.age), DUES.get(self.due)
        today = now.astimezone(VIETNAM).date()
        return QueueFilter(
            states=QUEUE_STATES[self.show],
            waits_for_approval=self.show == APPROVAL,
            camera_id=self.camera_id or None,
            ward=self.ward or None,
            kind=self.kind or None,
            plate_verdict=self.plate if self.plate in VERDICTS else None,
            plate_confidence=CONFIDENCES.get(self.confidence),
            assigned_to=caller.person_id if self.mine else None,
            detected_before=None if older_than is None else now - older_than,
            also=None if due_in is None else is_due_by(today + due_in),
            oldest_first=self.is_oldest_first,
            before_id=None if self.is_oldest_first else beyond_id,
            after_id=beyond_id if self.is_oldest_first else None,
            limit=QUEUE_LENGTH,
        )


Word = Annotated[str, Query(max_length=100)]


def get_chosen(
    show: Word = "open",
    camera_id: Word = "",
    ward: Word = "",
    kind: Word = "",
    age: Word = "",
    due: Word = "",
    plate: Word = "",
    confidence: Word = "",
    mine: Word = "",
) -> Chosen:
    """What the page's address says."""
    return Chosen(
        show=show if show in QUEUE_STATES else "open",
        camera_id=camera_id,
        ward=ward,
        kind=kind,
        age=age,
        due=due,
        plate=plate,
        confidence=confidence,
        mine=mine,
    )


ChosenHere = Annotated[Chosen, Depends(get_chosen)]
