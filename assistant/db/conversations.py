"""Conversations, their messages and their serial lane.

A message is accepted into the inbox; a worker leases the whole conversation, so that two messages of one shopper are
never answered at once; a turn's effects are committed together with the release of its inbox row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from assistant.db.jsonable import dump, load
from assistant.db.tables.service import conversations, inbox, messages
from assistant.domain.conversation import Conversation, State
from assistant.domain.message import Inbound, Reply, StoredMessage
from assistant.domain.shopper import Identity, Shopper


@dataclass(frozen=True)
class Waiting:
    """An inbox row that is to be answered."""

    inbox_id: int
    inbound: Inbound
    attempts: int


def lease_next(
    connection: Connection, owner: str, now: datetime, lease: timedelta, *, only: str | None = None
) -> str | None:
    """Lease the conversation that has waited longest, or None. A lapsed lease of a dead worker is taken over."""
    free = or_(conversations.c.lease_until.is_(None), conversations.c.lease_until < now)
    oldest = (
        select(func.min(inbox.c.id))
        .where(and_(inbox.c.conversation_id == conversations.c.id, inbox.c.status == "new"))
        .scalar_subquery()
    )
    query = select(conversations.c.id).where(conversations.c.waiting > 0, free)
    if only is not None:
        query = query.where(conversations.c.id == only)
    query = query.order_by(oldest).limit(1).with_for_update(skip_locked=True)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        return None
    connection.execute(
        update(conversations).where(conversations.c.id == found).values(lease_owner=owner, lease_until=now + lease)
    )
    return str(found)


def extend_lease(connection: Connection, conversation_id: str, owner: str, until: datetime) -> bool:
    """Keep a lease. False where it was lost to another worker."""
    done = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.lease_owner == owner)
        .values(lease_until=until)
    )
    return done.rowcount == 1


def release(connection: Connection, conversation_id: str, owner: str) -> None:
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def next_waiting(connection: Connection, conversation_id: str, now: datetime) -> Waiting | None:
    """The oldest unanswered message of a conversation; its attempts are counted up."""
    row = connection.execute(
        select(inbox)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.status == "new")
        .order_by(inbox.c.id)
        .limit(1)
    ).first()
    if row is None:
        connection.execute(
            update(conversations).where(conversations.c.id == conversation_id).values(waiting=0, updated_at=now)
        )
        return None
    connection.execute(update(inbox).where(inbox.c.id == row.id).values(attempts=row.attempts + 1))
    return Waiting(row.id, load(Inbound, row.payload), row.attempts + 1)


def get(connection: Connection, conversation_id: str) -> Conversation | None:
    row = connection.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
    if row is None:
        return None
    shopper = Shopper(Identity(row.channel, row.app, row.sender), row.member_id)
    return Conversation(row.id, shopper, row.store_id, row.holder, load(State, row.state))


def find(connection: Connection, identity: Identity) -> str | None:
    """The id of an identity's conversation, if there is one."""
    return connection.execute(
        select(conversations.c.id).where(
            conversations.c.channel == identity.channel,
            conversations.c.app == identity.app,
            conversations.c.sender == identity.sender,
        )
    ).scalar_one_or_none()


def of_member(connection: Connection, member_id: str, channel: str, sender: str = "") -> str | None:
    """The conversation of a member in a channel (and of one identity) that was last used."""
    query = select(conversations.c.id).where(conversations.c.member_id == member_id, conversations.c.channel == channel)
    if sender:
        query = query.where(conversations.c.sender == sender)
    return connection.execute(query.order_by(conversations.c.updated_at.desc()).limit(1)).scalar_one_or_none()


