"""Papers over HTTP: contents, numbers without gaps, bytes that stay, cancelling, printing many, who may."""

import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.papers import printing
from service.papers.rendering import NotPrinted
from service.papers.tables import Paper, PaperFile
from service.tables import AuditEntry
from tests.service.conftest import Service
from tests.service.console.evidence import runners
from tests.service.papers.cases import (
    OWNER_ADDRESS,
    OWNER_NAME,
    case_with_owner,
    confirmed_case,
    with_owners,
)

WHY = {"why": "sai địa chỉ chủ xe"}


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def notice_of(service: Service, case_id: int, **body: object) -> dict[str, object]:
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/notice", json=body)
    assert answer.status_code == 201, answer.text
    paper: dict[str, object] = answer.json()
    return paper


def pdf_of(service: Service, paper: dict[str, object]) -> bytes:
    answer = service.client("reviewer").get(f"/api/v1/papers/{paper['id']}/pdf")
    assert answer.status_code == 200, answer.text
    return answer.content


def state_of(service: Service, case_id: int) -> str:
    return str(service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()["state"])


def test_a_notice_says_everything_that_the_law_wants_and_the_case_is_notified(
    service: Service, tmp_path: Path
) -> None:
    case_id = case_with_owner(service, tmp_path)
    pdf = pdf_of(service, notice_of(service, case_id))
    said = text_of(pdf)
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "THÔNG BÁO", "Số: 1/TB-PCSGT", "Mẫu số 01/73", OWNER_NAME, OWNER_ADDRESS,
        "63-B1 684.72", "biển trắng", "Xe máy", "12 giờ 00 phút 00 giây, ngày 24 tháng 11 năm 2026",
        "Camera le-loi, Phường 1", "Không chấp hành hiệu lệnh của đèn tín hiệu giao thông",
        "iểm c khoản 7 Điều 7", "168/2024/NĐ-CP", "238/2026/NĐ-CP", "13/2025/TT-BCA", "61/2026/NĐ-CP",
        "07 ngày", "ngày 14 tháng 12 năm 2026", "Nơi nhận", "/tra-cuu", "BẢN THỬ NGHIỆM", "PHỤ LỤC",
    ):  # fmt: skip
        assert words in said, words
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) == 2
    assert len(pages[1].images) == 4
    assert state_of(service, case_id) == "notified"


def test_a_draft_says_who_may_sign_and_the_amount_in_words(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path, which=1)
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/decision-draft", json={})
    assert answer.status_code == 201, answer.text
    pdf = pdf_of(service, answer.json())
    said = text_of(pdf)
    for words in (
        "QUYẾT ĐỊNH", "DỰ THẢO", "1/QĐ-XPHC", "19.000.000 đồng", "Mười chín triệu đồng", "Đội trưởng, Trạm trưởng",
        "Giám đốc Công an cấp tỉnh", "04 điểm", "10 ngày", "0,05 %", "88/2025/QH15",
    ):  # fmt: skip
        assert words in said, words
    assert "đang thi hành công vụ" not in said
    assert len(PdfReader(BytesIO(pdf)).pages) == 2
    assert state_of(service, case_id) == "confirmed"


def test_the_draft_follows_the_issued_fine_and_the_bracket(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path, which=1)
    client = service.client("reviewer")
    url = f"/api/v1/cases/{case_id}/decision-draft"
    assert client.post(url, json={"amount_vnd": 17_999_999}).status_code == 400
    client.post(
        f"/api/v1/cases/{case_id}/fine", json={"amount_vnd": 18_500_000, "without_notice": "the owner came"}
    )
    assert client.post(url, json={"amount_vnd": 19_000_000}).status_code == 400
    answer = client.post(url, json={})
    assert "Mười tám triệu năm trăm nghìn đồng" in text_of(pdf_of(service, answer.json()))


def test_the_draft_names_the_circumstances_of_the_fine_and_follows_its_correction(
    service: Service, tmp_path: Path
) -> None:
    case_id = case_with_owner(service, tmp_path, which=1)
    client, url = service.client("reviewer"), f"/api/v1/cases/{case_id}/decision-draft"
    fine = {"circumstances": ["sincere", "hardship"], "without_notice": "the owner came"}
    assert client.post(f"/api/v1/cases/{case_id}/fine", json=fine).json()["amount_vnd"] == 18_000_000
    said = text_of(pdf_of(service, client.post(url, json={}).json()))
    for words in ("18.000.000 đồng", "thành thật hối lỗi", "Hoàn cảnh đặc biệt khó khăn"):
        assert words in said, words
    supervisor = service.client("supervisor")
    (paper,) = supervisor.get(f"/api/v1/cases/{case_id}/papers").json()
    supervisor.post(f"/api/v1/papers/{paper['id']}/cancel", json=WHY)
    body = {"amount_vnd": 18_400_000, "why": "mức phạt đã được xem xét lại"}
    assert supervisor.post(f"/api/v1/cases/{case_id}/corrections", json=body).status_code == 201
    assert "18.400.000 đồng" in text_of(pdf_of(service, client.post(url, json={}).json()))


