"""Migrates the database that `service.database.migrate` names: in one transaction, one process at a time."""

from alembic import context
from sqlalchemy import text

import service.accounts.tables
import service.cameras.tables  # these tables belong to Base.metadata
import service.cases.summary_tables
import service.idempotency
import service.owners.tables
import service.papers.tables
import service.publishing.tables
import service.recordings.tables
import service.retention.tables  # noqa: F401
from service.database import open_database
from service.tables import Base

MIGRATION_LOCK = 7_214_002
"""PostgreSQL's advisory lock; SQLite's transactions are begun with the write lock."""

engine = open_database(context.config.get_main_option("sqlalchemy.url") or "")
with engine.begin() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
