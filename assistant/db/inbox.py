"""Takes messages in: the row that says "on disk", the conversation of its sender, the line in that conversation.

A repeated delivery (same `dedup_key`) changes nothing and is told as not fresh. However many messages come at once, they
cost a handful of statements.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, CursorResult, Table, and_, bindparam, func, literal, select, update

from assistant.db.engine import insert_into
from assistant.db.jsonable import dump
from assistant.db.rowset import Types, in_order, listed, pack, rowset
from assistant.db.tables.base import Moment
from assistant.db.tables.service import conversations, inbox, messages
from assistant.domain.conversation import State
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity

LONGEST_KEY = 200  # characters of a dedup_key


@dataclass(frozen=True)
class Accepted:
    """Outcome of `accept`. `fresh` is False for a repeated delivery."""

    conversation_id: str
    inbox_id: int
    fresh: bool


def open_conversation(
    connection: Connection, identity: Identity, now: datetime, *, member_id: str | None, store_id: str | None
) -> str:
    """The id of the identity's conversation, made where there is none. A given member or store is noted."""
    probe = Inbound(identity, dedup_key="", text="", at=now, store_id=store_id)
    return _open_all(connection, [probe], now, member_id)[identity]


def accept(connection: Connection, inbound: Inbound, now: datetime, *, member_id: str | None = None) -> Accepted:
    """Put a message on disk. A repeated delivery (same `dedup_key`) changes nothing."""
    return accept_all(connection, [inbound], now, member_id=member_id)[0]


def accept_all(
    connection: Connection, inbounds: Sequence[Inbound], now: datetime, *, member_id: str | None = None
) -> list[Accepted]:
    """Put messages on disk in a handful of statements, however many they are. Answers stand in the given order."""
    inbounds = [_storable(inbound) for inbound in inbounds]
    # one writer looks first; where several write, taking a message tells whether it was known
    known = _known(connection, {i.dedup_key for i in inbounds}) if connection.dialect.name == "sqlite" else {}
    fresh = {i.dedup_key: i for i in inbounds if i.dedup_key not in known}
    if not fresh:
        return [known[i.dedup_key] for i in inbounds]
    opened = _open_all(connection, list(fresh.values()), now, member_id)
    taken = _take(connection, fresh, opened, now)
    raced = fresh.keys() - taken.keys()  # repeated, or another replica was faster
    known |= taken | (_known(connection, raced) if raced else {})
    seen: set[str] = set()
    answers = []
    for inbound in inbounds:
        accepted = known[inbound.dedup_key]
        repeated = inbound.dedup_key in seen  # twice in this very batch
        answers.append(Accepted(accepted.conversation_id, accepted.inbox_id, fresh=accepted.fresh and not repeated))
        seen.add(inbound.dedup_key)
    return answers


def _storable(inbound: Inbound) -> Inbound:
    """What both engines can keep: no NUL, no half of a pair of surrogates, a key that fits its column."""
    changes: dict[str, Any] = {
        name: kept
        for name in ("text", "value", "client_id", "media")
        if (kept := (text := getattr(inbound, name)).replace("\0", "").encode(errors="replace").decode()) != text
    }
    if len(inbound.dedup_key) > LONGEST_KEY:
        changes["dedup_key"] = f"{inbound.dedup_key[:120]}:{sha256(inbound.dedup_key.encode()).hexdigest()}"
    return replace(inbound, **changes) if changes else inbound


def _known(connection: Connection, keys: Collection[str]) -> dict[str, Accepted]:
    rows = _put(connection, "known", _KEYS, [{"dedup_key": key} for key in keys]).scalar_one()
    return {key: Accepted(conversation_id, inbox_id, fresh=False) for inbox_id, key, conversation_id in rows}


def _open_all(
    connection: Connection, inbounds: Sequence[Inbound], now: datetime, member_id: str | None
) -> dict[Identity, str]:
    """The conversations of some messages' senders, made where there are none."""
    stores: dict[Identity, str | None] = {}
    for inbound in inbounds:
        stores[inbound.identity] = inbound.store_id or stores.get(inbound.identity)
    rows = [
        {"id": f"c-{uuid4().hex[:16]}", "channel": who.channel, "app": who.app, "sender": who.sender,
         "member_id": member_id, "store_id": stores[who]}
        for who in sorted(stores, key=lambda i: (i.channel, i.app, i.sender))  # one order: no deadlock
    ]  # fmt: skip
    put = _put(connection, "open", _PEOPLE, rows, now=now)
    found: Any = put.tuples() if put.returns_rows else _put(connection, "opened", _SENDERS, rows).scalar_one()
    return {Identity(channel, app, sender): one for one, channel, app, sender in found}


def _take(
    connection: Connection, fresh: Mapping[str, Inbound], opened: Mapping[Identity, str], now: datetime
) -> dict[str, Accepted]:
    """The inbox rows of new messages by key, without those that were taken before. Each becomes a line of its
    conversation, which then waits for an answer."""
    rows = [
        {"conversation_id": opened[inbound.identity], "dedup_key": key, "payload": dump(inbound),
         "text": inbound.text, "client_id": inbound.client_id}
        for key, inbound in fresh.items()
    ]  # fmt: skip
    if connection.dialect.name != "sqlite":
        put = _put(connection, "take", _MESSAGES, rows, now=now)
        return {row.dedup_key: Accepted(row.conversation_id, row.id, fresh=True) for row in put}
    _put(connection, "take", _INBOX, rows, now=now)
    # one writer: what was not known is now ours
    taken = {key: replace(one, fresh=True) for key, one in _known(connection, fresh.keys()).items()}
    _write_down(connection, fresh, taken, now)
    return taken


