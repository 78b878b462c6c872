"""Tickets, due work, effects, choices, handoffs and traces, on both engines."""

from datetime import UTC, datetime, timedelta

from assistant.clock import FixedClock
from assistant.db import conversations, due, handoffs, inbox, privacy, tickets, traces
from assistant.db.engine import Database
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.tickets.desk import TicketDesk

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def conversation(database: Database, sender: str = "s1") -> str:
    with database.write() as connection:
        inbound = Inbound(Identity("web", "app", sender), f"k-{sender}", "电话13800010001", NOW)
        return inbox.accept(connection, inbound, NOW, member_id="M1").conversation_id


def test_a_ticket_is_filed_once_per_key(database: Database) -> None:
    desk = TicketDesk(database, FixedClock(NOW))

    first = desk.file("M1", "c", "服务态度", "态度差", "导购态度差", "", "key-1")
    again = desk.file("M1", "c", "服务态度", "态度差", "导购态度差", "", "key-1")
    other = desk.file("M1", "c", "服务态度", "态度差", "导购态度差", "", "key-2")

    assert first == again
    assert other.ticket_id != first.ticket_id
    assert len(desk.mine("M1")) == 2


def test_nobody_sees_the_ticket_of_another(database: Database) -> None:
    desk = TicketDesk(database, FixedClock(NOW))
    mine = desk.file("M1", "c", "其他", "x", "xxxx", "", "key-1")

    with database.read() as connection:
        number = tickets.number_of(mine.ticket_id)
        assert number is not None
        found = tickets.get(connection, "M2", number)

    assert found is None
    assert desk.mine("M2") == []


def test_due_work_is_claimed_when_due_and_done_once(database: Database) -> None:
    with database.write() as connection:
        due.schedule(connection, "x", "k", {"a": 1}, NOW + timedelta(hours=1))
        due.schedule(connection, "x", "k", {"a": 2}, NOW + timedelta(hours=1))
        early = due.claim(connection, NOW, timedelta(minutes=1))
        found = due.claim(connection, NOW + timedelta(hours=2), timedelta(minutes=1))
        again = due.claim(connection, NOW + timedelta(hours=2), timedelta(minutes=1))

    with database.write() as connection:
        finished = [due.finish(connection, found[0].id) for _ in range(2)]

    assert early == []
    assert [d.payload for d in found] == [{"a": 1}]
    assert again == []
    assert finished == [True, False]


def test_failing_due_work_is_tried_again_later_or_given_up(database: Database) -> None:
    with database.write() as connection:
        due.schedule(connection, "x", "k", {}, NOW)
        piece = due.claim(connection, NOW, timedelta(minutes=1))[0]
        due.fail(connection, piece.id, "boom", again_at=NOW + timedelta(minutes=5))
        soon = due.claim(connection, NOW + timedelta(minutes=1), timedelta(minutes=1))
        later = due.claim(connection, NOW + timedelta(minutes=6), timedelta(minutes=1))
        due.fail(connection, piece.id, "boom", again_at=None)
        never = due.claim(connection, NOW + timedelta(days=1), timedelta(minutes=1))

    assert soon == []
    assert [d.attempts for d in later] == [2]
    assert never == []


def test_a_conversation_waits_for_a_person_once(database: Database) -> None:
    first, second = conversation(database, "a"), conversation(database, "b")

    with database.write() as connection:
        before = [handoffs.request(connection, c, "r", NOW) for c in (first, second, first)]
        handoffs.withdraw(connection, first)
        after = conversations.get(connection, first)

    assert before == [0, 1, 0]
    assert after is not None
    assert after.holder == "assistant"


def test_erasing_a_shopper_leaves_no_word_of_theirs(database: Database) -> None:
    found = conversation(database)
    TicketDesk(database, FixedClock(NOW)).file("M1", found, "其他", "主题", "秘密的话", "", "k")

    with database.write() as connection:
        privacy.erase(connection, "M1")

    with database.read() as connection:
        assert conversations.get(connection, found) is None
        assert conversations.history(connection, found) == []
        kept = tickets.mine(connection, "erased")
        assert "秘密" not in str(kept)
        assert len(kept) == 1


def test_work_is_taken_back_of_its_owner_only_and_not_out_of_a_hand(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.write() as connection:
        for key, owner in (("k1", "M1"), ("k2", "M2"), ("k3", "M1")):
            due.schedule(connection, "erase", key, {"shopper": owner}, NOW if key == "k3" else later)
        due.schedule(connection, "other", "k4", {"shopper": "M1"}, later)
        (taken,) = due.claim(connection, NOW, timedelta(minutes=1))
        withdrawn = due.withdraw(connection, "erase", "shopper", "M1", NOW)
        left = due.claim(connection, later, timedelta(minutes=1))

    assert (taken.key, withdrawn) == ("k3", 1)
    assert {piece.key for piece in left} == {"k2", "k3", "k4"}


def test_choices_are_kept_with_their_latest_value(database: Database) -> None:
    with database.write() as connection:
        privacy.choose(connection, "M1", "survey", False, "v1", NOW)
        privacy.choose(connection, "M1", "survey", True, "v2", NOW)

    with database.read() as connection:
        assert privacy.choices(connection, "M1") == {"survey": True}


def test_a_trace_is_kept_and_read(database: Database) -> None:
    with database.write() as connection:
        traces.save(connection, "t1", "c1", NOW, {"tier": "router"})

    with database.read() as connection:
        found = traces.get(connection, "t1")
        assert traces.newest(connection, "c1") == ["t1"]

    assert found is not None
    assert (found["tier"], found["conversation"]) == ("router", "c1")
