"""Labels of what was said: what waits for them, keeping them, corrections.

A said thing is a survey answer with a comment (`answer`), or a message of a shopper (`message`). Its words stay where
they are; the labels point at them. Queries for pages stand in `assistant.db.listening`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, delete, func, insert, literal, select

from assistant.db import due
from assistant.db.engine import upsert
from assistant.db.tables.feedback import feedback_corrections, feedback_mentions, feedback_tags
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import conversations, messages

Source = Literal["answer", "message"]
TAG = "feedback.tag"


@dataclass(frozen=True)
class Said:
    """Words of a shopper with where they came from. `shopper`: whose choices count."""

    source: Source
    source_id: int
    text: str
    at: datetime
    store_id: str | None
    member_id: str | None
    conversation_id: str | None = None
    shopper: str | None = None


@dataclass(frozen=True)
class Mention:
    leaf: str
    sentiment: str
    start: int
    length: int
    confidence: float
    tier: str


@dataclass(frozen=True)
class Kept:
    """Labels as they are stored."""

    sentiment: str
    score: float
    confidence: float
    tier: str
    intent: str
    urgency: int
    emotions: tuple[str, ...]
    risks: tuple[str, ...]
    junk: str | None
    mentions: tuple[Mention, ...]


@dataclass(frozen=True)
class Correction:
    """What a person says of a text. `aspects`: leaf → sentiment."""

    text: str
    sentiment: str
    aspects: dict[str, str]


def announce(connection: Connection, source: Source, key: int, now: datetime) -> None:
    """Note, in the transaction that keeps the words, that they are to be read. A message's `key` is its inbox row."""
    due.schedule(connection, TAG, f"tag:{source}:{key}", {"source": source, "key": key}, now)


def announced(connection: Connection, source: Source, key: int) -> Said | None:
    """What was announced, or None where it is gone or says nothing."""
    if source == "answer":
        query = _answers().where(survey_answers.c.id == key)
    else:
        query = _messages().where(messages.c.inbox_id == key)
    row = connection.execute(query).first()
    return None if row is None else _said(source, row)


def of_tag(connection: Connection, tag_id: int) -> Said | None:
    """What a row of labels speaks of, or None where the words are gone."""
    where = select(feedback_tags.c.source, feedback_tags.c.source_id).where(feedback_tags.c.id == tag_id)
    known = connection.execute(where).first()
    if known is None:
        return None
    table, query = (survey_answers, _answers()) if known.source == "answer" else (messages, _messages())
    row = connection.execute(query.where(table.c.id == known.source_id)).first()
    return None if row is None else _said(known.source, row)


def unread(connection: Connection, source: Source, after: int, limit: int, version: str = "") -> list[Said]:
    """The next said things above an id that have no labels (or none of `version`), lowest id first."""
    table, query = (survey_answers, _answers()) if source == "answer" else (messages, _messages())
    same = and_(feedback_tags.c.source == source, feedback_tags.c.source_id == table.c.id)
    if version:
        same = and_(same, feedback_tags.c.version == version)
    query = (
        query.outerjoin(feedback_tags, same)
        .where(table.c.id > after, feedback_tags.c.id.is_(None))
        .order_by(table.c.id)
        .limit(limit)
    )
    return [_said(source, row) for row in connection.execute(query)]


def count(connection: Connection, source: Source) -> int:
    """How many said things there are."""
    query = _answers() if source == "answer" else _messages()
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _answers() -> Select[Any]:
    t = survey_answers.c
    return select(
        t.id, t.comment.label("text"), t.at, t.store_id, t.member_id, literal(None).label("conversation_id"),
        literal(None).label("channel"), literal(None).label("app"), literal(None).label("sender"),
    ).select_from(survey_answers).where(t.comment != "")  # fmt: skip


def _messages() -> Select[Any]:
    m, c = messages.c, conversations.c
    return (
        select(m.id, m.text, m.at, c.store_id, c.member_id, m.conversation_id, c.channel, c.app, c.sender)
        .select_from(messages.join(conversations, c.id == m.conversation_id))
        .where(m.author == "shopper", m.text != "")
    )


def _said(source: Source, row: Any) -> Said:
    shopper = row.member_id or (f"{row.channel}:{row.app}:{row.sender}" if row.channel else None)
    return Said(source, row.id, row.text, row.at, row.store_id, row.member_id, row.conversation_id, shopper)


