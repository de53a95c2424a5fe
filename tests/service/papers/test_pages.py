"""The page of a case's owner and papers, and the way there."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.tables import AuditEntry
from tests.service.conftest import Service
from tests.service.papers.cases import OWNER_NAME, case_with_owner, confirmed_case, with_owners


def page_of(service: Service, case_id: int, role: str = "reviewer") -> str:
    answer = service.client(role).get(f"/cases/{case_id}/papers")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_leads_from_look_up_to_notice_to_draft(service: Service, tmp_path: Path) -> None:
    with_owners(service, tmp_path)
    case_id = confirmed_case(service)
    assert f'href="/cases/{case_id}/papers"' in service.client("reviewer").get(f"/cases/{case_id}").text
    said = page_of(service, case_id)
    assert "Chưa tra cứu chủ xe" in said
    assert "Ra thông báo" not in said
    client = service.client("reviewer")
    client.post(f"/api/v1/cases/{case_id}/owner", json={"reason": "gửi thông báo", "seen_colour": "đen"})
    said = page_of(service, case_id)
    for words in (OWNER_NAME, "Có thể là biển số giả", "Màu xe khác", "Ra thông báo", "checked_mismatch"):
        assert words in said, words
    client.post(f"/api/v1/cases/{case_id}/notice", json={"checked_mismatch": True})
    said = page_of(service, case_id)
    assert "Thông báo 1/2026" in said
    assert "Ra thông báo" not in said
    assert "Soạn dự thảo quyết định" in said
    assert "Hủy giấy tờ" not in said
    assert "Hủy giấy tờ" in page_of(service, case_id, "supervisor")


def test_who_sees_the_owner_on_the_page_is_on_record(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    case_id = case_with_owner(service, tmp_path)
    page_of(service, case_id, "supervisor")
    seen = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "saw_owner")).one()
    assert seen.who == "supervisor"


def test_only_officers_of_the_ward_see_the_page(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path)
    for role, status in (("auditor", 403), ("integrator", 403), ("admin", 403), ("far-reviewer", 404)):
        answer = service.client(role).get(f"/cases/{case_id}/papers")
        assert answer.status_code == status, role
        assert OWNER_NAME not in answer.text
    assert service.client().get(f"/cases/{case_id}/papers", follow_redirects=False).status_code == 303
