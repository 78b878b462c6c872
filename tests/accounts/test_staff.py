"""Managing accounts: what is done, who is told of it, and what nobody can do."""

import threading
from datetime import timedelta

import pytest

from assistant.accounts import passwords
from assistant.accounts.room import Accounts
from assistant.accounts.staff import Staff
from assistant.clock import FixedClock
from assistant.config import AccountSettings
from assistant.db.audit import Filter
from assistant.db.engine import Database
from assistant.domain.account import Role
from assistant.errors import BadInput, NotAllowed, NotFound, Refusal
from tests.accounts.conftest import ADMIN, DOOR, PASSWORD, acts, come_in, person

NEW = {"name": "Han.Mei", "title": "一店店长 韩梅", "role": "店长", "units": ["一店"], "email": "Han@Example.com"}


def test_a_new_account_has_no_password_until_the_invitation_is_used(room: Accounts) -> None:
    secret = room.staff.add(NEW, ADMIN)
    found = room.staff.find("han.mei")

    room.staff.set_by_link(secret, PASSWORD, DOOR)

    assert (found.account.role, found.account.units, found.email) == (Role.STORE_MANAGER, ("S1",), "han@example.com")
    assert found.password_hash == ""
    assert come_in(room, "han.mei")
    with pytest.raises(NotFound):
        room.staff.set_by_link(secret, PASSWORD, DOOR)


def test_a_link_dies_with_time_and_with_any_other_change_of_the_password(room: Accounts, clock: FixedClock) -> None:
    person(room)
    first, second = room.staff.invite("li.lei", ADMIN), room.staff.invite("li.lei", ADMIN)
    room.staff.set_by_link(second, "另一个足够长的新密码", DOOR)
    third = room.staff.invite("li.lei", ADMIN)
    clock.advance(timedelta(hours=73))

    for link in (first, third, "made-up", ""):
        with pytest.raises(NotFound):
            room.staff.of_link(link)


def test_a_reset_ends_sessions_and_tokens(room: Accounts) -> None:
    person(room)
    session = come_in(room)
    token, _ = room.sessions.new_token(room.staff.find("li.lei"), "报表", None, ADMIN)

    room.staff.set_by_link(room.staff.invite("li.lei", ADMIN), "另一个足够长的新密码", DOOR)

    assert room.sessions.read(session) is None
    assert room.sessions.by_token(token) is None
    assert come_in(room, password="另一个足够长的新密码")


def test_changing_ones_password_needs_the_old_one_and_ends_other_sessions(room: Accounts) -> None:
    person(room)
    other = come_in(room)
    me = room.staff.find("li.lei")
    for old, new in (("不对的旧密码", "够长的新密码很好用呀"), (PASSWORD, PASSWORD), (PASSWORD, "短")):
        with pytest.raises(BadInput):
            room.staff.change_password(me, old, new, DOOR)

    fresh = room.staff.change_password(me, PASSWORD, "一个足够长的新密码啊", DOOR)

    assert room.sessions.read(other) is None
    assert room.sessions.read(fresh) is not None


def test_disabling_ends_everything_at_once_and_enabling_brings_the_password_back(room: Accounts) -> None:
    person(room)
    session = come_in(room)
    token, _ = room.sessions.new_token(room.staff.find("li.lei"), "报表", None, ADMIN)

    room.staff.disable("li.lei", ADMIN)

    assert room.sessions.read(session) is None
    assert room.sessions.by_token(token) is None
    with pytest.raises(NotAllowed):
        room.staff.invite("li.lei", ADMIN)
    room.staff.enable("li.lei", ADMIN)
    assert room.sessions.read(session) is None
    assert come_in(room)


