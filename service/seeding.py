"""A year of demo data: what the city published for 2024, as cases that anybody may open, made by the service's actions.

3,017 detected, 671 fined, over 3.1 billion VND, under the fines of 2022–2024. The division into vehicles, states and
days is made up; only the three figures are the city's. Every case says that it is rendered, its cameras say that they
are a demonstration, no case has evidence, and its plates carry a province code that was never given out.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from detector.contract.camera import Camera, parse_camera
from detector.contract.packet import PACKET_FILE, ViolationPacket
from detector.contract.sealing import canonical_json
from service.audit import write_audit
from service.cameras.registering import register_camera
from service.cases import actions, fines, proceedings
from service.cases.moves import RejectReason
from service.cases.moving import go
from service.errors import BadInput, Conflict
from service.law.tariff import VIETNAM
from service.owners.registry import Registration
from service.papers.actions import number_paper
from service.papers.codes import new_code
from service.papers.composing import Material, compose_notice
from service.papers.content import PaperContent
from service.payments.matching import owed_on
from service.people import Caller, add_person, close_account
from service.settings import Settings
from service.tables import CameraRow, Case

YEAR = 2024
NOBODY = "Dữ liệu minh họa, không có thật"
CAMERAS = 12
CAMERA_ID = "demo-2024-{:02d}"
UNUSED_PROVINCE = "13"
"""No vehicle has ever had a plate of this province: nobody's car is in the demo data."""
FATES = {
    "paid": 541,
    "overdue": 100,
    "decision": 20,
    "appealed": 10,
    "rejected": 620,
    "unresolved_owner": 480,
    "notified": 806,
    "confirmed": 260,
    "cancelled": 40,
    "detected": 140,
}
"""How the cases end; the first four are the 671 that were fined, the city's other 2,346 are divided up freely."""
FINED = ("paid", "overdue", "decision", "appealed")
FINED_MOTORBIKES = 59
"""The other 612 are cars, buses and trucks: 612 × 5.0 M + 59 × 0.9 M = 3,113.1 M VND."""
OFFICERS = {"demo reviewer 1": "reviewer", "demo reviewer 2": "reviewer", "demo supervisor": "supervisor"}
DECIDED = {*FATES} - {"detected"}
REASONS = [reason for reason in RejectReason if reason != RejectReason.OTHER]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedCase:
    """What will happen to one case."""

    number: int
    fate: str
    kind: str
    vehicle_class: str
    plate: str
    camera_id: str
    detected_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """One action on a case and its moment."""

    at: datetime
    number: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeded:
    """What was written."""

    cases: int
    fined: int


def seed_year(session: Session, *, year: int, secret: Fernet, say: Callable[[str], None]) -> Seeded:
    """Write the demo year in the caller's transaction. Raises BadInput for another year, Conflict when it is there."""
    if year != YEAR:
        raise BadInput(f"seed {year}: there is demo data for {YEAR} only")
    if session.get(CameraRow, CAMERA_ID.format(1)) is not None:
        raise Conflict(f"seed {year}: the demo data is in this record already; take an empty --state folder")
    chance = random.Random(YEAR)
    begin = datetime(YEAR, 1, 1, tzinfo=VIETNAM)
    why = "demonstration: made-up cases that add up to the figures the city published"
    write_audit(session, at=begin, who="command line", action="demo_seeded", subject=f"demo {year}", why=why)
    for camera in _cameras():
        register_camera(session, camera, secret=secret, at=begin, who="command line")
    people = _hire(session, begin)
    planned = {case.number: case for case in _plan(chance)}
    steps = sorted(
        (step for case in planned.values() for step in _steps(case, chance)),
        key=lambda step: (step.at, step.number),
    )
    made: dict[int, Case] = {}
    for done, step in enumerate(steps):
        _take(session, step, planned[step.number], made, people, secret)
        if done % 2000 == 0:
            say(f"{done} of {len(steps)} steps")
    _dismiss(session)
    return Seeded(cases=len(made), fined=sum(FATES[fate] for fate in FINED))


