"""Opens the operational store: SQLite (WAL) or PostgreSQL, by URL.

A caller asks for a transaction, hands its connection to repositories and leaves the block: committed on a clean exit,
rolled back on an error. No model call and no vendor call belongs inside such a block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from assistant.errors import StoreDown

__all__ = ["Connection", "Database", "insert_into", "upsert"]

BUSY_TIMEOUT_MS = 15_000
BRIEF_MS = 200


class Database:
    """A handle on the operational store. Threads share it; connections are pooled."""

    def __init__(self, url: str) -> None:
        self.url = url
        open_engine = _sqlite if url.startswith("sqlite") else _postgres
        self.engine, self._brief = open_engine(url), open_engine(url, brief=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from. Raises StoreDown where the store cannot be reached."""
        with _store_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; on SQLite it holds the write lock from its first statement on."""
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def brief(self) -> Iterator[Connection]:
        """A transaction of a moment, for who must not wait. Its commit does not wait for the disk: it outlives this
        process, but perhaps not the machine. Raises StoreDown where its turn does not come within `BRIEF_MS`."""
        with self._transaction(self._brief) as connection:
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with _store_errors(), engine.connect() as connection:
            if self.is_sqlite:
                connection.execution_options(zhike_write=True)
            with connection.begin():
                yield connection

    def healthy(self) -> bool:
        """True where a trivial query is answered."""
        try:
            with self.read() as connection:
                connection.execute(text("select 1"))
        except StoreDown:
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()
        self._brief.dispose()


def upsert(connection: Connection, table: Any) -> Any:
    """An INSERT of the connection's dialect that knows ON CONFLICT."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: Any) -> Any:
    """The same for statements that are made once for all connections."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreDown(str(error.orig)) from error
    except NoConnection as error:
        raise StoreDown(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreDown(str(error.orig)) from error
        raise


def _sqlite(url: str, *, brief: bool = False) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    wait = {"timeout": (BRIEF_MS if brief else BUSY_TIMEOUT_MS) / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=wait, json_serializer=_json, **(_FEW if brief else {}))
    durable = "NORMAL" if brief else "FULL"

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: object) -> None:
        # pysqlite's own transaction handling is turned off: BEGIN is sent below
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={durable}", "foreign_keys=ON", "cache_size=-32000"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("zhike_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: str, *, brief: bool = False) -> Engine:
    if not brief:
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, json_serializer=_json)
    told = f"-c synchronous_commit=off -c lock_timeout={BRIEF_MS} -c statement_timeout={BRIEF_MS}"
    wait = {"options": told, "connect_timeout": 2, "tcp_user_timeout": 1000}
    return create_engine(url, connect_args=wait, json_serializer=_json, **_FEW)


_FEW: dict[str, Any] = {"pool_size": 2, "max_overflow": 0, "pool_timeout": BRIEF_MS / 1000}


def _json(value: Any) -> str:
    """JSON columns, by a writer that is several times as fast as the standard library's."""
    return to_json(value).decode()
