"""Marking violations in recordings, following what becomes of them, and patrols. Each change is audited."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.contract.marking import Marking, Question, answer_to, ask, is_asked
from service.audit import write_audit
from service.cameras.registering import camera_for
from service.cases.moves import OFFICERS
from service.errors import BadInput, NotFound
from service.people import Caller
from service.recordings.queries import PatrolSeen, get_patrol
from service.recordings.schemas import MarkIn, PatrolIn, ProgressIn
from service.recordings.tables import OfficerMark, Patrol, PatrolCamera
from service.tables import Case

LONGEST_PATROL = timedelta(days=7)
DONE_WITHIN = timedelta(seconds=5)
"""Whoever looked to this near the end has seen the whole period."""


def mark(session: Session, sent: MarkIn, *, caller: Caller, root: Path, at: datetime) -> OfficerMark:
    """Keep a marking and ask the recorder's studio for its packet. Raises BadInput, Forbidden, NotFound."""
    caller.require(*sorted(OFFICERS))
    camera_for(session, sent.camera_id, caller)
    try:
        marking = Marking(**sent.model_dump(), officer=caller.name, marked_at=at)
    except ValidationError as error:
        raise BadInput(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    if marking.out_at > at:
        raise BadInput("the marked act lies in the future; load the page again")
    row = OfficerMark(
        mark_id=uuid4().hex,
        camera_id=marking.camera_id,
        person_id=caller.person_id,
        marked_at=at,
        crossing_at=marking.crossing_at,
        kind=marking.kind,
        marking=marking.model_dump(mode="json"),
        state="asked",
    )
    session.add(row)
    write_audit(
        session, at=at, who=caller.name, action="violation_marked", subject=row.mark_id,
        after={"camera_id": row.camera_id, "kind": row.kind, "crossing_at": row.crossing_at.isoformat()},
    )  # fmt: skip
    session.flush()
    _ask(row, root)
    return row


def mark_of(session: Session, mark_id: str, caller: Caller) -> OfficerMark:
    """A marking at a camera of the caller's ward. Raises NotFound."""
    row = session.get(OfficerMark, mark_id)
    if row is None:
        raise NotFound("this marking: there is none")
    camera_for(session, row.camera_id, caller)
    return row


def follow(session: Session, row: OfficerMark, root: Path) -> OfficerMark:
    """Bring a marking to what has become of it by now. A question that got lost is asked again."""
    if row.state == "asked":
        answered = answer_to(root, row.mark_id)
        if answered is None:
            if not is_asked(root, row.mark_id):
                _ask(row, root)
        elif answered.problem is not None:
            row.state, row.problem = "refused", answered.problem
        else:
            row.state, row.violation_id = "made", answered.violation_id
    if row.state == "made" and row.violation_id is not None:
        case_id = session.scalars(select(Case.id).where(Case.violation_id == row.violation_id)).first()
        if case_id is not None:
            row.state, row.case_id = "case", case_id
    return row


def _ask(row: OfficerMark, root: Path) -> None:
    try:
        ask(root, Question(question_id=row.mark_id, wants=Marking.model_validate(row.marking)))
    except OSError as error:
        raise BadInput(
            f"the recordings' folder cannot be written ({error.strerror}); tell your unit's administrator"
        ) from None


def make_patrol(session: Session, sent: PatrolIn, *, caller: Caller, at: datetime) -> PatrolSeen:
    """A list of recordings to look through. Raises BadInput, Forbidden, NotFound."""
    caller.require("supervisor")
    if not timedelta(0) < sent.until_at - sent.from_at <= LONGEST_PATROL:
        raise BadInput("a patrol covers up to 7 days, and ends after it begins")
    camera_ids = list(dict.fromkeys(sent.camera_ids))
    for camera_id in camera_ids:
        camera_for(session, camera_id, caller)
    patrol = Patrol(
        name=sent.name.strip(),
        made_by=caller.person_id,
        made_at=at,
        from_at=sent.from_at,
        until_at=sent.until_at,
    )
    session.add(patrol)
    session.flush()
    session.add_all(
        PatrolCamera(patrol_id=patrol.id, camera_id=camera_id, place=place)
        for place, camera_id in enumerate(camera_ids)
    )
    write_audit(
        session, at=at, who=caller.name, action="patrol_made", subject=f"patrol {patrol.id}",
        after={"cameras": camera_ids, "from_at": sent.from_at.isoformat(), "until_at": sent.until_at.isoformat()},
    )  # fmt: skip
    session.flush()
    return get_patrol(session, patrol.id, caller)


def note_progress(
    session: Session, patrol_id: int, sent: ProgressIn, *, caller: Caller, at: datetime
) -> PatrolSeen:
    """How far somebody looked; it only grows. Raises Forbidden, NotFound."""
    caller.require(*sorted(OFFICERS))
    seen = get_patrol(session, patrol_id, caller)
    row = next((camera.row for camera in seen.cameras if camera.row.camera_id == sent.camera_id), None)
    if row is None:
        raise NotFound(f"camera {sent.camera_id}: is not in this patrol")
    patrol = seen.patrol
    was_done = row.seen_until is not None and row.seen_until >= patrol.until_at
    until_at = patrol.until_at if sent.seen_until >= patrol.until_at - DONE_WITHIN else sent.seen_until
    if until_at > max(row.seen_until or patrol.from_at, patrol.from_at):
        row.seen_until, row.person_id, row.looked_at = until_at, caller.person_id, at
        if until_at >= patrol.until_at and not was_done:
            write_audit(
                session, at=at, who=caller.name, action="camera_patrolled", subject=f"patrol {patrol.id}",
                after={"camera_id": row.camera_id},
            )  # fmt: skip
    session.flush()
    return get_patrol(session, patrol_id, caller)


def close_patrol(session: Session, patrol_id: int, *, caller: Caller, at: datetime) -> None:
    """Take a patrol off the list. Raises Forbidden, NotFound."""
    caller.require("supervisor")
    patrol = get_patrol(session, patrol_id, caller).patrol
    patrol.closed_at = at
    write_audit(session, at=at, who=caller.name, action="patrol_closed", subject=f"patrol {patrol.id}")
