"""Work that falls due at a moment (a deletion, a reminder): rows, claimed with a lease, done once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from assistant.db import leases
from assistant.db.engine import upsert
from assistant.db.tables.service import due_work


@dataclass(frozen=True)
class Due:
    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


def schedule(connection: Connection, kind: str, key: str, payload: dict[str, Any], at: datetime) -> None:
    """Note work for a moment. The same key twice is one piece of work."""
    connection.execute(
        upsert(connection, due_work)
        .values(kind=kind, key=key, payload=payload, due_at=at, status="ready", attempts=0)
        .on_conflict_do_nothing(index_elements=["key"])
    )


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int = 10) -> Sequence[Due]:
    rows = leases.take(
        connection, due_work, now, lease, limit=limit, where=[due_work.c.due_at <= now], order=due_work.c.due_at
    )
    return [Due(r.id, r.kind, r.key, r.payload, r.attempts + 1) for r in rows]


def waiting(connection: Connection, kind: str, of: str, value: str) -> datetime | None:
    """When work of a kind is due that has a value in its payload; None where none waits."""
    soonest = select(due_work.c.due_at).where(*_open(kind, of, value)).order_by(due_work.c.due_at).limit(1)
    return connection.execute(soonest).scalar_one_or_none()


def withdraw(connection: Connection, kind: str, of: str, value: str, now: datetime) -> int:
    """Take back work that waits and that nobody has in hand yet; returns how many pieces."""
    found = delete(due_work).where(*_open(kind, of, value), leases.free(due_work, now))
    return connection.execute(found).rowcount


def _open(kind: str, of: str, value: str) -> tuple[ColumnElement[bool], ...]:
    return (due_work.c.kind == kind, due_work.c.status == "ready", due_work.c.payload[of].as_string() == value)


def finish(connection: Connection, due_id: int) -> bool:
    done = connection.execute(
        update(due_work).where(due_work.c.id == due_id, due_work.c.status == "ready").values(status="done")
    )
    return done.rowcount == 1


def fail(connection: Connection, due_id: int, error: str, *, again_at: datetime | None) -> None:
    """Note a failure: tried again at `again_at`, or given up where that is None."""
    values: dict[str, Any] = {"error": error[:2000], "lease_until": None}
    values |= {"status": "failed"} if again_at is None else {"due_at": again_at}
    connection.execute(update(due_work).where(due_work.c.id == due_id).values(**values))


def sweep(connection: Connection, done_before: datetime, failed_before: datetime, *, limit: int = 5_000) -> int:
    """Remove what was done, or given up, long ago. Returns how many; fewer than `limit`: nothing is left."""
    old = (
        select(due_work.c.id)
        .where(
            or_(
                and_(due_work.c.status == "done", due_work.c.due_at < done_before),
                and_(due_work.c.status == "failed", due_work.c.due_at < failed_before),
            )
        )
        .limit(limit)
    )
    return connection.execute(delete(due_work).where(due_work.c.id.in_(old))).rowcount


def count(connection: Connection, now: datetime) -> int:
    """Pieces of work that are due and not done."""
    query = select(func.count()).select_from(due_work).where(due_work.c.status == "ready", due_work.c.due_at <= now)
    return int(connection.execute(query).scalar_one())
