"""Topics that the tree of aspects does not hold: as a chore found them, with what people decided.

A topic points at the clauses that it is made of and holds no sentence; its name and words are what many clauses share.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from assistant.db.engine import upsert
from assistant.db.tables.feedback import feedback_tags, feedback_topics
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import effects, messages

DONE = "feedback.topics"
_C = feedback_topics.c


@dataclass(frozen=True)
class Member:
    """A clause: where it stands, and how its text feels."""

    tag_id: int
    start: int
    length: int
    store_id: str
    at: datetime
    sentiment: str


@dataclass(frozen=True)
class Topic:
    """`state`: new, adopted (as `leaf`) or ignored. `middle`: growth counts what came since beside what came before."""

    id: int
    name: str
    words: tuple[str, ...]
    members: tuple[Member, ...]
    middle: datetime
    state: str
    leaf: str
    days: int
    first_seen: datetime
    computed_at: datetime


@dataclass(frozen=True)
class Found:
    """A topic as it was just found. `known`: the row that it goes on from."""

    name: str
    words: tuple[str, ...]
    members: tuple[Member, ...]
    known: int | None = None


def all_of(connection: Connection, *, state: str = "") -> list[Topic]:
    query = select(feedback_topics).order_by(_C.id)
    if state:
        query = query.where(_C.state == state)
    return [_topic(row) for row in connection.execute(query)]


def get(connection: Connection, topic_id: int) -> Topic | None:
    row = connection.execute(select(feedback_topics).where(_C.id == topic_id)).first()
    return None if row is None else _topic(row)


def put(connection: Connection, found: Sequence[Found], days: int, middle: datetime, now: datetime) -> None:
    """In place of the new ones; what people decided on stays as they decided."""
    connection.execute(
        upsert(connection, effects)
        .values(key=DONE, kind=DONE, result={"found": len(found)}, at=now)
        .on_conflict_do_update(index_elements=["key"], set_={"at": now, "result": {"found": len(found)}})
    )
    kept = [f.known for f in found if f.known is not None]
    connection.execute(delete(feedback_topics).where(_C.state == "new", _C.id.not_in(kept)))
    for one in found:
        values: dict[str, Any] = {
            "members": [[m.tag_id, m.start, m.length, m.store_id, m.at.isoformat(), m.sentiment] for m in one.members],
            "middle": middle, "days": days, "computed_at": now,
        }  # fmt: skip
        if one.known is not None:
            connection.execute(update(feedback_topics).where(_C.id == one.known).values(values))
            continue
        first = min((m.at for m in one.members), default=now)
        connection.execute(
            insert(feedback_topics).values(
                name=one.name[:60], words=list(one.words), state="new", leaf="", first_seen=first, **values
            )
        )


def decide(connection: Connection, topic_id: int, state: str, leaf: str = "", *, was: str) -> bool:
    """Adopted, ignored, or new again. False: somebody else was quicker."""
    done = connection.execute(
        update(feedback_topics).where(_C.id == topic_id, _C.state == was).values(state=state, leaf=leaf)
    )
    return bool(done.rowcount)


def computed_at(connection: Connection) -> datetime | None:
    """When topics were looked for last, whether or not there were any."""
    found: datetime | None = connection.execute(select(effects.c.at).where(effects.c.key == DONE)).scalar()
    return found


def clauses(connection: Connection, members: Iterable[Member]) -> list[str]:
    """The words of members, those that are still there."""
    wanted = list(members)
    texts = dict(
        connection.execute(
            select(feedback_tags.c.id, func.coalesce(survey_answers.c.comment, messages.c.text, ""))
            .outerjoin(
                survey_answers,
                and_(feedback_tags.c.source == "answer", survey_answers.c.id == feedback_tags.c.source_id),
            )
            .outerjoin(messages, and_(feedback_tags.c.source == "message", messages.c.id == feedback_tags.c.source_id))
            .where(feedback_tags.c.id.in_([m.tag_id for m in wanted]))
        )
        .tuples()
        .all()
    )
    found = (texts.get(m.tag_id, "")[m.start : m.start + m.length] for m in wanted)
    return [text for text in found if text]


def _topic(row: Any) -> Topic:
    members = tuple(
        Member(t, s, n, store, datetime.fromisoformat(at), says) for t, s, n, store, at, says in row.members
    )
    return Topic(
        row.id, row.name, tuple(row.words), members, row.middle, row.state, row.leaf, row.days, row.first_seen,
        row.computed_at,
    )  # fmt: skip
