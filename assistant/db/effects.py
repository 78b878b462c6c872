"""Effects already done, by idempotency key: the same key twice gives the first answer and changes nothing."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select

from assistant.db.engine import upsert
from assistant.db.jsonable import dump, load
from assistant.db.tables.service import effects

T = TypeVar("T")


def done_before(connection: Connection, key: str, kind: type[T]) -> T | None:
    """The answer that was given for this key, if any."""
    row = connection.execute(select(effects.c.result).where(effects.c.key == key)).first()
    return load(kind, row.result) if row else None


def remember(connection: Connection, key: str, result: object, now: datetime) -> None:
    connection.execute(
        upsert(connection, effects)
        .values(key=key, kind=type(result).__name__, result=dump(result), at=now)
        .on_conflict_do_nothing(index_elements=["key"])
    )