def _plan(chance: random.Random) -> Iterator[PlannedCase]:
    fates = [fate for fate, count in FATES.items() for _ in range(count)]
    fined = sum(FATES[fate] for fate in FINED)
    small = set(chance.sample(range(fined), FINED_MOTORBIKES))
    days = (date(YEAR, 12, 31) - date(YEAR, 1, 1)).days
    for number, fate in enumerate(fates):
        is_small = number in small if number < fined else chance.random() < 0.4
        vehicle = "motorbike" if is_small else chance.choices(("car", "truck", "bus"), (90, 8, 2))[0]
        # Fined cases have the time to be decided inside the year; the others are spread over all of it.
        day = date(YEAR, 1, 1) + timedelta(days=chance.randrange(days - 80 if fate in DECIDED else days))
        moment = datetime.combine(day, time(6 + chance.randrange(16), chance.randrange(60)), VIETNAM)
        yield PlannedCase(
            number=number,
            fate=fate,
            kind="red_light" if fate in FINED or chance.random() < 0.8 else "stop_line",
            vehicle_class=vehicle,
            plate=_plate(chance, vehicle),
            camera_id=CAMERA_ID.format(1 + chance.randrange(CAMERAS)),
            detected_at=moment.astimezone(UTC),
        )


def _plate(chance: random.Random, vehicle: str) -> str:
    letter = chance.choice("ABCDEFGHKLM")
    series = f"{letter}{1 + chance.randrange(9)}" if vehicle == "motorbike" else letter
    return f"{UNUSED_PROVINCE}{series}{chance.randrange(100_000):05d}"


def _steps(case: PlannedCase, chance: random.Random) -> Iterator[PlannedStep]:
    """What happens to a case, with the days that pass between."""
    at = case.detected_at
    for name, days in _WAY[case.fate]:
        pause = timedelta(minutes=2) if days == 0 else timedelta(days=days, minutes=chance.randrange(240))
        at = at if name == "detect" else at + pause
        yield PlannedStep(at=at, number=case.number, name=name)


_REVIEW = (("detect", 0), ("claim", 1), ("confirm", 0))
_FINE = (*_REVIEW, ("notify", 5), ("issue_fine", 20))
_WAY: dict[str, tuple[tuple[str, int], ...]] = {
    "detected": (("detect", 0),),
    "rejected": (("detect", 0), ("claim", 2), ("reject", 0)),
    "confirmed": _REVIEW,
    "notified": (*_REVIEW, ("notify", 6)),
    "unresolved_owner": (*_REVIEW, ("leave_owner_open", 4)),
    "cancelled": (*_REVIEW, ("notify", 6), ("cancel", 12)),
    "decision": _FINE,
    "paid": (*_FINE, ("pay", 7)),
    "overdue": (*_FINE, ("fall_due", 12)),
    "appealed": (*_FINE, ("appeal", 8)),
}
"""Each step and the days since the one before; 0: within minutes."""


def _take(
    session: Session,
    step: PlannedStep,
    planned: PlannedCase,
    made: dict[int, Case],
    people: list[Caller],
    secret: Fernet,
) -> None:
    """One step, by the action that an officer would use."""
    if step.name == "detect":
        made[step.number] = _detected(session, planned)
        return
    case = made[step.number]
    by: dict[str, Any] = {"caller": people[step.number % 2], "at": step.at}
    if step.name == "claim":
        actions.claim(session, case.id, **by)
    elif step.name == "confirm":
        actions.confirm(session, case.id, **by)
    elif step.name == "reject":
        actions.reject(session, case.id, reason=REASONS[step.number % len(REASONS)], **by)
    elif step.name == "issue_fine":
        fines.issue_fine(session, case.id, **by)
        proceedings.note_receipt(
            session, case.id, received_on=step.at.astimezone(VIETNAM).date(), why=None, **by
        )
    elif step.name == "notify":
        _notify(session, case, secret, **by)
    elif step.name == "pay":
        paid_on = step.at.astimezone(VIETNAM).date()
        owed = owed_on(session, case, paid_on)
        fines.enter_payment(session, case.id, amount_vnd=owed, reference=f"DEMO{step.number:06d}", **by)
    else:
        by["caller"] = people[2]
        proceedings.make_move(session, case.id, name=step.name, why="demonstration", **by)


def _notify(session: Session, case: Case, secret: Fernet, *, caller: Caller, at: datetime) -> None:
    """Number a notice to an owner that nobody is, without pictures: it is never printed."""
    material = Material(
        case=case,
        camera=session.get_one(CameraRow, case.camera_id),
        owner=Registration(plate=case.plate or "", owner_name=NOBODY, valid_from=date(YEAR, 1, 1)),
        settings=Settings(),
        pictures={},
        at=at,
    )
    code = new_code()

    def compose(number: int) -> PaperContent:
        return compose_notice(material, number=number, code=code)

    paper = number_paper(session, secret, case, compose, kind="notice", code=code, caller=caller, at=at)
    go(session, case, "notify", caller=caller, at=at, after={"paper": paper.id})


