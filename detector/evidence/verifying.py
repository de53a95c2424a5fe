"""Checks evidence packets offline: a folder, a zip, or a folder of packets, and the worker's public key.

One packet: every byte, the signature, nothing missing, nothing added. A folder of packets: also that none is
missing between two others, given twice, or out of its place in its camera's chain. Changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detector.contract.packet import MANIFEST_FILE, PACKET_FILE, SIGNATURE_FILE
from detector.contract.sealing import SealedPacket, SealError, check_sealed
from detector.errors import EvidenceError, printable
from detector.evidence.packing import read_packet
from detector.evidence.signing import load_public_key

MOST_DEPTH = 5
_VIOLATION_ID = re.compile(r"[0-9a-f]{32}")
_MARKS = (PACKET_FILE, MANIFEST_FILE, SIGNATURE_FILE)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedPacket:
    """A packet whose own seal holds, and where it lies."""

    path: Path
    sealed: SealedPacket


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What was found at one path: the packets whose seal holds, and every problem in one line each."""

    path: Path
    packets: tuple[CheckedPacket, ...]
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def line(self) -> str:
        """The outcome in one line; what a file is called cannot make it look like two."""
        if self.problems:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            return printable(f"{self.path}: REFUSED: {self.problems[0]}{more}")
        count = "1 packet" if len(self.packets) == 1 else f"{len(self.packets)} packets"
        return printable(f"{self.path}: good: {count}, {', '.join(_stretches(self.packets))}")


def verify(path: Path, public_key: Ed25519PublicKey) -> Verification:
    """Check the packet, or all packets, at a path. Raises EvidenceError where there is none."""
    _refuse_missing(path)
    if not path.is_dir() or _is_packet(path):
        return _verify_one(path, public_key)
    places = list(_packets_below(path))
    if not places:
        raise EvidenceError(
            f"{path}: holds no packet; name a packet's folder, its zip, or a folder of packets"
        )
    checked, problems = _check_all(places, public_key)
    in_chain = (*_doubles(checked), *_breaks(checked, with_holes=not problems))
    return Verification(path=path, packets=checked, problems=problems + in_chain)


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        raise EvidenceError(
            f"{path}: does not exist; name a packet's folder, its zip, or a folder of packets"
        )


def _verify_one(path: Path, public_key: Ed25519PublicKey) -> Verification:
    try:
        packet = CheckedPacket(path=path, sealed=_check(path, public_key))
    except SealError as error:
        return Verification(path=path, packets=(), problems=(str(error),))
    return Verification(path=path, packets=(packet,), problems=())


def verify_command(packets: Sequence[Path], *, public_key: Path, say: Callable[[str], None]) -> int:
    """Say one line per path. 0: all are good; 1: one is refused; 2: nothing to check, or no usable key."""
    try:
        for path in packets:  # before the key: whoever mistyped a path is told of the path
            _refuse_missing(path)
        key = load_public_key(public_key)
        found = [verify(path, key) for path in packets]
    except EvidenceError as error:
        say(printable(str(error)))
        return 2
    for verification in found:
        say(verification.line)
    together = [packet for verification in found for packet in verification.packets]
    across = (*_doubles(together), *_breaks(together, with_holes=False)) if len(found) > 1 else ()
    for problem in across:
        say(printable(f"REFUSED: {problem}"))
    return 0 if all(verification.is_good for verification in found) and not across else 1


def _is_packet(folder: Path) -> bool:
    named = _VIOLATION_ID.fullmatch(folder.name) is not None
    return named or any((folder / mark).exists() for mark in _MARKS)


def _packets_below(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Packet folders and zips, in order of their names; what begins with a dot is unfinished."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".zip" or (entry.is_dir() and _is_packet(entry)):
            yield entry
        elif entry.is_dir() and not entry.is_symlink() and depth < MOST_DEPTH:
            yield from _packets_below(entry, depth + 1)


def _check_all(
    places: Iterable[Path], public_key: Ed25519PublicKey
) -> tuple[tuple[CheckedPacket, ...], tuple[str, ...]]:
    found = [_verify_one(path, public_key) for path in places]
    return (
        tuple(packet for verification in found for packet in verification.packets),
        tuple(f"{verification.path.name}: {p}" for verification in found for p in verification.problems),
    )


def _check(path: Path, public_key: Ed25519PublicKey) -> SealedPacket:
    try:
        sealed = check_sealed(read_packet(path), public_key)
    except OSError as error:
        raise SealError(f"cannot be read ({error.strerror})") from None
    except RecursionError:
        raise SealError("its JSON is nested too deeply") from None
    name = path.stem if path.suffix == ".zip" else path.name
    if _VIOLATION_ID.fullmatch(name) and name != sealed.packet.violation_id:
        raise SealError(f"holds violation {sealed.packet.violation_id}; it was put in another one's place")
    return sealed


def _doubles(packets: Iterable[CheckedPacket]) -> Iterator[str]:
    """Packets that claim one place in the chain, or one violation; a zip beside its own folder is the same."""
    places: dict[tuple[str, int], CheckedPacket] = {}
    violations: dict[str, CheckedPacket] = {}
    for packet in packets:
        camera_id, number = _place(packet)
        first = places.setdefault((camera_id, number), packet)
        same = violations.setdefault(packet.sealed.manifest.violation_id, packet)
        if first is not packet and not _is_same_twice(first, packet):
            yield f"{packet.path}: is packet {number} of {camera_id}, as {first.path} is; one of them is a double"
        elif same is not first and same is not packet:
            yield f"{packet.path}: is the violation of {same.path} once more"


def _breaks(packets: Iterable[CheckedPacket], *, with_holes: bool) -> Iterator[str]:
    """Where a camera's chain does not hold; `with_holes`: also where a packet is missing in between."""
    by_place = {_place(packet): packet for packet in packets}
    for place, following in pairwise(sorted(by_place)):
        if place[0] != following[0]:
            continue
        if following[1] != place[1] + 1:
            if with_holes:
                yield f"{place[0]}: packet {place[1] + 1} is missing between {place[1]} and {following[1]}"
        elif by_place[following].sealed.manifest.previous != by_place[place].sealed.manifest_sha256:
            yield f"{by_place[following].path}: does not follow {by_place[place].path}; the order was changed"


def _place(packet: CheckedPacket) -> tuple[str, int]:
    return packet.sealed.manifest.camera_id, packet.sealed.manifest.sequence


def _is_same_twice(first: CheckedPacket, second: CheckedPacket) -> bool:
    """Whether these are a packet's folder and the zip beside it."""
    folder, packed = sorted((first.path, second.path), key=lambda path: path.suffix)
    beside = packed == folder.parent / f"{folder.name}.zip"
    return beside and first.sealed.manifest_sha256 == second.sealed.manifest_sha256


def _stretches(packets: Sequence[CheckedPacket]) -> Iterator[str]:
    """Each camera with its first and last packet number."""
    for camera_id in sorted({_place(packet)[0] for packet in packets}):
        numbers = [number for camera, number in map(_place, packets) if camera == camera_id]
        last = f" to {max(numbers)}" if len(numbers) > 1 else ""
        yield f"camera {camera_id} number {min(numbers)}{last}"
