"""A truth file while a person works on it: read, checked, written in one step. Pydantic: it is a file and a wire shape.

A row that the detector proposed is neither sure nor confirmed until a person says so; benches count sure rows only.
"""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from benchmarks.truth import BEHIND_END_S, TruthFileError, TruthVerdict, load_truth, sha256_of
from benchmarks.writing import write_whole
from detector.contract.camera import Camera
from detector.contract.packet import Share
from models.types import VehicleClass

Colour = Literal["red", "yellow", "green", "off", "unknown"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, allow_inf_nan=False)


class DraftSignal(_Part):
    """A signal showed one colour for a while."""

    signal: str
    colour: Colour
    from_s: float
    to_s: float
    confirmed: bool = True


class DraftCrossing(_Part):
    """One vehicle over the line; files without `confirmed` were made by hand or by the renderer."""

    id: int
    vehicle_class: Annotated[VehicleClass | None, Field(alias="class")] = None
    cross_s: float | None = None
    box: tuple[Share, Share, Share, Share] | None = None
    light: str | None = None
    verdict: TruthVerdict
    plate: Annotated[str | None, Field(pattern=r"^[0-9A-Z]{4,12}$")] = None
    sure: bool = False
    confirmed: bool = True
    by_person: bool = False
    """Marked anew on the page, not proposed by the detector; until its Enter it waits to be confirmed all the same."""

    @model_validator(mode="after")
    def _sure_by_a_person(self) -> "DraftCrossing":
        if self.sure and not self.confirmed:
            raise ValueError(f"crossing {self.id} is sure, but nobody confirmed it")
        return self


class TruthDraft(_Part):
    """The whole file; keys that this version does not know are kept as they are."""

    schema_: Annotated[int, Field(alias="schema")] = 1
    clip: str
    clip_sha256: str | None = None
    camera: dict[str, Any]
    signal: tuple[DraftSignal, ...] = ()
    crossings: tuple[DraftCrossing, ...] = ()

    @model_validator(mode="after")
    def _told_apart(self) -> "TruthDraft":
        ids = [crossing.id for crossing in self.crossings]
        if len(ids) != len(set(ids)):
            raise ValueError("two crossings have the same id")
        return self


def load_draft(path: Path, *, clip: Path, length_s: float) -> TruthDraft:
    """Go on with a truth file. Raises TruthFileError, also when it is another clip's."""
    load_truth(path)
    try:
        draft = TruthDraft.model_validate({"clip": clip.name, **json.loads(path.read_text(encoding="utf-8"))})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TruthFileError(f"{path}: {where}: {first['msg']}") from None
    _refuse_of_another_clip(draft, path, clip, length_s)
    return draft


def _refuse_of_another_clip(draft: TruthDraft, path: Path, clip: Path, length_s: float) -> None:
    known = draft.clip_sha256
    is_another = known != sha256_of(clip) if known is not None else draft.clip != clip.name
    moments = [c.cross_s for c in draft.crossings if c.cross_s is not None]
    if is_another or max(moments, default=0.0) > length_s + BEHIND_END_S:
        raise TruthFileError(
            f"{path}: is the truth of another clip ({draft.clip}), not of {clip.name}; name the right one with --truth"
        )


def with_lights(draft: TruthDraft, camera: Camera) -> TruthDraft:
    """Each crossing with the colour that its lane's signal shows at its moment, as the rows of the signal say."""
    lit = tuple(c.model_copy(update={"light": _light_of(c, draft, camera)}) for c in draft.crossings)
    return draft.model_copy(update={"crossings": lit})


def _light_of(crossing: DraftCrossing, draft: TruthDraft, camera: Camera) -> str | None:
    at_s = crossing.cross_s
    if at_s is None or crossing.box is None:
        return crossing.light
    left, top, width, height = crossing.box
    ground = (left + width / 2, top + height)
    lane = min(camera.lanes, key=lambda lane: _distance(ground, lane.stop_line))
    spans = [s for s in draft.signal if s.signal == lane.signal and s.from_s <= at_s < s.to_s]
    return spans[-1].colour if spans else "unknown"


def _distance(place: tuple[float, float], line: tuple[tuple[float, float], tuple[float, float]]) -> float:
    """From a place to the nearest point of a line's piece."""
    (x0, y0), (x1, y1) = line
    along = ((place[0] - x0) * (x1 - x0) + (place[1] - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
    share = min(max(along, 0.0), 1.0)
    return math.dist(place, (x0 + share * (x1 - x0), y0 + share * (y1 - y0)))


def save_draft(draft: TruthDraft, path: Path) -> None:
    """Write the file in one step: a power cut leaves the old one or the new one. Raises OSError, ValueError."""
    plain = draft.model_dump(mode="json", by_alias=True)
    write_whole(path, json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
