"""The record that the benchmark of the service fills: whole, and of the size that is asked for."""

from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import func, select

from benchmarks.service import sealed_packet
from benchmarks.service_officers import Told, compare, run
from benchmarks.service_rows import USERS, fill_record
from service.audit import first_broken_entry
from service.database import migrate, open_database, transaction
from service.evidence.folder import FolderStore
from service.intake import take_in
from service.tables import Case, Worker
from tests.service.conftest import Service
from tests.service.test_review import act


def test_a_filled_record_is_whole_and_takes_more_packets(new_database_url: str, tmp_path: Path) -> None:
    migrate(new_database_url)
    engine = open_database(new_database_url)
    record = fill_record(engine, cases=1_500, secret=Fernet(Fernet.generate_key()))
    with transaction(engine) as session:
        worker = session.scalars(select(Worker)).one()
        store = FolderStore(tmp_path / "evidence")
        at = session.scalar(select(func.max(Case.detected_at)))
        assert at is not None
        assert take_in(session, sealed_packet(record, 0), worker=worker, store=store, at=at).is_new
        assert session.scalar(select(func.count(Case.id))) == 1_501
        assert first_broken_entry(session) is None
    assert len(record.cookies) == USERS
    engine.dispose()


def test_a_short_month_of_many_officers_decides_every_case_once(new_database_url: str) -> None:
    found = run(officers=6, cases=24, seconds=300, database=new_database_url, say=lambda _: None)
    assert (found["decided"], found["double_decisions"], found["lost_updates"]) == (24, 0, 0)
    assert (found["unanswered_decisions"], found["trail_is_whole"]) == (0, True)
    assert {"taken by another", "not held"} <= found["refused"].keys()
    assert found["plates_corrected"] > 0


def test_the_comparison_finds_what_was_decided_twice_or_lost(committed: Service) -> None:
    first, second = committed.new_case(1), committed.new_case(2)
    for what in ("claim", "confirm", "undo", "confirm"):
        assert act(committed, first, what).status_code == 200
    told = Told(decided=[(first, "reject"), (second, "confirm")], plates={second: "63A99999"})
    found = compare(committed.record.engine, [told], after_entry=0)  # type: ignore[arg-type]
    assert (found["double_decisions"], found["lost_updates"]) == (1, 3)
