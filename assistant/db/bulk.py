"""Fast loading of many rows: executemany on SQLite, COPY on PostgreSQL. Values are already in column order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

_BATCH = 20_000


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
    while batch := [tuple(_sqlite(v) for v in row) for row in islice(iterator, _BATCH)]:
        connection.exec_driver_sql(statement, batch)
        total += len(batch)
    return total


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def clear(connection: Connection, tables: Iterable[Table]) -> None:
    """Empty tables before a new load."""
    for table in tables:
        connection.exec_driver_sql(f"DELETE FROM {table.name}")
