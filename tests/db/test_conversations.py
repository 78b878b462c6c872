"""The inbox, the serial lane and the turn's transaction, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assistant.db import conversations, inbox, outbox
from assistant.db.engine import Database
from assistant.domain.conversation import Focus, State
from assistant.domain.message import Inbound, Reply
from assistant.domain.shopper import Identity

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def message(key: str, text: str = "你好", sender: str = "s1") -> Inbound:
    return Inbound(Identity("web", "app", sender), key, text, NOW)


def accept(database: Database, inbound: Inbound) -> inbox.Accepted:
    with database.write() as connection:
        return inbox.accept(connection, inbound, NOW)


def test_a_repeated_delivery_changes_nothing(database: Database) -> None:
    first = accept(database, message("k1"))

    again = accept(database, message("k1"))

    assert (first.fresh, again.fresh) == (True, False)
    assert again.inbox_id == first.inbox_id
    with database.read() as connection:
        assert conversations.count_waiting(connection) == 1
        assert len(conversations.history(connection, first.conversation_id)) == 1


def test_one_conversation_is_leased_by_one_worker_only(database: Database) -> None:
    accept(database, message("k1"))
    accept(database, message("k2"))

    with database.write() as connection:
        first = conversations.lease_next(connection, "w1", NOW, LEASE)
    with database.write() as connection:
        second = conversations.lease_next(connection, "w2", NOW, LEASE)

    assert first is not None
    assert second is None


def test_a_lapsed_lease_of_a_dead_worker_is_taken_over(database: Database) -> None:
    accept(database, message("k1"))
    with database.write() as connection:
        conversations.lease_next(connection, "dead", NOW, LEASE)

    with database.write() as connection:
        taken = conversations.lease_next(connection, "alive", NOW + LEASE + timedelta(seconds=1), LEASE)

    assert taken is not None


def test_messages_are_answered_in_the_order_they_came(database: Database) -> None:
    for n in range(3):
        accept(database, message(f"k{n}", text=f"第{n}条"))
    said = []

    with database.write() as connection:
        leased = conversations.lease_next(connection, "w", NOW, LEASE)
    assert leased is not None
    while True:
        with database.write() as connection:
            waiting = conversations.next_waiting(connection, leased, NOW)
            if waiting is None:
                break
            said.append(waiting.inbound.text)
            conversations.save_turn(
                connection, leased, waiting.inbox_id, NOW, state=State(), reply=Reply("好"), trace_id="t", owner="w"
            )

    assert said == ["第0条", "第1条", "第2条"]
    with database.read() as connection:
        assert conversations.count_waiting(connection) == 0


def test_a_message_is_answered_once_even_if_two_workers_finish(database: Database) -> None:
    accepted = accept(database, message("k1"))
    with database.write() as connection:
        conversations.lease_next(connection, "w1", NOW, LEASE)
    later = NOW + LEASE + timedelta(seconds=1)
    with database.write() as connection:
        conversations.lease_next(connection, "w2", later, LEASE)

    def finish(worker: str) -> int | None:
        with database.write() as connection:
            return conversations.save_turn(
                connection,
                accepted.conversation_id,
                accepted.inbox_id,
                later,
                state=State(),
                reply=Reply(worker),
                trace_id="t",
                owner=worker,
            )

    by_second, by_first = finish("w2"), finish("w1")

    assert by_second is not None
    assert by_first is None
    with database.read() as connection:
        lines = conversations.history(connection, accepted.conversation_id)
    assert [m.text for m in lines if m.author == "assistant"] == ["w2"]


def test_the_state_comes_back_as_it_was_saved(database: Database) -> None:
    accepted = accept(database, message("k1"))
    state = State(focus=Focus(product_id="P001", size="M"), last_tool="stock_check", last_args={"size": "M"})

    with database.write() as connection:
        conversations.save_turn(
            connection, accepted.conversation_id, accepted.inbox_id, NOW, state=state, reply=None, trace_id=""
        )
    with database.read() as connection:
        found = conversations.get(connection, accepted.conversation_id)

    assert found is not None
    assert found.state == state


def test_a_failing_turn_leaves_neither_reply_nor_delivery(database: Database) -> None:
    accepted = accept(database, message("k1"))

    try:
        with database.write() as connection:
            conversations.add_message(connection, accepted.conversation_id, "assistant", Reply("半截"), NOW)
            outbox.put(connection, accepted.conversation_id, "web", {}, NOW)
            raise RuntimeError("killed")
    except RuntimeError:
        pass

    with database.write() as connection:
        assert [m.author for m in conversations.history(connection, accepted.conversation_id)] == ["shopper"]
        assert outbox.claim(connection, NOW, LEASE) == []


def test_a_delivery_is_sent_once(database: Database) -> None:
    accepted = accept(database, message("k1"))
    with database.write() as connection:
        outbox.put(connection, accepted.conversation_id, "web", {"text": "好"}, NOW)
        first = outbox.claim(connection, NOW, LEASE)
        second = outbox.claim(connection, NOW, LEASE)

    with database.write() as connection:
        sent = [outbox.mark_sent(connection, first[0].id, NOW) for _ in range(2)]

    assert len(first) == 1
    assert second == []
    assert sent == [True, False]


def test_whatever_people_send_can_be_kept(database: Database) -> None:
    strange = replace(message("k" * 400), text="你\0好\ud83d", value="a\0")

    with database.write() as connection:
        first = inbox.accept(connection, strange, NOW)
        again = inbox.accept(connection, strange, NOW)
        waiting = conversations.next_waiting(connection, first.conversation_id, NOW)

    assert (first.fresh, again.fresh) == (True, False)
    assert waiting is not None
    assert waiting.inbound.text == "你好?"
