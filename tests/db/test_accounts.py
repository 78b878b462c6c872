"""Accounts, sessions, tries, audit and threads as rows, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from assistant.db import accounts, audit, ops_threads, sessions, single_use
from assistant.db.accounts import Search, Wanted
from assistant.db.audit import Act, Filter, Origin
from assistant.db.engine import Database
from assistant.db.sessions import Session, Token
from assistant.domain.account import Role

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def add(database: Database, *names: str, role: Role = Role.STORE_STAFF) -> None:
    with database.write() as connection:
        accounts.add(connection, [Wanted(n, f"员工{n}", role, ("S001",), f"{n}@example.com") for n in names], NOW)


def test_an_account_is_found_by_name_id_and_email(database: Database) -> None:
    add(database, "li.lei")

    with database.read() as connection:
        found = accounts.get(connection, "li.lei")
        assert found is not None
        assert accounts.by_id(connection, found.id) == found
        assert accounts.by_email(connection, "li.lei@example.com") == [found]
        assert accounts.get(connection, "LI.LEI") is None

    assert (found.account.role, found.account.units, found.usable) == (Role.STORE_STAFF, ("S001",), False)


def test_a_list_is_searched_filtered_and_paged(database: Database) -> None:
    add(database, *(f"u{i:03}" for i in range(30)))
    add(database, "boss", role=Role.ADMIN)
    with database.write() as connection:
        accounts.disable(connection, ["u000", "u001"], NOW)

    with database.read() as connection:
        page = accounts.search(connection, Search("U0"), NOW, offset=10, limit=5)
        counts = [
            accounts.count(connection, s, NOW)
            for s in (Search(), Search("员工u0"), Search(role="admin"), Search(state="disabled"), Search("%"))
        ]

    assert [s.name for s in page] == ["u010", "u011", "u012", "u013", "u014"]
    assert counts == [31, 30, 1, 2, 0]


def test_wrong_proofs_are_counted_and_start_anew_with_one_lock_more(database: Database) -> None:
    add(database, "a")
    with database.write() as connection:
        me = accounts.get(connection, "a")
        assert me is not None
        counted = [accounts.failed(connection, me.id, 3) for _ in range(6)]
        accounts.lock(connection, me.id, NOW + HOUR)
        locked = accounts.get(connection, "a")
        accounts.came_in(connection, me.id, NOW)
        free = accounts.get(connection, "a")

    assert counted == [(1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2)]
    assert locked is not None
    assert locked.locked(NOW)
    assert not locked.locked(NOW + HOUR)
    assert free is not None
    assert (free.failed, free.locks, free.locked_until) == (0, 0, None)


def test_tries_above_a_limit_have_to_wait_and_the_window_passes(database: Database) -> None:
    limits = {"name:a": 2, "ip:1": 10}
    with database.write() as connection:
        waits = [accounts.tried(connection, limits, NOW, NOW + HOUR) for _ in range(3)]
        other = accounts.tried(connection, {"name:b": 2, "ip:1": 10}, NOW, NOW + HOUR)
        later = accounts.tried(connection, limits, NOW + 2 * HOUR, NOW + 3 * HOUR)

    assert waits == [None, None, NOW + HOUR]
    assert other is None
    assert later is None


def test_a_code_of_a_time_step_is_good_once_and_never_after_a_later_one(database: Database) -> None:
    add(database, "a")
    with database.write() as connection:
        me = accounts.get(connection, "a")
        assert me is not None
        used = [accounts.use_step(connection, me.id, step) for step in (100, 100, 101, 99)]

    assert used == [True, False, True, False]


def test_a_recovery_code_is_good_once(database: Database) -> None:
    add(database, "a")
    with database.write() as connection:
        me = accounts.get(connection, "a")
        assert me is not None
        accounts.set_recovery(connection, me.id, ["h1", "h2"])
        used = [accounts.use_recovery(connection, me.id, h) for h in ("h1", "h1", "other")]
        left = accounts.recovery_left(connection, me.id)

    assert used == [True, False, False]
    assert left == 1


def test_sessions_are_listed_while_they_are_good_and_closed(database: Database) -> None:
    add(database, "a", "b")
    with database.write() as connection:
        a, b = accounts.get(connection, "a"), accounts.get(connection, "b")
        assert a is not None
        assert b is not None
        for number, who, until in ((1, a, 5), (2, a, 5), (3, a, -1), (4, b, 5)):
            made = Session(f"s{number}", who.id, NOW, NOW, NOW + until * HOUR, "password", "::1", "x")
            sessions.open_session(connection, f"h{number}", made)
        listed = sessions.sessions_of(connection, a.id, NOW, NOW - HOUR)
        idle = sessions.sessions_of(connection, a.id, NOW + 2 * HOUR, NOW + HOUR)
        wrong = sessions.close(connection, a.id, "s4")
        ended = sessions.close_all(connection, a.id, but="s1")
        sessions.close_of(connection, ["b"])

    with database.read() as connection:
        assert {s.id for s in listed} == {"s1", "s2"}
        assert idle == []
        assert not wrong, "a session of somebody else is not theirs to close"
        assert ended == 2
        assert sessions.session(connection, "h1") is not None
        assert sessions.session(connection, "h4") is None


def test_a_token_is_found_by_its_hash_and_dropped_only_by_its_owner(database: Database) -> None:
    add(database, "a", "b")
    with database.write() as connection:
        a, b = accounts.get(connection, "a"), accounts.get(connection, "b")
        assert a is not None
        assert b is not None
        sessions.add_token(connection, "h", Token("t1", a.id, "报表", NOW, NOW + HOUR, None))
        sessions.token_used(connection, "t1", NOW)
        found = sessions.token(connection, "h")
        dropped = [sessions.drop_token(connection, who.id, "t1") for who in (b, a)]

    assert found is not None
    assert (found.name, found.used_at) == ("报表", NOW)
    assert dropped == [False, True]


@pytest.mark.parametrize("statement", ["UPDATE account_audit SET who = 'x'", "DELETE FROM account_audit"])
def test_the_audit_log_can_only_grow(database: Database, statement: str) -> None:
    with database.write() as connection:
        audit.note(connection, Origin("admin", "::1"), [Act("accounts.add", "a", {"role": "admin"})], NOW)

    with pytest.raises(DatabaseError, match="append only"), database.write() as connection:
        connection.execute(text(statement))

    with database.read() as connection:
        assert [e.who for e in audit.entries(connection, Filter())] == ["admin"]


def test_the_audit_log_is_filtered_by_area_act_person_and_day(database: Database) -> None:
    with database.write() as connection:
        for number in range(4):
            acts = [Act("accounts.add", f"a{number}"), Act("accounts_x.add"), Act("ops.ask", "t", {"n": number})]
            audit.note(connection, Origin(f"w{number % 2}"), acts, NOW + number * HOUR)

    with database.read() as connection:
        area = audit.entries(connection, Filter(what="accounts"))
        newest = audit.entries(connection, Filter(who="w1", what="ops.ask"))
        late = audit.count(connection, Filter(since=NOW + 2 * HOUR, until=NOW + 3 * HOUR))
        second = audit.entries(connection, Filter(what="accounts"), before=area[1].id)

    assert [e.target for e in area] == ["a3", "a2", "a1", "a0"]
    assert [e.detail["n"] for e in newest] == [3, 1]
    assert late == 3
    assert [e.target for e in second] == ["a1", "a0"]


def test_a_thread_keeps_its_turns_and_what_follow_ups_edit(database: Database) -> None:
    with database.write() as connection:
        ops_threads.keep(connection, "east", "t1", "上月销售额", {"n": 1}, {"q": 1}, NOW)
        turn = ops_threads.keep(connection, "east", "t1", "听不懂的话", {"n": 2}, None, NOW + HOUR)
        ops_threads.keep(connection, "south", "t1", "上月NPS", {"n": 3}, {"q": 3}, NOW)
        ops_threads.rename(connection, "east", "t1", "销售")

    with database.read() as connection:
        assert ops_threads.last(connection, "east", "t1") == {"q": 1}
        assert [(t.id, t.title) for t in ops_threads.listed(connection, "east")] == [("t1", "销售")]
        assert [t.answer["n"] for t in ops_threads.history(connection, "east", "t1")] == [1, 2]
        assert ops_threads.turn(connection, "south", turn) is None, "a turn of another account is not there"

    with database.write() as connection:
        removed = [ops_threads.remove(connection, "east", "t1") for _ in range(2)]
        left = ops_threads.history(connection, "south", "t1")

    assert removed == [True, False]
    assert len(left) == 1


def test_many_links_are_made_at_once_and_each_is_good_once(database: Database) -> None:
    with database.write() as connection:
        single_use.issue_many(connection, {f"k{i}": {"n": i} for i in range(1_000)}, NOW + HOUR)
        seen = single_use.peek(connection, "k7", NOW)
        stale = single_use.peek(connection, "k7", NOW + 2 * HOUR)
        used = [single_use.use(connection, "k7", NOW) for _ in range(2)]

    assert (seen, stale) == ({"n": 7}, None)
    assert used == [{"n": 7}, None]
