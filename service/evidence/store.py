"""What every evidence store does, wherever it keeps the packets' files: byte for byte, whole or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.errors import NotFound, ServiceError

MOST_NAME_LENGTH = 100


class EvidenceNotKept(ServiceError):
    """The evidence cannot be written: the worker keeps the packet and sends it again."""

    status = 507


class EvidenceAway(ServiceError):
    """The evidence is kept, but cannot be had at this moment."""

    status = 503


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class PacketPlace:
    """Whose files: the folder of one packet."""

    camera_id: str
    violation_id: str


class Prepared(Protocol):
    """The files of a packet, brought to the store but not yet in their place."""

    def publish(self, place: PacketPlace) -> None:
        """Put them in place, instead of what an unfinished intake left there. Raises EvidenceNotKept."""


class EvidenceStore(Protocol):
    """One place per packet. Nothing in it is ever changed; retention takes a packet away as a whole."""

    def prepare(self, files: Mapping[str, bytes]) -> AbstractContextManager[Prepared]:
        """Bring files to the store; what is not published when the context ends is gone. Raises EvidenceNotKept."""

    def path_of(self, camera_id: str, violation_id: str, name: str) -> Path:
        """Where one file of a packet can be read on this machine. Raises NotFound, EvidenceAway."""

    def names_of(self, camera_id: str, violation_id: str) -> list[str]:
        """The files of a packet; none when it was erased. Raises EvidenceAway."""

    def erase(self, camera_id: str, violation_id: str) -> list[str]:
        """Take a packet's files away for good; their names. Nothing when there are none. Raises EvidenceAway."""

    def packets(self) -> Iterator[PacketPlace]:
        """Every packet in the store, in order. Raises EvidenceAway."""

    def free_bytes(self) -> int:
        """How much room is left on this machine, after trying to write. Raises EvidenceNotKept."""


def check_name(name: str) -> None:
    """Raise NotFound for names that would lead out of a packet's folder."""
    if "/" in name or name.startswith(".") or len(name) > MOST_NAME_LENGTH:
        raise no_such_file(name)


def no_such_file(name: str) -> NotFound:
    """The refusal of a file that a packet does not hold."""
    return NotFound(f"evidence {name[:MOST_NAME_LENGTH]}: is not in this packet")
