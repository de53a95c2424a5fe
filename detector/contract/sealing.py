"""Checks a sealed packet's bytes: every digest, the signature, nothing missing, nothing added.

Pure: bytes in, a checked packet out or one SealError that says what is wrong. Used by the offline check and by the
service, so that both refuse the same packets.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from detector.contract.packet import (
    CLIP_FILE,
    MANIFEST_FILE,
    PACKET_FILE,
    PACKET_SCHEMA,
    SCENE_FILES,
    SIGNATURE_FILE,
    Manifest,
    ViolationPacket,
)

REQUIRED_FILES = frozenset({PACKET_FILE, CLIP_FILE, *SCENE_FILES})
ALLOWED_SUFFIXES = (".json", ".jpg", ".mp4")
MOST_FILES = 64
MOST_BYTES = 256 * 1024 * 1024


Model = TypeVar("Model", Manifest, ViolationPacket)


class SealError(Exception):
    """A packet that must not be believed; the message says which file and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedPacket:
    """A packet whose seal holds."""

    packet: ViolationPacket
    manifest: Manifest
    manifest_sha256: str


def canonical_json(value: Any) -> bytes:
    """The one way JSON is written in packets: sorted keys, no spaces to vary, UTF-8, a closing newline."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def key_id_of(public_key: Ed25519PublicKey) -> str:
    """First 16 hex digits of the SHA-256 of the raw public key."""
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(raw).hexdigest()[:16]


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    """The manifest, checked for its form only. Raises SealError."""
    return _parsed(Manifest, files, MANIFEST_FILE)


def check_sealed(files: Mapping[str, bytes], public_key: Ed25519PublicKey) -> SealedPacket:
    """Check all files of one packet with the worker's public key. Raises SealError."""
    manifest = read_manifest(files)
    if manifest.key_id != key_id_of(public_key):
        raise SealError(
            f"{MANIFEST_FILE}: signed with key {manifest.key_id}, not with {key_id_of(public_key)}"
        )
    try:
        public_key.verify(_file(files, SIGNATURE_FILE), files[MANIFEST_FILE])
    except InvalidSignature:
        raise SealError(f"{SIGNATURE_FILE}: does not fit {MANIFEST_FILE}; one of them was altered") from None
    _check_names(files, manifest)
    for name, digest in manifest.files.items():
        if sha256(_file(files, name)).hexdigest() != digest:
            raise SealError(f"{name}: was altered after the packet was sealed")
    packet = _parsed(ViolationPacket, files, PACKET_FILE)
    if (packet.violation_id, packet.camera.camera_id) != (manifest.violation_id, manifest.camera_id):
        raise SealError(f"{PACKET_FILE}: belongs to another violation or camera than {MANIFEST_FILE}")
    return SealedPacket(
        packet=packet, manifest=manifest, manifest_sha256=sha256(files[MANIFEST_FILE]).hexdigest()
    )


def _check_names(files: Mapping[str, bytes], manifest: Manifest) -> None:
    sealed = set(manifest.files)
    if missing := sorted(REQUIRED_FILES - sealed):
        raise SealError(f"{MANIFEST_FILE}: lists no {missing[0]}; the packet is incomplete")
    if extra := sorted(set(files) - sealed - {MANIFEST_FILE, SIGNATURE_FILE}):
        raise SealError(f"{extra[0]}: is not in {MANIFEST_FILE}; it was added after sealing")
    if wrong := sorted(n for n in sealed if not _is_plain(n)):
        raise SealError(f"{wrong[0]!r}: is no name for a file of a packet")


def _is_plain(name: str) -> bool:
    return (
        name.endswith(ALLOWED_SUFFIXES) and "/" not in name and "\\" not in name and not name.startswith(".")
    )


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise SealError(f"{name}: is missing from the packet")
    return files[name]


def _parsed(model: type[Model], files: Mapping[str, bytes], name: str) -> Model:
    try:
        data = json.loads(_file(files, name))
    except ValueError:
        raise SealError(f"{name}: is not JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, int) and schema > PACKET_SCHEMA:
        raise SealError(
            f"{name}: schema {schema} is newer than this version reads ({PACKET_SCHEMA}); upgrade ngatu"
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SealError(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
