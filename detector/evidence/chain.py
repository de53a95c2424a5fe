"""Where each camera's chain of packets stands: the last number and manifest digest, kept beside its packets.

OUTBOX/CAMERA_ID/.chain.json   survives the packets, which leave once the service has them
OUTBOX/CAMERA_ID/.lock         held by whoever adds to or takes from this folder, in any process
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from detector.contract.packet import MANIFEST_FILE
from detector.errors import EvidenceError

CHAIN_FILE = ".chain.json"
LOCK_FILE = ".lock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One packet in its camera's chain; number 0 stands before the first."""

    sequence: int
    manifest_sha256: str | None


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Alone in a camera's folder, among threads and processes; waits until it is free. Raises OSError."""
    with (folder / LOCK_FILE).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def last_link(folder: Path) -> Link:
    """The newest link: from the chain file, or from a packet that a power cut left unrecorded in it."""
    links = [_recorded(folder / CHAIN_FILE)]
    links += [link for packet in sorted(folder.glob("[0-9a-f]*")) if (link := link_of(packet))]
    return max(links, key=lambda link: link.sequence)


def link_of(packet: Path) -> Link | None:
    """The link that a packet's folder holds; None when its manifest cannot be read."""
    try:
        sealed = (packet / MANIFEST_FILE).read_bytes()
        return Link(sequence=int(json.loads(sealed)["sequence"]), manifest_sha256=sha256(sealed).hexdigest())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def record(folder: Path, link: Link) -> None:
    """Keep a link as the camera's last. Raises OSError."""
    text = json.dumps({"sequence": link.sequence, "manifest_sha256": link.manifest_sha256})
    unfinished = folder / f"{CHAIN_FILE}.new"
    write_flushed(unfinished, text.encode("ascii"))
    unfinished.rename(folder / CHAIN_FILE)
    flush_folder(folder)


def write_flushed(path: Path, data: bytes) -> None:
    """Write a file down to the disk. Raises OSError."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_file(path: Path) -> None:
    """Bring a file that somebody else wrote down to the disk. Raises OSError."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Bring a folder's names down to the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _recorded(path: Path) -> Link:
    try:
        stored = json.loads(path.read_text(encoding="ascii"))
        return Link(sequence=int(stored["sequence"]), manifest_sha256=stored["manifest_sha256"])
    except FileNotFoundError:
        return Link(sequence=0, manifest_sha256=None)
    except (ValueError, KeyError, TypeError):
        raise EvidenceError(
            f"{path}: is damaged; restore it from the backup, or remove it: numbers then go on from the newest "
            "packet beside it"
        ) from None
