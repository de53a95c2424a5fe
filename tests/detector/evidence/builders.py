"""Packet contents with defaults: a small clip, three stills with their data bars, one plate picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detector.contract.packet import (
    PLATE_FILE,
    SCENE_FILES,
    PacketCamera,
    PacketClock,
    PacketPlate,
    PacketRule,
    PacketRun,
    PacketSignal,
    PacketSpan,
    PacketVehicle,
    ViolationPacket,
)
from detector.evidence.packet_writer import PacketContents, Picture
from detector.evidence.signing import Signer
from detector.evidence.stills import Caption, DataBar, encode_picture, encode_still
from detector.sources.packets import StreamInfo, StreamPacket
from models.types import LampColour, PlateColour, VehicleClass

SIGNER = Signer(private_key=Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
STRANGER = Signer(private_key=Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
PUBLIC_KEY = SIGNER.public_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Footage:
    """Compressed pictures of one small clip, and where it lies."""

    path: Path
    info: StreamInfo
    packets: Sequence[StreamPacket]


def violation_id(number: int) -> str:
    return sha256(f"violation {number}".encode()).hexdigest()[:32]


def packet_of(number: int = 1, *, camera_id: str = "cam-1", run_id: str = "run-1") -> ViolationPacket:
    return ViolationPacket(
        violation_id=violation_id(number),
        kind="red_light",
        footage="rendered",
        camera=PacketCamera(camera_id=camera_id, name="Hùng Vương – Lê Lợi", calibration_sha256="a" * 64),
        lane_id="L1",
        committed_at=datetime(2026, 3, 10, 1, 12, 59, 200_000, tzinfo=UTC),
        clock=PacketClock(source="stated"),
        cross_s=19.2,
        frame_number=480,
        frame_sha256="b" * 64,
        entered_junction_s=20.0,
        analysed_fps=12.5,
        vehicle=PacketVehicle(
            vehicle_class=VehicleClass.MOTORBIKE, class_confidence=0.9, track_id=7, box=(0.4, 0.5, 0.1, 0.2)
        ),
        signal=PacketSignal(
            signal_id="S1",
            colour_at_crossing=LampColour.RED,
            red_elapsed_s=3.1,
            yellow_length_s=3.0,
            timeline=(PacketSpan(colour=LampColour.RED, from_s=16.1, to_s=29.2),),
        ),
        track=(),
        plate=PacketPlate(
            text=None,
            confidence=0.0,
            verdict="unread",
            reason="no_reads",
            layout=None,
            colour=PlateColour.UNKNOWN,
            rows=(),
            reads=(),
        ),
        rule=PacketRule(name="red_light", version="1", parameters={"grace_s": 0.5}),
        weights={"vehicles": "c" * 64},
        run=PacketRun(
            run_id=run_id, produced_at=datetime(2026, 11, 24, tzinfo=UTC), software_version="0.1.0"
        ),
    )


def bar_of(lamp: str = "red", *, title: str = "Vượt đèn đỏ · trước vạch dừng") -> DataBar:
    return DataBar(
        title=title,
        lamp=lamp,
        captions=(
            Caption(label="Thời điểm", value="10/03/2026 08:12:59.200"),
            Caption(label="Làn", value="L1"),
        ),
    )


def picture_of(width: int = 64, height: int = 36) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def contents_of(
    footage: Footage, number: int = 1, *, camera_id: str = "cam-1", run_id: str = "run-1"
) -> PacketContents:
    scenes = tuple(Picture(name=name, jpeg=encode_still(picture_of(), bar_of())) for name in SCENE_FILES)
    return PacketContents(
        packet=packet_of(number, camera_id=camera_id, run_id=run_id),
        pictures=(*scenes, Picture(name=PLATE_FILE, jpeg=encode_picture(picture_of(32, 16)))),
        clip_info=footage.info,
        clip_packets=footage.packets,
    )
