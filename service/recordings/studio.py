"""Asks the recorder's studio and waits for its answer, with no transaction open. The service itself sees no pixels."""

import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from detector.contract.marking import Answered, PlateWanted, Question, StillWanted, answer_to, ask
from detector.contract.recordings import RecorderState, read_state
from service.errors import NotFound, ServiceError

LOOK_S = 0.02
STILL_WAIT_S = 10.0
PLATE_WAIT_S = 30.0
"""The first plate waits for the networks to be opened."""


class StudioSilent(ServiceError):
    """The recorder does not run, or is too slow."""

    status = 503


def asked_still(root: Path, wanted: StillWanted) -> Answered:
    """A picture of a recording. Raises NotFound, StudioSilent."""
    return _waited(root, Question(question_id=uuid4().hex, wants=wanted), STILL_WAIT_S)


def asked_plate(root: Path, wanted: PlateWanted) -> Answered:
    """What the reader makes of a plate. Raises NotFound, StudioSilent."""
    return _waited(root, Question(question_id=uuid4().hex, wants=wanted), PLATE_WAIT_S)


def recorder_state(root: Path) -> RecorderState | None:
    """What the recorder says of itself; None when it does not run. Its sign of life is by the machine's clock."""
    return read_state(root, now=datetime.now(UTC))


def _waited(root: Path, question: Question, wait_s: float) -> Answered:
    if recorder_state(root) is None:
        raise StudioSilent("the recorder does not run, so there are no pictures; start it with ngatu record")
    try:
        ask(root, question)
    except OSError:
        raise StudioSilent(
            "the recordings' folder cannot be written; tell your unit's administrator"
        ) from None
    until_s = time.monotonic() + wait_s
    while time.monotonic() < until_s:
        answered = answer_to(root, question.question_id)
        if answered is not None:
            if answered.problem is not None:
                raise NotFound(answered.problem)
            return answered
        time.sleep(LOOK_S)
    raise StudioSilent("the recorder did not answer in time; try again in a moment")
