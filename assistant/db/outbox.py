"""What is to be delivered: rows written with the turn that they belong to, claimed with a lease, sent once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from assistant.db.tables.service import outbox


@dataclass(frozen=True)
class Delivery:
    """A claimed delivery."""

    id: int
    conversation_id: str
    message_id: int | None
    channel: str
    payload: dict[str, Any]
    attempts: int


def put(
    connection: Connection,
    conversation_id: str,
    channel: str,
    payload: dict[str, Any],
    now: datetime,
    *,
    message_id: int | None = None,
    delay: timedelta = timedelta(0),
) -> int:
    row = connection.execute(
        insert(outbox)
        .values(
            conversation_id=conversation_id,
            message_id=message_id,
            channel=channel,
            payload=payload,
            status="ready",
            attempts=0,
            not_before=now + delay,
            created_at=now,
        )
        .returning(outbox.c.id)
    ).one()
    return int(row.id)


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int = 20) -> Sequence[Delivery]:
    """Lease deliveries that are due, oldest first."""
    rows = connection.execute(
        select(outbox)
        .where(
            outbox.c.status == "ready",
            outbox.c.not_before <= now,
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now),
        )
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(lease_until=now + lease, attempts=outbox.c.attempts + 1)
        )
    return [Delivery(r.id, r.conversation_id, r.message_id, r.channel, r.payload, r.attempts + 1) for r in rows]


def mark_sent(connection: Connection, delivery_id: int, now: datetime) -> bool:
    """Compare-and-set: True for the one caller that may consider it sent."""
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == delivery_id, outbox.c.status == "ready")
        .values(status="sent", sent_at=now, lease_until=None)
    )
    return done.rowcount == 1


def retry_later(connection: Connection, delivery_id: int, at: datetime, error: str, *, give_up: bool) -> None:
    connection.execute(
        update(outbox)
        .where(outbox.c.id == delivery_id)
        .values(status="failed" if give_up else "ready", not_before=at, lease_until=None, error=error[:2000])
    )
