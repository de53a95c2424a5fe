"""Statements into the ledger: what fits is booked, everything else is kept and shown, nothing counts twice."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit import first_broken_entry
from service.papers.tables import Paper
from service.payments.matching import case_code
from service.tables import LedgerEntry, PaymentLine
from tests.service.conftest import BEGIN, Service
from tests.service.packets import plate_of
from tests.service.test_concurrency import all_at_once
from tests.service.test_money import CAR_FINE, act, case_of, confirmed

Open = Callable[[], Session]
HEADER = "transaction_id,paid_on,amount_vnd,reference,plate,payer,description\n"
TODAY = "2026-11-24"


def fined(service: Service, number: int = 1, plate: str = "63A12345") -> int:
    case_id = confirmed(service, number=number, plate=plate_of(plate))
    assert act(service, case_id, "fine").status_code == 201
    assert act(service, case_id, "decision-receipt", received_on=TODAY).status_code == 200
    return case_id


def row(transaction: str, amount: object = CAR_FINE, **cells: str) -> str:
    found = {"paid_on": TODAY, "reference": "", "plate": "", "description": "", **cells}
    return f"{transaction},{found['paid_on']},{amount},{found['reference']},{found['plate']},,{found['description']}\n"


def send(service: Service, *rows: str, role: str = "supervisor") -> Response:
    data = (HEADER + "".join(rows)).encode()
    return service.client(role).post("/api/v1/payments/import?name=bank.csv", content=data)


def outcomes(answer: Response) -> dict[str, int]:
    assert answer.status_code == 201, answer.text
    return {each["name"]: each["count"] for each in answer.json()["outcomes"]}


def lines(service: Service, **query: str) -> list[dict[str, Any]]:
    answer = service.client("auditor").get("/api/v1/payments", params=query)
    found: list[dict[str, Any]] = answer.json()["lines"]
    return found


@pytest.mark.parametrize("where", ["reference", "description"])
def test_a_payment_that_names_its_case_closes_it(where: str, service: Service) -> None:
    case_id = fined(service)
    answer = send(service, row("T1", **{where: f"nop phat {case_code(case_id)} lan 1"}))
    assert outcomes(answer) == {"paid": 1}
    assert (answer.json()["booked_vnd"], answer.json()["waiting"]) == (CAR_FINE, 0)
    case = case_of(service, case_id)
    assert (case["state"], case["balance_vnd"]) == ("paid", 0)
    assert lines(service)[0]["case_id"] == case_id


def test_a_payment_is_found_by_the_violation_id_too(service: Service) -> None:
    case_id = fined(service, number=77)
    assert outcomes(send(service, row("T1", reference=f"{77:032x}".upper()))) == {"paid": 1}
    assert case_of(service, case_id)["state"] == "paid"


def number_paper(
    session: Session, case_id: int, *, kind: str, year: int, number: int, cancelled: bool = False
) -> None:
    session.add(
        Paper(
            kind=kind, year=year, number=number, case_id=case_id, issued_at=BEGIN, plate="x", vehicle_class="car",
            content_encrypted="x", cancelled_at=BEGIN if cancelled else None,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reference", "plate", "expected"),
    [
        ("QD 12/QD-XPHC", "", "ambiguous"),
        ("12/2026/QĐ-XPHC", "", "paid"),
        ("so 0012/QD-XPHC", "63A12345", "paid"),
        ("nop phat 7/TB-PCSGT", "", "paid"),
        ("13/QD-XPHC", "", "unmatched"),
        ("14/QD-XPHC", "", "unmatched"),
        ("12/2024/QD-XPHC", "", "unmatched"),
    ],
)
def test_the_number_of_a_paper_finds_its_case(
    reference: str, plate: str, expected: str, service: Service, session_here: Open
) -> None:
    case_id, other_id = fined(service), fined(service, number=2, plate="63A22222")
    with session_here() as session, session.begin():
        number_paper(session, case_id, kind="decision", year=2026, number=12)
        number_paper(session, other_id, kind="decision", year=2025, number=12)
        number_paper(session, case_id, kind="notice", year=2026, number=7)
        number_paper(session, case_id, kind="decision", year=2026, number=14, cancelled=True)
    assert outcomes(send(service, row("T1", reference=reference, plate=plate))) == {expected: 1}
    assert (case_of(service, case_id)["state"] == "paid") is (expected == "paid")


@pytest.mark.parametrize("cells", [{"plate": "63a-123.45"}, {"description": "NOP PHAT XE 63A-123.45"}])
def test_a_plate_with_the_exact_amount_finds_its_case(cells: dict[str, str], service: Service) -> None:
    case_id = fined(service)
    fined(service, number=2, plate="63A99999")
    assert outcomes(send(service, row("T1", **cells))) == {"paid": 1}
    assert case_of(service, case_id)["state"] == "paid"


def test_what_does_not_fit_is_kept_and_shown_and_moves_no_money(service: Service) -> None:
    case_id = fined(service)
    fined(service, number=2, plate="63A22222")
    fined(service, number=3, plate="63A22222")
    open_id = confirmed(service, number=4)
    answer = send(
        service,
        row("T1", description="chuyen tien"),
        row("T2", plate="63A12345", amount=CAR_FINE - 1),
        row("T3", plate="63A22222"),
        row("T4", reference=case_code(open_id)),
        row("T5", reference=case_code(case_id), plate="51F99999"),
        row("T6", reference=f"{case_code(case_id)} {case_code(open_id)}"),
        row("T7", amount="19.00"),
        row("T8", reference=case_code(case_id), paid_on="2026-11-25"),
        row("T9", reference="NT99999999"),
    )
    assert outcomes(answer) == {
        "unmatched": 3, "ambiguous": 2, "no_fine": 1, "plate_differs": 1, "unreadable": 2,
    }  # fmt: skip
    assert (answer.json()["booked_vnd"], answer.json()["waiting"]) == (0, 9)
    assert case_of(service, case_id)["balance_vnd"] == CAR_FINE
    shown = lines(service)
    assert [line["transaction_id"] for line in shown] == [f"T{number}" for number in range(9, 0, -1)]
    assert all(line["reason"] for line in shown)
    assert [line["transaction_id"] for line in lines(service, outcome="no_fine")] == ["T4"]


def test_part_over_and_double_payments_are_booked_and_what_is_too_much_is_owed_back(service: Service) -> None:
    case_id = fined(service)
    code = case_code(case_id)
    assert outcomes(send(service, row("T1", 9_000_000, reference=code))) == {"part": 1}
    assert case_of(service, case_id)["state"] == "decision"
    assert outcomes(send(service, row("T2", 11_000_000, reference=code))) == {"over": 1}
    assert outcomes(send(service, row("T3", reference=code))) == {"double": 1}
    case = case_of(service, case_id)
    assert (case["state"], case["balance_vnd"]) == ("paid", -1_000_000 - CAR_FINE)
    refund = act(service, case_id, "refunds", "supervisor", amount_vnd=1_000_000 + CAR_FINE, reference="R1")
    assert refund.status_code == 201
    assert case_of(service, case_id)["balance_vnd"] == 0


def test_the_same_file_twice_changes_nothing(service: Service, session_here: Open) -> None:
    case_id = fined(service)
    rows = (row("T1", 5_000_000, reference=case_code(case_id)), row("T2", description="?"))
    first = send(service, *rows)
    before = [case_of(service, case_id)["balance_vnd"], lines(service)]
    second = send(service, *rows)
    assert (first.json()["is_new"], second.json()["is_new"]) == (True, False)
    assert {**second.json(), "is_new": True} == first.json()
    assert [case_of(service, case_id)["balance_vnd"], lines(service)] == before
    assert session_here().scalar(select(func.count(PaymentLine.id))) == 2


def test_a_transaction_counts_once_over_all_files_and_by_hand(service: Service) -> None:
    case_id = fined(service)
    code = case_code(case_id)
    send(service, row("T1", 5, reference=code))
    again = send(
        service, row("T1", 5, reference=code), row("T1", 6, reference=code), row("T2", 7, reference=code),
        row("T2", 7, reference=code),
    )  # fmt: skip
    assert outcomes(again) == {"known": 2, "contradicts": 1, "part": 1}
    act(service, case_id, "payments", amount_vnd=8, reference="T3")
    assert outcomes(send(service, row("T3", 8, reference=code))) == {"known": 1}
    assert case_of(service, case_id)["balance_vnd"] == CAR_FINE - 5 - 7 - 8


def test_a_late_payment_pays_its_surcharge_and_one_known_late_gets_it_back(service: Service) -> None:
    case_id = fined(service)
    service.clock.advance(days=14)  # 8 December; the last day was the 4th
    run = service.client("supervisor").post("/api/v1/payments/late-run").json()
    assert (run["surcharged"], run["surcharge_vnd"], run["fell_due"]) == (1, 3 * 9_500, 1)
    again = service.client("supervisor").post("/api/v1/payments/late-run").json()
    assert (again["surcharged"], again["surcharge_vnd"], again["fell_due"]) == (0, 0, 0)
    # Paid on the last day, known four days later: no surcharge is left.
    assert outcomes(send(service, row("T1", plate="63A12345", paid_on="2026-12-04"))) == {"paid": 1}
    case = case_of(service, case_id)
    assert (case["state"], case["balance_vnd"]) == ("paid", 0)
    assert [entry["amount_vnd"] for entry in case["ledger"]] == [CAR_FINE, 28_500, -CAR_FINE, -28_500]


def test_a_waiting_line_is_assigned_by_a_supervisor_with_a_reason(service: Service) -> None:
    case_id = fined(service)
    send(service, row("T1", description="?"))
    line_id = lines(service)[0]["id"]
    way = f"/api/v1/payments/{line_id}/assign"
    supervisor = service.client("supervisor")
    assert supervisor.post(way, json={"case_id": case_id, "why": " "}).status_code == 400
    assert supervisor.post(way, json={"case_id": 10**6, "why": "x"}).status_code == 404
    done = supervisor.post(way, json={"case_id": case_id, "why": "the payer called with the slip"})
    assert (done.status_code, done.json()["outcome"], done.json()["case_id"]) == (200, "paid", case_id)
    assert case_of(service, case_id)["state"] == "paid"
    assert supervisor.post(way, json={"case_id": case_id, "why": "again"}).status_code == 409
    assert supervisor.post("/api/v1/payments/0/assign", json={"case_id": 1, "why": "x"}).status_code == 422


def test_a_line_is_not_assigned_to_a_case_without_a_fine(service: Service) -> None:
    send(service, row("T1", description="?"))
    body = {"case_id": confirmed(service, number=5), "why": "x"}
    answer = service.client("supervisor").post(
        f"/api/v1/payments/{lines(service)[0]['id']}/assign", json=body
    )
    assert answer.status_code == 409


def test_the_export_holds_every_line_and_no_formula(service: Service) -> None:
    case_id = fined(service)
    send(service, row("=T1", reference=case_code(case_id)), row("T2", description="=HYPERLINK(1)"))
    answer = service.client("auditor").get("/api/v1/payments/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith("\ufeffid,row_number,transaction_id")
    assert ("'=T1," in text, "'=HYPERLINK(1)" in text, text.count("\r\n")) == (True, True, 3)
    only = service.client("auditor").get("/api/v1/payments/export?outcome=unmatched").text
    assert only.count("\r\n") == 2


def test_only_a_supervisor_of_the_whole_city_imports_and_a_ward_sees_its_own_lines(service: Service) -> None:
    case_id = fined(service)
    send(service, row("T1", reference=case_code(case_id)), row("T2"))
    assert send(service, row("T3"), role="reviewer").status_code == 403
    shown = {
        name: [
            line["transaction_id"] for line in service.client(name).get("/api/v1/payments").json()["lines"]
        ]
        for name in ("reviewer", "other-reviewer", "far-reviewer")
    }
    assert shown == {"reviewer": ["T2", "T1"], "other-reviewer": ["T1"], "far-reviewer": []}


def test_junk_is_refused_whole_and_leaves_nothing(service: Service, session_here: Open) -> None:
    for data in (b"", b"\xff" * 100, b"a,b\n1,2\n", b"\0"):
        answer = service.client("supervisor").post("/api/v1/payments/import", content=data)
        assert answer.status_code == 400, answer.text
    too_much = b"x" * (16 * 1024 * 1024 + 1)
    assert service.client("supervisor").post("/api/v1/payments/import", content=too_much).status_code == 413
    assert session_here().scalar(select(func.count(PaymentLine.id))) == 0


def test_a_file_sent_by_many_at_once_is_booked_once(committed: Service) -> None:
    case_id = fined(committed)
    rows = row("T1", 5, reference=case_code(case_id))
    answers = all_at_once([lambda: send(committed, rows).status_code for _ in range(4)])
    overlapping = [row("T2", 7, reference=case_code(case_id)) + row(f"X{n}", 1) for n in range(3)]
    answers += all_at_once([lambda data=data: send(committed, data).status_code for data in overlapping])  # type: ignore[misc]
    assert dict(answers) == {201: 7}
    assert case_of(committed, case_id)["balance_vnd"] == CAR_FINE - 12
    with Session(committed.record.engine) as session:
        assert session.scalar(select(func.count(LedgerEntry.id)).where(LedgerEntry.kind == "payment")) == 2
        assert first_broken_entry(session) is None
