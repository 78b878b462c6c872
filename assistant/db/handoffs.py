"""Conversations that wait for a person."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from assistant.db.conversations import set_holder
from assistant.db.tables.service import handoffs


def request(connection: Connection, conversation_id: str, reason: str, now: datetime) -> int:
    """Queue a conversation once; returns how many others wait before it."""
    known = connection.execute(
        select(handoffs.c.id).where(handoffs.c.conversation_id == conversation_id, handoffs.c.status == "waiting")
    ).scalar_one_or_none()
    if known is None:
        known = connection.execute(
            insert(handoffs)
            .values(conversation_id=conversation_id, reason=reason, status="waiting", at=now)
            .returning(handoffs.c.id)
        ).scalar_one()
        set_holder(connection, conversation_id, "queue")
    return int(
        connection.execute(
            select(func.count()).select_from(handoffs).where(handoffs.c.status == "waiting", handoffs.c.id < known)
        ).scalar_one()
    )


def withdraw(connection: Connection, conversation_id: str) -> None:
    """The shopper no longer wants a person: the assistant answers again."""
    connection.execute(
        handoffs.update()
        .where(handoffs.c.conversation_id == conversation_id, handoffs.c.status == "waiting")
        .values(status="closed")
    )
    set_holder(connection, conversation_id, "assistant")
