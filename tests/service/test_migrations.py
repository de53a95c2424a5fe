"""Migrations: they make exactly the tables of the code, from nothing, also when two processes start at once."""

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from service.database import migrate, open_database
from service.tables import Base


def test_the_migrations_make_the_tables_of_the_code(new_database_url: str) -> None:
    migrate(new_database_url)
    migrate(new_database_url)
    engine = create_engine(new_database_url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert found == []


def test_two_processes_may_start_at_the_same_time(new_database_url: str) -> None:
    code = "import sys; from service.database import migrate; migrate(sys.argv[1])"
    command = [sys.executable, "-W", "ignore", "-c", code, new_database_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    engine = open_database(new_database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM person")).scalar() == 0
    engine.dispose()
