"""What happened in each turn: tier, tools, passages, prompts, model calls, timings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from assistant.db.engine import upsert
from assistant.db.tables.service import traces


def save(connection: Connection, trace_id: str, conversation_id: str, at: datetime, body: dict[str, Any]) -> None:
    statement = upsert(connection, traces).values(id=trace_id, conversation_id=conversation_id, at=at, body=body)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"body": body, "at": at}))


def get(connection: Connection, trace_id: str) -> dict[str, Any] | None:
    row = connection.execute(select(traces).where(traces.c.id == trace_id)).first()
    return None if row is None else {"id": row.id, "conversation": row.conversation_id, "at": row.at, **row.body}


def newest(connection: Connection, conversation_id: str, limit: int = 20) -> Sequence[str]:
    """Ids of a conversation's traces, newest first."""
    query = select(traces.c.id).where(traces.c.conversation_id == conversation_id)
    return connection.execute(query.order_by(traces.c.at.desc()).limit(limit)).scalars().all()
