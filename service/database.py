"""The database: engine, sessions that commit once at the door, and its migrations."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

ONLY_READS = "ngatu_only_reads"
"""Set on a connection that never writes: on SQLite it reads a snapshot and keeps no writer waiting."""
RESTED_S, RETURNED_AT = 1.0, "ngatu_returned_at"
POSTGRESQL_DISK_FULL = "53100"
MIGRATIONS = Path(__file__).with_name("migrations")


def open_database(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL; makes SQLite's folder."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args=_connect_arguments(make_url(url)))
    _ask_rested_connections(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _ask_rested_connections(engine: Engine) -> None:
    """Find connections that broke while nobody used them, before they are used.

    SQLAlchemy's own pre-ping asks before each transaction, a tenth of a short one's time. What breaks within a second
    is told as a database that does not answer, which it is.
    """

    def note_return(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[RETURNED_AT] = monotonic()

    def ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if monotonic() - entry.info.get(RETURNED_AT, -RESTED_S) < RESTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from None

    event.listen(engine, "checkin", note_return)
    event.listen(engine, "checkout", ask)


def _connect_arguments(url: URL) -> dict[str, str]:
    """PostgreSQL compiles big statements at run time; for ours, all short, that costs seconds and gains nothing."""
    is_postgresql = url.get_backend_name() == "postgresql"
    return {"options": "-c jit=off"} if is_postgresql and "options" not in url.query else {}


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL for readers beside one writer; transactions are begun by us, at once, so that two officers queue up."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get(ONLY_READS, False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to this version's tables, or to those of an earlier one."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, revision)


def says_disk_full(error: DBAPIError) -> bool:
    """Whether the database refused because there is no room: SQLite's code 13, PostgreSQL's state 53100."""
    cause = error.orig
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == POSTGRESQL_DISK_FULL
    )


@contextmanager
def transaction(bind: Engine | Connection, *, only_reads: bool = False) -> Iterator[Session]:
    """One piece of work: committed whole at its end, or not at all. One that only reads waits for no writer.

    On a connection with a transaction of its own it becomes a part of that one: tests roll everything back.
    """
    if only_reads:
        bind = _for_reading(bind)
    opened = sessionmaker(bind, expire_on_commit=False, join_transaction_mode="create_savepoint")
    with opened() as session, session.begin():
        yield session


@contextmanager
def reading(bind: Engine | Connection) -> Iterator[Session]:
    """A session for one long question: it sees one state of the record, and writers go on. Nothing of it is kept."""
    bind = _for_reading(bind)
    with sessionmaker(bind, expire_on_commit=False, join_transaction_mode="create_savepoint")() as session:
        yield session


def _for_reading(bind: Engine | Connection) -> Engine | Connection:
    """The same database, seen as it was when the first question of a transaction was asked."""
    if not isinstance(bind, Engine):
        return bind
    if bind.dialect.name == "postgresql":
        return bind.execution_options(isolation_level="REPEATABLE READ")
    return bind.execution_options(**{ONLY_READS: True})
