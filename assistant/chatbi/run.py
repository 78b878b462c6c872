"""Runs compiled statements on the current version of the mart, within limits of time and rows.

Enters: who tells the current version, statements with parameters. Leaves: rows. Raises `NotFound` where there is no mart
yet, `BadInput` for a query past its time. Results are kept by statement, parameters, scope and data version.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlglot import exp

from assistant.chatbi.compile import MOST_ROWS, render
from assistant.chatbi.readers import Reader
from assistant.errors import NotFound

KEPT_RESULTS = 256


@dataclass(frozen=True)
class Mart:
    """A version of the mart as the engine needs it. `made`: aware UTC."""

    reader: Reader
    stamp: str
    as_of: date
    made: datetime


@dataclass(frozen=True)
class Table:
    """Rows with column names. `sql`: what was run; `ms`: time in the engine, 0 for a kept result."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ms: float = 0.0
    cut: bool = False
    sql: str = ""


@dataclass
class Engine:
    """One per process. Threads share it."""

    find: Callable[[], Mart | None]
    time_limit_s: float = 10.0
    _open: Mart | None = None
    _kept: OrderedDict[tuple[Any, ...], Table] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mart(self) -> Mart:
        """The current version. Raises NotFound."""
        found = self.find()
        if found is None:
            raise NotFound("数据集市还没有建立，请先运行 zhike mart refresh。")
        return found

    def run(
        self, statement: exp.Select | str, parameters: dict[str, Any], scope_key: str, *, whole: bool = False
    ) -> Table:
        """The rows of a statement, at most MOST_ROWS of them unless the `whole` is wanted (names, not answers)."""
        mart = self._opened(self.mart())
        sql = statement if isinstance(statement, str) else render(statement, parameters, mart.reader.dialect)
        key = (mart.stamp, scope_key, sql, tuple(sorted((k, repr(v)) for k, v in parameters.items())))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept = self._kept[key]
                return Table(kept.columns, kept.rows, 0.0, kept.cut, sql)
        most = None if whole else MOST_ROWS
        begun = time.perf_counter()
        names, rows = mart.reader.rows(sql, parameters, most + 1 if most else None, self.time_limit_s)
        ms = (time.perf_counter() - begun) * 1000
        table = Table(names, tuple(rows[:most]), ms, most is not None and len(rows) > most, sql)
        with self._lock:
            self._kept[key] = table
            while len(self._kept) > KEPT_RESULTS:
                self._kept.popitem(last=False)
        return table

    def _opened(self, mart: Mart) -> Mart:
        """The version with its open reader; an older one is let go, its running statements keep it alive till they end."""
        with self._lock:
            if self._open is None or self._open.stamp != mart.stamp:
                self._open = mart
            return self._open

    def forget(self) -> None:
        """Let go of kept results."""
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.reader.close()
                self._open = None
