"""Wire shapes of owner look-ups."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=500, pattern=r"^[^\x00]*$")
]
SeenWord = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00]*$")]


class LookupIn(BaseModel):
    """Why the owner is needed, and what the officer sees of the vehicle in the pictures."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"reason": "thông báo vi phạm", "seen_colour": "trắng", "seen_make": ""}
        },
    )

    reason: Reason
    seen_colour: SeenWord = ""
    seen_make: SeenWord = ""


class RegistrationOut(BaseModel):
    """A registration that was in force at the moment of the act."""

    model_config = ConfigDict(from_attributes=True)

    plate: str
    plate_colour: str
    vehicle_class: str
    make: str
    colour: str
    owner_kind: str
    owner_name: str
    owner_address: str
    valid_from: date
    valid_to: date | None


class MismatchOut(BaseModel):
    """Something seen otherwise than registered."""

    what: str
    seen: str
    registered: str


class LookupOut(BaseModel):
    """One look-up: `outcome` is found, none or ambiguous."""

    id: int
    case_id: int
    asked_at: datetime
    asked_by: str | None
    reason: str
    owned_at: datetime
    source: str
    outcome: str
    possible_cloned_plate: bool
    mismatches: list[MismatchOut]
    registrations: list[RegistrationOut]
    case_state: Annotated[str, Field(description="where the case stands after this look-up")]
