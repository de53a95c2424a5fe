"""The truth beside a clip (NAME.truth.json): what really happened, by hand or by the renderer.

Pydantic at the edge; matching of predicted cases to it is in benchmarks.violations.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    model_config = ConfigDict(frozen=True, extra="ignore")


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
    box: tuple[float, float, float, float] | None = None
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


def load_truth(path: Path) -> Truth:
    """Read a truth file. Raises TruthFileError with one line."""
    try:
        return Truth.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise TruthFileError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TruthFileError(f"{path}: {where}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise TruthFileError(f"{path}: is not JSON ({error})") from None
