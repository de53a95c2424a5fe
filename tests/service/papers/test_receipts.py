"""Receipts: one for each payment, numbered without gaps, saying what the ledger says, printed also without evidence."""

import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.papers.tables import ReceiptEntry
from tests.service.conftest import Service
from tests.service.papers.cases import OWNER_NAME, case_with_owner
from tests.service.papers.test_papers import pdf_of, text_of
from tests.service.test_review import act

Open = Callable[[], Session]


def fined_case(service: Service, number: int = 1) -> int:
    """A case with a fine of 19 million and no owner looked up."""
    case_id = service.new_case(number)
    for what in ("claim", "confirm", "fine"):
        assert (
            act(service, case_id, what, **({"amount_vnd": None} if what == "fine" else {})).status_code < 300
        )
    return case_id


def paid(service: Service, case_id: int, amount_vnd: int, reference: str) -> int:
    """The ledger entry of a payment."""
    answer = act(service, case_id, "payments", amount_vnd=amount_vnd, reference=reference)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def asked(service: Service, case_id: int, role: str = "reviewer", **body: Any) -> Response:
    return service.client(role).post(f"/api/v1/cases/{case_id}/receipts", json=body)


def test_a_receipt_says_what_was_paid_for_what_and_what_is_left(service: Service, tmp_path: Path) -> None:
    case_id = case_with_owner(service, tmp_path, which=1)
    draft = service.client("reviewer").post(f"/api/v1/cases/{case_id}/decision-draft", json={})
    assert draft.status_code == 201
    act(service, case_id, "fine", amount_vnd=None)
    answer = asked(service, case_id, entry_id=paid(service, case_id, 4_000_000, "KB-77"))
    assert answer.status_code == 201, answer.text
    pdf = pdf_of(service, answer.json())
    said = text_of(pdf)
    for words in (
        "BIÊN NHẬN NỘP TIỀN PHẠT", "Số: 1/BN-PCSGT", OWNER_NAME, "4.000.000 đồng", "Bốn triệu đồng", "KB-77",
        "ngày 24 tháng 11 năm 2026", "19.000.000 đồng", "Còn phải nộp 15.000.000 đồng", "Số 1/2026",
        "không thay thế biên lai",
    ):  # fmt: skip
        assert words in said, words
    assert "PHỤ LỤC" not in said
    assert len(PdfReader(BytesIO(pdf)).pages) == 1


def test_a_later_receipt_counts_what_came_before_it(service: Service) -> None:
    case_id = fined_case(service)
    first, second = paid(service, case_id, 9_000_000, "KB-1"), paid(service, case_id, 10_000_000, "KB-2")
    said = [
        text_of(pdf_of(service, asked(service, case_id, entry_id=each).json())) for each in (second, first)
    ]
    assert "Còn phải nộp 0 đồng" in said[0]
    assert "Còn phải nộp 10.000.000 đồng" in said[1]
    assert "Số: 2/BN-PCSGT" in said[1]


def test_who_came_without_a_look_up_is_named_by_the_officer(service: Service) -> None:
    case_id = fined_case(service)
    answer = asked(
        service, case_id, entry_id=paid(service, case_id, 19_000_000, "KB-1"), payer="Lê <b>An</b>"
    )
    assert "Lê <b>An</b>" in text_of(pdf_of(service, answer.json()))


def test_the_payer_of_a_statement_is_named(service: Service) -> None:
    case_id = fined_case(service)
    rows = f"transaction_id,paid_on,amount_vnd,reference,payer\nKB-9,2026-11-24,19000000,NT{case_id},Trần Văn Bình\n"
    sent = service.client("supervisor").post("/api/v1/payments/import", content=rows.encode())
    assert sent.json()["booked_vnd"] == 19_000_000, sent.text
    ledger = service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()["ledger"]
    (entry_id,) = [line["id"] for line in ledger if line["kind"] == "payment"]
    answer = asked(service, case_id, entry_id=entry_id)
    assert "Trần Văn Bình" in text_of(pdf_of(service, answer.json()))


def test_a_payment_has_one_receipt_and_a_cancelled_one_keeps_its_number(service: Service) -> None:
    case_id = fined_case(service)
    entry_id = paid(service, case_id, 19_000_000, "KB-1")
    first = asked(service, case_id, entry_id=entry_id).json()
    again = asked(service, case_id, entry_id=entry_id)
    assert (again.status_code, "receipt 1 of 2026" in again.json()["detail"]) == (409, True)
    cancelled = service.client("supervisor").post(
        f"/api/v1/papers/{first['id']}/cancel", json={"why": "sai tên người nộp"}
    )
    assert cancelled.status_code == 200
    assert asked(service, case_id, entry_id=entry_id).json()["number"] == 2


def test_only_payments_of_the_case_have_receipts(service: Service) -> None:
    case_id, other = fined_case(service, 1), fined_case(service, 2)
    elsewhere = paid(service, other, 1_000_000, "KB-1")
    fine = service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()["ledger"][0]["id"]
    for entry_id in (elsewhere, fine, 10**6):
        assert asked(service, case_id, entry_id=entry_id).status_code == 404
    assert service.client("reviewer").get("/api/v1/papers?kind=receipt").json()["papers"] == []


def test_receipts_asked_for_at_once_are_numbered_in_a_row(committed: Service) -> None:
    cases = [fined_case(committed, number) for number in range(1, 5)]
    entries = {case_id: paid(committed, case_id, 1_000_000, "KB-1") for case_id in cases}
    statuses: list[int] = []
    asking = [
        threading.Thread(
            target=lambda c=case_id: statuses.append(asked(committed, c, entry_id=entries[c]).status_code)
        )
        for case_id in [*cases, cases[0]]
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert sorted(statuses) == [201, 201, 201, 201, 409]
    register = committed.client("auditor").get("/api/v1/papers?kind=receipt").json()["papers"]
    assert sorted(paper["number"] for paper in register) == [1, 2, 3, 4]


def test_a_receipt_is_printed_in_a_batch_and_without_any_evidence(service: Service) -> None:
    case_id = fined_case(service)
    service.record.evidence.erase("le-loi", f"{1:032x}")
    papers = [
        asked(service, case_id, entry_id=paid(service, case_id, 1_000_000, f"KB-{number}")).json()["id"]
        for number in (1, 2)
    ]
    batch = service.client("reviewer").post("/api/v1/papers/batch", json={"paper_ids": papers})
    assert batch.status_code == 200
    assert text_of(batch.content).count("BIÊN NHẬN NỘP TIỀN PHẠT") == 2


def test_the_page_of_papers_offers_a_receipt_for_each_payment_that_has_none(service: Service) -> None:
    case_id = fined_case(service)
    first, second = (paid(service, case_id, 1_000_000, f"KB-{number}") for number in (1, 2))
    asked(service, case_id, entry_id=first)
    page = service.client("reviewer").get(f"/cases/{case_id}/papers").text
    assert "Biên nhận nộp tiền 1/2026" in page
    assert f'name="entry_id" value="{second}"' in page
    assert f'name="entry_id" value="{first}"' not in page


@pytest.mark.parametrize("change", ["UPDATE receipt SET ledger_entry_id = 1", "DELETE FROM receipt"])
def test_the_database_itself_refuses_to_tie_a_receipt_to_another_payment(
    change: str, service: Service, session_here: Open
) -> None:
    case_id = fined_case(service)
    asked(service, case_id, entry_id=paid(service, case_id, 1_000_000, "KB-1"))
    session = session_here()
    assert len(session.scalars(select(ReceiptEntry)).all()) == 1
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(change))
