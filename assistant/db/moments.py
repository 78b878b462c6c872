"""Events of the retailer's, invitations and their runs, as rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal, or_, select, union_all, update

from assistant.db.engine import upsert
from assistant.db.tables.moments import events, invitations
from assistant.db.tables.retail import members, order_lines, orders, products, skus, survey_answers
from assistant.db.tables.service import attachments, choices
from assistant.domain.moment import Event

LIVE = ("sent", "open", "paused")
_BETWEEN = "\x1f"  # no name holds it


@dataclass(frozen=True)
class Invitation:
    """A row as it stands; `survey`, `path` and `answers` are JSON data."""

    id: str
    event_id: str
    rule_id: str
    survey_id: str
    survey: Mapping[str, Any]
    variant: str
    greeting: str
    member_id: str
    store_id: str | None
    order_id: str | None
    conversation_id: str | None
    channel: str
    status: str
    reason: str
    current: str
    path: Sequence[str]
    answers: Mapping[str, Any]
    unclear: int
    rewarded: bool
    due_at: datetime
    sent_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    tried: str = ""
    reward: str = ""
    opened_at: datetime | None = None
    score: int | None = None
    answer_id: int | None = None


def note_event(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Put an event on disk. False where it was there already."""
    put = upsert(connection, events).values(**row, outcome="new").on_conflict_do_nothing(index_elements=["id"])
    # what came back, not how many rows: the driver of PostgreSQL does not count those of such an insert
    return connection.execute(put.returning(events.c.id)).first() is not None


def event(connection: Connection, event_id: str) -> Mapping[str, Any] | None:
    row = connection.execute(select(events).where(events.c.id == event_id)).mappings().first()
    return dict(row) if row else None


def decided(connection: Connection, event_id: str, outcome: str) -> bool:
    """Compare-and-set: True for the one caller that decides an event."""
    done = connection.execute(
        update(events).where(events.c.id == event_id, events.c.outcome == "new").values(outcome=outcome)
    )
    return done.rowcount == 1


def plan(connection: Connection, row: Mapping[str, Any]) -> None:
    blank = {"path": [], "answers": {}, "unclear": 0, "rewarded": False, "status": "planned", "current": ""}
    connection.execute(insert(invitations).values(**blank, **row))


def start(connection: Connection, row: Mapping[str, Any]) -> str:
    """An invitation that its shopper began themselves; the one of the same event where there is one. Returns its id."""
    blank = {"path": [], "answers": {}, "unclear": 0, "rewarded": False, "current": "", "status": "sent"}
    put = upsert(connection, invitations).values(**blank, **row)
    connection.execute(put.on_conflict_do_nothing(index_elements=["event_id"]))
    query = select(invitations.c.id).where(invitations.c.event_id == row["event_id"])
    return str(connection.execute(query).scalar_one())


def rewarded(connection: Connection, member_id: str, survey_id: str, since: datetime) -> bool:
    """Whether a member had the reward of a survey since a moment, or is owed it."""
    i = invitations.c
    query = select(i.id).where(
        i.member_id == member_id,
        i.survey_id == survey_id,
        i.ended_at >= since,
        i.reward.in_(("given", "instead", "owed")),
    )
    return connection.execute(query.limit(1)).first() is not None


def get(connection: Connection, invitation_id: str) -> Invitation | None:
    row = connection.execute(select(invitations).where(invitations.c.id == invitation_id)).mappings().first()
    return Invitation(**row) if row else None


def every(connection: Connection, status: str = "") -> list[Invitation]:
    """All invitations, or those of a status."""
    query = select(invitations).where(invitations.c.status == status) if status else select(invitations)
    return [Invitation(**row) for row in connection.execute(query).mappings()]


def live(connection: Connection, conversation_id: str, now: datetime) -> Invitation | None:
    """The survey that this conversation is in the middle of, if any; the newest of several."""
    return _live(connection, invitations.c.conversation_id == conversation_id, now)


def live_of_member(connection: Connection, member_id: str, now: datetime) -> Invitation | None:
    """The survey that a member may answer now, wherever it was put; the newest of several."""
    return _live(connection, invitations.c.member_id == member_id, now)


def _live(connection: Connection, whose: ColumnElement[bool], now: datetime) -> Invitation | None:
    return _newest(connection, whose, invitations.c.status.in_(LIVE), invitations.c.expires_at > now)


def _newest(connection: Connection, *which: ColumnElement[bool]) -> Invitation | None:
    query = select(invitations).where(*which).order_by(invitations.c.sent_at.desc())
    row = connection.execute(query.limit(1)).mappings().first()
    return Invitation(**row) if row else None


def last_sent(connection: Connection, member_id: str, since: datetime) -> Invitation | None:
    """The newest survey sent to a member since a moment, whatever became of it."""
    i = invitations.c
    return _newest(connection, i.member_id == member_id, i.sent_at >= since)


