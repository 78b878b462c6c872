"""Threads of questions, each of one account: what was asked, what was answered, and the query that a follow-up edits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from assistant.db.engine import upsert
from assistant.db.tables.accounts import threads, turns

MOST_TURNS = 200


@dataclass(frozen=True)
class Thread:
    id: str
    title: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Turn:
    id: int
    at: datetime
    question: str
    answer: dict[str, Any]


def last(connection: Connection, account: str, thread: str) -> dict[str, Any] | None:
    """What the last answered question of a thread came to, as it was kept."""
    return connection.execute(select(threads.c.last).where(_is(account, thread))).scalar_one_or_none()


def keep(
    connection: Connection, account: str, thread: str, question: str, answer: dict[str, Any],
    last: dict[str, Any] | None, now: datetime,
) -> int:  # fmt: skip
    """Add a turn, making the thread where it is new. `last` None leaves what follow-ups edit. Returns the turn's id."""
    statement = upsert(connection, threads).values(
        id=thread, account=account, title=question[:40], created_at=now, changed_at=now, last=last
    )
    changes: dict[str, Any] = {"changed_at": now} | ({"last": last} if last is not None else {})
    connection.execute(statement.on_conflict_do_update(index_elements=["id", "account"], set_=changes))
    made = connection.execute(
        insert(turns)
        .values(thread=thread, account=account, at=now, question=question[:2000], answer=answer)
        .returning(turns.c.id)
    )
    return int(made.scalar_one())


def listed(connection: Connection, account: str, limit: int = 100) -> list[Thread]:
    """The one changed last first."""
    query = select(threads).where(threads.c.account == account).order_by(threads.c.changed_at.desc()).limit(limit)
    return [Thread(r.id, r.title, r.created_at, r.changed_at) for r in connection.execute(query)]


def history(connection: Connection, account: str, thread: str) -> list[Turn]:
    """The last turns, oldest first."""
    query = (
        select(turns)
        .where(turns.c.account == account, turns.c.thread == thread)
        .order_by(turns.c.id.desc())
        .limit(MOST_TURNS)
    )
    return [Turn(r.id, r.at, r.question, r.answer) for r in connection.execute(query)][::-1]


def turn(connection: Connection, account: str, turn_id: int) -> Turn | None:
    """A turn, where it is this account's."""
    row = connection.execute(select(turns).where(turns.c.id == turn_id, turns.c.account == account)).first()
    return Turn(row.id, row.at, row.question, row.answer) if row else None


def rename(connection: Connection, account: str, thread: str, title: str) -> bool:
    return bool(connection.execute(update(threads).where(_is(account, thread)).values(title=title[:120])).rowcount)


def remove(connection: Connection, account: str, thread: str) -> bool:
    connection.execute(delete(turns).where(turns.c.account == account, turns.c.thread == thread))
    return bool(connection.execute(delete(threads).where(_is(account, thread))).rowcount)


def _is(account: str, thread: str) -> Any:
    return and_(threads.c.account == account, threads.c.id == thread)
