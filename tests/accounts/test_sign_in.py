"""The door: who comes in, who does not, and what whoever fails can learn."""

from datetime import timedelta

import pyotp
import pytest

from assistant.accounts.room import Accounts
from assistant.accounts.sign_in import WRONG, WRONG_CODE, Opened, SecondStep, TooManyTries
from assistant.clock import FixedClock
from assistant.db.audit import Filter, Origin
from assistant.db.engine import Database
from assistant.errors import BadInput, NotAllowed
from tests.accounts.conftest import ADMIN, DOOR, PASSWORD, acts, come_in, person


def refused(room: Accounts, name: str, password: str = "一个不对的密码", origin: Origin = DOOR) -> str:
    with pytest.raises(NotAllowed) as told:
        room.sign_in.with_password(name, password, origin)
    return told.value.public


def second_on(room: Accounts, clock: FixedClock) -> tuple[str, list[str]]:
    """Turn the second step on for li.lei; the app's secret and the recovery codes."""
    found = room.staff.find("li.lei")
    set_up = room.second.begin(found)
    return set_up.secret, room.second.confirm(found, pyotp.TOTP(set_up.secret).at(clock.now()), DOOR)


def ticket(room: Accounts) -> str:
    step = room.sign_in.with_password("li.lei", PASSWORD, DOOR)
    assert isinstance(step, SecondStep)
    return step.ticket


def test_the_right_password_opens_a_session_whatever_the_case_and_width_of_the_name(room: Accounts) -> None:
    person(room)

    secret = come_in(room, "ＬＩ.Lei ")

    signed = room.sessions.read(secret)
    assert signed is not None
    assert (signed.name, signed.way) == ("li.lei", "password")
    assert acts(room, "sign_in") == ["li.lei sign_in.in li.lei"]


def test_every_failure_has_the_same_words(room: Accounts) -> None:
    person(room, "wrong")
    person(room, "off")
    room.staff.disable("off", ADMIN)
    room.staff.add({"name": "invited", "title": "新人", "role": "store_staff", "units": []}, ADMIN)
    person(room, "locked")
    for _ in range(5):
        refused(room, "locked")

    said = {
        refused(room, "wrong"), refused(room, "nobody"), refused(room, "off", PASSWORD), refused(room, "invited"),
        refused(room, "locked", PASSWORD), refused(room, ""), refused(room, "x" * 5_000),
    }  # fmt: skip

    assert said == {WRONG}


