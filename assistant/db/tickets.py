"""Tickets and their history, as the shopper sees them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from assistant.db.tables.retail import stores
from assistant.db.tables.service import ticket_events, tickets
from tools.types import Ticket, TicketStatus, TrackStep

_NUMBER_BASE = 100_000  # ids look alike in length from the first ticket on


def ticket_id(number: int) -> str:
    return f"T{_NUMBER_BASE + number}"


def number_of(ticket: str) -> int | None:
    """The row of a ticket id, None for something that is not one."""
    digits = ticket.strip().upper().removeprefix("T")
    return int(digits) - _NUMBER_BASE if digits.isascii() and digits.isdigit() else None


def file(
    connection: Connection,
    *,
    conversation_id: str,
    shopper: str,
    store_id: str | None,
    category: str,
    severity: str,
    subject: str,
    body: str,
    now: datetime,
    due_at: datetime,
) -> Ticket:
    number = connection.execute(
        insert(tickets)
        .values(
            conversation_id=conversation_id,
            shopper=shopper,
            store_id=store_id,
            category=category,
            severity=severity,
            status=TicketStatus.OPEN.value,
            subject=subject[:120],
            body=body,
            created_at=now,
            due_at=due_at,
        )
        .returning(tickets.c.number)
    ).scalar_one()
    add_event(connection, number, now, "shopper", "filed", body)
    found = get(connection, shopper, number)
    assert found is not None
    return found


def latest(connection: Connection, conversation_id: str, since: datetime) -> int | None:
    """The newest ticket filed in a conversation since a moment."""
    return connection.execute(
        select(tickets.c.number)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.created_at >= since)
        .order_by(tickets.c.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def add_event(connection: Connection, number: int, now: datetime, actor: str, kind: str, note: str) -> None:
    connection.execute(insert(ticket_events).values(ticket_number=number, at=now, actor=actor, kind=kind, note=note))


def set_status(connection: Connection, number: int, status: TicketStatus) -> None:
    connection.execute(update(tickets).where(tickets.c.number == number).values(status=status.value))


def get(connection: Connection, shopper: str, number: int) -> Ticket | None:
    """One ticket of this shopper; None for anybody else's."""
    found = _select(connection, shopper, number)
    return found[0] if found else None


def mine(connection: Connection, shopper: str, limit: int = 5) -> Sequence[Ticket]:
    """The shopper's tickets, newest first."""
    return _select(connection, shopper, None, limit)


def _select(connection: Connection, shopper: str, number: int | None, limit: int = 1) -> Sequence[Ticket]:
    query = (
        select(tickets, stores.c.name.label("store"))
        .join(stores, stores.c.id == tickets.c.store_id, isouter=True)
        .where(tickets.c.shopper == shopper)
    )
    if number is not None:
        query = query.where(tickets.c.number == number)
    rows = connection.execute(query.order_by(tickets.c.number.desc()).limit(limit)).all()
    return [
        Ticket(
            ticket_id=ticket_id(row.number),
            category=row.category,
            severity=row.severity,
            status=TicketStatus(row.status),
            subject=row.subject,
            store=row.store or "",
            created_at=row.created_at,
            due_at=row.due_at,
            notes=_notes(connection, row.number),
        )
        for row in rows
    ]


def _notes(connection: Connection, number: int) -> tuple[TrackStep, ...]:
    rows = connection.execute(
        select(ticket_events).where(ticket_events.c.ticket_number == number).order_by(ticket_events.c.id)
    ).all()
    return tuple(TrackStep(row.at, row.note) for row in rows)
