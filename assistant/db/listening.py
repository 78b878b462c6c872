"""Questions of a listening page to the stored labels: feed, volume and feeling over time, aspects, words, stores.

Enters: a `Scope` (days, stores, a source). Leaves: plain rows. Every query is narrowed by the scope; an empty list of
stores sees nothing, None sees all. Moments are UTC; days are those of Shanghai.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from assistant.clock import local
from assistant.db.tables.feedback import feedback_mentions, feedback_tags
from assistant.db.tables.retail import stores, survey_answers
from assistant.db.tables.service import messages

_T, _M = feedback_tags.c, feedback_mentions.c


@dataclass(frozen=True)
class Scope:
    """What is looked at. `stores`: None for all that there are.

    With `leaf` or `leaves` (any of several), `sentiment` is how those are spoken of; without, that of the whole text.
    `words` must occur in the text.
    """

    since: datetime
    until: datetime
    stores: tuple[str, ...] | None = None
    source: str = ""
    sentiment: str = ""
    leaf: str = ""
    urgent: bool = False
    leaves: tuple[str, ...] = ()
    words: str = ""

    @property
    def spoken_of(self) -> tuple[str, ...]:
        """The leaves looked at; none for all."""
        return (self.leaf,) if self.leaf else self.leaves


@dataclass(frozen=True)
class FeedRow:
    """One said thing with its labels. `mentions`: (leaf, sentiment, start, length)."""

    tag_id: int
    at: datetime
    source: str
    store_id: str | None
    text: str
    sentiment: str
    score: float
    tier: str
    intent: str
    urgency: int
    emotions: tuple[str, ...]
    risks: tuple[str, ...]
    mentions: tuple[tuple[str, str, int, int], ...] = ()


@dataclass(frozen=True)
class Balance:
    """How many, and how they feel. `share`: of the negative among all, 0 where there are none."""

    key: str
    total: int
    pos: int
    neu: int
    neg: int
    name: str = field(default="")

    @property
    def share(self) -> float:
        return self.neg / self.total if self.total else 0.0


def _where(scope: Scope) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [_T.said_at >= scope.since, _T.said_at < scope.until, _T.junk.is_(None)]
    if scope.stores is not None:
        parts.append(_T.store_id.in_(scope.stores))
    if scope.source:
        parts.append(_T.source == scope.source)
    if scope.urgent:
        parts.append(_T.urgency > 0)
    if scope.words:
        parts.append(_saying(scope.words))
    if scope.spoken_of:
        mentioned = select(_M.tag_id).where(_M.leaf.in_(scope.spoken_of))
        parts.append(_T.id.in_(mentioned.where(_M.sentiment == scope.sentiment) if scope.sentiment else mentioned))
    elif scope.sentiment:
        parts.append(_T.sentiment == scope.sentiment)
    return and_(*parts)


def _saying(words: str) -> ColumnElement[bool]:
    answers = select(survey_answers.c.id).where(survey_answers.c.comment.contains(words, autoescape=True))
    said = select(messages.c.id).where(messages.c.text.contains(words, autoescape=True))
    return or_(
        and_(_T.source == "answer", _T.source_id.in_(answers)), and_(_T.source == "message", _T.source_id.in_(said))
    )


def feed(connection: Connection, scope: Scope, *, limit: int = 50, before: int | None = None) -> list[FeedRow]:
    """The newest said things, below a tag id where one is given (the next page)."""
    query = _texts().where(_where(scope)).order_by(_T.said_at.desc(), _T.id.desc()).limit(limit)
    if before is not None:
        last = select(_T.said_at).where(_T.id == before).scalar_subquery()
        query = query.where((_T.said_at < last) | and_(_T.said_at == last, _T.id < before))
    return _rows(connection, query)


def one(connection: Connection, tag_id: int, stores: Collection[str] | None) -> FeedRow | None:
    """A single said thing, None where there is none in these stores."""
    query = _texts().where(_T.id == tag_id)
    if stores is not None:
        query = query.where(_T.store_id.in_(stores))
    found = _rows(connection, query)
    return found[0] if found else None


def count(connection: Connection, scope: Scope, *, after: int = 0) -> int:
    """How many said things there are, above a tag id."""
    return connection.execute(select(func.count()).where(_where(scope), _T.id > after)).scalar_one()


def _texts() -> Select[Any]:
    return (
        select(feedback_tags, func.coalesce(survey_answers.c.comment, messages.c.text).label("text"))
        .outerjoin(survey_answers, and_(_T.source == "answer", survey_answers.c.id == _T.source_id))
        .outerjoin(messages, and_(_T.source == "message", messages.c.id == _T.source_id))
    )


def _rows(connection: Connection, query: Select[Any]) -> list[FeedRow]:
    rows = connection.execute(query).all()
    mentions = _mentions(connection, [r.id for r in rows])
    return [
        FeedRow(
            r.id, r.said_at, r.source, r.store_id, r.text or "", r.sentiment, r.score, r.tier, r.intent, r.urgency,
            tuple(r.emotions), tuple(r.risks), tuple(mentions.get(r.id, ())),
        )
        for r in rows
    ]  # fmt: skip


def _mentions(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, str, int, int]]]:
    found: dict[int, list[tuple[str, str, int, int]]] = {}
    if ids:
        for m in connection.execute(select(feedback_mentions).where(_M.tag_id.in_(ids)).order_by(_M.start)):
            found.setdefault(m.tag_id, []).append((m.leaf, m.sentiment, m.start, m.length))
    return found


def _count(column: Any, value: str) -> Any:
    return func.coalesce(func.sum(case((column == value, 1), else_=0)), 0)


def _balances(connection: Connection, key: Any, sentiment: Any, source: Any, where: Any) -> list[Balance]:
    rows = connection.execute(
        select(
            key.label("key"),
            func.count().label("total"),
            _count(sentiment, "pos").label("pos"),
            _count(sentiment, "neu").label("neu"),
            _count(sentiment, "neg").label("neg"),
        )
        .select_from(source)
        .where(where)
        .group_by(key)
    ).all()
    return [Balance(str(r.key), int(r.total), int(r.pos), int(r.neu), int(r.neg)) for r in rows if r.key is not None]


def _counted(scope: Scope) -> tuple[Any, Any, Any]:
    """What is counted: (sentiment, tables, condition) of texts, or of mentions where leaves are asked for."""
    if not scope.spoken_of:
        return _T.sentiment, feedback_tags, _where(scope)
    mentioned = feedback_mentions.join(feedback_tags, _T.id == _M.tag_id)
    return _M.sentiment, mentioned, and_(_where(scope), _M.leaf.in_(scope.spoken_of))


def by_day(connection: Connection, scope: Scope) -> list[Balance]:
    """Every local day of the scope, those without anything said too; where leaves are asked for, how those are spoken of."""
    shift = "+8 hours"
    if connection.dialect.name == "sqlite":
        day: Any = func.date(_T.said_at, shift)
    else:
        day = func.to_char(func.timezone("Asia/Shanghai", _T.said_at), "YYYY-MM-DD")
    found = {b.key: b for b in _balances(connection, day, *_counted(scope))}
    return [found.get(d.isoformat(), Balance(d.isoformat(), 0, 0, 0, 0)) for d in _days(scope)]


def _days(scope: Scope) -> list[date]:
    first, last = local(scope.since).date(), local(scope.until - timedelta(microseconds=1)).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def by_leaf(connection: Connection, scope: Scope) -> list[Balance]:
    """How often each leaf is spoken of and how, most first. Names and groups are those of the tree."""
    source = feedback_mentions.join(feedback_tags, _T.id == _M.tag_id)
    found = _balances(connection, _M.leaf, _M.sentiment, source, _where(scope))
    return sorted(found, key=lambda b: (-b.total, b.key))


def by_store(connection: Connection, scope: Scope) -> list[Balance]:
    """Stores side by side, the largest share of negative first; where leaves are asked for, of those alone."""
    found = _balances(connection, _T.store_id, *_counted(scope))
    names = dict(connection.execute(select(stores.c.id, stores.c.short)).tuples().all())
    named = [Balance(b.key, b.total, b.pos, b.neu, b.neg, names.get(b.key, b.key)) for b in found]
    return sorted(named, key=lambda b: (-b.share, -b.total, b.key))


def spans(connection: Connection, scope: Scope, *, limit: int = 2_000) -> list[tuple[str, str]]:
    """(words, sentiment) of the newest mentions of `scope.leaf`: what a drill-down counts words of."""
    rows = feed(connection, scope, limit=limit)
    return [
        (row.text[start : start + length], sentiment)
        for row in rows
        for leaf, sentiment, start, length in row.mentions
        if leaf == scope.leaf and length
    ]


def said(connection: Connection, scope: Scope, *, limit: int = 20_000) -> list[FeedRow]:
    """Said things for clustering, newest first."""
    return feed(connection, scope, limit=limit)


def of_member(connection: Connection, member_id: str, since: datetime) -> list[tuple[str, str, datetime, str]]:
    """(leaf, sentiment, moment, source) of what a member spoke of."""
    rows = connection.execute(
        select(_M.leaf, _M.sentiment, _T.said_at, _T.source)
        .join(feedback_tags, _T.id == _M.tag_id)
        .where(_T.member_id == member_id, _T.said_at >= since, _T.junk.is_(None))
        .order_by(_T.said_at)
    )
    return [(r.leaf, r.sentiment, r.said_at, r.source) for r in rows]
