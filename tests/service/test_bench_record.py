"""The record that the benchmark of the service fills: whole, and of the size that is asked for."""

from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import func, select

from benchmarks.service import sealed_packet
from benchmarks.service_rows import USERS, fill_record
from service.audit import first_broken_entry
from service.database import migrate, open_database, transaction
from service.evidence.folder import FolderStore
from service.intake import take_in
from service.tables import Case, Worker


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
