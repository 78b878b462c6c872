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

from assistant.errors import StoreDown

__all__ = ["Connection", "Database", "insert_into", "upsert"]

BUSY_TIMEOUT_MS = 15_000


class Database:
    """A handle on the operational store. Threads share it; connections are pooled."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url)

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
        with _store_errors(), self.engine.connect() as connection:
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
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreDown(str(error.orig)) from error
        raise


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    wait = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = create_engine(url, connect_args=wait, json_serializer=_json)

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: object) -> None:
        # pysqlite's own transaction handling is turned off: BEGIN is sent below
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("zhike_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, json_serializer=_json)


def _json(value: Any) -> str:
    """JSON columns, by a writer that is several times as fast as the standard library's."""
    return to_json(value).decode()
