"""Where rows come from: a version of the mart as a DuckDB file or as a schema of PostgreSQL, read-only either way.

Enters: a statement in the reader's dialect with its parameters, how many rows are wanted, how long it may take. Leaves:
column names and rows. Raises `BadInput` for a statement past its time, `NotFound` where the version is gone,
`StatementRefused` for what the engine does not understand or may not do.
"""

import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import duckdb

from assistant.db.warehouse import PastItsTime, Rows, StatementRefused, Warehouse
from assistant.errors import BadInput, NotFound

GONE = "数据集市的这个版本不在了，请运行 zhike mart refresh。"
TOO_LONG = "这个问题要算的数据太多，没能在时限内算完。请缩短时间范围或减少分组再试。"
Found = tuple[tuple[str, ...], Rows]


class Reader(Protocol):
    """One version of the mart. Threads share it."""

    @property
    def dialect(self) -> str:
        """As sqlglot names it."""

    def rows(self, sql: str, parameters: Mapping[str, Any], most: int | None, limit_s: float) -> Found: ...

    def close(self) -> None: ...


class DuckFile:
    """A file, opened at the first statement.

    Opened read-only it could still read other files and copy out; so external access is off and the configuration is
    locked.
    """

    dialect = "duckdb"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opening = threading.Lock()

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(
                str(self._path),
                read_only=True,
                config={"enable_external_access": "false", "lock_configuration": "true"},
            )
        except duckdb.IOException as error:
            raise NotFound(GONE) from error

    def rows(self, sql: str, parameters: Mapping[str, Any], most: int | None, limit_s: float) -> Found:
        with self._opening:
            cursor = self._connection.cursor()
        watch = threading.Timer(limit_s, cursor.interrupt)
        watch.start()
        try:
            cursor.execute(sql, dict(parameters))
            rows = cursor.fetchmany(most) if most else cursor.fetchall()
            return tuple(d[0] for d in cursor.description or ()), rows
        except duckdb.InterruptException as error:
            raise BadInput(TOO_LONG) from error
        except duckdb.Error as error:
            raise StatementRefused(str(error)) from error
        finally:
            watch.cancel()
            cursor.close()

    def close(self) -> None:
        """Cursors that run keep the file open till they end."""
        if "_connection" in self.__dict__:
            self._connection.close()


class Schema:
    """A schema of a warehouse."""

    dialect = "postgres"

    def __init__(self, warehouse: Warehouse, version: str) -> None:
        self._warehouse = warehouse
        self._version = version

    def rows(self, sql: str, parameters: Mapping[str, Any], most: int | None, limit_s: float) -> Found:
        try:
            return self._warehouse.rows(self._version, sql, parameters, most, limit_s)
        except PastItsTime as error:
            raise BadInput(TOO_LONG) from error
        except KeyError as error:
            raise NotFound(GONE) from error

    def close(self) -> None:
        """Connections belong to the warehouse."""
