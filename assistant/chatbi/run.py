"""Runs compiled statements on the mart: read-only, locked down, within limits of time and rows.

A DuckDB file that is opened read-only could still read other files and copy out; so external access is off and the
configuration is locked. Enters: where the current version lies, a statement with parameters. Leaves: rows. Raises
`NotFound` where there is no mart yet, `BadInput` for a query past its time. Results are kept by statement, parameters,
scope and data version.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from assistant.chatbi.compile import MOST_ROWS
from assistant.errors import BadInput, NotFound

KEPT_RESULTS = 256


@dataclass(frozen=True)
class Mart:
    """A version of the mart as the engine needs it. `made`: aware UTC."""

    path: Path
    stamp: str
    as_of: date
    made: datetime


@dataclass(frozen=True)
class Table:
    """Rows with column names. `ms`: time in the engine, 0 for a kept result."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ms: float = 0.0
    cut: bool = False


@dataclass
class Engine:
    """One per process. Threads share it: each statement runs on a cursor of its own."""

    find: Callable[[], Mart | None]
    time_limit_s: float = 10.0
    _open: tuple[str, duckdb.DuckDBPyConnection] | None = None
    _kept: OrderedDict[tuple[Any, ...], Table] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mart(self) -> Mart:
        """The current version. Raises NotFound."""
        found = self.find()
        if found is None:
            raise NotFound("数据集市还没有建立，请先运行 zhike mart refresh。")
        return found

    def run(self, sql: str, parameters: dict[str, Any], scope_key: str, *, whole: bool = False) -> Table:
        """The rows of a statement, at most MOST_ROWS of them unless the `whole` is wanted (names, not answers)."""
        mart = self.mart()
        key = (mart.stamp, scope_key, sql, tuple(sorted((k, repr(v)) for k, v in parameters.items())))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept = self._kept[key]
                return Table(kept.columns, kept.rows, 0.0, kept.cut)
            cursor = self._connection(mart).cursor()
        table = self._timed(cursor, sql, parameters, None if whole else MOST_ROWS)
        with self._lock:
            self._kept[key] = table
            while len(self._kept) > KEPT_RESULTS:
                self._kept.popitem(last=False)
        return table

    def _timed(
        self, cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any], most: int | None
    ) -> Table:
        begun = time.perf_counter()
        watch = threading.Timer(self.time_limit_s, cursor.interrupt)
        watch.start()
        try:
            cursor.execute(sql, parameters)
            rows = cursor.fetchmany(most + 1) if most else cursor.fetchall()
            names = tuple(d[0] for d in cursor.description or ())
        except duckdb.InterruptException as error:
            raise BadInput("这个问题要算的数据太多，没能在时限内算完。请缩短时间范围或减少分组再试。") from error
        finally:
            watch.cancel()
            cursor.close()
        ms = (time.perf_counter() - begun) * 1000
        return Table(names, tuple(rows[:most]), ms, most is not None and len(rows) > most)

    def _connection(self, mart: Mart) -> duckdb.DuckDBPyConnection:
        """The open file of this version; an older one is let go, its running cursors keep it alive till they end."""
        if self._open is None or self._open[0] != mart.stamp:
            try:
                made = duckdb.connect(
                    str(mart.path),
                    read_only=True,
                    config={"enable_external_access": "false", "lock_configuration": "true"},
                )
            except duckdb.IOException as error:
                raise NotFound("数据集市的文件不在了，请运行 zhike mart refresh。") from error
            self._open = (mart.stamp, made)
        return self._open[1]

    def forget(self) -> None:
        """Let go of kept results."""
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open[1].close()
                self._open = None
