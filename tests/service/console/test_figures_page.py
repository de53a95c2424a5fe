"""The figures page: tables that agree with each other, cameras with many rejects named, files for spreadsheets."""

import io
import zipfile
from datetime import timedelta

import pytest

from service.console.figure_tables import CameraRejects, figure_tables, rejects_by_camera
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
    assert [title in names for title in ("Theo ngày", "Theo camera", "Theo loại", "Bác bỏ theo camera")] == [
        True
    ] * 4
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
