"""A full record for the benchmark of the service: cases of a year with an unbroken audit trail, written in bulk.

Old cases are in every state, the newest wait for review, as they do in an office.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.service_content import CAMERAS, camera_content, packet_content
from detector.contract.camera import parse_camera
from detector.contract.sealing import key_id_of
from service.audit import GENESIS, seal
from service.cameras.registering import register_camera
from service.database import transaction
from service.people import digest, register_worker
from service.tables import AuditEntry, Person, SignIn
from service.upkeep import sum_up

USERS = 20
AT_ONCE = 5_000
FILLING_CACHE_KB = 1 << 20
"""Indexes are written in no order: with SQLite's own 2 MB each page goes to the disk many times."""
BEGIN = datetime(2025, 11, 25, tzinfo=UTC)
YEAR = timedelta(days=364)
OPEN_SHARE = 0.06
OPEN_STATES = {"detected": 5, "in_review": 1}
DONE_STATES = {
    "rejected": 25, "confirmed": 5, "notified": 20, "unresolved_owner": 12, "decision": 4, "overdue": 5, "paid": 22,
    "cancelled": 1,
}  # fmt: skip
FINED = {"decision", "overdue", "paid"}
FINE_VND = {"car": 19_000_000, "motorbike": 5_000_000}
CASE_COLUMNS = (
    "id", "violation_id", "camera_id", "kind", "state", "state_since", "version", "footage", "committed_at",
    "detected_at", "vehicle_class", "plate_machine", "plate_confidence", "plate_verdict", "packet",
    "manifest_sha256", "decided_at", "reject_reason",
)  # fmt: skip
LEDGER_COLUMNS = ("case_id", "kind", "amount_vnd", "entered_at", "reference")
AUDIT_COLUMNS = ("id", "at", "who", "action", "subject", "before", "after", "previous_sha256", "sha256")
Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the benchmark needs to use the filled record."""

    cookies: tuple[str, ...]
    worker_token: str
    worker_key: Ed25519PrivateKey
    camera_ids: tuple[str, ...]


def fill_record(
    engine: Engine, *, cases: int, secret: Fernet, open_share: float = OPEN_SHARE, users: int = USERS
) -> Record:
    """People, a worker, 48 cameras and so many cases; the tables must be there and empty."""
    key = Ed25519PrivateKey.generate()
    with transaction(engine) as session:
        cookies = tuple(_sign_in(session, number) for number in range(users))
        token = register_worker(
            session, name="bench", key_id=key_id_of(key.public_key()), public_pem=_pem(key), at=BEGIN
        )
        for number in range(CAMERAS):
            camera = parse_camera(camera_content(number), "bench")
            register_camera(session, camera, secret=secret, at=BEGIN, who="bench")
        _write_cases(session, cases, open_share)
    with transaction(engine) as session:
        session.execute(text("ANALYZE"))
    sum_up(engine)
    return Record(
        cookies=cookies,
        worker_token=token,
        worker_key=key,
        camera_ids=tuple(camera_content(number)["camera_id"] for number in range(CAMERAS)),
    )


def _write_cases(session: Session, cases: int, open_share: float) -> None:
    last = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert last is not None  # noqa: S101 - just written
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA cache_size=-{FILLING_CACHE_KB}"))
    chain, packet_text = _Chain(last.id, last.sha256), _packet_text()
    for first in range(1, cases + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, cases + 1))
        made = [
            _case(number, cases, packet_text, is_open=number > cases * (1 - open_share)) for number in numbers
        ]
        _write(session, "violation_case", CASE_COLUMNS, [case.row() for case in made])
        _write(session, "ledger_entry", LEDGER_COLUMNS, [row for case in made for row in case.money()])
        _write(session, "audit_entry", AUDIT_COLUMNS, [row for case in made for row in chain.trail(case)])
    if session.get_bind().dialect.name == "postgresql":
        # The cases were numbered here, not by the database: the next one follows them.
        session.execute(
            text("SELECT setval(pg_get_serial_sequence('violation_case', 'id'), :last)"), {"last": cases}
        )


def _write(session: Session, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Many rows past the mapper: COPY on PostgreSQL, one prepared statement on SQLite."""
    driver: Any = session.connection().connection.driver_connection
    names = ", ".join(f'"{column}"' for column in columns)
    if session.get_bind().dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    told = ([_told(value) for value in row] for row in rows)
    driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", told)  # noqa: S608 - names of ours


def _told(value: object) -> object:
    """A value as SQLite keeps it: moments as text without a zone."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """What the rows of one case are made of."""

    number: int
    violation_id: str
    camera_id: str
    state: str
    at: datetime
    vehicle_class: str
    plate: str
    packet: str

    @property
    def is_done(self) -> bool:
        return self.state in DONE_STATES

    def row(self) -> Row:
        """Its row in CASE_COLUMNS."""
        return (
            self.number, self.violation_id, self.camera_id, "red_light", self.state, self.at, 1, "rendered", self.at,
            self.at, self.vehicle_class, self.plate, 0.97, "sure", self.packet, "c" * 64,
            self.at if self.is_done else None, "unreadable" if self.state == "rejected" else None,
        )  # fmt: skip

    def money(self) -> Iterator[Row]:
        """Its rows in LEDGER_COLUMNS."""
        fine_vnd = FINE_VND[self.vehicle_class]
        if self.state in FINED:
            yield self.number, "fine", fine_vnd, self.at, None
        if self.state == "paid":
            yield self.number, "payment", -fine_vnd, self.at, f"B{self.number}"


def _case(number: int, cases: int, packet_text: str, *, is_open: bool) -> _Case:
    chance = random.Random(number)
    violation_id = sha256(f"bench {number}".encode()).hexdigest()[:32]
    camera_id = f"bench-{number % CAMERAS:02d}"
    at = BEGIN + YEAR * (number / cases)
    states = OPEN_STATES if is_open else DONE_STATES
    return _Case(
        number=number,
        violation_id=violation_id,
        camera_id=camera_id,
        state=chance.choices(list(states), list(states.values()))[0],
        at=at,
        vehicle_class=chance.choice(list(FINE_VND)),
        plate=f"13A{chance.randrange(100_000):05d}",
        packet=packet_text.replace("VIOLATION", violation_id)
        .replace("CAMERA", camera_id)
        .replace(BEGIN.isoformat(), at.isoformat()),
    )


def _packet_text() -> str:
    """A packet with the words VIOLATION and CAMERA and the moment BEGIN where a case has its own."""
    return json.dumps(packet_content("VIOLATION", "CAMERA", BEGIN))


class _Chain:
    """Seals audit entries one after the other without asking the database for the last one."""

    def __init__(self, last_id: int, last_sha256: str) -> None:
        self._id, self._sha256 = last_id, last_sha256 or GENESIS

    def trail(self, case: _Case) -> Iterator[Row]:
        """The rows in AUDIT_COLUMNS of what was done with a case."""
        moves = {"detected": (), "in_review": ("claim",), "rejected": ("claim", "reject")}
        for action in ("case_detected", *moves.get(case.state, ("claim", "confirm", case.state))):
            self._id, previous, after = self._id + 1, self._sha256, {"state": case.state}
            self._sha256 = seal(
                self._id, case.at, "bench", action, case.violation_id, None, {}, after, previous
            )
            yield (
                self._id, case.at, "bench", action, case.violation_id, "{}", json.dumps(after), previous, self._sha256
            )  # fmt: skip


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
