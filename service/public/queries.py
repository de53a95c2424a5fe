"""What a citizen who holds a notice may see of its case: one query, by the digest of the code, whatever was typed."""

from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cases.moves import State
from service.papers.codes import digest_of_code
from service.papers.queries import content_of
from service.papers.tables import Paper
from service.papers.wording import marked_plate
from service.plates import canonical_plate
from service.tables import Case

SHOWN_NO_MORE = (State.CANCELLED, State.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicCase:
    """What the public look-up shows; no owner, no picture, no amount."""

    violation_id: str
    vehicle_class: str
    plate: str
    plate_colour: str
    committed_at: datetime
    place: str
    kind: str
    detecting_unit: str
    settling_unit: str
    unit_address: str
    unit_phone: str


def find_public_case(
    session: Session, *, plate: str, vehicle_class: str, code: str, secret: Fernet
) -> PublicCase | None:
    """The case of a notice, when plate, class and code are all right; None says nothing about which was wrong."""
    query = select(Paper, Case).join(Case, Case.id == Paper.case_id)
    row = session.execute(query.where(Paper.lookup_code_sha256 == digest_of_code(code))).first()
    paper, case = (row[0], row[1]) if row else (None, None)
    wanted = f"{canonical_plate(plate)} {vehicle_class}".encode()
    there = f"{paper.plate} {paper.vehicle_class}".encode() if paper else b""
    if not compare_digest(wanted, there) or paper is None or case is None:
        return None
    if paper.cancelled_at is not None or case.state in SHOWN_NO_MORE:
        return None
    return _public_case(paper, case, secret)


def _public_case(paper: Paper, case: Case, secret: Fernet) -> PublicCase:
    content = content_of(paper, secret)
    unit = f"{content.unit.name}, {content.unit.parent}"
    return PublicCase(
        violation_id=case.violation_id,
        vehicle_class=content.vehicle.vehicle_class,
        plate=marked_plate(content.vehicle.plate, content.vehicle.vehicle_class),
        plate_colour=content.vehicle.plate_colour,
        committed_at=content.act.committed_at,
        place=content.act.place,
        kind=content.act.kind,
        detecting_unit=unit,
        settling_unit=unit,
        unit_address=content.unit.address,
        unit_phone=content.unit.phone,
    )
