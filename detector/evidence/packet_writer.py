"""Writes evidence packets into the outbox: a finished packet is there whole, an unfinished one not at all.

    OUTBOX/CAMERA_ID/VIOLATION_ID/   packet.json, stills, plate pictures, clip.mp4, manifest.json, manifest.sig
    OUTBOX/CAMERA_ID/chain.json      the last sequence number and manifest digest of this camera

Files are written and flushed in a temporary folder beside, then renamed into place.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from detector.contract.packet import (
    CLIP_FILE,
    MANIFEST_FILE,
    PACKET_FILE,
    SIGNATURE_FILE,
    Manifest,
    ViolationPacket,
)
from detector.contract.sealing import canonical_json
from detector.errors import PacketNotWritten
from detector.evidence.clip import write_clip
from detector.evidence.signing import Signer
from detector.sources.packets import StreamInfo, StreamPacket

CHAIN_FILE = "chain.json"
UNFINISHED = ".unfinished-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One finished JPEG of the packet."""

    name: str
    jpeg: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PacketContents:
    """All that goes into one evidence packet."""

    packet: ViolationPacket
    pictures: tuple[Picture, ...]
    clip_info: StreamInfo
    clip_packets: Sequence[StreamPacket]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chain:
    """Where a camera's chain of packets stands."""

    sequence: int
    manifest_sha256: str | None


class PacketWriter:
    """Writes one worker's packets; one writer for an outbox at a time."""

    def __init__(self, outbox: Path, signer: Signer) -> None:
        self._outbox = outbox
        self._signer = signer
        for unfinished in outbox.glob(f"*/{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def put(self, contents: PacketContents) -> Path:
        """Write, seal and publish a packet; its folder. The same violation again gives the same folder.

        Raises PacketNotWritten when the disk is full or the folder cannot be written: nothing half-done stays.
        """
        folder = self._outbox / contents.packet.camera.camera_id
        target = folder / contents.packet.violation_id
        if target.is_dir():
            return target
        unfinished = folder / f"{UNFINISHED}{contents.packet.violation_id}"
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            chain = self._seal(unfinished, contents, _read_chain(folder))
            unfinished.rename(target)
            _flush_folder(folder)
            _write_chain(folder, chain)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise PacketNotWritten(_not_written(folder, error)) from None
        return target

    def _seal(self, folder: Path, contents: PacketContents, chain: _Chain) -> _Chain:
        """Write every file, then manifest and signature over them; the chain's next link."""
        _write(folder / PACKET_FILE, packet_bytes(contents.packet))
        for picture in contents.pictures:
            _write(folder / picture.name, picture.jpeg)
        write_clip(folder / CLIP_FILE, contents.clip_info, contents.clip_packets)
        _flush(folder / CLIP_FILE)
        manifest = Manifest(
            violation_id=contents.packet.violation_id,
            camera_id=contents.packet.camera.camera_id,
            sequence=chain.sequence + 1,
            previous=chain.manifest_sha256,
            key_id=self._signer.key_id,
            files={path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
        )
        sealed = canonical_json(manifest.model_dump(mode="json", by_alias=True))
        _write(folder / MANIFEST_FILE, sealed)
        _write(folder / SIGNATURE_FILE, self._signer.sign(sealed))
        return _Chain(sequence=manifest.sequence, manifest_sha256=sha256(sealed).hexdigest())


def packet_bytes(packet: ViolationPacket) -> bytes:
    """packet.json as it is written."""
    return canonical_json(packet.model_dump(mode="json", by_alias=True))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_chain(folder: Path) -> _Chain:
    """The chain from its file, or from the packets themselves where a crash left the file behind."""
    links = [
        _link_of(path.parent) for path in folder.glob(f"*/{MANIFEST_FILE}") if UNFINISHED not in str(path)
    ]
    try:
        stored = json.loads((folder / CHAIN_FILE).read_text(encoding="ascii"))
        links.append(_Chain(sequence=stored["sequence"], manifest_sha256=stored["manifest_sha256"]))
    except FileNotFoundError:
        pass
    return max(links, key=lambda link: link.sequence, default=_Chain(sequence=0, manifest_sha256=None))


def _link_of(folder: Path) -> _Chain:
    sealed = (folder / MANIFEST_FILE).read_bytes()
    return _Chain(sequence=json.loads(sealed)["sequence"], manifest_sha256=sha256(sealed).hexdigest())


def _write_chain(folder: Path, chain: _Chain) -> None:
    text = json.dumps({"sequence": chain.sequence, "manifest_sha256": chain.manifest_sha256})
    unfinished = folder / f"{CHAIN_FILE}.new"
    _write(unfinished, text.encode("ascii"))
    unfinished.rename(folder / CHAIN_FILE)


def _not_written(folder: Path, error: OSError) -> str:
    try:
        free_mb = (
            f"{shutil.disk_usage(folder.parent if folder.parent.exists() else Path()).free >> 20} MB free"
        )
    except OSError:
        free_mb = "folder not reachable"
    return (
        f"{folder}: the packet could not be written ({error.strerror or error}; {free_mb}); "
        "free space or name another outbox, then watch the footage again"
    )
