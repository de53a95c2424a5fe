"""A full record for the benchmark of the service: cases of a year with an unbroken audit trail, written in bulk."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from detector.contract.camera import parse_camera
from detector.contract.sealing import key_id_of
from service.audit import GENESIS, digest_of
from service.cameras import register_camera
from service.database import transaction
from service.people import digest, register_worker
from service.tables import AuditEntry, Case, LedgerEntry, Person, SignIn

CAMERAS = 48
USERS = 20
AT_ONCE = 1_000
BEGIN = datetime(2025, 11, 25, tzinfo=UTC)
YEAR = timedelta(days=364)
STATES = {
    "detected": 5, "in_review": 1, "rejected": 25, "confirmed": 5, "notified": 20, "unresolved_owner": 12,
    "decision": 4, "overdue": 5, "paid": 22, "cancelled": 1,
}  # fmt: skip
FINED = {"decision", "overdue", "paid"}
FINE_VND = 19_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the benchmark needs to use the filled record."""

    cookies: tuple[str, ...]
    worker_token: str
    worker_key: Ed25519PrivateKey
    camera_ids: tuple[str, ...]


def fill_record(engine: Engine, *, cases: int, secret: Fernet) -> Record:
    """People, a worker, 48 cameras and so many cases; the tables must be there and empty."""
    key = Ed25519PrivateKey.generate()
    with transaction(engine) as session:
        cookies = tuple(_sign_in(session, number) for number in range(USERS))
        token = register_worker(
            session, name="bench", key_id=key_id_of(key.public_key()), public_pem=_pem(key), at=BEGIN
        )
        for number in range(CAMERAS):
            camera = parse_camera(camera_content(number), "bench")
            register_camera(session, camera, secret=secret, at=BEGIN, who="bench")
        last = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert last is not None  # noqa: S101 - just written
        chain = _Chain(last.id, last.sha256)
        for first in range(1, cases + 1, AT_ONCE):
            _write(session, range(first, min(first + AT_ONCE, cases + 1)), cases, chain)
        if engine.dialect.name == "postgresql":
            # The cases were numbered here, not by the database: the next one follows them.
            session.execute(
                text("SELECT setval(pg_get_serial_sequence('violation_case', 'id'), :last)"), {"last": cases}
            )
        session.execute(text("ANALYZE"))
    return Record(
        cookies=cookies,
        worker_token=token,
        worker_key=key,
        camera_ids=tuple(camera_content(number)["camera_id"] for number in range(CAMERAS)),
    )


def camera_content(number: int) -> dict[str, Any]:
    """A camera file."""
    return {
        "schema": 1, "camera_id": f"bench-{number:02d}", "name": f"Bench {number:02d}", "ward": f"Ward {number % 4}",
        "sources": {"main": f"rtsp://bench.invalid/{number}", "sub": None},
        "signals": [{"id": "S1", "lamps": {"head": [0.1, 0.1, 0.2, 0.2]}}],
        "lanes": [{
            "id": "L1", "approach": [[0, 0.9], [1, 0.9], [1, 1]], "stop_line": [[0, 0.5], [1, 0.5]],
            "junction": [[0, 0.2], [1, 0.2], [1, 0.4]], "signal": "S1",
        }],
    }  # fmt: skip


def packet_content(violation_id: str, camera_id: str, committed_at: datetime) -> dict[str, Any]:
    """A packet.json of usual size: a track of 60 points, a plate read 12 times."""
    box = [0.41, 0.52, 0.11, 0.13]
    rows = [[{"character": character, "confidence": 0.97} for character in "13A12345"]]
    reads = [
        {"at_s": 18 + number / 10, "box": box, "text": "13A12345", "confidence": 0.96} for number in range(12)
    ]
    return {
        "schema": 1, "violation_id": violation_id, "kind": "red_light", "origin": "detector", "footage": "rendered",
        "camera": {"camera_id": camera_id, "name": camera_id, "calibration_sha256": "a" * 64}, "lane_id": "L1",
        "committed_at": committed_at.isoformat(), "clock": {"source": "rtcp", "offset_ms": 12.0}, "cross_s": 19.2,
        "frame_number": 480, "frame_sha256": sha256(violation_id.encode()).hexdigest(), "entered_junction_s": 20.1,
        "analysed_fps": 12.5,
        "vehicle": {"vehicle_class": "car", "class_confidence": 0.9, "track_id": 7, "box": box},
        "signal": {
            "signal_id": "S1", "colour_at_crossing": "red", "red_elapsed_s": 3.1, "yellow_length_s": 3.0,
            "timeline": [{"colour": "red", "from_s": 16.1, "to_s": 40.0}],
        },
        "track": [{"at_s": 17 + number / 25, "box": box} for number in range(60)],
        "plate": {
            "text": "13A12345", "confidence": 0.97, "verdict": "sure", "reason": "agreed", "layout": "one_line",
            "colour": "white", "rows": rows, "reads": reads,
        },
        "rule": {"name": "red_light", "version": "1", "parameters": {"grace_s": 0.5}}, "weights": {"v": "b" * 64},
        "run": {"run_id": "bench", "produced_at": committed_at.isoformat(), "software_version": "bench"},
    }  # fmt: skip


