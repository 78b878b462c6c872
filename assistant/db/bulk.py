"""Fast loading of many rows: executemany on SQLite, COPY on PostgreSQL. Values are already in column order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

_BATCH = 20_000
_ROOM_KIB = 2_000_000  # at most; taken as it is needed


def load_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append rows of plain values and return how many. JSON columns take JSON text, moments UTC ISO text or datetimes."""
    iterator = iter(rows)
    total = 0
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in iterator:
                copy.write_row(row)
                total += 1
        return total
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(columns))})"
    while batch := [_sqlite(row) for row in islice(iterator, _BATCH)]:
        connection.exec_driver_sql(statement, batch)
        total += len(batch)
    return total


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


_WAYS: dict[type, Callable[[Any], str]] = {datetime: _moment, date: date.isoformat}


def _sqlite(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([value if (way := _WAYS.get(type(value))) is None else way(value) for value in row])


@contextmanager
def roomy(connection: Connection) -> Iterator[None]:
    """Load much: SQLite keeps the pages in memory meanwhile, as rows that come in no order touch all of them."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{_ROOM_KIB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={before}")


def clear(connection: Connection, tables: Iterable[Table]) -> None:
    """Empty tables before a new load."""
    for table in tables:
        connection.exec_driver_sql(f"DELETE FROM {table.name}")