def test_a_name_that_does_not_exist_costs_a_check_of_a_password_too(
    room: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    hasher = room._passwords._hasher
    real = type(hasher).verify
    monkeypatch.setattr(type(hasher), "verify", lambda self, h, p: checked.append(h) or real(self, h, p))

    refused(room, "nobody")

    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")


def test_the_audit_log_does_not_keep_what_was_typed_for_an_unknown_name(room: Accounts, store: Database) -> None:
    refused(room, "my-secret-password-in-the-wrong-field")

    found = room.staff.audit(Filter(what="sign_in"))

    assert [(e.who, e.what, e.target, e.ip) for e in found] == [("?", "sign_in.failed", "?", "10.0.0.9")]


def test_wrong_passwords_lock_and_each_lock_lasts_twice_as_long(room: Accounts, clock: FixedClock) -> None:
    person(room)
    waits = []
    for _ in range(3):
        for _ in range(5):
            refused(room, "li.lei")
        until = room.staff.find("li.lei").locked_until
        assert until is not None
        waits.append((until - clock.now()).total_seconds())
        refused(room, "li.lei", PASSWORD)  # the right one does not help now
        clock.advance(timedelta(minutes=11))

    assert waits == [60, 120, 240]
    assert come_in(room)
    assert room.staff.find("li.lei").locks == 0


def test_tries_during_a_lock_do_not_make_it_longer(room: Accounts, clock: FixedClock) -> None:
    person(room)
    for _ in range(12):
        refused(room, "li.lei")

    clock.advance(timedelta(seconds=61))

    assert come_in(room)


def test_an_admin_unlocks(room: Accounts) -> None:
    person(room)
    for _ in range(5):
        refused(room, "li.lei")

    room.staff.unlock("li.lei", ADMIN)

    assert come_in(room)


def test_too_many_tries_of_a_name_or_an_address_must_wait_known_or_not(room: Accounts, clock: FixedClock) -> None:
    person(room)
    words = set()
    for name in ("li.lei", "nobody"):
        for number in range(20):
            refused(room, name, origin=Origin("?", f"10.1.0.{number}"))
        with pytest.raises(TooManyTries) as told:
            room.sign_in.with_password(name, PASSWORD, DOOR)
        words.add(told.value.public)
    for number in range(60):
        refused(room, f"n{number}", origin=Origin("?", "10.2.0.1"))
    with pytest.raises(TooManyTries):
        room.sign_in.with_password("another", PASSWORD, Origin("?", "10.2.0.1"))

    clock.advance(timedelta(minutes=11))

    assert len(words) == 1
    assert come_in(room)


def test_addresses_of_one_ipv6_network_count_as_one(room: Accounts) -> None:
    for number in range(60):
        refused(room, f"n{number}", origin=Origin("?", f"2001:db8:1:2::{number:x}"))

    with pytest.raises(TooManyTries):
        room.sign_in.with_password("another", PASSWORD, Origin("?", "2001:db8:1:2:ffff::1"))

    assert refused(room, "another", origin=Origin("?", "2001:db8:1:3::1")) == WRONG


# -- the second step -------------------------------------------------------------------------------------------------


def test_with_a_second_step_the_password_alone_opens_nothing(room: Accounts, clock: FixedClock) -> None:
    person(room)
    secret, _ = second_on(room, clock)
    clock.advance(timedelta(minutes=1))

    step = room.sign_in.with_password("li.lei", PASSWORD, DOOR)
    assert isinstance(step, SecondStep)
    assert room.sessions.read(step.ticket) is None
    opened = room.sign_in.with_code(step.ticket, pyotp.TOTP(secret).at(clock.now()), DOOR)

    signed = room.sessions.read(opened.secret)
    assert signed is not None
    assert signed.way == "totp"


def test_a_code_is_good_once(room: Accounts, clock: FixedClock) -> None:
    person(room)
    secret, _ = second_on(room, clock)
    clock.advance(timedelta(minutes=1))
    code = pyotp.TOTP(secret).at(clock.now())
    room.sign_in.with_code(ticket(room), code, DOOR)

    with pytest.raises(NotAllowed, match=WRONG_CODE):
        room.sign_in.with_code(ticket(room), code, DOOR)


def test_a_ticket_takes_five_tries_and_five_minutes(room: Accounts, clock: FixedClock) -> None:
    person(room)
    secret, _ = second_on(room, clock)
    tried, stale = ticket(room), ticket(room)
    for number in range(5):
        with pytest.raises(NotAllowed):
            room.sign_in.with_code(tried, f"00000{number}", DOOR)
    clock.advance(timedelta(minutes=6))

    for given in (tried, stale, "made-up"):
        with pytest.raises(NotAllowed, match="已过期"):
            room.sign_in.with_code(given, pyotp.TOTP(secret).at(clock.now()), DOOR)


def test_wrong_codes_lock_the_account_like_wrong_passwords(room: Accounts, clock: FixedClock) -> None:
    person(room)
    second_on(room, clock)
    given = ticket(room)

    for _ in range(5):
        with pytest.raises(NotAllowed):
            room.sign_in.with_code(given, "123", DOOR)

    assert refused(room, "li.lei", PASSWORD) == WRONG


def test_a_recovery_code_opens_once(room: Accounts, clock: FixedClock) -> None:
    person(room)
    _, codes = second_on(room, clock)

    opened = room.sign_in.with_code(ticket(room), codes[3].upper(), DOOR)
    with pytest.raises(NotAllowed):
        room.sign_in.with_code(ticket(room), codes[3], DOOR)

    assert isinstance(opened, Opened)
    assert room.second.codes_left(room.staff.find("li.lei")) == 9
    assert len(set(codes)) == 10


def test_the_second_step_is_on_only_after_a_first_code_and_lies_sealed(room: Accounts, clock: FixedClock) -> None:
    person(room)
    found = room.staff.find("li.lei")
    set_up = room.second.begin(found)
    with pytest.raises(BadInput):
        room.second.confirm(found, "000000", DOOR)
    assert isinstance(room.sign_in.with_password("li.lei", PASSWORD, DOOR), Opened)

    room.second.confirm(found, pyotp.TOTP(set_up.secret).at(clock.now()), DOOR)

    kept = room.staff.find("li.lei").totp
    assert kept
    assert set_up.secret not in kept
    assert set_up.picture.startswith("data:image/svg+xml")


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_the_secret_of_a_session_is_not_in_the_store(room: Accounts, store: Database) -> None:
    person(room)

    secret = come_in(room)

    path = store.engine.url.database
    assert path is not None
    with store.read() as connection:
        dumped = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert secret not in dumped
    assert PASSWORD not in dumped


def test_a_session_ends_when_idle_and_in_any_case_after_its_life(room: Accounts, clock: FixedClock) -> None:
    person(room)
    idle, used = come_in(room), come_in(room)
    for _ in range(9):
        clock.advance(timedelta(hours=1))
        assert room.sessions.read(used) is not None
    assert room.sessions.read(idle) is None

    for _ in range(63):
        clock.advance(timedelta(hours=1))
        room.sessions.read(used)

    assert room.sessions.read(used) is None


def test_sessions_are_listed_and_revoked(room: Accounts, clock: FixedClock) -> None:
    person(room)
    person(room, "han.mei")
    mine, other, theirs = come_in(room), come_in(room), come_in(room, "han.mei")
    me = room.staff.find("li.lei")
    signed = room.sessions.read(mine)
    assert signed is not None
    assert len(room.sessions.listed(me.id)) == 2

    ended = room.sessions.revoke_all(me, ADMIN, but=signed.session_id)

    assert ended == 1
    assert room.sessions.read(mine) is not None
    assert room.sessions.read(other) is None
    assert room.sessions.read(theirs) is not None


def test_a_token_works_until_it_is_over_revoked_or_its_account_disabled(room: Accounts, clock: FixedClock) -> None:
    person(room)
    me = room.staff.find("li.lei")
    kept, _ = room.sessions.new_token(me, "报表", 10, ADMIN)
    dropped, token = room.sessions.new_token(me, "看板", 10, ADMIN)

    room.sessions.drop_token(me, token.id, ADMIN)

    signed = room.sessions.by_token(kept)
    assert signed is not None
    assert signed.name == "li.lei"
    assert room.sessions.by_token(dropped) is None
    assert room.sessions.by_token(come_in(room)) is None, "a session is no token"
    clock.advance(timedelta(days=11))
    assert room.sessions.by_token(kept) is None


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 81, 1), ("好", 0), ("好", 731), ("a\nb", 1)])
def test_a_token_needs_a_name_and_a_sensible_life(room: Accounts, name: str, days: int) -> None:
    person(room)

    with pytest.raises(BadInput):
        room.sessions.new_token(room.staff.find("li.lei"), name, days, ADMIN)
