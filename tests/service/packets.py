"""Sealed packets as a worker sends them, with defaults for everything; pictures and clip are a few bytes."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from detector.contract.packet import CLIP_FILE, MANIFEST_FILE, PACKET_FILE, SCENE_FILES, SIGNATURE_FILE
from detector.contract.sealing import canonical_json, key_id_of

WORKER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
WORKER_KEY_ID = key_id_of(WORKER_KEY.public_key())
WORKER_PEM = (
    WORKER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
)
COMMITTED_AT = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
PICTURES = {
    **{name: f"picture {name}".encode() for name in (*SCENE_FILES, "plate.jpg")},
    CLIP_FILE: bytes(range(256)) * 8,
}


def packet_of(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The content of packet.json; `number` tells one violation from another."""
    packet: dict[str, Any] = {
        "schema": 1,
        "violation_id": f"{number:032x}",
        "kind": "red_light",
        "origin": "detector",
        "footage": "live",
        "camera": {"camera_id": "le-loi", "name": "Lê Lợi – Nguyễn Huệ", "calibration_sha256": "a" * 64},
        "lane_id": "L1",
        "committed_at": COMMITTED_AT.isoformat(),
        "clock": {"source": "rtcp", "offset_ms": 12.0},
        "cross_s": 19.2,
        "frame_number": 480,
        "frame_sha256": sha256(str(number).encode()).hexdigest(),
        "entered_junction_s": 20.1,
        "analysed_fps": 12.5,
        "vehicle": {
            "vehicle_class": "car",
            "class_confidence": 0.9,
            "track_id": 7,
            "box": [0.4, 0.5, 0.1, 0.1],
        },
        "signal": {
            "signal_id": "S1",
            "colour_at_crossing": "red",
            "red_elapsed_s": 3.1,
            "yellow_length_s": 3.0,
            "timeline": [{"colour": "red", "from_s": 16.1, "to_s": 40.0}],
        },
        "track": [{"at_s": 19.1, "box": [0.4, 0.5, 0.1, 0.1]}, {"at_s": 19.3, "box": [0.4, 0.45, 0.1, 0.1]}],
        "plate": plate_of("63A12345"),
        "rule": {"name": "red_light", "version": "1", "parameters": {"grace_s": 0.5}},
        "weights": {"vehicles": "b" * 64},
        "gaps": [],
        "run": {"run_id": "r1", "produced_at": "2026-11-20T03:05:00+00:00", "software_version": "0.1.0"},
    }
    return {**packet, **changes}


ACTS: dict[str, dict[str, float]] = {
    "wrong_way": {"from_s": 18.2, "to_s": 20.2, "length_m": 8.0, "least_kmh": 8.0},
    "wrong_lane": {"from_s": 18.4, "to_s": 19.9},
    "illegal_stop": {"from_s": 9.2, "to_s": 21.2, "most_s": 10.0},
}


def act_packet_of(kind: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """The content of packet.json of a kind that is no crossing of a stop line."""
    rule = {"name": kind, "version": "1", "parameters": {"least_analysed_fps": 5.0}}
    place = {"wrong_way": "L1", "wrong_lane": "V1", "illegal_stop": "Z1"}[kind]
    seen = {"kind": kind, "act": ACTS[kind], "rule": rule, "lane_id": place, "entered_junction_s": None}
    return packet_of(number, **{**seen, **changes})


def plate_of(text: str | None) -> dict[str, Any]:
    """The plate part of a packet."""
    return {
        "text": text,
        "confidence": 0.97 if text else 0.0,
        "verdict": "sure" if text else "unread",
        "reason": "agreed" if text else "no reading",
        "layout": "one_line" if text else None,
        "colour": "white",
        "rows": [[{"character": c, "confidence": 0.97} for c in text]] if text else [],
        "reads": [],
    }


def sealed(
    packet: dict[str, Any],
    *,
    key: Ed25519PrivateKey = WORKER_KEY,
    sequence: int = 1,
    manifest_changes: Mapping[str, Any] | None = None,
    pictures: Mapping[str, bytes] = PICTURES,
) -> dict[str, bytes]:
    """All files of a packet, sealed by the worker's key."""
    files = {PACKET_FILE: canonical_json(packet), **pictures}
    manifest = {
        "schema": 1,
        "violation_id": packet["violation_id"],
        "camera_id": packet["camera"]["camera_id"],
        "sequence": sequence,
        "previous": None if sequence == 1 else "c" * 64,
        "key_id": key_id_of(key.public_key()),
        "files": {name: sha256(data).hexdigest() for name, data in files.items()},
        **(manifest_changes or {}),
    }
    files[MANIFEST_FILE] = canonical_json(manifest)
    files[SIGNATURE_FILE] = key.sign(files[MANIFEST_FILE])
    return files


def zip_of(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """The zip of a packet's files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()
