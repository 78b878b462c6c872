"""What the store knows of moments, on both engines: how members are reached, what may still go out, what is swept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.db import conversations, due, inbox, moments, outbox, reach, survey_versions, wechat
from assistant.db.engine import Database
from assistant.db.reach import Asked
from assistant.db.survey_versions import Version
from assistant.db.wechat import Contact
from assistant.domain.shopper import Identity

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ASKED = Asked("web", "official_account", "sms", "wx", 1, NOW, NOW - timedelta(hours=11))


def invitation(**changes: Any) -> dict[str, Any]:
    return {
        "id": "v-1", "event_id": "E1", "rule_id": "r", "survey_id": "s", "survey": {}, "variant": "", "greeting": "",
        "member_id": "M1", "store_id": "S1", "order_id": None, "due_at": NOW, **changes,
    }  # fmt: skip


def test_members_are_reached_by_their_chats_windows_consents_and_texts(database: Database) -> None:
    with database.write() as connection:
        inbox.open_conversation(connection, Identity("web", "chat", "a"), NOW, member_id="M1", store_id=None)
        inbox.open_conversation(
            connection, Identity("official_account", "wx", "o1"), NOW, member_id="M2", store_id=None
        )
        wechat.touch(connection, "wx", [Contact("o1", "message", subscribed=True)], NOW)
        wechat.bind(connection, "wx", "o1", "M2", NOW)
        wechat.consent(connection, "wx", "o1", {"T1": True, "T2": False}, NOW)
        moments.plan(connection, invitation(member_id="M3"))
        moments.change(connection, "v-1", {"status": "sent", "channel": "sms", "sent_at": NOW})

    with database.read() as connection:
        found = reach.reach(connection, ["M1", "M2", "M3", "M4"], ASKED)
        chat = conversations.of_member(connection, "M2", "official_account", "o1")

    assert found["M1"].web
    assert [(f.openid, f.left, f.conversation, f.consents) for f in found["M2"].followers] == [("o1", 4, chat, {"T1"})]
    assert found["M3"].texts == 1
    assert found["M4"] == reach.Reach()


def test_a_delivery_that_came_too_late_is_neither_claimed_nor_carried_and_blocks_nobody(database: Database) -> None:
    late, lease = NOW + timedelta(hours=1), timedelta(seconds=60)
    with database.write() as connection:
        first = outbox.put(connection, "c", "official_account", {"text": "a"}, NOW, not_after=late)
        second = outbox.put(connection, "c", "official_account", {"text": "b"}, NOW)

    with database.write() as connection:
        claimed = [d.id for d in outbox.claim(connection, late, lease)]
        gone = outbox.withdraw(connection, first, late, "late")
        again = outbox.lasts(connection, first)
        in_hand = outbox.withdraw(connection, second, late, "late")

    assert claimed == [second]
    assert gone
    assert again[0] == "failed"
    assert not in_hand


def test_old_work_is_swept_by_batches_and_the_rest_stays(database: Database) -> None:
    with database.write() as connection:
        for n in range(5):
            due.schedule(connection, "x", f"old-{n}", {}, NOW - timedelta(days=30))
        due.schedule(connection, "x", "new", {}, NOW)
        for piece in due.claim(connection, NOW, timedelta(seconds=60)):
            due.finish(connection, piece.id)

    with database.write() as connection:
        cuts = (NOW - timedelta(days=14), NOW - timedelta(days=60))
        swept = [due.sweep(connection, *cuts, limit=3) for _ in range(3)]
        due.schedule(connection, "x", "new", {}, NOW)

    assert swept == [3, 2, 0]


def test_a_survey_that_begins_at_a_place_is_one_for_the_same_visit(database: Database) -> None:
    row = invitation(due_at=NOW, sent_at=NOW, expires_at=NOW + timedelta(days=7), opened_at=NOW, channel="code")

    with database.write() as connection:
        first = moments.start(connection, row)
        second = moments.start(connection, row | {"id": "v-2"})
        found = moments.live_of_member(connection, "M1", NOW)

    assert first == second == "v-1"
    assert found is not None
    assert found.id == "v-1"


def test_past_events_are_bounded_and_say_who_wants_no_surveys(database: Database) -> None:
    with database.read() as connection:
        assert list(moments.past_events(connection, NOW, topic="survey", stores=("S1",), limit=5)) == []


def test_the_same_event_is_fresh_once(database: Database) -> None:
    row = {
        "id": "E1", "type": "paid", "member_id": "M1", "store_id": None, "order_id": None, "channel": "",
        "amount_cents": None, "at": NOW, "received_at": NOW,
    }  # fmt: skip

    with database.write() as connection:
        fresh = [moments.note_event(connection, row) for _ in range(3)]

    assert fresh == [True, False, False]


def test_versions_of_a_survey_are_numbered_once(database: Database) -> None:
    body = {"id": "s"}

    with database.write() as connection:
        added = [survey_versions.add(connection, Version("s", n, body, NOW, "ann", "")) for n in (1, 2, 2)]
        newest = survey_versions.newest(connection)
        back = survey_versions.add(connection, Version("s", 3, None, NOW, "ann", "file"))
        last = survey_versions.history(connection, "s")[0]

    assert added == [True, True, False]
    assert [(v.version, v.body) for v in newest] == [(2, body)]
    assert back
    assert last.body is None


def test_pictures_and_rewards_are_counted_within_the_stores(database: Database) -> None:
    with database.write() as connection:
        moments.plan(connection, invitation())
        moments.change(connection, "v-1", {"reward": "instead", "ended_at": NOW, "status": "done"})
        since = NOW - timedelta(days=1)

        mine = moments.rewards_of(connection, "s", since, ("S1",))
        others = moments.rewards_of(connection, "s", since, ("S2",))
        had = moments.rewarded(connection, "M1", "s", since)
        pictures = moments.pictures_of(connection, "s", since, None, limit=3)

    assert (mine, others, had, pictures) == ({"instead": 1}, {}, True, [])
