"""The demo year: the city's three figures come out of the same queries as the figures page, and the record is whole."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.api import period
from service.cases.queries import figures
from service.ledger import balance_vnd
from service.record_opening import kept_record
from service.tables import Case, LedgerEntry
from tests.service.conftest import Service, build, people_and_keys

YEAR = {"from_on": "2024-01-01", "to_on": "2024-12-31"}
FINED_VND = 3_113_100_000


def ngatu(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "ngatu.py", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def seeded_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("seeded")
    done = ngatu("seed", "2024", "--state", str(state))
    assert done.returncode == 0, done.stderr
    assert "3017 demo cases, 671 of them fined" in done.stdout
    return state


@pytest.fixture(scope="module")
def engine(seeded_state: Path) -> Iterator[Engine]:
    with kept_record(seeded_state) as record:
        found = record.engine
    assert isinstance(found, Engine)
    yield found
    found.dispose()


@pytest.fixture
def seeded(engine: Engine, tmp_path: Path) -> Iterator[Service]:
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
            people_and_keys(session)
        yield build(connection, tmp_path)
        outer.rollback()


def test_the_published_figures_come_out_of_the_figures_query(seeded: Service) -> None:
    with Session(seeded.record.engine) as session:
        found = figures(session, *period(date(2024, 1, 1), date(2024, 12, 31)), seeded.caller("auditor"))
    assert (found.detected, found.fined, found.fined_vnd) == (3_017, 671, FINED_VND)
    assert found.fined_vnd > 3_100_000_000
    assert found.by_footage == (("rendered", 3_017),)
    assert sum(count for _, count in found.by_state) == 3_017


def test_the_figures_page_and_the_api_show_them(seeded: Service) -> None:
    answer = seeded.client("auditor").get("/api/v1/figures", params=YEAR).json()
    assert (answer["detected"], answer["fined"], answer["fined_vnd"]) == (3_017, 671, FINED_VND)
    page = seeded.client("auditor").get("/figures", params=YEAR)
    assert page.status_code == 200
    for shown in ("3.017", "671"):
        assert shown in page.text.replace(",", ".").replace("\u00a0", ".")


def test_the_export_adds_up_to_the_same_figures_and_marks_every_case(seeded: Service) -> None:
    text = seeded.client("auditor").get("/api/v1/cases/export", params={**YEAR, "format": "csv"}).content
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert len(rows) == 3_017
    fined = [row for row in rows if int(row["fine_vnd"])]
    assert (len(fined), sum(int(row["fine_vnd"]) for row in fined)) == (671, FINED_VND)
    assert {row["footage"] for row in rows} == {"rendered"}
    assert all(row["plate"].startswith("13") for row in rows)
    assert all(row["camera_name"].startswith("Demo 2024") for row in rows)
    lines = seeded.client("auditor").get("/api/v1/cases/export", params={**YEAR, "format": "jsonl"}).text
    assert sum(json.loads(line)["fine_vnd"] for line in lines.splitlines()) == FINED_VND


def test_every_fine_follows_the_regime_of_2022_to_2024(seeded: Service) -> None:
    with Session(seeded.record.engine) as session:
        amounts = session.execute(
            select(LedgerEntry.amount_vnd, func.count()).where(LedgerEntry.kind == "fine")
            .group_by(LedgerEntry.amount_vnd)
        ).all()  # fmt: skip
        assert {row[0]: row[1] for row in amounts} == {5_000_000: 612, 900_000: 59}
        notes = set(session.scalars(select(LedgerEntry.note).where(LedgerEntry.kind == "fine")))
        assert all(note is not None and note.startswith("ND100/ND123") for note in notes)


def test_what_was_paid_closes_its_case_to_the_dong(seeded: Service) -> None:
    with Session(seeded.record.engine) as session:
        for state, owes in (("paid", False), ("overdue", True), ("decision", True), ("appealed", True)):
            for case_id in session.scalars(select(Case.id).where(Case.state == state).limit(20)):
                assert (balance_vnd(session, case_id) > 0) is owes


def test_a_case_opens_in_the_console_and_says_that_it_is_no_real_one(seeded: Service) -> None:
    with Session(seeded.record.engine) as session:
        case_id = session.scalar(select(Case.id).where(Case.state == "paid").limit(1))
    seeded.clock.now = seeded.clock.now.replace(year=2027)
    page = seeded.client("auditor").get(f"/cases/{case_id}")
    assert page.status_code == 200
    case = seeded.client("auditor").get(f"/api/v1/cases/{case_id}").json()
    assert (case["footage"], case["evidence"], case["packet"]["run"]["run_id"]) == (
        "rendered",
        [],
        "demo-2024",
    )


def test_the_officers_of_the_demo_cannot_sign_in(seeded: Service) -> None:
    people = seeded.client("admin").get("/api/v1/people").json()
    demo = [person for person in people if person["name"].startswith("demo ")]
    assert [person["active"] for person in demo] == [False] * 3


def test_the_audit_trail_of_the_demo_is_whole(seeded_state: Path) -> None:
    checked = ngatu("audit", "check", "--state", str(seeded_state))
    assert (checked.returncode, "is whole" in checked.stdout) == (0, True)


@pytest.mark.parametrize(("year", "why"), [("2024", "in this record already"), ("2023", "for 2024 only")])
def test_it_is_written_once_and_for_one_year(year: str, why: str, seeded_state: Path) -> None:
    refused = ngatu("seed", year, "--state", str(seeded_state))
    assert (refused.returncode, why in refused.stderr) == (2, True)


def test_the_command_line_imports_a_statement_and_charges_late_payment(
    seeded_state: Path, tmp_path: Path
) -> None:
    statement = tmp_path / "bank.csv"
    statement.write_text("transaction_id,paid_on,amount_vnd\nT1,2024-05-05,5\n", encoding="utf-8")
    for said in ("lines: 1 (1 unmatched); 0 VND booked, 1 to look at", "was imported before"):
        done = ngatu("payments", "import", str(statement), "--state", str(seeded_state))
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr
    missing = ngatu("payments", "import", str(tmp_path / "none.csv"), "--state", str(seeded_state))
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)
    run = ngatu("payments", "late-run", "--state", str(seeded_state))
    assert "Open fines: 130; 130 surcharged" in run.stdout
    again = ngatu("payments", "late-run", "--state", str(seeded_state))
    assert "Open fines: 130; 0 surcharged by 0 VND, 0 fell due" in again.stdout
