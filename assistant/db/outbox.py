"""What is to be delivered: rows written with the turn that they belong to, claimed with a lease, sent once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, update

from assistant.db import leases
from assistant.db.tables.service import conversations, outbox


@dataclass(frozen=True)
class Delivery:
    """A claimed delivery."""

    id: int
    conversation_id: str
    message_id: int | None
    channel: str
    payload: dict[str, Any]
    attempts: int
    sent: bool = False


def put(
    connection: Connection,
    conversation_id: str,
    channel: str,
    payload: dict[str, Any],
    now: datetime,
    *,
    message_id: int | None = None,
    inbox_id: int | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    held: bool = False,
) -> int:
    """Note a delivery. From `not_after` on it is neither pushed nor carried; `withdraw` ends it."""
    row = connection.execute(
        insert(outbox)
        .values(
            conversation_id=conversation_id,
            message_id=message_id,
            channel=channel,
            payload=payload,
            inbox_id=inbox_id,
            status="held" if held else "ready",
            attempts=0,
            not_before=not_before or now,
            not_after=not_after,
            created_at=now,
        )
        .returning(outbox.c.id)
    ).one()
    return int(row.id)


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int = 20) -> Sequence[Delivery]:
    """Lease deliveries that are due, oldest first; of one conversation only the oldest that is not sent."""
    older = outbox.alias()
    waits_behind = exists().where(
        older.c.conversation_id == outbox.c.conversation_id, older.c.status == "ready", older.c.id < outbox.c.id,
        or_(older.c.not_after.is_(None), older.c.not_after > now),
    )  # fmt: skip
    due = [outbox.c.not_before <= now, _in_time(now), ~waits_behind]
    rows = leases.take(connection, outbox, now, lease, limit=limit, where=due, order=outbox.c.id)
    if cut_off := [row.id for row in rows if row.carried_by is not None]:  # by a crash, before they went
        connection.execute(update(outbox).where(outbox.c.id.in_(cut_off)).values(carried_by=None))
    return [Delivery(r.id, r.conversation_id, r.message_id, r.channel, r.payload, r.attempts + 1) for r in rows]


def _in_time(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.not_after.is_(None), outbox.c.not_after > now)


def lasts(connection: Connection, delivery_id: int) -> tuple[str, datetime | None]:
    """How far a delivery is, and until when it may go out. Empty where there is none."""
    row = connection.execute(select(outbox.c.status, outbox.c.not_after).where(outbox.c.id == delivery_id)).first()
    return (row.status, row.not_after) if row else ("", None)


def withdraw(connection: Connection, delivery_id: int, now: datetime, reason: str) -> bool:
    """Take back what was not delivered and is in nobody's hands. False where it was, or is just going out."""
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == delivery_id, outbox.c.status.in_(("ready", "held", "failed")), leases.free(outbox, now))
        .values(status="failed", error=reason)
    )
    return done.rowcount == 1


def carry(
    connection: Connection, channel: str, conversation_id: str, inbox_id: int, now: datetime, lease: timedelta
) -> list[Delivery]:
    """Lease what a channel's own response to a message can carry: its answer and whatever was held back before.

    A repeated delivery of the message gets the same rows, whether they are still in our hands or have gone (`sent`).
    What is in a courier's hands is pushed and not carried.
    """
    connection.execute(
        update(outbox)
        .where(
            outbox.c.conversation_id == conversation_id,
            outbox.c.channel == channel,
            outbox.c.status.in_(("ready", "held")),
            or_(outbox.c.inbox_id <= inbox_id, outbox.c.inbox_id.is_(None)),
            leases.free(outbox, now),
            _in_time(now),
        )
        .values(carried_by=inbox_id, lease_until=now + lease)
    )
    carried = outbox.c.carried_by == inbox_id, outbox.c.status.in_(("ready", "held", "sent"))
    rows = connection.execute(select(outbox).where(*carried).order_by(outbox.c.id)).all()
    return [
        Delivery(r.id, r.conversation_id, r.message_id, r.channel, r.payload, r.attempts, sent=r.status == "sent")
        for r in rows
    ]


def carried_away(connection: Connection, inbox_id: int, ids: Collection[int], now: datetime) -> int:
    """Rows leased by `carry` go out this moment with a response. Returns how many went with this one: none where they
    went with another response to the same message. Raises LookupError where a courier has them by now."""
    mine = outbox.c.id.in_(ids), outbox.c.carried_by == inbox_id
    gone = connection.execute(
        update(outbox)
        .where(*mine, outbox.c.status.in_(("ready", "held")))
        .values(status="sent", sent_at=now, lease_until=None)
    )
    there = connection.execute(select(func.count()).where(*mine, outbox.c.status == "sent")).scalar_one()
    if there != len(ids):
        raise LookupError(f"{len(ids) - there} deliveries are in other hands")
    return gone.rowcount


def promised(connection: Connection, channel: str) -> list[tuple[str, int | None, dict[str, Any]]]:
    """Everything that was ever to be sent on a channel, in order: to whom, in answer to which message, what."""
    rows = connection.execute(
        select(conversations.c.sender, outbox.c.inbox_id, outbox.c.payload)
        .join(conversations, outbox.c.conversation_id == conversations.c.id)
        .where(outbox.c.channel == channel)
        .order_by(outbox.c.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def hold(connection: Connection, delivery_id: int, reason: str) -> None:
    """Keep a delivery until the shopper writes again: nothing may be sent to them before."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == delivery_id, outbox.c.status == "ready")
        .values(status="held", lease_until=None, error=reason[:2000])
    )


def holds(connection: Connection, conversation_id: str, *, ready: bool = False) -> bool:
    """Whether something is kept back for a conversation, or (`ready`) about to go out."""
    states = ("held", "ready") if ready else ("held",)
    mine = select(outbox.c.id).where(outbox.c.conversation_id == conversation_id, outbox.c.status.in_(states))
    return connection.execute(mine.limit(1)).first() is not None


def let_go(connection: Connection, conversation_ids: Collection[str], not_before: datetime) -> None:
    """The shoppers wrote again: what was held back may be sent from `not_before` on."""
    connection.execute(
        update(outbox)
        .where(outbox.c.conversation_id.in_(conversation_ids), outbox.c.status == "held")
        .values(status="ready", not_before=not_before)
    )


def leave(connection: Connection, delivery_id: int, payload: dict[str, Any] | None, now: datetime) -> None:
    """A part goes out this moment: what is left after it, or None where it was the last. See `come_back`."""
    mine = update(outbox).where(outbox.c.id == delivery_id, outbox.c.status == "ready")
    if payload is not None:
        connection.execute(mine.values(payload=payload))
    else:
        connection.execute(mine.values(status="sent", sent_at=now, lease_until=None))


def come_back(connection: Connection, delivery_id: int, payload: dict[str, Any]) -> None:
    """What had left was not taken: it is ours again, to be ended otherwise in this transaction."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == delivery_id, outbox.c.status.in_(("ready", "sent")), outbox.c.carried_by.is_(None))
        .values(status="ready", payload=payload, sent_at=None)
    )


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
