"""The public look-up: what it shows, what it never shows, and that it tells a guesser nothing."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.public.rate_limit import MOST_ADDRESSES, RateLimit, household
from service.tables import AuditEntry
from tests.service.conftest import BEGIN, Service
from tests.service.papers.cases import OWNER_NAME, case_with_owner

PLATE = "63-B1 684.72"
NOTHING = "Không tìm thấy kết quả"
CODE = re.compile(r"[2-9A-Z]{5}-[2-9A-Z]{5}")


@pytest.fixture
def case_id(service: Service, tmp_path: Path) -> int:
    return case_with_owner(service, tmp_path)


@pytest.fixture
def code(service: Service, case_id: int) -> str:
    """The code that is printed on the notice of a case."""
    client = service.client("reviewer")
    paper = client.post(f"/api/v1/cases/{case_id}/notice", json={}).json()
    pdf = client.get(f"/api/v1/papers/{paper['id']}/pdf").content
    found = CODE.search(PdfReader(BytesIO(pdf)).pages[0].extract_text())
    assert found is not None
    return found[0]


def ask(client: TestClient, **form: str) -> str:
    answer = client.post("/tra-cuu", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_who_holds_the_notice_sees_what_the_law_shows_and_no_more(service: Service, code: str) -> None:
    said = ask(service.client(), plate=PLATE, vehicle_class="motorbike", code=code)
    for words in (
        "xe máy", PLATE, "biển trắng", "24/11/2026 12:00:00", "Camera le-loi, Phường 1",
        "Không chấp hành hiệu lệnh của đèn tín hiệu giao thông", "Phòng Cảnh sát giao thông",
    ):  # fmt: skip
        assert words in said, words
    main = said[said.index("<main") :]
    for hidden in (OWNER_NAME, "<img", "/api/v1/", "evidence", "₫", "đồng/"):
        assert hidden not in main, hidden


def test_the_page_speaks_english_too(service: Service, code: str) -> None:
    client = service.client()
    client.cookies.set("ngatu_language", "en")
    said = ask(client, plate=PLATE, vehicle_class="motorbike", code=code)
    assert "One violation was found" in said
    assert "Colour of the plate" in said


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_a_code_may_be_typed_in_any_form(typed: Callable[[str], str], service: Service, code: str) -> None:
    said = ask(service.client(), plate="63b168472", vehicle_class="motorbike", code=typed(code))
    assert "Tìm thấy một vi phạm" in said


def test_a_wrong_code_and_an_unknown_plate_get_the_same_page_by_the_same_statements(
    service: Service, code: str
) -> None:
    statements: list[str] = []
    event.listen(
        service.record.engine, "before_cursor_execute", lambda *parts: statements.append(str(parts[2]))
    )
    pages, ways = set(), set()
    for plate, vehicle_class, tried in (
        (PLATE, "motorbike", "AAAAA-AAAAA"),
        ("99Z99999", "motorbike", "AAAAA-AAAAA"),
        (PLATE, "motorbike", ""),
        ("99Z99999", "motorbike", code),
        (PLATE, "car", code),
    ):
        statements.clear()
        said = ask(service.client(), plate=plate, vehicle_class=vehicle_class, code=tried)
        assert NOTHING in said
        pages.add(re.sub(r'value="[^"]*"( selected)?', "", said))
        ways.add(tuple(re.sub(r"sa_savepoint_\d+", "", line) for line in statements))
    assert len(pages) == 1
    assert len(ways) == 1


def test_a_cancelled_notice_or_case_opens_nothing(service: Service, case_id: int, code: str) -> None:
    supervisor = service.client("supervisor")
    right = {"plate": PLATE, "vehicle_class": "motorbike", "code": code}
    paper = supervisor.get(f"/api/v1/cases/{case_id}/papers").json()[0]
    supervisor.post(f"/api/v1/cases/{case_id}/moves", json={"move": "cancel", "why": "nhầm xe"})
    assert NOTHING in ask(service.client(), **right)
    supervisor.post(f"/api/v1/papers/{paper['id']}/cancel", json={"why": "nhầm xe, đã hủy"})
    assert NOTHING in ask(service.client(), **right)


def test_a_look_is_on_record_without_an_address(
    service: Service, code: str, session_here: Callable[[], Session]
) -> None:
    ask(service.client(), plate=PLATE, vehicle_class="motorbike", code=code)
    entry = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "public_lookup")).one()
    assert (entry.who, entry.before, entry.after) == ("public", {}, {})


def test_an_address_may_ask_ten_times_a_minute(service: Service) -> None:
    client = service.client()
    form = {"plate": PLATE, "vehicle_class": "car", "code": "x"}
    for _ in range(10):
        ask(client, **form)
    refused = client.post("/tra-cuu", data=form)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "quá nhiều lần" in refused.text
    service.clock.advance(seconds=61)
    assert NOTHING in ask(client, **form)


@pytest.mark.parametrize("part", ["plate", "vehicle_class", "code"])
def test_junk_is_refused_or_finds_nothing(part: str, service: Service) -> None:
    client = service.client()
    form = {"plate": PLATE, "vehicle_class": "car", "code": "AAAAA-AAAAA"}
    assert client.post("/tra-cuu", data={**form, part: "x" * 100_000}).status_code == 422
    for junk in ("<script>alert(1)</script>", "' OR 1=1 --", "Đ\u0000é", ""):
        said = ask(client, **{**form, part: junk})
        assert "<script>alert" not in said
        assert NOTHING in said


def test_the_qr_codes_address_brings_the_code_into_the_form(service: Service) -> None:
    answer = service.client().get("/tra-cuu?ma=ABCDE23456")
    assert 'value="ABCDE23456"' in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("testclient", "testclient", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, is_same: bool) -> None:
    assert (household(one) == household(other)) is is_same


def test_the_limit_forgets_the_quietest_address_and_stays_small() -> None:
    limit = RateLimit(1)
    assert limit.allows("first", BEGIN)
    assert not limit.allows("first", BEGIN)
    for number in range(MOST_ADDRESSES):
        limit.allows(f"address {number}", BEGIN)
    assert limit.allows("first", BEGIN)