def last_ended(connection: Connection, member_id: str, since: datetime, now: datetime) -> Invitation | None:
    """The newest survey sent to a member since a moment, where it may no longer be answered."""
    i = invitations.c
    over = or_(i.status.not_in(LIVE), i.expires_at <= now)
    return _newest(connection, i.member_id == member_id, i.sent_at >= since, over)


def sent_by(connection: Connection, member_id: str, channel: str, since: datetime) -> int:
    """How many invitations went to a member in some way since a moment."""
    i = invitations.c
    query = select(func.count()).where(i.member_id == member_id, i.channel == channel, i.sent_at >= since)
    return int(connection.execute(query).scalar_one())


def change(
    connection: Connection, invitation_id: str, values: Mapping[str, Any], *, was: Sequence[str] = (),
    current: str | None = None,
) -> bool:  # fmt: skip
    """Change a row; with `was`, only where its status is one of these; with `current`, only at that question."""
    query = update(invitations).where(invitations.c.id == invitation_id)
    if current is not None:
        query = query.where(invitations.c.current == current)
    if was:
        query = query.where(invitations.c.status.in_(was))
    return connection.execute(query.values(**values)).rowcount == 1


def lock_member(connection: Connection, member_id: str) -> None:
    """Decisions about one member take turns until the transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"moments:{member_id}"))))


def expire(connection: Connection, now: datetime) -> int:
    """End what may no longer be answered."""
    done = connection.execute(
        update(invitations)
        .where(invitations.c.status.in_(LIVE), invitations.c.expires_at <= now)
        .values(status="expired", ended_at=now)
    )
    return done.rowcount


def invited(connection: Connection, member_id: str) -> dict[str, datetime]:
    """When a member was last invited (or is going to be), by rule."""
    rows = connection.execute(
        select(invitations.c.rule_id, func.max(invitations.c.due_at).label("at"))
        .where(invitations.c.member_id == member_id, invitations.c.status != "held")
        .group_by(invitations.c.rule_id)
    )
    return {row.rule_id: row.at for row in rows}


def unfinished(connection: Connection, member_id: str, now: datetime) -> bool:
    found = connection.execute(
        select(invitations.c.id)
        .where(
            invitations.c.member_id == member_id,
            invitations.c.status.in_(("planned", *LIVE)),
            (invitations.c.expires_at.is_(None)) | (invitations.c.expires_at > now),
        )
        .limit(1)
    ).first()
    return found is not None


def keep_answer(connection: Connection, row: Mapping[str, Any]) -> None:
    """A finished survey as the mart reads it. The same invitation twice is one answer."""
    connection.execute(upsert(connection, survey_answers).values(**row).on_conflict_do_nothing(index_elements=["id"]))


@dataclass(frozen=True)
class Happened:
    """An event of the past, told by the retailer or read off an order. Tier and stage are those of today; `bought`: ids, categories and brands of its products."""

    event: Event
    tier: str | None
    stage: str
    bought: frozenset[str]
    allowed: bool


def past_events(
    connection: Connection, since: datetime, *, topic: str, stores: Collection[str] | None = None, limit: int
) -> Iterator[Happened]:
    """The newest events of members, oldest first, each with whether they accept what is named by `topic`: all that were
    told, and orders of whose payment nothing was told. `stores` None: of all."""
    o, e = orders.c, events.c
    told = and_(e.type == "paid", e.order_id == o.id)
    payments = (
        select(
            ("order-" + o.id).label("id"), literal("paid").label("type"), o.member_id, o.store_id, o.id.label("order_id"),
            o.channel, o.total_cents.label("amount_cents"), o.created_at.label("at"),
        )
        .outerjoin_from(orders, events, told)
        .where(o.created_at >= since, o.member_id.is_not(None), e.id.is_(None), *_within(o.store_id, stores))
    )  # fmt: skip
    others = select(e.id, e.type, e.member_id, e.store_id, e.order_id, e.channel, e.amount_cents, e.at).where(
        e.at >= since, *_within(e.store_id, stores)
    )
    every = union_all(payments, others).subquery()
    newest = select(every).order_by(every.c.at.desc()).limit(limit).subquery()
    refused = and_(choices.c.shopper == newest.c.member_id, choices.c.topic == topic, ~choices.c.allowed)
    rows = connection.execution_options(yield_per=5_000).execute(
        select(
            newest,
            members.c.tier,
            members.c.stage,
            _bought(connection, newest.c.order_id),
            choices.c.topic.label("refused"),
        )
        .join(members, members.c.id == newest.c.member_id)
        .outerjoin(choices, refused)
        .order_by(newest.c.at)
    )
    for r in rows:
        event = Event(r.id, r.type, r.member_id, r.at, r.store_id, r.order_id, r.channel, r.amount_cents)
        yield Happened(event, r.tier, r.stage or "", frozenset((r.bought or "").split(_BETWEEN)), r.refused is None)


def _bought(connection: Connection, order_id: Any) -> Any:
    """The products of an order in one string."""
    one = products.c.id + _BETWEEN + products.c.category + _BETWEEN + products.c.brand
    join = func.group_concat if connection.dialect.name == "sqlite" else func.string_agg
    of_order = select(join(one, _BETWEEN)).select_from(order_lines.join(skus, skus.c.id == order_lines.c.sku_id))
    of_order = of_order.join(products, products.c.id == skus.c.product_id).where(order_lines.c.order_id == order_id)
    return of_order.scalar_subquery().label("bought")


def tally(
    connection: Connection, since: datetime, stores: Collection[str] | None, *, by: str, survey_id: str = ""
) -> list[dict[str, Any]]:
    """Invitations counted: rows of key, status, score, opened, begun and n. `by`: store, variant, survey or day (local).

    `stores` None: of all stores, and of none.
    """
    i = invitations.c
    key: Any = {"store": func.coalesce(i.store_id, ""), "variant": i.variant, "survey": i.survey_id}.get(by)
    if key is None and connection.dialect.name == "sqlite":
        key = func.date(i.due_at, "+8 hours")
    elif key is None:
        key = func.to_char(func.timezone("Asia/Shanghai", i.due_at), "YYYY-MM-DD")
    columns = [
        key.label("key"), i.status, i.score, i.opened_at.is_not(None).label("opened"),
        i.started_at.is_not(None).label("begun"),
    ]  # fmt: skip
    where = [i.due_at >= since, i.status.not_in(("planned", "held")), *_within(i.store_id, stores)]
    if survey_id:
        where.append(i.survey_id == survey_id)
    counted = select(*columns).where(*where).subquery()  # so that what is grouped by is named once on both engines
    query = select(*counted.c, func.count().label("n")).group_by(*counted.c)
    return [dict(row) for row in connection.execute(query).mappings()]


def rewards_of(
    connection: Connection, survey_id: str, since: datetime, stores: Collection[str] | None
) -> dict[str, int]:
    """Rewards by how they ended."""
    i = invitations.c
    query = select(i.reward, func.count().label("n")).where(
        i.survey_id == survey_id, i.reward != "", i.due_at >= since, *_within(i.store_id, stores)
    )
    return {row.reward: row.n for row in connection.execute(query.group_by(i.reward))}


def pictures_of(
    connection: Connection, survey_id: str, since: datetime, stores: Collection[str] | None, *, limit: int
) -> list[int]:
    """The newest pictures and recordings that were answers: ids of attachments."""
    i, a = invitations.c, attachments.c
    query = (
        select(a.id)
        .join(invitations, i.id == a.invitation_id)
        .where(i.survey_id == survey_id, a.status == "kept", a.kind == "image", i.due_at >= since,
               *_within(i.store_id, stores))
    )  # fmt: skip
    return list(connection.execute(query.order_by(a.id.desc()).limit(limit)).scalars())


def held_of(connection: Connection, survey_id: str, since: datetime, stores: Collection[str] | None) -> dict[str, int]:
    """Invitations that were not sent, by reason."""
    i = invitations.c
    query = select(i.reason, func.count().label("n")).where(
        i.survey_id == survey_id, i.status == "held", i.due_at >= since, *_within(i.store_id, stores)
    )
    return {row.reason: row.n for row in connection.execute(query.group_by(i.reason))}


def said(
    connection: Connection,
    survey_id: str,
    since: datetime,
    stores: Collection[str] | None,
    *,
    limit: int,
    skip: int = 0,
) -> list[Mapping[str, Any]]:
    """The newest answers to a survey that have words."""
    a = survey_answers.c
    query = (
        select(a.id, a.at, a.store_id, a.nps, a.csat, a.ces, a.comment)
        .join(invitations, invitations.c.answer_id == a.id)
        .where(
            invitations.c.survey_id == survey_id, invitations.c.due_at >= since, a.comment != "",
            *_within(a.store_id, stores),
        )
    )  # fmt: skip
    found = connection.execute(query.order_by(a.at.desc(), a.id).limit(limit).offset(skip)).mappings()
    return [dict(row) for row in found]


def _within(column: Any, stores: Collection[str] | None) -> list[Any]:
    return [] if stores is None else [column.in_(stores)]


def outcomes(connection: Connection, since: datetime, stores: Collection[str] | None = None) -> dict[str, int]:
    """Events by what they led to."""
    query = select(events.c.outcome, func.count().label("n")).where(
        events.c.at >= since, *_within(events.c.store_id, stores)
    )
    rows = connection.execute(query.group_by(events.c.outcome))
    return {row.outcome: row.n for row in rows}


def funnel(connection: Connection, since: datetime) -> list[Mapping[str, Any]]:
    """Invitations by survey, wording and status."""
    rows = connection.execute(
        select(
            invitations.c.survey_id, invitations.c.rule_id, invitations.c.variant, invitations.c.status,
            func.count().label("count"),
        )
        .where(invitations.c.due_at >= since)
        .group_by(invitations.c.survey_id, invitations.c.rule_id, invitations.c.variant, invitations.c.status)
        .order_by(invitations.c.survey_id, invitations.c.rule_id, invitations.c.variant, invitations.c.status)
    ).mappings()  # fmt: skip
    return [dict(r) for r in rows]
