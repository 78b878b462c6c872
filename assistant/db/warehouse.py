"""A PostgreSQL database that holds versions of the analytics mart: each in a schema of its own, and one row that says
which is current.

Enters: tables as CSV files with their columns; statements of the compiler. Leaves: a published version; rows. A reader
stays in the schema that it began with, so nobody waits for a refresh and nobody sees half of one. Called by the mart's
refresh and by the reader of the questions.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.errors import QueryCanceled, UndefinedTable
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from assistant.errors import StoreDown

__all__ = ["PastItsTime", "StatementRefused", "VersionTable", "Warehouse"]

POINTER = "zhike_mart"  # the table that names the current version
_PREFIX = "mart_"
_CHUNK = 1 << 20
_PATIENCE_MS = 2_000  # how long the removal of an old version waits for its last readers; else the next refresh does it
Rows = list[tuple[Any, ...]]


class StatementRefused(Exception):
    """The engine does not understand a statement, or may not run it; the text is the engine's."""


class PastItsTime(Exception):
    """A statement was stopped at its time limit."""


@dataclass(frozen=True)
class VersionTable:
    """A table to publish: column → PostgreSQL type, and its rows (CSV without a header, `\\N` for NULL)."""

    columns: Mapping[str, str]
    rows: Path
    index: tuple[str, ...] = ()  # columns by which questions find rows


class Warehouse:
    """One per process. Threads share it; connections are pooled."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(self.url, pool_pre_ping=True, pool_size=4, max_overflow=12)

    def current(self) -> str | None:
        """What was noted with the current version, None where none was ever published. Raises StoreDown."""
        with self._connection() as connection:
            try:  # one question: this stands before every statement
                found = connection.exec_driver_sql(f"SELECT note FROM {POINTER}").scalar_one_or_none()
            except DBAPIError as error:
                if isinstance(error.orig, UndefinedTable):
                    return None
                raise
            return None if found is None else str(found)

    def publish(self, name: str, tables: Mapping[str, VersionTable], note: str, keep: int) -> None:
        """Make a version current in one transaction, and drop all but the last `keep`. Raises StoreDown.

        `name`: letters and digits, in the order of time.
        """
        with self._connection() as connection:
            self._say(connection, "CREATE SCHEMA {}", _PREFIX + name)
            self._say(connection, "SET LOCAL search_path TO {}", _PREFIX + name)
            for table, what in tables.items():
                self._fill(connection, table, what)
            self._say(connection, "SET LOCAL search_path TO DEFAULT")
            self._say(
                connection, "CREATE TABLE IF NOT EXISTS {} (single boolean PRIMARY KEY, note text NOT NULL)", POINTER
            )
            connection.exec_driver_sql(
                f"INSERT INTO {POINTER} VALUES (true, %s) ON CONFLICT (single) DO UPDATE SET note = EXCLUDED.note",
                (note,),
            )
            connection.commit()
        self._sweep(keep)

    def rows(
        self, version: str, statement: str, parameters: Mapping[str, Any], most: int | None, limit_s: float
    ) -> tuple[tuple[str, ...], Rows]:
        """Column names and at most `most` rows of a statement that only reads. Raises PastItsTime, StatementRefused,
        StoreDown, KeyError where the version is gone.
        """
        with self._connection() as connection:
            self._say(connection, "SET TRANSACTION READ ONLY")
            self._say(connection, f"SET LOCAL statement_timeout TO {max(1, round(limit_s * 1000))}")
            self._say(connection, "SET LOCAL search_path TO {}", _PREFIX + version)
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
            if schema is None:
                raise KeyError(version)
            try:
                result = connection.exec_driver_sql(statement, dict(parameters))
            except DBAPIError as error:
                if isinstance(error.orig, QueryCanceled):
                    raise PastItsTime from error
                if error.connection_invalidated:
                    raise
                raise StatementRefused(str(error.orig)) from error
            found = result.fetchmany(most) if most else result.fetchall()
            return tuple(result.keys()), [tuple(_plain(v) for v in row) for row in found]

    def close(self) -> None:
        self._engine.dispose()

    def _fill(self, connection: Connection, table: str, what: VersionTable) -> None:
        columns = ", ".join("{} " + _known(kind) for kind in what.columns.values())
        self._say(connection, f"CREATE TABLE {{}} ({columns})", table, *what.columns)
        into = sql.SQL("COPY {} FROM STDIN (FORMAT csv, NULL '\\N')").format(sql.Identifier(table))
        driver: Any = connection.connection.driver_connection
        with what.rows.open("rb") as file, driver.cursor() as cursor, cursor.copy(into) as copy:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        for column in what.index:
            self._say(connection, "CREATE INDEX ON {} ({})", table, column)
        self._say(connection, "ANALYZE {}", table)

    def _sweep(self, keep: int) -> None:
        """Drop old versions, each by itself; one that is still read stays till the next time."""
        with self._connection() as connection:
            names = connection.exec_driver_sql(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s ORDER BY nspname", (f"{_PREFIX}2%",)
            ).scalars()
            old = list(names)[:-keep]
        for name in old:
            with self._connection() as connection:
                self._say(connection, f"SET LOCAL lock_timeout TO {_PATIENCE_MS}")
                try:
                    self._say(connection, "DROP SCHEMA {} CASCADE", name)
                except DBAPIError:
                    connection.rollback()
                else:
                    connection.commit()

    @staticmethod
    def _say(connection: Connection, statement: str, *names: str) -> None:
        made = sql.SQL(statement).format(*map(sql.Identifier, names))
        connection.exec_driver_sql(made.as_string())

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except OperationalError as error:
            raise StoreDown(str(error.orig)) from error


def _known(kind: str) -> str:
    if not re.fullmatch(r'[A-Z]+( [A-Z]+)?( COLLATE "C")?', kind):
        raise ValueError(kind)
    return kind


def _plain(value: Any) -> Any:
    """Sums and averages of integers come as decimals: as the number that they are."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
