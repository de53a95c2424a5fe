"""Many at once, on real connections: one decision, one case, one payment, an unbroken audit trail."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic

import pytest
from sqlalchemy import func, select

from service.audit import first_broken_entry, write_audit
from service.database import transaction
from service.tables import AuditEntry, Case, LedgerEntry
from tests.service.conftest import Service
from tests.service.packets import packet_of, sealed, zip_of

AT_ONCE = 6
FINE: dict[str, object] = {"without_notice": "the owner came to the station"}


def all_at_once(calls: list[Callable[[], int]]) -> Counter[int]:
    """The statuses of calls that begin at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], int]) -> int:
        barrier.wait(timeout=60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def poster(
    service: Service, role: str, path: str, body: dict[str, object] | None = None
) -> Callable[[], int]:
    return lambda: service.client(role).post(path, json=body).status_code


def test_one_of_many_officers_gets_the_case_and_one_decision_counts(committed: Service) -> None:
    case_id = committed.new_case()
    way = f"/api/v1/cases/{case_id}"
    roles = ["reviewer", "other-reviewer", "supervisor"]
    claims = all_at_once([poster(committed, role, f"{way}/claim") for role in roles])
    assert claims == Counter({200: 1, 409: 2})
    with transaction(committed.record.engine) as session:
        holder = session.get_one(Case, case_id).assigned_to
    role = next(role for role in roles if committed.caller(role).person_id == holder)
    decisions = [
        poster(committed, role, f"{way}/confirm") if number % 2 else
        poster(committed, role, f"{way}/reject", {"reason": "test"})
        for number in range(AT_ONCE)
    ]  # fmt: skip
    assert all_at_once(decisions) == Counter({200: 1, 409: AT_ONCE - 1})
    with transaction(committed.record.engine) as session:
        made = session.scalar(
            select(func.count(AuditEntry.id)).where(AuditEntry.action.in_(["confirm", "reject"]))
        )
        assert made == 1
        assert first_broken_entry(session) is None


def test_a_packet_sent_many_times_at_once_is_one_case(committed: Service) -> None:
    data = zip_of(sealed(packet_of()))
    answers = all_at_once([lambda: committed.send(data).status_code for _ in range(AT_ONCE)])
    assert answers == Counter({201: 1, 200: AT_ONCE - 1})


def test_many_packets_at_once_are_all_taken_in_and_audited_in_one_chain(committed: Service) -> None:
    packets = [zip_of(sealed(packet_of(number))) for number in range(1, AT_ONCE + 1)]
    answers = all_at_once([lambda data=data: committed.send(data).status_code for data in packets])  # type: ignore[misc]
    assert answers == Counter({201: AT_ONCE})
    with transaction(committed.record.engine) as session:
        assert session.scalar(select(func.count(Case.id))) == AT_ONCE
        assert first_broken_entry(session) is None


def test_a_payment_entered_by_many_at_once_counts_once(committed: Service) -> None:
    way = f"/api/v1/cases/{committed.new_case()}"
    for what in ("claim", "confirm"):
        poster(committed, "reviewer", f"{way}/{what}")()
    fines = all_at_once([poster(committed, "reviewer", f"{way}/fine", FINE) for _ in range(AT_ONCE)])
    assert fines == Counter({201: 1, 409: AT_ONCE - 1})
    body: dict[str, object] = {"amount_vnd": 1_000_000, "reference": "BANK-1"}
    payments = all_at_once([poster(committed, "reviewer", f"{way}/payments", body) for _ in range(AT_ONCE)])
    assert payments == Counter({201: 1, 409: AT_ONCE - 1})
    with transaction(committed.record.engine) as session:
        kinds = session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.id)).all()
        assert kinds == ["fine", "payment"]


@pytest.mark.parametrize(
    "path",
    ["/api/v1/cases", "/api/v1/figures?from_on=2026-01-01&to_on=2026-12-31", "/api/v1/deadlines", "/api/v1/payments",
     "/queue", "/figures"],
)  # fmt: skip
def test_who_only_reads_waits_for_no_writer(path: str, committed: Service) -> None:
    committed.new_case()
    with transaction(committed.record.engine) as writing:
        write_audit(writing, at=committed.clock.now, who="writer", action="writes", subject="writer")
        begun = monotonic()
        assert committed.client("supervisor").get(path).status_code == 200
        assert monotonic() - begun < 8, "SQLite would have waited ten seconds for the writer"
