"""The figures page: tables that agree with each other, cameras with many rejects named, files for spreadsheets."""

import io
import zipfile
from datetime import timedelta

import pytest

from service.cases.workload import ReviewerWork, WeekdayHours, acts_by_hour, work_of_reviewers
from service.console.charts import HOTTEST, heat_of
from service.console.figure_tables import CameraRejects, by_month, figure_tables, rejects_by_camera
from service.database import transaction
from tests.service.conftest import BEGIN, PASSWORD, Service
from tests.service.console.conftest import LAN, Console

PERIOD = "from_on=2026-11-01&to_on=2026-11-24"


def signed_in(console: Console):  # type: ignore[no-untyped-def]
    client = console.service.client()
    client.post("/sign-in", data={"name": LAN, "password": PASSWORD})
    return client


def test_every_table_adds_up_to_the_same_sums(console: Console) -> None:
    service: Service = console.service
    with transaction(service.record.engine) as session:
        caller = service.caller(LAN)
        tables = figure_tables(session, BEGIN - timedelta(days=30), BEGIN + timedelta(days=1), caller)
    sums = {
        group: [
            sum(values)
            for values in zip(
                *(
                    (row.detected, row.reviewed, row.fined, row.paid, row.fined_vnd, row.paid_vnd)
                    for row in rows
                ),
                strict=True,
            )
        ]
        for group, rows in tables.items()
    }
    assert sums["day"][0] == 7
    assert all(each == sums["day"] for each in sums.values())
    assert {row.name for row in tables["class"]} == {"motorbike", "car"}
    assert len(tables["day"]) == 5


def test_of_a_long_period_months_are_told_before_the_days(console: Console) -> None:
    client = signed_in(console)
    short, long = (
        client.get(f"/figures?from_on={first}&to_on=2026-11-24").text
        for first in ("2026-10-01", "2026-01-01")
    )
    assert "Theo tháng" not in short
    assert "<td" in long.partition("Theo tháng")[2].partition("11/2026")[2]
    with transaction(console.service.record.engine) as session:
        tables = figure_tables(
            session, BEGIN - timedelta(days=300), BEGIN + timedelta(days=1), console.service.caller(LAN)
        )
    months = by_month(tables["day"])
    assert {month.name for month in months} == {row.name[:7] for row in tables["day"]}
    assert sum(month.detected for month in months) == sum(row.detected for row in tables["day"])


def test_the_tables_come_as_csv_in_the_readers_language(console: Console) -> None:
    client = signed_in(console)
    answer = client.get(f"/figures/export?format=csv&{PERIOD}")
    assert answer.status_code == 200
    assert 'filename="ngatu-2026-11-01-2026-11-24.csv"' in answer.headers["content-disposition"]
    assert "Theo camera,Camera le-loi,7," in answer.text
    client.cookies.set("ngatu_language", "en")
    assert "By kind,red light,6," in client.get(f"/figures/export?format=csv&{PERIOD}").text


def test_the_tables_come_as_a_workbook_with_a_sheet_each(console: Console) -> None:
    answer = signed_in(console).get(f"/figures/export?format=xlsx&{PERIOD}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        names = book.read("xl/workbook.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    sheets = (
        "Theo ngày", "Theo phường", "Theo camera", "Theo loại", "Theo thứ và giờ", "Cán bộ", "Bác bỏ theo camera",
    )  # fmt: skip
    assert [title for title in sheets if title not in names] == []
    assert "Camera le-loi" in words


def test_nobody_gets_the_files_without_signing_in(console: Console) -> None:
    answer = console.service.client().get("/figures/export", follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")


def test_rejects_are_counted_by_camera_and_reason(console: Console) -> None:
    service: Service = console.service
    client = signed_in(console)
    csrf = {"X-CSRF-Token": client.get("/queue").text.split('data-csrf="')[1].split('"')[0]}
    assert client.post("/api/v1/cases/4/claim", headers=csrf).status_code == 200
    body = {"reason": "wrong_vehicle", "note": None}
    assert client.post("/api/v1/cases/4/reject", json=body, headers=csrf).status_code == 200
    with transaction(service.record.engine) as session:
        found = rejects_by_camera(
            session, BEGIN - timedelta(days=30), BEGIN + timedelta(days=1), service.caller(LAN)
        )
    assert client.post("/api/v1/cases/4/undo", headers=csrf).status_code == 200
    assert client.post("/api/v1/cases/4/release", headers=csrf).status_code == 200
    assert [(each.name, dict(each.reasons)["wrong_vehicle"]) for each in found] == [("Camera le-loi", 1)]


@pytest.mark.parametrize(
    ("reviewed", "rejected", "is_named"),
    [(9, 9, False), (10, 2, False), (10, 3, True), (100, 29, False), (100, 30, True)],
)
def test_a_camera_with_many_rejects_is_named(reviewed: int, rejected: int, is_named: bool) -> None:
    camera = CameraRejects(name="C", reviewed=reviewed, rejected=rejected, reasons=(("other", rejected),))
    assert camera.looks_miscalibrated is is_named


def test_acts_are_counted_by_their_own_weekday_and_hour_in_vietnam(console: Console) -> None:
    caller = console.service.caller(LAN)
    with transaction(console.service.record.engine) as session:
        rows = acts_by_hour(session, BEGIN - timedelta(days=30), BEGIN + timedelta(days=1), caller)
    counted = {row.weekday: row.counts for row in rows}
    assert sum(row.total for row in rows) == 7
    # 24/11/2026 is a Tuesday: acts at 02:59, 08:59 and 11:52 in Vietnam
    assert [hour for hour in range(24) if counted["tuesday"][hour]] == [2, 8, 11]
    assert counted["thursday"][11] == 2  # the 12th and the 19th


def test_the_warmest_hour_is_the_hottest_and_an_empty_one_is_cold() -> None:
    rows = (WeekdayHours(weekday="monday", counts=(0, 1, 3, 10)),)
    assert heat_of(rows)[0].cells == ((0, 0), (1, 1), (3, 2), (10, HOTTEST))
    assert heat_of((WeekdayHours(weekday="monday", counts=(0, 0)),))[0].cells == ((0, 0), (0, 0))


def test_the_work_of_a_reviewer_is_what_was_decided_in_the_period(console: Console) -> None:
    service = console.service
    client = signed_in(console)
    csrf = {"X-CSRF-Token": client.get("/queue").text.split('data-csrf="')[1].split('"')[0]}

    def work() -> tuple[ReviewerWork, ...]:
        caller = service.caller(LAN)
        with transaction(service.record.engine) as session:
            return work_of_reviewers(session, BEGIN - timedelta(hours=1), BEGIN + timedelta(hours=1), caller)

    before = {row.name: row for row in work()}.get(LAN)
    for case_id, what, body in ((4, "reject", {"reason": "test", "note": None}), (5, "confirm", None)):
        assert client.post(f"/api/v1/cases/{case_id}/claim", headers=csrf).status_code == 200
        assert client.post(f"/api/v1/cases/{case_id}/{what}", json=body, headers=csrf).status_code == 200
    after = {row.name: row for row in work()}[LAN]
    assert after.decided - (before.decided if before else 0) == 2
    assert after.rejected - (before.rejected if before else 0) == 1
    assert (after.days, after.a_day) == (1, after.decided)
    for case_id in (4, 5):
        for what in ("undo", "release"):
            assert client.post(f"/api/v1/cases/{case_id}/{what}", headers=csrf).status_code == 200
