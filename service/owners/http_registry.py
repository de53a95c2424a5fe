"""A vehicle registry behind HTTP: POST URL {"plate", "at"} → {"registrations": [...]}, fields as in the CSV registry.

The plate travels in the body, never in the address, which servers log. Answers are kept for a few minutes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from service.owners.registry import Registration, RegistryFailed, in_force
from service.plates import canonical_plate

TIMEOUT_S = 5.0
KEPT_FOR_S = 300.0
MOST_KEPT = 256
MOST_REGISTRATIONS = 100


class Answer(BaseModel):
    """What the registry's server sends."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    registrations: tuple[Registration, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An answer and how long it may be used again."""

    registrations: tuple[Registration, ...]
    until_s: float


class HttpRegistry:
    """Answers from a server; a failure is never kept."""

    def __init__(self, url: str, token: str = "", transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.name = f"http:{httpx.URL(url).host}"
        self._url = url
        self._client = httpx.Client(timeout=TIMEOUT_S, headers=headers, transport=transport)
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, datetime], Kept] = OrderedDict()

    def registrations_of(self, plate: str, at: datetime) -> tuple[Registration, ...]:
        """Every registration of the plate in force at the moment. Raises RegistryFailed after a few seconds."""
        key = (canonical_plate(plate), at)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.until_s > monotonic():
            return kept.registrations
        found = in_force(self._ask(*key), at)
        with self._lock:
            self._kept[key] = Kept(registrations=found, until_s=monotonic() + KEPT_FOR_S)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _ask(self, plate: str, at: datetime) -> tuple[Registration, ...]:
        try:
            response = self._client.post(self._url, json={"plate": plate, "at": at.isoformat()})
            response.raise_for_status()
            answer = Answer.model_validate_json(response.content)
        except httpx.HTTPError as error:
            raise RegistryFailed(
                f"the vehicle registry does not answer ({type(error).__name__}); try again in a minute"
            ) from None
        except ValidationError:
            raise RegistryFailed(
                "the vehicle registry sent what is no list of registrations; tell its keeper"
            ) from None
        same = tuple(found for found in answer.registrations if found.plate == plate)
        return same[:MOST_REGISTRATIONS]
