"""/tra-cuu: a citizen who holds a notice sees its case. No sign-in, no owner, no picture, few questions a minute.

The plate is sent in the form's body, so that no log of addresses holds it.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from service.audit import write_audit
from service.console.rendering import render
from service.database import reading, transaction
from service.door import Now, Record, RecordHere
from service.law.tariff import TARIFF_CLASSES
from service.public.queries import PublicCase, find_public_case
from service.public.rate_limit import RateLimit

router = APIRouter(include_in_schema=False)
PATH = "/tra-cuu"
CLASSES = tuple(TARIFF_CLASSES)
Short = Annotated[str, Form(max_length=40)]


@router.get(PATH)
def get_lookup(request: Request, ma: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """The form; the notice's QR code brings its code along."""
    return _page(request, code=ma)


@router.post(PATH)
def post_lookup(
    request: Request,
    record: RecordHere,
    now: Now,
    plate: Short = "",
    vehicle_class: Short = "",
    code: Short = "",
) -> Response:
    """The case, or one and the same answer for everything that does not fit."""
    limit: RateLimit = request.app.state.lookup_limit
    address = request.client.host if request.client else ""
    if not limit.allows(address, now):
        page = _page(request, outcome="too_often", status=429, code=code)
        page.headers["Retry-After"] = "60"
        return page
    with reading(record.engine) as session:
        found = find_public_case(
            session, plate=plate, vehicle_class=vehicle_class, code=code, secret=record.secret
        )
    if found is None:
        return _page(request, outcome="nothing", plate=plate, vehicle_class=vehicle_class, code=code)
    with transaction(record.engine) as session:
        write_audit(session, at=now, who="public", action="public_lookup", subject=found.violation_id)
    return _page(request, outcome="found", found=found)


def open_limit(record: Record) -> RateLimit:
    """The limit that the settings name."""
    return RateLimit(record.settings.lookups_per_minute)


def _page(
    request: Request,
    *,
    outcome: str = "",
    found: PublicCase | None = None,
    status: int = 200,
    plate: str = "",
    vehicle_class: str = "",
    code: str = "",
) -> HTMLResponse:
    page = render(
        request,
        "public/lookup.html",
        caller=None,
        status=status,
        outcome=outcome,
        found=found,
        classes=CLASSES,
        plate=plate,
        vehicle_class=vehicle_class,
        code=code,
    )
    page.headers["X-Robots-Tag"] = "noindex"
    return page
