"""Labels in the store: on arrival, over all, corrected, asked for, forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from assistant.clock import FixedClock
from assistant.db import due, feedback, inbox, listening, privacy
from assistant.db.engine import Database
from assistant.db.feedback import TAG
from assistant.db.listening import Scope
from assistant.db.tables.retail import survey_answers
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.feedback.tagger import Tagger
from assistant.journeys.feedback import Understanding

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
COMMENTS = (
    (1, "S001", "M1", 1, "导购很热情，衣服质量也好"),
    (2, "S001", "M1", 2, "结账排了半小时，就开两个收银台"),
    (3, "S002", "M2", 3, "结账很快没怎么等"),
    (4, "S002", None, 40, "停车场出口堵了半小时，差评"),
    (5, "S002", None, 1, ""),
)


@pytest.fixture
def understanding(database: Database, tagger: Tagger) -> Understanding:
    with database.write() as connection:
        connection.execute(
            insert(survey_answers),
            [
                {"id": n, "member_id": member, "store_id": store, "touchpoint": "到店", "comment": text,
                 "at": NOW - timedelta(days=days)}
                for n, store, member, days, text in COMMENTS
            ],
        )  # fmt: skip
    return Understanding(database, lambda: tagger, FixedClock(NOW))


def message(database: Database, text: str, sender: str = "visitor", member: str | None = None) -> int:
    """Accept a message; its inbox row."""
    inbound = Inbound(Identity("web", "demo", sender), f"k-{sender}-{text}", text, NOW)
    with database.write() as connection:
        return inbox.accept(connection, inbound, NOW, member_id=member).inbox_id


def feed(database: Database, **narrow: object) -> list[listening.FeedRow]:
    scope = Scope(NOW - timedelta(days=60), NOW + timedelta(days=1), **narrow)  # type: ignore[arg-type]
    with database.read() as connection:
        return listening.feed(connection, scope)


def test_what_is_said_is_labelled_where_it_was_announced(database: Database, understanding: Understanding) -> None:
    inbox = message(database, "你们店员态度太差了，投诉")
    with database.write() as connection:
        feedback.announce(connection, "message", inbox, NOW)
        feedback.announce(connection, "message", inbox, NOW)
        pieces = due.claim(connection, NOW, timedelta(minutes=1))

    done = [understanding.read_arrival(p.payload) for p in pieces if p.kind == TAG]

    assert done == [True]
    (row,) = feed(database, source="message")
    assert (row.sentiment, row.intent, "anger" in row.emotions) == ("neg", "complaint", True)
    assert all(row.text[start : start + length] for _, _, start, length in row.mentions)


def test_a_shopper_who_declines_is_not_read(database: Database, understanding: Understanding) -> None:
    inbox = message(database, "态度差", member="M9")
    with database.write() as connection:
        privacy.choose(connection, "M9", "personal", False, "v", NOW)

    done = understanding.read_arrival({"source": "message", "key": inbox})

    assert done is False
    assert feed(database) == []


def test_what_is_gone_is_no_fault(understanding: Understanding) -> None:
    assert understanding.read_arrival({"source": "answer", "key": 999}) is False


def test_the_whole_store_is_read_once_and_what_is_new_the_next_time(
    database: Database, understanding: Understanding
) -> None:
    first = understanding.read_all()
    message(database, "小程序闪退")

    second = understanding.read_all()

    assert (first.tagged, second.tagged) == (4, 1)
    assert understanding.read_all(everything=True).tagged == 0  # all are of this version


def test_a_correction_stays_and_is_handed_to_the_training(database: Database, understanding: Understanding) -> None:
    understanding.read_all()
    row = feed(database, leaf="place.parking")[0]
    with database.write() as connection:
        done = feedback.correct(connection, row.tag_id, "neu", {"place.parking": "neu"}, "agent:li", NOW)
        unknown = feedback.correct(connection, 10_000, "neu", {}, "agent:li", NOW)
    understanding.read_all(everything=True)

    with database.read() as connection:
        learnt = feedback.corrections(connection)

    assert (done, unknown) == (True, False)
    assert [(c.text, c.sentiment, c.aspects) for c in learnt] == [(COMMENTS[3][4], "neu", {"place.parking": "neu"})]
    assert [r.sentiment for r in feed(database) if r.tag_id == row.tag_id] == ["neu"]


def test_the_page_asks_by_day_leaf_and_store_within_its_scope(database: Database, understanding: Understanding) -> None:
    understanding.read_all()
    scope = Scope(NOW - timedelta(days=6), NOW + timedelta(hours=1))
    with database.read() as connection:
        days = listening.by_day(connection, scope)
        leaves = {b.key: b for b in listening.by_leaf(connection, scope)}
        stores = listening.by_store(connection, scope)
        queue = listening.by_store(connection, Scope(scope.since, scope.until, leaf="process.queue"))
        words = listening.spans(connection, Scope(scope.since, scope.until, leaf="process.queue"))
        nothing = listening.feed(connection, Scope(scope.since, scope.until, stores=()))
        one_store = listening.feed(connection, Scope(scope.since, scope.until, stores=("S002",)))

    assert [d.key for d in days][-1] == "2026-11-22"
    assert (len(days), sum(d.total for d in days)) == (7, 3)
    assert (leaves["process.queue"].neg, leaves["process.queue"].pos) == (1, 1)
    assert [(s.key, s.neg) for s in stores] == [("S001", 1), ("S002", 0)]
    assert [(s.key, s.share) for s in queue] == [("S001", 1.0), ("S002", 0.0)]
    assert any("结账" in text and sentiment == "pos" for text, sentiment in words)
    assert nothing == []
    assert [r.store_id for r in one_store] == ["S002"]


def test_the_feed_goes_on_below_a_row(database: Database, understanding: Understanding) -> None:
    understanding.read_all()
    scope = Scope(NOW - timedelta(days=60), NOW)
    with database.read() as connection:
        first = listening.feed(connection, scope, limit=2)
        rest = listening.feed(connection, scope, limit=9, before=first[-1].tag_id)

    assert [r.at for r in first + rest] == sorted((r.at for r in first + rest), reverse=True)
    assert len({r.tag_id for r in first + rest}) == 4


def test_labels_go_with_the_words_that_a_shopper_has_deleted(database: Database, understanding: Understanding) -> None:
    message(database, "店员态度差", member="M5")
    understanding.read_all()
    before = len(feed(database, source="message"))

    with database.write() as connection:
        privacy.erase(connection, "M5")

    assert (before, feed(database, source="message")) == (1, [])


def test_the_mart_hears_stored_labels_in_its_own_words(understanding: Understanding) -> None:
    understanding.read_all()

    labels = understanding.mart_labels([1, 2, 3, 99])

    assert set(labels) == {1, 2, 3}
    assert (labels[2].sentiment, ("排队", "负面") in labels[2].aspects) == ("负面", True)


def test_a_member_has_attitudes_that_fade(understanding: Understanding) -> None:
    understanding.read_all()

    found = {(a.level, a.key): a for a in understanding.attitudes("M1")}

    assert found[(2, "process.queue")].words == "排队结账：不满"
    assert found[(2, "staff.attitude")].lean > 0.3
    assert found[(1, "流程")].strength == found[(2, "process.queue")].strength < 1
