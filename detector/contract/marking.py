"""The door between the console and the recorder's studio: files in the recordings' folder, renamed into place.

    RECORDINGS/_asked/ID.json      what the service asks        (a still, a plate's suggestion, a packet)
    RECORDINGS/_answered/ID.json   what the studio answers; ID.jpg beside it where it is a picture

The service sees no pixels; the studio knows no record. A question outlives both: it waits in its file.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from detector.contract.packet import BoxShares, Identifier, Kind, PacketCharacter, Strict
from models.types import LampColour, VehicleClass

Vehicle = VehicleClass
Light = LampColour
"""What an officer chooses from; the service knows these words from here."""
ASKED, ANSWERED = "_asked", "_answered"
LONGEST_MARK_S = 60.0
WIDEST_STILL_PX = 3840
_ID = re.compile(r"[0-9a-f]{32}")

QuestionId = Annotated[str, Field(pattern=rf"^{_ID.pattern}$")]
PlateText = Annotated[str, Field(pattern=r"^[0-9A-ZĐ]{4,12}$")]


class StillWanted(Strict):
    """One picture of a recording, at most so wide."""

    what: Literal["still"] = "still"
    camera_id: Identifier
    at: AwareDatetime
    width_px: int = Field(ge=80, le=WIDEST_STILL_PX)


class PlateWanted(Strict):
    """What the reader makes of the plate in a box, as a suggestion to the officer."""

    what: Literal["plate"] = "plate"
    camera_id: Identifier
    at: AwareDatetime
    box: BoxShares


class Marking(Strict):
    """A violation as an officer marked it; moments are those of the recording's timeline."""

    what: Literal["mark"] = "mark"
    camera_id: Identifier
    officer: str = Field(min_length=1, max_length=100)
    marked_at: AwareDatetime
    kind: Kind
    vehicle_class: VehicleClass
    light: LampColour
    in_at: AwareDatetime
    before_at: AwareDatetime
    crossing_at: AwareDatetime
    junction_at: AwareDatetime
    out_at: AwareDatetime
    box: BoxShares
    """Around the vehicle, at the crossing."""
    plate: PlateText | None = None
    note: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _in_order(self) -> "Marking":
        moments = (self.in_at, self.before_at, self.crossing_at, self.junction_at, self.out_at)
        if list(moments) != sorted(moments):
            raise ValueError("the moments must follow each other: in, before, crossing, junction, out")
        if (self.out_at - self.in_at).total_seconds() > LONGEST_MARK_S:
            raise ValueError("a marked act lasts 60 s at most")
        if self.box[2] < 0.005 or self.box[3] < 0.005:
            raise ValueError("the box around the vehicle is too small")
        return self


class Question(Strict):
    """One question; the id is also its answer's."""

    question_id: QuestionId
    wants: StillWanted | PlateWanted | Marking = Field(discriminator="what")


class PlateSuggestion(Strict):
    """What the reader read; `text` is None when it found or could read none."""

    text: str | None
    confidence: float
    verdict: str
    rows: tuple[tuple[PacketCharacter, ...], ...] = ()


class Answered(Strict):
    """The studio's answer. `problem` is set when it could not be done, in words for the officer."""

    question_id: QuestionId
    problem: str | None = None
    plate: PlateSuggestion | None = None
    violation_id: str | None = None
    has_picture: bool = False


def is_question_id(text: str) -> bool:
    """Whether a text can be the number of a question: anything else names no file here."""
    return _ID.fullmatch(text) is not None


def ask(root: Path, question: Question) -> None:
    """Put a question into its file. Raises OSError."""
    _put(root / ASKED, f"{question.question_id}.json", question.model_dump_json().encode())


def asked(root: Path) -> Iterator[Question]:
    """The questions that wait, oldest first. What is no question is removed: nobody waits for its answer."""
    folder = root / ASKED
    paths = list(folder.glob("*.json")) if folder.is_dir() else []
    for path in sorted(paths, key=_age_of):
        try:
            yield Question.model_validate(json.loads(path.read_bytes()))
        except FileNotFoundError:
            continue
        except (ValueError, ValidationError):
            path.unlink(missing_ok=True)


def is_asked(root: Path, question_id: str) -> bool:
    """Whether a question still waits."""
    return (root / ASKED / f"{question_id}.json").exists()


def answer(root: Path, answered: Answered, *, jpeg: bytes | None = None) -> None:
    """Put an answer into its file, its picture first, and take the question away. Raises OSError."""
    if jpeg is not None:
        _put(root / ANSWERED, f"{answered.question_id}.jpg", jpeg)
    _put(root / ANSWERED, f"{answered.question_id}.json", answered.model_dump_json().encode())
    (root / ASKED / f"{answered.question_id}.json").unlink(missing_ok=True)


def answer_to(root: Path, question_id: str) -> Answered | None:
    """The answer to a question, None while there is none."""
    try:
        return Answered.model_validate(json.loads((root / ANSWERED / f"{question_id}.json").read_bytes()))
    except (OSError, ValueError):
        return None


def picture_of(root: Path, question_id: str) -> Path:
    """Where an answer's picture lies."""
    return root / ANSWERED / f"{question_id}.jpg"


def _put(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.new"
    unfinished.write_bytes(data)
    unfinished.replace(folder / name)


def _age_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