def _write_down(
    connection: Connection, fresh: Mapping[str, Inbound], taken: Mapping[str, Accepted], now: datetime
) -> None:
    """The messages as lines of their conversations."""
    lines = [
        {"conversation_id": one.conversation_id, "inbox_id": one.inbox_id,
         "text": fresh[key].text, "client_id": fresh[key].client_id}
        for key, one in sorted(taken.items(), key=lambda item: item[1].inbox_id)
    ]  # fmt: skip
    _put(connection, "write_down", _LINES, lines, now=now)
    more = Counter(accepted.conversation_id for accepted in taken.values())
    _put(connection, "wait", _WAITING, [{"id": which, "waiting": count} for which, count in sorted(more.items())])


def _types(table: Table, *names: str) -> dict[str, Any]:
    return {name: table.c[name].type for name in names}


_KEYS = _types(inbox, "dedup_key")
_SENDERS = _types(conversations, "channel", "app", "sender")
_WAITING = _types(conversations, "id", "waiting")
_NOW = bindparam("now", type_=Moment())
_INBOX = _types(inbox, "conversation_id", "dedup_key", "payload")
_LINES = _types(messages, "conversation_id", "inbox_id", "text", "client_id")
_MESSAGES = {**_INBOX, **_types(messages, "text", "client_id")}
_PEOPLE = _types(conversations, "id", "channel", "app", "sender", "member_id", "store_id")


def _put(
    connection: Connection, what: str, types: Types, rows: Sequence[Mapping[str, Any]], **same: Any
) -> CursorResult[Any]:
    statement = _statements(connection.dialect.name)[what]
    return connection.execute(statement, {"rows": pack(connection.dialect, types, rows), **same})


def _insert(dialect: str, table: Table, types: Types, **same: Any) -> Any:
    """Rows into a table; `same`: what is the same for all of them."""
    fixed = [value if value is _NOW else literal(value, table.c[name].type) for name, value in same.items()]
    return insert_into(dialect, table).from_select(
        [*types, *same], in_order(rowset(dialect, types), *types).add_columns(*fixed)
    )


@cache
def _statements(dialect: str) -> dict[str, Any]:
    """What every batch of messages runs, made once: building a statement costs more than running it."""
    keys, senders, waiting = (rowset(dialect, types) for types in (_KEYS, _SENDERS, _WAITING))
    mine = conversations.c.id, *(conversations.c[name] for name in _SENDERS)
    opened = _insert(
        dialect, conversations, _PEOPLE,
        holder="assistant", state=dump(State()), waiting=0, created_at=_NOW, updated_at=_NOW,
    )  # fmt: skip
    opened = opened.on_conflict_do_update(
        index_elements=["channel", "app", "sender"],
        set_={
            "updated_at": opened.excluded.updated_at,
            "member_id": func.coalesce(opened.excluded.member_id, conversations.c.member_id),
            "store_id": func.coalesce(opened.excluded.store_id, conversations.c.store_id),
        },
    )
    taken = _insert(dialect, inbox, _INBOX, received_at=_NOW, status="new", attempts=0)
    taken = taken.on_conflict_do_nothing(index_elements=["dedup_key"])
    same = and_(*(conversations.c[name] == senders.c[name] for name in _SENDERS))
    if dialect != "sqlite":  # which gives what it made row by row; one list afterwards is faster there
        opened = opened.returning(*mine)
        taken = _taken_whole(dialect)
    return {
        "known": select(listed(dialect, inbox.c.id, inbox.c.dedup_key, inbox.c.conversation_id)).join(
            keys, keys.c.dedup_key == inbox.c.dedup_key
        ),
        "open": opened,
        "opened": select(listed(dialect, *mine)).join(senders, same),
        "take": taken,
        "write_down": _insert(dialect, messages, _LINES, author="shopper", blocks={}, at=_NOW),
        "wait": update(conversations)
        .where(conversations.c.id == waiting.c.id)
        .values(waiting=conversations.c.waiting + waiting.c.waiting),
    }  # fmt: skip


def _taken_whole(dialect: str) -> Any:
    """New messages into the inbox, their lines into the conversations, and what waits there counted: one statement."""
    given = rowset(dialect, _MESSAGES)
    rows = in_order(given, *_INBOX).add_columns(_NOW, literal("new"), literal(0))
    taken = (
        insert_into(dialect, inbox)
        .from_select([*_INBOX, "received_at", "status", "attempts"], rows)
        .on_conflict_do_nothing(index_elements=["dedup_key"])
        .returning(inbox.c.id, inbox.c.dedup_key, inbox.c.conversation_id)
        .cte("taken")
    )
    told = (
        select(taken.c.conversation_id, taken.c.id, given.c.text, given.c.client_id)
        .add_columns(literal("shopper"), literal({}, messages.c.blocks.type), _NOW)
        .join_from(taken, given, taken.c.dedup_key == given.c.dedup_key)
        .order_by(taken.c.id)
    )
    columns = ["conversation_id", "inbox_id", "text", "client_id", "author", "blocks", "at"]
    lines = insert_into(dialect, messages).from_select(columns, told).cte("lines")
    more = select(taken.c.conversation_id, func.count().label("waiting")).group_by(taken.c.conversation_id).subquery()
    waits = (
        update(conversations)
        .where(conversations.c.id == more.c.conversation_id)
        .values(waiting=conversations.c.waiting + more.c.waiting)
        .cte("waits")
    )
    return select(taken.c.id, taken.c.dedup_key, taken.c.conversation_id).add_cte(lines, waits)
