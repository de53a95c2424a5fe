"""Versions of what people and cameras are on record as: a tag goes out as ETag and comes back as If-Match.

Cases have numbered versions of their own (service/cases/moving.py).
"""

from hashlib import sha256

from pydantic import BaseModel

from service.errors import ChangedMeanwhile
from service.people import Caller
from service.tables import CameraRow

TAG_LENGTH = 16


def tag_of(shown: BaseModel) -> str:
    """The version of something that is shown whole."""
    return _digest(shown.model_dump_json())


def camera_tag(row: CameraRow) -> str:
    """The version of a camera: of everything that people change, its addresses too; packets change nothing."""
    told = (row.name, row.kind, row.ward, row.timezone, row.latitude, row.longitude, row.sources_encrypted)
    return _digest(repr((*told, row.calibration, row.calibration_version, row.enabled_at)))


def check_seen(caller: Caller, tag: str, what: str) -> None:
    """Raise ChangedMeanwhile when the caller looked at another version than this."""
    if caller.seen_tag is not None and caller.seen_tag != tag:
        raise ChangedMeanwhile(f"{what}: was changed since you looked at it; load it again")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:TAG_LENGTH]
