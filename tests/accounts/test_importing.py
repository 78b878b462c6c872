"""Accounts from a list: what it does, what it refuses and why, and that again changes nothing."""

import random

import pytest

from assistant.accounts.importing import decode, read
from assistant.accounts.room import Accounts
from assistant.db.accounts import Search
from assistant.db.audit import Filter
from assistant.db.engine import Database
from assistant.domain.account import Role
from assistant.errors import BadInput
from tests.accounts.conftest import ADMIN, PASSWORD, come_in, organise, person

HEAD = "name,title,role,units,email\n"
LIST = HEAD + "li.lei,李雷,店长,S1|S2,li@example.com\nhan.mei,韩梅,region_manager,东区,\n"


@pytest.fixture
def store(database: Database) -> Database:
    """A list is taken in alike on both engines."""
    organise(database)
    return database


def test_new_people_get_an_invitation_and_no_password(room: Accounts) -> None:
    done = room.importing.run(LIST, ADMIN)

    room.staff.set_by_link(done.links["li.lei"], PASSWORD, ADMIN)

    assert [w.name for w in done.plan.created] == ["li.lei", "han.mei"]
    assert room.staff.find("han.mei").account.units == ("R-东",)
    assert room.staff.find("han.mei").password_hash == ""
    assert come_in(room)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(room: Accounts) -> None:
    plan = room.importing.plan(LIST, ADMIN)

    assert len(plan.created) == 2
    assert room.staff.page(Search())[1] == 0
    assert room.staff.audit(Filter()) == []


def test_the_same_list_again_changes_nothing(room: Accounts) -> None:
    room.importing.run(LIST, ADMIN)

    again = room.importing.run(LIST, ADMIN)

    assert (again.plan.created, again.plan.changed, again.plan.unchanged, again.links) == ((), (), 2, {})


def test_what_differs_is_changed_and_audited_and_sessions_stay(room: Accounts) -> None:
    person(room)
    session = come_in(room)

    done = room.importing.run(HEAD + "LI.LEI,李雷 老师,店长,S2,\n", ADMIN)

    assert len(done.plan.changed) == 1
    assert room.staff.find("li.lei").account.units == ("S2",)
    assert room.sessions.read(session) is not None
    assert room.staff.audit(Filter(what="accounts.change"))[0].detail == {
        "title": ["李雷", "李雷 老师"], "units": [["S1"], ["S2"]],
    }  # fmt: skip


def test_whoever_is_missing_is_disabled_only_when_asked_and_never_who_imports(room: Accounts) -> None:
    person(room, "admin", "admin")
    person(room, "gone")
    person(room, "spelt.wrong")
    session = come_in(room, "gone")
    text = LIST + "spelt.wrong,拼错,king,S1,\n"

    kept = room.importing.run(text, ADMIN)
    done = room.importing.run(text, ADMIN, disable_missing=True)

    assert kept.plan.missing == ()
    assert done.plan.missing == ("gone",)
    assert room.sessions.read(session) is None
    assert not room.staff.find("spelt.wrong").disabled, "a row that is refused still names somebody"


def test_an_account_that_was_disabled_stays_so(room: Accounts) -> None:
    room.importing.run(LIST, ADMIN)
    room.staff.disable("li.lei", ADMIN)

    done = room.importing.run(LIST, ADMIN)

    assert done.plan.still_disabled == ("li.lei",)
    assert room.staff.find("li.lei").disabled


def test_every_refused_row_has_its_line_and_its_reason(room: Accounts) -> None:
    rows = [
        "ok,好的,店长,S1,", "ok,又一个,店长,S1,", "x,短,店长,S1,", "nounit,没有,店长,S9,", "norole,没有,厨师,S1,",
        "notitle, ,店长,S1,", "mail,坏,店长,S1,nope", "few,店长", "many,a,店长,S1,,,", "twin,二店,店长,二店,",
        '"quoted, name",a,店长,S1,', "nounits,没有范围,店长,,",
    ]  # fmt: skip

    plan = room.importing.plan(HEAD + "\n\n".join(rows) + "\n", ADMIN)

    assert [w.name for w in plan.created] == ["ok", "nounits"]
    assert [(r.line, r.name) for r in plan.refused] == [
        (4, "ok"), (6, "x"), (8, "nounit"), (10, "norole"), (12, "notitle"), (14, "mail"), (16, "few"), (18, "many"),
        (20, "twin"), (22, "quoted, name"),
    ]  # fmt: skip
    assert "第2行" in plan.refused[0].reason
    assert all(r.reason for r in plan.refused)


@pytest.mark.parametrize("text", ["", "name,title\n", "name,title,role,units,name\n", "hello"])
def test_a_list_without_the_right_heading_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_lists_of_spreadsheets_are_read_whatever_their_encoding(room: Accounts, encoding: str) -> None:
    raw = "账号,姓名,角色,范围\nli.lei,李雷,店长,一店\n".encode(encoding)

    plan = room.importing.plan(decode(raw), ADMIN)

    assert [(w.name, w.title, w.role) for w in plan.created] == [("li.lei", "李雷", Role.STORE_MANAGER)]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(BadInput):
        decode(b"\x89PNG\r\n\x1a\n\xff\xff\xff")


def test_ten_thousand_accounts_are_taken_in_and_found_unchanged(room: Accounts) -> None:
    rng = random.Random(7)
    roles, units = ["店长", "门店员工", "region_manager"], ["S1", "S2", "S3", "C-沪", "R-东", "S1-B1"]
    text = HEAD + "".join(
        f"p{i},员工{i},{rng.choice(roles)},{'|'.join(rng.sample(units, 2))},p{i}@example.com\n" for i in range(10_000)
    )

    first = room.importing.run(text, ADMIN)
    again = room.importing.run(text, ADMIN, disable_missing=True)

    assert (len(first.plan.created), len(first.links)) == (10_000, 10_000)
    assert (again.plan.unchanged, again.plan.missing) == (10_000, ())
    assert room.staff.page(Search("p99"))[1] == 111
