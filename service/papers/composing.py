"""From a case, its owner and the unit's settings to the content of a paper. Decides nothing, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from service.cases.fines import tariff_of
from service.errors import BadInput
from service.law.authority import titles_that_may_sign
from service.law.dated_rows import in_force
from service.law.deadlines import due_on
from service.law.instruments import words_for
from service.law.surcharges import LATE_PAYMENT, SURCHARGES_FILE, surcharges
from service.law.tariff import VIETNAM
from service.owners.matching import plate_colour_code
from service.owners.registry import Registration
from service.papers.content import (
    KIND_LETTERS,
    WITH_UNIT_CODE,
    Act,
    Addressee,
    Decision,
    Evidence,
    Notice,
    PaperContent,
    PaperKind,
    Picture,
    Receipt,
    Unit,
    VehicleOnPaper,
)
from service.settings import Settings
from service.tables import CameraRow, Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What a paper is made of."""

    case: Case
    camera: CameraRow
    owner: Registration | None
    """None only on a receipt, which names who paid."""
    settings: Settings
    pictures: Mapping[str, bytes]
    at: datetime


def compose_notice(material: Material, *, number: int, code: str) -> PaperContent:
    """A notice to the owner. Raises BadInput when the law data has no words for the day."""
    today = material.at.astimezone(VIETNAM).date()
    notice = Notice(
        basis=words_for("notice", today),
        form=words_for("notice_form", today),
        appear_within_days=material.settings.appear_within_days,
        answer_until=due_on("owner_answer", material.at),
        lookup_url=f"{material.settings.public_url.rstrip('/')}/tra-cuu",
        lookup_code=code,
    )
    return _content(material, kind="notice", number=number, notice=notice)


def compose_decision(
    material: Material, *, number: int, amount_vnd: int, circumstances: tuple[str, ...]
) -> PaperContent:
    """A draft of the decision. Raises BadInput when the law data does not know who may sign on the day."""
    today = material.at.astimezone(VIETNAM).date()
    rates = (row for row in surcharges() if row.name == LATE_PAYMENT)
    late = in_force(rates, today, file=SURCHARGES_FILE, what="surcharge for late payment")
    row = tariff_of(material.case)
    decision = Decision(
        amount_vnd=amount_vnd,
        circumstances=circumstances or None,
        sanctions_law=words_for("sanctions_law", today),
        authority_basis=words_for(f"decree_{row.decree}", today if row.valid_to is None else row.valid_to),
        signing_titles=titles_that_may_sign(row.max_vnd, material.at),
        pay_within_days=(due_on("payment", material.at) - today).days,
        late_percent_per_day=float(100 * late.per_day),
    )
    return _content(material, kind="decision", number=number, decision=decision)


def compose_receipt(material: Material, *, number: int, receipt: Receipt) -> PaperContent:
    """A receipt for a payment."""
    return _content(material, kind="receipt", number=number, receipt=receipt)


def _content(
    material: Material,
    *,
    kind: PaperKind,
    number: int,
    notice: Notice | None = None,
    decision: Decision | None = None,
    receipt: Receipt | None = None,
) -> PaperContent:
    settings = material.settings
    return PaperContent(
        kind=kind,
        number=number,
        letters=f"{KIND_LETTERS[kind]}-{settings.unit_code}"
        if kind in WITH_UNIT_CODE
        else KIND_LETTERS[kind],
        issued_at=material.at,
        unit=Unit(
            parent=settings.unit_parent,
            name=settings.unit_name,
            place=settings.unit_place,
            address=settings.unit_address,
            phone=settings.unit_phone,
            alternative_office=settings.alternative_office,
        ),
        addressee=_addressee(material.owner),
        vehicle=_vehicle(material),
        act=_act(material),
        evidence=_evidence(material),
        notice=notice,
        decision=decision,
        receipt=receipt,
    )


def _addressee(owner: Registration | None) -> Addressee:
    if owner is None:
        return Addressee(kind="person", name="", address="")
    return Addressee(kind=owner.owner_kind, name=owner.owner_name, address=owner.owner_address)


def _vehicle(material: Material) -> VehicleOnPaper:
    case, owner = material.case, material.owner
    seen_colour = str(case.packet["plate"]["colour"])
    return VehicleOnPaper(
        vehicle_class=case.vehicle_class,
        plate=case.plate or "",
        plate_colour=(plate_colour_code(owner.plate_colour) if owner else None) or seen_colour,
        make=owner.make if owner else "",
        colour=owner.colour if owner else "",
    )


def _act(material: Material) -> Act:
    case, row = material.case, tariff_of(material.case)
    if case.committed_at is None:
        raise BadInput("this footage has no clock: a paper must name the moment of the act")
    ward = material.camera.ward
    return Act(
        kind=case.kind,
        committed_at=case.committed_at,
        place=f"{material.camera.name}, {ward}" if ward else material.camera.name,
        lane=str(case.packet["lane_id"]),
        red_elapsed_s=case.packet["signal"]["red_elapsed_s"],
        article=row.article,
        decree=words_for(f"decree_{row.decree}", case.committed_at.astimezone(VIETNAM).date()),
        min_vnd=row.min_vnd,
        max_vnd=row.max_vnd,
        points=row.points,
    )


def _evidence(material: Material) -> Evidence:
    case = material.case
    day = material.at.astimezone(VIETNAM).date()
    return Evidence(
        violation_id=case.violation_id,
        manifest_sha256=case.manifest_sha256,
        footage=case.footage,
        clock=str(case.packet["clock"]["source"]),
        basis=words_for("evidence", day),
        pictures=tuple(
            Picture(name=name, sha256=sha256(data).hexdigest()) for name, data in material.pictures.items()
        ),
    )