def keep(connection: Connection, said: Said, labels: Kept, version: str) -> int:
    """Store labels, in place of older ones; a person's stay. Returns the row's id."""
    values: dict[str, Any] = {
        "said_at": said.at, "store_id": said.store_id, "member_id": said.member_id,
        "conversation_id": said.conversation_id, "sentiment": labels.sentiment, "score": labels.score,
        "confidence": labels.confidence, "tier": labels.tier, "intent": labels.intent, "urgency": labels.urgency,
        "emotions": list(labels.emotions), "risks": list(labels.risks), "junk": labels.junk, "version": version,
    }  # fmt: skip
    known = connection.execute(
        select(feedback_tags.c.id, feedback_tags.c.tier).where(
            feedback_tags.c.source == said.source, feedback_tags.c.source_id == said.source_id
        )
    ).first()
    if known is not None and known.tier == "person":
        connection.execute(feedback_tags.update().where(feedback_tags.c.id == known.id).values(version=version))
        return int(known.id)
    row = connection.execute(
        upsert(connection, feedback_tags)
        .values(source=said.source, source_id=said.source_id, **values)
        .on_conflict_do_update(index_elements=["source", "source_id"], set_=values)
        .returning(feedback_tags.c.id)
    ).scalar_one()
    _mentions(connection, row, labels.mentions)
    return int(row)


def _mentions(connection: Connection, tag_id: int, mentions: Sequence[Mention]) -> None:
    connection.execute(delete(feedback_mentions).where(feedback_mentions.c.tag_id == tag_id))
    if mentions:
        connection.execute(insert(feedback_mentions), [{"tag_id": tag_id, **m.__dict__} for m in mentions])


def correct(
    connection: Connection, tag_id: int, sentiment: str, aspects: Mapping[str, str], actor: str, now: datetime
) -> bool:
    """Put a person's labels in place of the machine's and remember them for training. False: no such row."""
    old = connection.execute(select(feedback_mentions).where(feedback_mentions.c.tag_id == tag_id)).all()
    changed = connection.execute(
        feedback_tags.update()
        .where(feedback_tags.c.id == tag_id)
        .values(sentiment=sentiment, confidence=1.0, tier="person", score={"pos": 1.0, "neg": -1.0}.get(sentiment, 0.0))
    )
    if not changed.rowcount:
        return False
    places = {m.leaf: (m.start, m.length) for m in old}
    new = [
        Mention(leaf, said, *places.get(leaf, (0, 0)), confidence=1.0, tier="person") for leaf, said in aspects.items()
    ]
    _mentions(connection, tag_id, new)
    connection.execute(
        insert(feedback_corrections).values(
            tag_id=tag_id, sentiment=sentiment, aspects=dict(aspects), actor=actor, note="", at=now
        )
    )
    return True


def take_back(connection: Connection, tag_id: int) -> None:
    """Forget the corrections of a row; the next `keep` puts the machine's labels in their place."""
    connection.execute(delete(feedback_corrections).where(feedback_corrections.c.tag_id == tag_id))
    connection.execute(feedback_tags.update().where(feedback_tags.c.id == tag_id).values(tier="rules"))


def corrections(connection: Connection) -> list[Correction]:
    """The newest correction of each text that is still there, oldest first."""
    rows = connection.execute(
        select(feedback_corrections, feedback_tags.c.source, feedback_tags.c.source_id)
        .join(feedback_tags, feedback_tags.c.id == feedback_corrections.c.tag_id)
        .order_by(feedback_corrections.c.id)
    ).all()
    newest = {row.tag_id: row for row in rows}
    found = []
    for row in newest.values():
        text = _text(connection, row.source, row.source_id)
        if text:
            found.append(Correction(text, row.sentiment, dict(row.aspects)))
    return found


def _text(connection: Connection, source: str, source_id: int) -> str | None:
    if source == "answer":
        query = select(survey_answers.c.comment).where(survey_answers.c.id == source_id)
    else:
        query = select(messages.c.text).where(messages.c.id == source_id)
    found: str | None = connection.execute(query).scalar()
    return found


def forget(connection: Connection, conversation_ids: Sequence[str]) -> None:
    """Labels of messages go with the messages."""
    ids = select(feedback_tags.c.id).where(feedback_tags.c.conversation_id.in_(conversation_ids))
    connection.execute(delete(feedback_corrections).where(feedback_corrections.c.tag_id.in_(ids)))
    connection.execute(delete(feedback_mentions).where(feedback_mentions.c.tag_id.in_(ids)))
    connection.execute(delete(feedback_tags).where(feedback_tags.c.conversation_id.in_(conversation_ids)))


def labels_of_answers(
    connection: Connection, first: int, last: int
) -> dict[int, tuple[str, str, list[str], list[tuple[str, str]]]]:
    """Answer id → (text-free) sentiment, junk or "", emotions, (leaf, sentiment) pairs, for ids in a range."""
    t = feedback_tags.c
    rows = connection.execute(
        select(t.id, t.source_id, t.sentiment, t.junk, t.emotions).where(
            t.source == "answer", t.source_id >= first, t.source_id <= last
        )
    ).all()
    mentions: dict[int, list[tuple[str, str]]] = {}
    if rows:
        m = feedback_mentions.c
        for one in connection.execute(
            select(m.tag_id, m.leaf, m.sentiment)
            .join(feedback_tags, t.id == m.tag_id)
            .where(t.source == "answer", t.source_id >= first, t.source_id <= last)
        ):
            mentions.setdefault(one.tag_id, []).append((one.leaf, one.sentiment))
    return {r.source_id: (r.sentiment, r.junk or "", list(r.emotions), mentions.get(r.id, [])) for r in rows}