def test_no_decision_is_drafted_once_the_limitation_is_over(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path, which=1)
    service.clock.advance(days=366)
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/decision-draft", json={})
    assert (answer.status_code, "its limitation" in answer.json()["detail"]) == (409, True)
    assert service.client("reviewer").get(f"/api/v1/cases/{case_id}/papers").json() == []


def test_the_bytes_stay_the_same_and_their_digest_is_on_record(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    case_id = case_with_owner(service, tmp_path)
    paper = notice_of(service, case_id)
    assert pdf_of(service, paper) == pdf_of(service, paper)
    trail = session_here().scalars(select(AuditEntry).where(AuditEntry.action == "paper_printed")).all()
    assert [entry.after["sha256"] for entry in trail] == [paper["sha256"]]


def test_a_paper_needs_a_clear_owner_of_this_plate(service: Service, tmp_path: Path) -> None:
    with_owners(service, tmp_path)
    case_id = confirmed_case(service)
    client = service.client("reviewer")
    for path in ("notice", "decision-draft"):
        answer = client.post(f"/api/v1/cases/{case_id}/{path}", json={})
        assert (answer.status_code, "look up the owner" in answer.json()["detail"]) == (409, True)
    (tmp_path / "owners.csv").write_text("plate,owner_name,valid_from\n", encoding="utf-8")
    client.post(f"/api/v1/cases/{case_id}/owner", json={"reason": "gửi thông báo"})
    assert state_of(service, case_id) == "unresolved_owner"
    assert client.post(f"/api/v1/cases/{case_id}/notice", json={}).status_code == 409


def test_a_possibly_cloned_plate_needs_a_second_look_before_the_notice(
    service: Service, tmp_path: Path
) -> None:
    with_owners(service, tmp_path)
    case_id = confirmed_case(service)
    client = service.client("reviewer")
    body = {"reason": "gửi thông báo", "seen_colour": "đen"}
    assert client.post(f"/api/v1/cases/{case_id}/owner", json=body).json()["possible_cloned_plate"]
    assert client.post(f"/api/v1/cases/{case_id}/notice", json={}).status_code == 409
    assert notice_of(service, case_id, checked_mismatch=True)["number"] == 1


def test_evidence_that_is_no_picture_costs_no_number(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    case_id = case_with_owner(service, tmp_path)
    still = next((tmp_path / "evidence").rglob("scene_crossing.jpg"))
    still.write_bytes(b"no picture")
    answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/notice", json={})
    assert (answer.status_code, "scene_crossing.jpg" in answer.json()["detail"]) == (409, True)
    assert session_here().scalars(select(Paper)).all() == []
    assert state_of(service, case_id) == "confirmed"


def test_a_paper_that_could_not_be_printed_is_printed_later_under_its_number(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = case_with_owner(service, tmp_path)

    def fails(*_: object) -> bytes:
        raise NotPrinted("Pango cannot be loaded (x); run tools/install_system.sh")

    with monkeypatch.context() as broken:
        broken.setattr(printing, "render_pdf", fails)
        answer = service.client("reviewer").post(f"/api/v1/cases/{case_id}/notice", json={})
        assert answer.status_code == 503
    paper = service.client("reviewer").get(f"/api/v1/cases/{case_id}/papers").json()[0]
    assert (paper["number"], paper["sha256"]) == (1, None)
    assert "Số: 1/TB-PCSGT" in text_of(pdf_of(service, paper))


def test_numbers_run_by_kind_and_year_and_a_cancelled_paper_keeps_its_own(
    service: Service, tmp_path: Path
) -> None:
    first, second = (case_with_owner(service, tmp_path, number) for number in (1, 2))
    papers = [notice_of(service, first), notice_of(service, second)]
    assert [(paper["year"], paper["number"]) for paper in papers] == [(2026, 1), (2026, 2)]
    client = service.client("reviewer")
    assert client.post(f"/api/v1/cases/{first}/notice", json={}).status_code == 409
    supervisor = service.client("supervisor")
    gone = supervisor.post(f"/api/v1/papers/{papers[0]['id']}/cancel", json=WHY)
    assert gone.json()["cancel_reason"] == WHY["why"]
    assert supervisor.post(f"/api/v1/papers/{papers[0]['id']}/cancel", json=WHY).status_code == 409
    assert notice_of(service, first)["number"] == 3
    assert client.post(f"/api/v1/cases/{first}/decision-draft", json={}).json()["number"] == 1
    service.clock.advance(days=38)
    third = case_with_owner(service, tmp_path, 3)
    next_year = notice_of(service, third)
    assert (next_year["year"], next_year["number"]) == (2027, 1)
    register = client.get("/api/v1/papers?kind=notice&year=2026").json()["papers"]
    assert [paper["number"] for paper in register] == [3, 2, 1]


def test_many_papers_become_one_file_each_beginning_on_its_own_sheet(
    service: Service, tmp_path: Path
) -> None:
    papers = [notice_of(service, case_with_owner(service, tmp_path, number)) for number in (1, 2, 3)]
    wanted = {"paper_ids": [paper["id"] for paper in papers]}
    answer = service.client("reviewer").post("/api/v1/papers/batch", json=wanted)
    pages = PdfReader(BytesIO(answer.content)).pages
    starts = [place for place, page in enumerate(pages) if "THÔNG BÁO" in page.extract_text()]
    assert starts == [0, 2, 4]


def test_another_ward_and_other_roles_see_no_paper(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path)
    paper = notice_of(service, case_id)
    far = service.client("far-reviewer")
    assert far.get(f"/api/v1/papers/{paper['id']}/pdf").status_code == 404
    assert far.post("/api/v1/papers/batch", json={"paper_ids": [paper["id"]]}).status_code == 404
    assert far.post(f"/api/v1/cases/{case_id}/notice", json={}).status_code == 404
    assert far.post(f"/api/v1/cases/{case_id}/decision-draft", json={}).status_code == 404
    assert far.get(f"/api/v1/cases/{case_id}/papers").status_code == 404
    assert far.get("/api/v1/papers").json()["papers"] == []
    assert service.client("auditor").get(f"/api/v1/papers/{paper['id']}/pdf").status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE paper_file SET pdf = '1'",
        "DELETE FROM paper_file",
        "UPDATE paper SET number = 7",
        "UPDATE paper SET content_encrypted = 'x'",
        "DELETE FROM paper",
    ],
)
def test_the_database_itself_refuses_to_change_a_paper(
    change: str, service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    notice_of(service, case_with_owner(service, tmp_path))
    with pytest.raises(DBAPIError, match=r"append-only|keeps its number"):
        session_here().execute(text(change))


def test_owner_data_in_the_record_is_not_readable(
    service: Service, tmp_path: Path, session_here: Callable[[], Session]
) -> None:
    notice_of(service, case_with_owner(service, tmp_path))
    session = session_here()
    kept = session.scalars(select(Paper)).one().content_encrypted
    assert OWNER_NAME not in kept
    assert OWNER_NAME not in str([entry.after for entry in session.scalars(select(AuditEntry))])


def test_names_with_markup_are_printed_as_they_are(service: Service, tmp_path: Path) -> None:
    with_owners(service, tmp_path, name="<b>An</b> & <img src='file:///etc/passwd'>")
    case_id = confirmed_case(service)
    client = service.client("reviewer")
    client.post(f"/api/v1/cases/{case_id}/owner", json={"reason": "gửi thông báo"})
    said = text_of(pdf_of(service, notice_of(service, case_id)))
    assert "<b>An</b> & <img src=" in said


def test_officers_who_issue_at_once_get_numbers_in_a_row(committed: Service, tmp_path: Path) -> None:
    cases = [case_with_owner(committed, tmp_path, number) for number in range(1, 7)]
    answers: list[int] = []

    def issue(case_id: int) -> None:
        answer = committed.client("reviewer").post(f"/api/v1/cases/{case_id}/notice", json={})
        answers.append(answer.json()["number"])

    threads = [threading.Thread(target=issue, args=(case_id,)) for case_id in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [1, 2, 3, 4, 5, 6]
    with Session(committed.record.engine) as session:
        assert len(session.scalars(select(PaperFile)).all()) == 6


def test_the_runners_of_the_clip_are_a_motorbike_and_a_car() -> None:
    assert [runner.vehicle_class for runner in runners()[:2]] == ["motorbike", "car"]
