"""What a vehicle registry answers: who owned a plate at a moment. The registries themselves are adapters of this.

service/owners/csv_registry.py    a file            service/owners/http_registry.py    a server
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.errors import ServiceError
from service.law.tariff import VIETNAM

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=r"^[^\x00]*$")]


class RegistryFailed(ServiceError):
    """The vehicle registry cannot be asked now; nothing was decided."""

    status = 503


class Registration(BaseModel):
    """One vehicle under one plate with one owner, for the days from `valid_from` to `valid_to`, both included.

    Identification plates stay with the owner and move to another vehicle (Law 36/2024 art. 36.3): a plate has
    several registrations over time. Empty words: the registry does not say.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    plate: Annotated[str, Field(pattern=r"^[0-9A-Z]{4,16}$")]
    plate_colour: Words = ""
    vehicle_class: Words = ""
    make: Words = ""
    colour: Words = ""
    owner_kind: Literal["person", "organisation"] = "person"
    owner_name: Annotated[Words, Field(min_length=1)]
    owner_address: Words = ""
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this registration was in force on a day in Vietnam."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class OwnerRegistry(Protocol):
    """Where owners are looked up. `name` goes on record with every answer."""

    @property
    def name(self) -> str: ...

    def registrations_of(self, plate: str, at: datetime) -> tuple[Registration, ...]:
        """Every registration of the plate that was in force at the moment. Raises RegistryFailed."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NoRegistry:
    """Stands where no registry is set: refuses every question."""

    name: str = "none"

    def registrations_of(self, plate: str, at: datetime) -> tuple[Registration, ...]:
        """Refuse. Raises RegistryFailed."""
        raise RegistryFailed("no vehicle registry is set: set NGATU_OWNERS_CSV to a file or NGATU_OWNERS_URL")


def in_force(found: tuple[Registration, ...], at: datetime) -> tuple[Registration, ...]:
    """Those of the registrations that hold on the day of the moment, in Vietnam."""
    day = at.astimezone(VIETNAM).date()
    return tuple(registration for registration in found if registration.holds_on(day))