class _Chain:
    """Seals audit entries one after the other without asking the database for the last one."""

    def __init__(self, last_id: int, last_sha256: str) -> None:
        self._id, self._sha256 = last_id, last_sha256 or GENESIS

    def entry(
        self, *, at: datetime, who: str, action: str, subject: str, after: dict[str, Any]
    ) -> dict[str, Any]:
        """The row of the next entry."""
        self._id += 1
        values = {
            "id": self._id, "at": at, "who": who, "action": action, "subject": subject, "why": None, "before": {},
            "after": after, "previous_sha256": self._sha256,
        }  # fmt: skip
        self._sha256 = digest_of(AuditEntry(**values))
        return {**values, "sha256": self._sha256}


def _write(session: Session, numbers: range, cases: int, chain: _Chain) -> None:
    rows = [_case(number, cases) for number in numbers]
    money = [entry for row in rows for entry in _money(row)]
    session.execute(insert(Case), rows)
    if money:
        session.execute(insert(LedgerEntry), money)
    session.execute(insert(AuditEntry), [entry for row in rows for entry in _trail(row, chain)])


def _case(number: int, cases: int) -> dict[str, Any]:
    chance = random.Random(number)
    violation_id = sha256(f"bench {number}".encode()).hexdigest()[:32]
    camera_id = camera_content(number % CAMERAS)["camera_id"]
    at = BEGIN + YEAR * (number / cases)
    state = chance.choices(list(STATES), list(STATES.values()))[0]
    plate = f"13A{chance.randrange(100_000):05d}"
    return {
        "id": number, "violation_id": violation_id, "camera_id": camera_id, "kind": "red_light", "state": state,
        "state_since": at, "version": 1, "footage": "rendered", "committed_at": at, "detected_at": at,
        "vehicle_class": "car", "plate_machine": plate, "plate_officer": None, "plate_confidence": 0.97,
        "plate_verdict": "sure", "packet": packet_content(violation_id, camera_id, at), "manifest_sha256": "c" * 64,
        "reject_reason": "unreadable" if state == "rejected" else None,
    }  # fmt: skip


def _money(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = row["detected_at"]
    if row["state"] in FINED:
        yield {
            "case_id": row["id"],
            "kind": "fine",
            "amount_vnd": FINE_VND,
            "entered_at": at,
            "reference": None,
        }
    if row["state"] == "paid":
        yield {
            "case_id": row["id"], "kind": "payment", "amount_vnd": -FINE_VND, "entered_at": at,
            "reference": f"B{row['id']}",
        }  # fmt: skip


def _trail(row: dict[str, Any], chain: _Chain) -> Iterator[dict[str, Any]]:
    moves = {"detected": (), "in_review": ("claim",), "rejected": ("claim", "reject")}
    for action in ("case_detected", *moves.get(row["state"], ("claim", "confirm", row["state"]))):
        after = {"state": row["state"]}
        yield chain.entry(
            at=row["detected_at"], who="bench", action=action, subject=row["violation_id"], after=after
        )


def _sign_in(session: Session, number: int) -> str:
    person = Person(
        name=f"officer {number}",
        role="reviewer",
        ward=None,
        password_hash="none",  # noqa: S106 - nobody signs in with it
        failures=0,
        active=True,
    )
    session.add(person)
    session.flush()
    token = f"bench {number}"
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)
    session.add(SignIn(token_sha256=digest(token), person_id=person.id, csrf="bench", expires_at=expires_at))
    return token


def _pem(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
