"""Connections to the database: one that broke while nobody used it is replaced, one in use is not asked each time."""

import pytest
from sqlalchemy import Engine, event, text

from service import database
from service.database import open_database, transaction
from tests.service.postgres_server import PostgresServer


def answers(engine: Engine) -> bool:
    with transaction(engine) as session:
        return session.scalar(text("SELECT 1")) == 1


def break_all_connections(server: PostgresServer, url: str) -> None:
    """As a restarted database or a firewall does: the other side is gone, this one does not know."""
    other = open_database(url)
    with transaction(other) as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()


def test_a_connection_that_broke_while_it_rested_is_replaced_unseen(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.new_database()
    engine = open_database(url)
    assert answers(engine)
    break_all_connections(postgres_server, url)
    monkeypatch.setattr(database, "RESTED_S", 0.0)
    assert answers(engine)
    engine.dispose()


def test_a_connection_that_was_just_used_is_not_asked_whether_it_lives(
    new_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(new_database_url)
    asked: list[object] = []
    monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: asked.append(connection) or True)
    assert answers(engine)
    first = len(asked)
    assert answers(engine)
    assert len(asked) == first
    monkeypatch.setattr(database, "RESTED_S", 0.0)
    assert answers(engine)
    assert len(asked) == first + 1
    engine.dispose()


def test_of_many_questions_in_a_row_only_the_first_finds_a_broken_connection(
    postgres_server: PostgresServer,
) -> None:
    """What breaks under use is a failure once; every connection of the pool is made anew after it."""
    url = postgres_server.new_database()
    engine = open_database(url)
    assert answers(engine)
    break_all_connections(postgres_server, url)
    made: list[object] = []
    event.listen(engine, "connect", lambda connection, _entry: made.append(connection))
    with pytest.raises(database.DBAPIError):
        answers(engine)
    assert answers(engine)
    assert len(made) == 1
    engine.dispose()