def test_the_last_admin_stays_whatever_is_tried(room: Accounts) -> None:
    person(room, "root", "admin")
    room.staff.add({"name": "invited", "title": "还没来", "role": "admin", "units": ["G"]}, ADMIN)

    with pytest.raises(NotAllowed):
        room.staff.disable("root", ADMIN)
    with pytest.raises(NotAllowed):
        room.staff.change("root", {"title": "x", "role": "store_staff", "units": []}, ADMIN)
    with pytest.raises(NotAllowed):
        room.importing.run("name,title,role,units\nroot,x,门店员工,S1\n", ADMIN)
    with pytest.raises(NotAllowed):
        room.importing.run("name,title,role,units\ninvited,x,admin,G\n", ADMIN, disable_missing=True)

    assert not room.staff.find("root").disabled
    assert room.staff.find("root").account.role is Role.ADMIN


def test_one_of_two_admins_may_go(room: Accounts) -> None:
    person(room, "root", "admin")
    person(room, "other", "admin")

    room.staff.disable("root", ADMIN)

    assert room.staff.find("root").disabled


def test_two_admins_who_disable_each_other_at_once_do_not_both_succeed(database: Database, clock: FixedClock) -> None:
    room = Staff(database, clock, AccountSettings(), passwords=passwords.Passwords(1_024), sessions=None)  # type: ignore[arg-type]
    for name in ("a1", "a2"):
        room.set_by_link(room.add({"name": name, "title": name, "role": "admin", "units": []}, ADMIN), PASSWORD, DOOR)
    start, outcomes = threading.Barrier(2), []

    def disable(name: str) -> None:
        start.wait()
        try:
            room.disable(name, ADMIN)
            outcomes.append("done")
        except NotAllowed:
            outcomes.append("refused")

    both = [threading.Thread(target=disable, args=(n,)) for n in ("a1", "a2")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(outcomes) == ["done", "refused"]


def test_every_act_is_audited_with_what_changed(room: Accounts) -> None:
    room.staff.add(NEW, ADMIN)
    room.staff.change("han.mei", {"title": NEW["title"], "role": "store_manager", "units": ["S1", "S2"]}, ADMIN)
    room.staff.disable("han.mei", ADMIN)

    changed = room.staff.audit(Filter(what="accounts.change"))

    assert acts(room, "accounts") == [
        "admin accounts.add han.mei", "admin accounts.change han.mei", "admin accounts.disable han.mei",
    ]  # fmt: skip
    assert changed[0].detail == {"units": [["S1"], ["S1", "S2"]]}


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"name": "a"}, "2到64位"),
        ({"name": "<script>"}, "2到64位"),
        ({"name": "a b"}, "2到64位"),
        ({"name": ""}, "2到64位"),
        ({"title": " "}, "称呼"),
        ({"title": "x" * 121}, "称呼"),
        ({"role": "king"}, "没有“king”这个角色"),
        ({"units": ["火星店"]}, "组织里没有“火星店”"),
        ({"units": ["二店"]}, "不止一个"),
        ({"email": "not-an-address"}, "邮箱"),
    ],
)
def test_what_does_not_describe_an_account_is_refused_with_the_reason(
    room: Accounts, changes: dict[str, object], hint: str
) -> None:
    with pytest.raises(BadInput, match=hint):
        room.staff.add({**NEW, **changes}, ADMIN)


def test_a_name_is_taken_once(room: Accounts) -> None:
    room.staff.add(NEW, ADMIN)

    with pytest.raises(BadInput, match="已经有"):
        room.staff.add({**NEW, "name": "HAN.mei"}, ADMIN)


@pytest.mark.parametrize(
    "weak",
    ["", "short", "123456789", "1234567890", "li.lei12345", "LI.LEI!!!!", "aaaaaaaaaaaa", "Password123", "x" * 201],
)
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(Refusal):
        passwords.check(weak, "li.lei")


@pytest.mark.parametrize("good", ["correct horse battery", "长夜里的一盏灯2026", "Tr0ub4dor&3x"])
def test_good_passwords_are_not(good: str) -> None:
    passwords.check(good, "li.lei")

    assert passwords.Passwords().fits(passwords.Passwords().hash(good), good)
