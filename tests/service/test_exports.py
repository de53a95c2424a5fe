"""Exports: every case of the filter and the ward, no formula, in constant memory; and the list of what is due."""

import csv
import io
import json
import tracemalloc
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.cases.due_list import latest_start
from service.cases.queries import has_plate
from service.database import transaction
from service.exports import ExportFilter, Form, export_cases
from service.law.deadlines import due_on
from service.law.tariff import VIETNAM
from service.people import Caller
from service.tables import Case
from tests.service.conftest import BEGIN, Service
from tests.service.packets import packet_of, plate_of
from tests.service.test_money import act, confirmed

FAR = {"camera_id": "far-away", "name": "far", "calibration_sha256": "a" * 64}


def export(service: Service, role: str = "auditor", **query: str) -> list[dict[str, Any]]:
    answer = service.client(role).get("/api/v1/cases/export", params={"format": "jsonl", **query})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def bulk(number: int) -> dict[str, Any]:
    return {
        "violation_id": f"{number:032x}", "camera_id": "le-loi", "kind": "red_light", "state": "detected",
        "version": 1, "footage": "rendered", "detected_at": BEGIN, "vehicle_class": "car", "plate_confidence": 0.5,
        "plate_verdict": "sure", "packet": packet_of(number), "manifest_sha256": "c" * 64,
    }  # fmt: skip


def test_an_export_holds_each_case_once_with_its_money(service: Service) -> None:
    fined = confirmed(service)
    act(service, fined, "fine")
    act(service, fined, "payments", amount_vnd=4_000_000, reference="A")
    other = service.new_case(number=2, plate=plate_of(None))
    rows = export(service)
    assert [row["id"] for row in rows] == [fined, other]
    assert (rows[0]["fine_vnd"], rows[0]["paid_vnd"], rows[0]["balance_vnd"]) == (
        19_000_000,
        4_000_000,
        15_000_000,
    )
    assert (rows[1]["plate"], rows[1]["balance_vnd"]) == (None, 0)
    text = service.client("auditor").get("/api/v1/cases/export").content.decode("utf-8-sig")
    as_csv = list(csv.DictReader(io.StringIO(text)))
    assert [{**row, **{k: "" if v is None else str(v) for k, v in row.items()}} for row in rows] == as_csv


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 2),
        ({"state": "detected"}, 1),
        ({"state": "confirmed"}, 1),
        ({"kind": "stop_line"}, 0),
        ({"camera_id": "le-loi"}, 2),
        ({"camera_id": "x"}, 0),
        ({"from_on": "2026-11-24", "to_on": "2026-11-24"}, 2),
        ({"from_on": "2026-11-25", "to_on": "2026-11-25"}, 0),
    ],
)
def test_a_filter_narrows(query: dict[str, str], expected: int, service: Service) -> None:
    confirmed(service)
    service.new_case(number=2)
    assert len(export(service, **query)) == expected


def test_a_ward_exports_its_own_cases(service: Service) -> None:
    service.new_case()
    service.new_case(number=2, camera=FAR)
    seen = {name: len(export(service, name)) for name in ("reviewer", "other-reviewer", "far-reviewer")}
    assert seen == {"reviewer": 2, "other-reviewer": 1, "far-reviewer": 1}


def plate_in_the_record(service: Service, text: str) -> None:
    """A plate that no packet gets in with today, as an older record may hold it, on the newest case."""
    with transaction(service.record.engine) as session:
        session.query(Case).order_by(Case.id.desc()).first().plate_machine = text  # type: ignore[union-attr]


def test_no_cell_of_an_export_is_a_formula(service: Service) -> None:
    service.new_case()
    plate_in_the_record(service, "=1+2")
    text = service.client("auditor").get("/api/v1/cases/export?format=csv").content.decode()
    assert (",'=1+2," in text, ",=1+2" in text) == (True, False)


@pytest.mark.parametrize(
    "query", ["from_on=2026-01-01", "to_on=2026-01-01", "from_on=2026-02-01&to_on=2026-01-01"]
)
def test_half_a_period_is_refused(query: str, service: Service) -> None:
    assert service.client("auditor").get(f"/api/v1/cases/export?{query}").status_code == 400


def test_an_export_is_put_on_record(service: Service) -> None:
    export(service, "reviewer", state="detected")
    entries = service.client("auditor").get("/api/v1/audit?subject=cases").json()["entries"]
    assert [(entry["who"], entry["action"], entry["after"]["states"]) for entry in entries] == [
        ("reviewer", "cases_exported", ["detected"])
    ]


