"""Things that are good once and for a while: the state of a sign-in, a code sent to a phone."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from assistant.db.engine import upsert
from assistant.db.tables.service import single_use


def issue(connection: Connection, key: str, body: dict[str, Any], until: datetime) -> None:
    """Make one; an older one of the same key is replaced."""
    statement = upsert(connection, single_use).values(key=key, body=body, tries=0, until=until)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"body": body, "tries": 0, "until": until})
    )


def use(connection: Connection, key: str, now: datetime) -> dict[str, Any] | None:
    """Use one up. None where it is unknown, used or stale. Stale ones of anybody are swept away on the way."""
    connection.execute(delete(single_use).where(single_use.c.until < now))
    row = connection.execute(delete(single_use).where(single_use.c.key == key).returning(single_use.c.body)).first()
    return dict(row.body) if row else None


def look(connection: Connection, key: str, now: datetime, *, most_tries: int) -> dict[str, Any] | None:
    """Look at one and count a try. None where it is unknown, stale, or tried too often."""
    connection.execute(update(single_use).where(single_use.c.key == key).values(tries=single_use.c.tries + 1))
    row = connection.execute(select(single_use).where(single_use.c.key == key)).first()
    if row is None or row.until < now or row.tries > most_tries:
        return None
    return dict(row.body)


def issued(connection: Connection, key: str, now: datetime) -> bool:
    """Whether one is good still."""
    row = connection.execute(select(single_use.c.until).where(single_use.c.key == key)).first()
    return row is not None and row.until > now


def issue_many(connection: Connection, bodies: dict[str, dict[str, Any]], until: datetime) -> None:
    """Make many with new keys at once."""
    if bodies:
        rows = [{"key": k, "body": b, "tries": 0, "until": until} for k, b in bodies.items()]
        connection.execute(insert(single_use), rows)


def peek(connection: Connection, key: str, now: datetime) -> dict[str, Any] | None:
    """Look at one without counting a try: for keys that cannot be guessed."""
    row = connection.execute(select(single_use).where(single_use.c.key == key)).first()
    return dict(row.body) if row is not None and row.until > now else None


def withdraw(connection: Connection, key: str) -> None:
    connection.execute(delete(single_use).where(single_use.c.key == key))
