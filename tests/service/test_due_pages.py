"""The list of deadlines, followed from page to page: every late and near step once, in one order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from service.database import transaction
from service.law.tariff import VIETNAM
from service.tables import Case
from tests.service.conftest import Service

STATES = ("detected", "confirmed", "notified", "decision", "decision", "overdue", "appealed", "paid")
SATURDAY = datetime(2026, 11, 14, 23, 0, tzinfo=VIETNAM)
BEFORE_THE_LAW_DATA = datetime(2019, 5, 1, tzinfo=VIETNAM)


def many_cases(service: Service) -> None:
    """Cases in all states, some of which wait since the same moment, over a weekend; one older than the law data."""
    first = service.new_case()
    with transaction(service.record.engine) as session:
        known = session.get_one(Case, first)
        columns = {each.key for each in Case.__table__.columns} - {"id", "version"}
        same = {name: getattr(known, name) for name in columns}
        for number in range(2, 40):
            at = SATURDAY + timedelta(days=number % 5) if number < 38 else BEFORE_THE_LAW_DATA
            session.add(Case(**{**same, **told(number, at)}))


def told(number: int, at: datetime) -> dict[str, Any]:
    received = number % len(STATES) == 4
    return {
        "violation_id": f"{number:032x}",
        "state": STATES[number % len(STATES)],
        "state_since": at,
        "detected_at": at,
        "committed_at": at - timedelta(days=360) if number % 3 else at,
        "decision_received_on": date(2026, 11, 16) if received else None,
    }


def page(service: Service, **query: Any) -> dict[str, Any]:
    answer = service.client("auditor").get("/api/v1/deadlines", params={"within_days": 365, **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("limit", [1, 4, 7])
def test_pages_show_every_step_once_in_the_order_of_the_whole_list(limit: int, service: Service) -> None:
    many_cases(service)
    whole = page(service, limit=200)
    assert whole["next_after"] is None
    assert len(whole["due"]) == whole["late"] + whole["near"] > 40
    assert [line["due_on"] for line in whole["due"]] == sorted(line["due_on"] for line in whole["due"])
    followed, after = [], None
    while True:
        query = {"after": after} if after else {}
        found = page(service, limit=limit, **query)
        followed += found["due"]
        after = found["next_after"]
        assert len(found["due"]) == limit or after is None
        if after is None:
            break
    assert followed == whole["due"]


def test_the_figures_page_counts_them_and_lists_none(service: Service) -> None:
    many_cases(service)
    assert service.client("auditor").get("/figures").status_code == 200


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "~~~",
        "2026-12-04~notice~2026-11-24",
        "2026-12-04~dance~2026-11-24T05:00:00~1",
        "2026-12-04~notice~2026-11-24T05:00:00~0",
        "0001-01-01~notice~2026-11-24T05:00:00~1",
        "2026-12-04~notice~0001-01-01T00:00:00~1",
    ],
)
def test_what_is_no_cursor_is_refused(after: str, service: Service) -> None:
    answer = service.client("auditor").get("/api/v1/deadlines", params={"after": after})
    assert (answer.status_code, "next_after" in answer.json()["detail"]) == (400, True)