def test_an_export_of_many_cases_takes_the_memory_of_few(service: Service) -> None:
    """12,000 cases are some 4 MB of lines; what is held at once must stay far below, whatever their number."""
    caller = service.caller("auditor")
    with Session(service.record.engine, join_transaction_mode="create_savepoint") as session:
        for first in range(0, 12_000, 2_000):
            session.execute(insert(Case), [bulk(number) for number in range(first, first + 2_000)])
        session.flush()
        length, peak = held_at_once(session, Form.JSONL, caller)
        assert length > 5_000_000
        assert peak < length / 2
        length, peak_of_xlsx = held_at_once(session, Form.XLSX, caller)
        assert length > 100_000
        assert peak_of_xlsx < 2_000_000


def held_at_once(session: Session, form: Form, caller: Caller) -> tuple[int, int]:
    """How long an export is, and the most memory that it took."""
    tracemalloc.start()
    length = sum(len(piece) for piece in export_cases(session, ExportFilter(), form, caller))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return length, peak


def due(service: Service, **query: int) -> dict[str, Any]:
    answer = service.client("auditor").get("/api/v1/deadlines", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_is_late_near_or_about_to_lapse_is_listed_nearest_first(service: Service) -> None:
    old = service.new_case(number=1, committed_at="2025-12-05T03:00:00+00:00")
    new = service.new_case(number=2)
    assert [due(service, within_days=9)[name] for name in ("late", "near", "due")] == [0, 0, []]
    found = due(service, within_days=11)
    assert [(each["case_id"], each["step"], each["due_on"], each["lapses"]) for each in found["due"]] == [
        (old, "notice", "2026-12-04", False),
        (new, "notice", "2026-12-04", False),
        (old, "limitation", "2026-12-05", True),
    ]
    assert (found["late"], found["near"]) == (0, 3)
    service.clock.advance(days=11)
    assert [due(service, within_days=0)[name] for name in ("late", "near")] == [2, 1]
    service.clock.advance(days=1)
    late = due(service, within_days=0, limit=1)
    assert (late["late"], late["near"], [each["days_left"] for each in late["due"]]) == (3, 0, [-2])


def test_a_step_is_counted_from_where_the_case_is_now(service: Service) -> None:
    case_id = confirmed(service)
    service.clock.advance(days=3)
    service.numbered_notice(case_id)
    act(service, case_id, "moves", "supervisor", move="notify")
    (answer,) = due(service, within_days=21)["due"]
    assert (answer["step"], answer["due_on"], answer["state"]) == ("owner_answer", "2026-12-17", "notified")
    service.clock.advance(days=5)
    act(service, case_id, "fine")
    (sending,) = due(service, within_days=10)["due"]
    assert (sending["step"], sending["due_on"]) == ("decision_sent", "2026-12-04")
    act(service, case_id, "decision-receipt", received_on="2026-12-02")
    (payment,) = due(service, within_days=10)["due"]
    assert (payment["step"], payment["due_on"], payment["days_left"]) == ("payment", "2026-12-12", 10)
    service.clock.advance(days=11)
    act(service, case_id, "moves", "supervisor", move="fall_due")
    (lapse,) = due(service, within_days=365)["due"]
    assert (lapse["step"], lapse["due_on"], lapse["lapses"]) == ("decision_lapse", "2027-12-02", True)


@pytest.mark.parametrize("step", ["notice", "record", "limitation", "payment", "complaint_first"])
@pytest.mark.parametrize("last", ["2026-04-03", "2026-04-08", "2026-05-06", "2026-12-31"])
def test_the_latest_start_is_the_last_day_that_is_due_by_then(step: str, last: str) -> None:
    last_day = date.fromisoformat(last)
    start = latest_start(step, last_day)
    assert start is not None

    noon = datetime.combine(start, time(12), VIETNAM)
    assert due_on(step, noon) <= last_day < due_on(step, noon + timedelta(days=1))


def test_an_officers_plate_counts_before_the_machines(service: Service) -> None:
    case_id = service.new_case(plate=plate_of("63A11111"))
    act(service, case_id, "claim")
    act(service, case_id, "plate", plate="63A22222")
    with Session(service.record.engine) as session:
        found = {
            plate: session.query(Case).where(has_plate([plate])).count() for plate in ("63A11111", "63A22222")
        }
    assert found == {"63A11111": 0, "63A22222": 1}
