"""Rows that workers take in turn: `status` ready, a lease that runs out, a count of attempts. Called by `due` and `outbox`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, update


def free(table: Table, now: datetime) -> ColumnElement[bool]:
    """In nobody's hands."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until < now)


def take(
    connection: Connection, table: Table, now: datetime, lease: timedelta, *, limit: int,
    where: Sequence[ColumnElement[bool]], order: ColumnElement[Any],
) -> Sequence[Row[Any]]:  # fmt: skip
    """Lease rows that are ready and free, as they were before: `attempts` counts those until now."""
    rows = connection.execute(
        select(table)
        .where(table.c.status == "ready", free(table, now), *where)
        .order_by(order)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(table)
            .where(table.c.id.in_([row.id for row in rows]))
            .values(lease_until=now + lease, attempts=table.c.attempts + 1)
        )
    return rows
