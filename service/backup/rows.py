"""All rows of the record as lines of JSON, and back: the same lines from SQLite and PostgreSQL, for either of them.

One list a row, under a line that names its table and columns; read and written in one transaction.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, LargeBinary, Table, column, func, inspect, select, table, text
from sqlalchemy.orm import Session

from service.cases.summary_tables import CaseCount, DayFigure, StaleFigure
from service.errors import ServiceError
from service.tables import Base, UtcDateTime

DERIVED = frozenset({CaseCount.__tablename__, StaleFigure.__tablename__, DayFigure.__tablename__})
"""Made anew by the database's triggers while the cases come back."""
VERSION_TABLE = "alembic_version"
AT_ONCE = 500
Row = list[Any]


def kept_tables(session: Session) -> list[Table]:
    """Every table with rows of its own, those first that others refer to. Raises ServiceError for one not known."""
    known = [each for each in Base.metadata.sorted_tables if each.name not in DERIVED]
    there = set(inspect(session.connection()).get_table_names()) - DERIVED - {VERSION_TABLE}
    if strange := sorted(there ^ {each.name for each in known}):
        raise ServiceError(
            f"table {strange[0]}: is not both in the record and known here; use the version that runs the service"
        )
    return known


def revision_of(session: Session) -> str:
    """Which migration the tables are at."""
    return str(session.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608 - a name of ours


def write_rows(session: Session, write: Callable[[bytes], object]) -> dict[str, int]:
    """All rows as lines; how many each table has."""
    counted = {}
    for each in kept_tables(session):
        names = [one.name for one in each.columns]
        write(_line({"table": each.name, "columns": names}))
        counted[each.name] = 0
        query = select(each).order_by(*each.primary_key.columns).execution_options(yield_per=AT_ONCE)
        for rows in session.execute(query).partitions():
            write(b"".join(_line([_told(value) for value in row]) for row in rows))
            counted[each.name] += len(rows)
    return counted


def read_rows(session: Session, lines: Iterable[bytes]) -> dict[str, int]:
    """Put rows back into empty tables; how many each got."""
    counted: dict[str, int] = {}
    for name, columns, rows in _tables(lines):
        known = Base.metadata.tables.get(name)
        types = [
            known.columns[one].type if known is not None and one in known.columns else None for one in columns
        ]
        target = table(name, *(column(one, kind) for one, kind in zip(columns, types, strict=True)))
        readers = [_reader(kind) for kind in types]
        counted[name] = 0
        for some in _batches(rows):
            session.execute(
                target.insert(),
                [
                    {one: read(value) for one, read, value in zip(columns, readers, row, strict=True)}
                    for row in some
                ],
            )
            counted[name] += len(some)
    if session.get_bind().dialect.name == "postgresql":
        _number_on(session)
    return counted


def _tables(lines: Iterable[bytes]) -> Iterator[tuple[str, list[str], Iterator[Row]]]:
    """Each table with its rows; its rows must be read before the next table is asked for."""
    found = iter(lines)
    head = next(found, None)
    while head is not None:
        told = json.loads(head)
        following: list[bytes | None] = [None]

        def rows(following: list[bytes | None] = following) -> Iterator[Row]:
            for line in found:
                if line.startswith(b"{"):
                    following[0] = line
                    return
                yield json.loads(line)

        yield told["table"], told["columns"], rows()
        head = following[0]


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _number_on(session: Session) -> None:
    """Numbers that PostgreSQL gives follow those that came back."""
    for each in Base.metadata.sorted_tables:
        keys = list(each.primary_key.columns)
        if len(keys) != 1 or keys[0].type.python_type is not int:
            continue
        sequence = session.scalar(func.pg_get_serial_sequence(each.name, keys[0].name).select())
        last = session.scalar(select(func.max(keys[0]))) if sequence else None
        if last:
            session.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _line(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _told(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value


def _reader(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, UtcDateTime):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return lambda value: None if value is None else b64decode(value)
    return lambda value: value
