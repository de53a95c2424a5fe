"""Writes evidence packets into the outbox: a finished packet is there whole, an unfinished one not at all.

    OUTBOX/CAMERA_ID/VIOLATION_ID/   packet.json, stills, plate pictures, clip.mp4, manifest.json, manifest.sig

Files are written and flushed in a temporary folder beside, then renamed into place.
"""

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
from detector.errors import EvidenceError, PacketNotWritten
from detector.evidence.chain import Link, flush_file, flush_folder, holding, last_link, record, write_flushed
from detector.evidence.clip import write_clip
from detector.evidence.signing import Signer
from detector.sources.packets import StreamInfo, StreamPacket

UNFINISHED = ".unfinished-"
SENT = "_sent"
"""Where a sender that keeps packets puts what the service has; no camera's id begins with _."""


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


class PacketWriter:
    """Writes packets into one outbox; several writers, also in other processes, take turns per camera."""

    def __init__(self, outbox: Path, signer: Signer) -> None:
        self._outbox = outbox
        self._signer = signer
        for folder in sorted({path.parent for path in outbox.glob(f"*/{UNFINISHED}*")}):
            with holding(folder):
                _sweep(folder)

    def put(self, contents: PacketContents) -> Path:
        """Write, seal and publish a packet; its folder. The same violation again gives the same folder.

        Raises PacketNotWritten when the disk is full or the folder cannot be written: nothing half-done stays,
        and the camera's numbers go on as if nothing had been tried. Raises EvidenceError for an empty clip.
        """
        folder = self._outbox / contents.packet.camera.camera_id
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with holding(folder):
                return self._put(folder, contents)
        except OSError as error:
            raise PacketNotWritten(_not_written(folder, error)) from None

    def _put(self, folder: Path, contents: PacketContents) -> Path:
        violation_id = contents.packet.violation_id
        for known in (folder / violation_id, self._outbox / SENT / folder.name / violation_id):
            if known.is_dir():
                return known
        unfinished = folder / f"{UNFINISHED}{violation_id}"
        try:
            unfinished.mkdir()
            link = self._seal(unfinished, contents, last_link(folder))
            flush_folder(unfinished)
            unfinished.rename(folder / violation_id)
        except (OSError, EvidenceError):
            _sweep(folder)
            raise
        flush_folder(folder)
        record(folder, link)
        return folder / violation_id

    def _seal(self, folder: Path, contents: PacketContents, last: Link) -> Link:
        """Write every file, then manifest and signature over them; the chain's next link."""
        write_flushed(folder / PACKET_FILE, packet_bytes(contents.packet))
        for picture in contents.pictures:
            write_flushed(folder / picture.name, picture.jpeg)
        write_clip(folder / CLIP_FILE, contents.clip_info, contents.clip_packets)
        flush_file(folder / CLIP_FILE)
        manifest = Manifest(
            violation_id=contents.packet.violation_id,
            camera_id=contents.packet.camera.camera_id,
            sequence=last.sequence + 1,
            previous=last.manifest_sha256,
            key_id=self._signer.key_id,
            files={path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
        )
        sealed = canonical_json(manifest.model_dump(mode="json", by_alias=True))
        write_flushed(folder / MANIFEST_FILE, sealed)
        write_flushed(folder / SIGNATURE_FILE, self._signer.sign(sealed))
        return Link(sequence=manifest.sequence, manifest_sha256=sha256(sealed).hexdigest())


def packet_bytes(packet: ViolationPacket) -> bytes:
    """packet.json as it is written."""
    return canonical_json(packet.model_dump(mode="json", by_alias=True))


def _sweep(folder: Path) -> None:
    """Remove what was begun and not finished in a camera's folder."""
    for unfinished in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _not_written(folder: Path, error: OSError) -> str:
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        free = f"{shutil.disk_usage(there).free >> 20} MB free"
    except OSError:
        free = "folder not reachable"
    return (
        f"{folder}: the packet could not be written ({error.strerror or error}; {free}); "
        "free space or name another outbox, then watch the footage again"
    )