def _detected(session: Session, planned: PlannedCase) -> Case:
    packet = ViolationPacket.model_validate(_packet(planned))
    content = packet.model_dump(mode="json", by_alias=True)
    case = Case(
        violation_id=packet.violation_id,
        camera_id=planned.camera_id,
        kind=packet.kind,
        state="detected",
        state_since=planned.detected_at,
        footage=packet.footage,
        committed_at=packet.committed_at,
        detected_at=planned.detected_at,
        vehicle_class=packet.vehicle.vehicle_class,
        plate_machine=packet.plate.text,
        plate_confidence=packet.plate.confidence,
        plate_verdict=packet.plate.verdict,
        packet=content,
        manifest_sha256=sha256(canonical_json(content)).hexdigest(),
    )
    session.add(case)
    session.flush()
    after = {
        "state": case.state,
        "footage": case.footage,
        "packet": f"no files; digest of {PACKET_FILE} only",
    }
    write_audit(
        session,
        at=planned.detected_at,
        who="demo seed",
        action="case_detected",
        subject=case.violation_id,
        after=after,
    )
    return case


def _packet(planned: PlannedCase) -> dict[str, Any]:
    """A packet's content with nothing in it that would look measured."""
    violation_id = sha256(f"demo {YEAR} {planned.number}".encode()).hexdigest()
    committed_at = (planned.detected_at - timedelta(seconds=20)).isoformat()
    plate = {
        "text": planned.plate, "confidence": 0.0, "verdict": "doubtful", "reason": "demo data", "layout": None,
        "colour": "white", "rows": [], "reads": [],
    }  # fmt: skip
    signal: dict[str, Any] = {
        "signal_id": "demo", "colour_at_crossing": "red", "red_elapsed_s": None, "yellow_length_s": None, "timeline": []
    }  # fmt: skip
    vehicle = {
        "vehicle_class": planned.vehicle_class, "class_confidence": 0.0, "track_id": 0, "box": [0, 0, 0, 0],
    }  # fmt: skip
    return {
        "schema": 1, "violation_id": violation_id[:32], "kind": planned.kind, "origin": "detector",
        "footage": "rendered", "lane_id": "demo", "committed_at": committed_at, "clock": {"source": "stated"},
        "camera": {"camera_id": planned.camera_id, "name": f"Demo {YEAR}", "calibration_sha256": "0" * 64},
        "cross_s": 0.0, "frame_number": 0, "frame_sha256": violation_id, "entered_junction_s": None,
        "analysed_fps": 0.0, "vehicle": vehicle, "signal": signal, "track": [], "plate": plate,
        "rule": {"name": planned.kind, "version": "demo data", "parameters": {}}, "weights": {},
        "run": {"run_id": f"demo-{YEAR}", "produced_at": committed_at, "software_version": "demo data"},
    }  # fmt: skip


def _cameras() -> Iterator[Camera]:
    for number in range(1, CAMERAS + 1):
        content = {
            "schema": 1, "camera_id": CAMERA_ID.format(number), "name": f"Demo {YEAR}: {number:02d}",
            "ward": f"Phường {1 + number % 4}", "timezone": "Asia/Ho_Chi_Minh",
            "sources": {"main": f"rtsp://demo.invalid/{number}", "sub": None},
            "signals": [{"id": "demo", "lamps": {"head": [0.1, 0.1, 0.2, 0.2]}}],
            "lanes": [{
                "id": "demo", "approach": [[0, 0.9], [1, 0.9], [1, 1]], "stop_line": [[0, 0.5], [1, 0.5]],
                "junction": [[0, 0.2], [1, 0.2], [1, 0.4]], "signal": "demo",
            }],
        }  # fmt: skip
        yield parse_camera(content, f"demo data of {YEAR}")


def _hire(session: Session, at: datetime) -> list[Caller]:
    """Two reviewers and a supervisor with passwords that nobody knows."""
    hired = []
    for name, role in OFFICERS.items():
        password = secrets.token_urlsafe(24)
        person = add_person(session, name=name, role=role, password=password, at=at, who="command line")
        session.flush()
        hired.append(Caller(person_id=person.id, name=name, role=role, ward=None, csrf=""))
    return hired


def _dismiss(session: Session) -> None:
    end = datetime(YEAR, 12, 31, 23, tzinfo=VIETNAM)
    for name in OFFICERS:
        close_account(session, name, at=end, who="command line")
