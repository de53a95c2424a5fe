"""The whole way through the JSON interface: packet, review, fine, payment, figures."""

from tests.service.conftest import Service


def test_a_packet_becomes_a_case_that_is_confirmed_fined_and_paid(service: Service) -> None:
    case_id = service.new_case()
    officer = service.client("reviewer")
    way = f"/api/v1/cases/{case_id}"
    assert officer.get(way).json()["state"] == "detected"
    assert officer.post(f"{way}/claim").json()["state"] == "in_review"
    assert officer.post(f"{way}/confirm").json()["state"] == "confirmed"
    fine = officer.post(f"{way}/fine", json={"without_notice": "the owner came"})
    assert (fine.status_code, fine.json()["amount_vnd"]) == (201, 19_000_000)
    paid = officer.post(f"{way}/payments", json={"amount_vnd": 19_000_000, "reference": "BANK-1"})
    assert paid.status_code == 201, paid.text
    after = officer.get(way).json()
    assert (after["state"], after["balance_vnd"]) == ("paid", 0)
    figures = officer.get("/api/v1/figures", params={"from_on": "2026-11-24", "to_on": "2026-11-24"}).json()
    assert (figures["detected"], figures["fined"], figures["fined_vnd"], figures["paid_vnd"]) == (
        1,
        1,
        19_000_000,
        19_000_000,
    )