def save_turn(
    connection: Connection,
    conversation_id: str,
    inbox_id: int,
    now: datetime,
    *,
    state: State,
    reply: Reply | None,
    trace_id: str,
    owner: str | None = None,
) -> int | None:
    """Commit a turn's conversation side: new state, our message, the inbox row done. Returns the message's id.

    With `owner`, returns without effect (None) where the lease was lost meanwhile: another worker answers.
    A row that is already done stays as it is, so that a message is answered once.
    """
    if owner is not None and not extend_lease(connection, conversation_id, owner, now + timedelta(seconds=30)):
        return None
    done = connection.execute(
        update(inbox).where(inbox.c.id == inbox_id, inbox.c.status == "new").values(status="done")
    )
    if done.rowcount == 0:
        return None
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(state=dump(state), waiting=conversations.c.waiting - 1, updated_at=now)
    )
    if reply is None:
        return None
    return add_message(connection, conversation_id, "assistant", reply, now, inbox_id=inbox_id, trace_id=trace_id)


def add_message(
    connection: Connection,
    conversation_id: str,
    author: str,
    reply: Reply,
    now: datetime,
    *,
    inbox_id: int | None = None,
    trace_id: str = "",
) -> int:
    row = connection.execute(
        insert(messages)
        .values(
            conversation_id=conversation_id,
            author=author,
            text=reply.text,
            blocks=dump(reply),
            at=now,
            inbox_id=inbox_id,
            trace_id=trace_id,
        )
        .returning(messages.c.id)
    ).one()
    return int(row.id)


def remove_message(connection: Connection, message_id: int) -> None:
    """Take a line back that never reached the shopper."""
    connection.execute(delete(messages).where(messages.c.id == message_id))


def answered_at(connection: Connection, conversation_id: str) -> datetime | None:
    """When the assistant last answered a message of the shopper's; what it sent unasked does not count."""
    return connection.execute(
        select(messages.c.at)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.author == "assistant",
            messages.c.inbox_id.is_not(None),
        )
        .order_by(messages.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def history(
    connection: Connection, conversation_id: str, *, after: int = 0, limit: int = 50
) -> Sequence[StoredMessage]:
    """The last `limit` messages with an id above `after`, oldest first."""
    rows = connection.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.id > after)
        .order_by(messages.c.id.desc())
        .limit(limit)
    ).all()
    return [
        StoredMessage(
            id=row.id,
            author=row.author,
            text=row.text,
            at=row.at,
            reply=load(Reply, row.blocks) if row.blocks else None,
            client_id=row.client_id or "",
            trace_id=row.trace_id or "",
        )
        for row in reversed(rows)
    ]


def bind(connection: Connection, channel: str, app: str, senders: Collection[str], member_id: str | None) -> None:
    """Note whose the conversations of some senders are; None where a binding was taken back."""
    connection.execute(
        update(conversations)
        .where(conversations.c.channel == channel, conversations.c.app == app, conversations.c.sender.in_(senders))
        .values(member_id=member_id)
    )


def retell(connection: Connection, inbox_id: int, text: str) -> None:
    """Show a message by other words: what was said in a recording, once it is known."""
    connection.execute(
        update(messages).where(messages.c.inbox_id == inbox_id, messages.c.author == "shopper").values(text=text)
    )


def waits(connection: Connection, conversation_id: str) -> bool:
    """Whether a message of it is not answered yet."""
    query = select(conversations.c.waiting).where(conversations.c.id == conversation_id)
    return bool(connection.execute(query).scalar_one_or_none())


def is_answered(connection: Connection, inbox_ids: Collection[int]) -> set[int]:
    """Which of some messages have been dealt with."""
    rows = connection.execute(select(inbox.c.id).where(inbox.c.id.in_(inbox_ids), inbox.c.status != "new"))
    return {row.id for row in rows}


def count_by_sender(connection: Connection, channel: str) -> dict[str, int]:
    """How many messages were accepted of each sender of a channel."""
    rows = connection.execute(
        select(conversations.c.sender, func.count())
        .join(inbox, inbox.c.conversation_id == conversations.c.id)
        .where(conversations.c.channel == channel)
        .group_by(conversations.c.sender)
    )
    return {row[0]: row[1] for row in rows}


def set_holder(connection: Connection, conversation_id: str, holder: str) -> None:
    connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(holder=holder))


def count_waiting(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(inbox).where(inbox.c.status == "new")).scalar_one())
