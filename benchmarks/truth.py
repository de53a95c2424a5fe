"""The truth beside a clip (NAME.truth.json): what really happened, by hand or by the renderer.

Pydantic at the edge; matching of predicted cases to it is in benchmarks.violations.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

TruthVerdict = Literal[
    "red_light",
    "stop_line",
    "wrong_way",
    "wrong_lane",
    "illegal_stop",
    "lawful",
    "already_over",
    "not_judgeable",
]


class TruthFileError(ValueError):
    """A truth file that cannot be used: file, key, what to change."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


Place = Annotated[float, Field(ge=-1, le=2)]
Side = Annotated[float, Field(ge=0, le=2)]
"""In shares; a vehicle may reach out of the picture."""
BEHIND_END_S = 1.0
"""A crossing this far behind a clip's end shows that the truth is another clip's."""


class TruthSignal(_Part):
    signal: str
    colour: str
    from_s: float
    to_s: float


class TruthCrossing(_Part):
    """One vehicle over the line; `box` is [x, y, width, height] in shares at the crossing."""

    id: int
    vehicle_class: Annotated[str | None, Field(alias="class")] = None
    cross_s: float | None = None
    from_s: float | None = None
    """None for a vehicle that stays near the line without a crossing that could be timed."""
    box: tuple[Place, Place, Side, Side] | None = None
    light: str | None = None
    verdict: TruthVerdict
    plate: str | None = None
    sure: bool = True
    confirmed: bool = True
    """False for what the detector proposed and no person has confirmed yet: such a row is never sure."""


class Truth(_Part):
    clip: str | None = None
    clip_sha256: str | None = None
    camera: dict[str, Any]
    signal: tuple[TruthSignal, ...]
    crossings: tuple[TruthCrossing, ...]

    @model_validator(mode="after")
    def _told_apart(self) -> "Truth":
        ids = [crossing.id for crossing in self.crossings]
        if len(set(ids)) != len(ids):
            twice = next(known for known in ids if ids.count(known) > 1)
            raise ValueError(f"two crossings have the id {twice}; give each its own, or one counts twice")
        return self


def load_truth(path: Path) -> Truth:
    """Read a truth file. Raises TruthFileError with one line."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(
            data, ensure_ascii=False
        ).encode()  # half a character, as "\\ud800", could not be written later
        return Truth.model_validate(data)
    except OSError as error:
        raise TruthFileError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        said = first["msg"].removeprefix("Value error, ")
        raise TruthFileError(
            f"{path}: {where}: {said}; mend the truth file, or mark the clip again"
        ) from None
    except (ValueError, RecursionError) as error:
        raise TruthFileError(
            f"{path}: is not JSON ({error}); mend the truth file, or mark the clip again"
        ) from None


def sha256_of(clip: Path) -> str:
    """Names a clip by its bytes: a copy under another name is the same clip."""
    with clip.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def truth_of_clip(path: Path, clip: Path, *, length_s: float) -> Truth:
    """The truth, refused where it is another clip's; `length_s` is 0 where unknown. Raises TruthFileError, OSError."""
    truth = load_truth(path)
    if truth.clip_sha256 is not None and truth.clip_sha256 != sha256_of(clip):
        raise TruthFileError(
            f"{path}: is the truth of another clip ({truth.clip}), not of {clip.name}; put the right one beside it"
        )
    last_s = max((row.cross_s for row in truth.crossings if row.cross_s is not None), default=0.0)
    if length_s and last_s > length_s + BEHIND_END_S:
        raise TruthFileError(
            f"{path}: has a crossing at {last_s:.4g} s, but {clip.name} ends at {length_s:.1f} s; it is the truth of "
            "another clip, or the clip was cut: put the right one beside it"
        )
    return truth
