"""Which demo world is loaded."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from assistant.db.engine import upsert
from assistant.db.tables.service import seeds


def note(connection: Connection, body: dict[str, Any], now: datetime) -> None:
    statement = upsert(connection, seeds).values(key="world", body=body, at=now)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"body": body, "at": now}))


def current(connection: Connection) -> dict[str, Any] | None:
    """Size, seed and as-of day of the loaded world, None where there is none."""
    return connection.execute(select(seeds.c.body).where(seeds.c.key == "world")).scalar_one_or_none()
