"""The pure parts: crypto, the wire, the right to write, menus, keywords, files."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.web.fake_wechat import crypto, menus, rules, samples, wire
from assistant.web.fake_wechat.codes import MESSAGES, NOT_OF_THE_CALLER, Refused
from assistant.web.fake_wechat.rules import Scene
from tests.conftest import NOW

KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))


def refusal(act: Any) -> int:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


# -- crypto and wire ---------------------------------------------------------------------------------------------------


@given(WORDS)
def test_what_is_sealed_opens_again(words: str) -> None:
    sealed = crypto.encrypt(KEY, "wx1", words)

    assert crypto.decrypt(KEY, "wx1", sealed) == words
    assert len(base64.b64decode(sealed)) % crypto.BLOCK == 0


def test_what_is_meant_for_another_account_does_not_open() -> None:
    sealed = crypto.encrypt(KEY, "wx1", "你好")

    with pytest.raises(crypto.BadCipher):
        crypto.decrypt(KEY, "wx2", sealed)


@given(st.binary(max_size=200))
def test_rubbish_does_not_open_and_does_not_crash(rubbish: bytes) -> None:
    with pytest.raises(crypto.BadCipher):
        crypto.decrypt(KEY, "wx1", base64.b64encode(rubbish).decode())


def test_the_signature_is_that_of_the_sorted_parts() -> None:
    assert crypto.signature("tok", "12", "ABC") == crypto.signature("ABC", "tok", "12")
    assert crypto.signature("a", "b") == "da23614e02469a0d7c7bd1bdab5c9c474b1904dc"


FIELDS = st.dictionaries(st.from_regex(r"[A-Z][A-Za-z]{0,8}", fullmatch=True), WORDS, min_size=1, max_size=5)


@given(FIELDS)
@example({"Content": "<!DOCTYPE html>"})
def test_fields_come_back_from_xml_and_json_as_they_went(fields: dict[str, str]) -> None:
    assert wire.read(wire.to_xml(fields)) == fields
    assert wire.read(wire.to_json(fields)) == fields


@given(st.text(max_size=80))
def test_reading_a_body_gives_fields_or_says_malformed(body: str) -> None:
    try:
        found = wire.read(body)
    except wire.Malformed as error:
        assert str(error)
    else:
        assert isinstance(found, dict)


def test_a_document_type_is_refused() -> None:
    with pytest.raises(wire.Malformed, match="document type"):
        wire.read('<!DOCTYPE x [<!ENTITY a "b">]><xml><A>&a;</A></xml>')


# -- the right to write ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scene", "count", "lasts"),
    [
        (Scene.MESSAGE, 5, timedelta(hours=48)),
        (Scene.MENU, 3, timedelta(minutes=1)),
        (Scene.SUBSCRIBE, 3, timedelta(minutes=1)),
        (Scene.SCAN, 3, timedelta(minutes=1)),
    ],
)
def test_each_act_gives_its_own_number_of_messages_for_its_own_time(scene: Scene, count: int, lasts: timedelta) -> None:
    allowance: rules.Allowance = rules.granted({}, scene, NOW)

    for _ in range(count):
        allowance = rules.spent(allowance, NOW + lasts)

    assert refusal(lambda: rules.spent(allowance, NOW + lasts)) == 45047
    assert refusal(lambda: rules.spent(allowance, NOW + lasts + timedelta(seconds=1))) == 45015


ACTS = st.lists(st.tuples(st.sampled_from([*Scene, None]), st.integers(0, 200)), max_size=40)


@given(ACTS)
def test_never_more_than_five_messages_between_two_acts_of_the_user(acts: list[tuple[Scene | None, int]]) -> None:
    allowance: rules.Allowance = {}
    now, sent = NOW, 0
    for scene, seconds in acts:
        now += timedelta(seconds=seconds)
        if scene is not None:
            allowance, sent = rules.granted(allowance, scene, now), 0
            continue
        before = rules.left(allowance, now)
        try:
            allowance = rules.spent(allowance, now)
        except Refused:
            assert before == 0
        else:
            sent += 1
            assert rules.left(allowance, now) == before - 1
        assert sent <= 5


def test_what_a_caller_could_not_know_is_not_held_against_it() -> None:
    assert set(MESSAGES) > NOT_OF_THE_CALLER
    assert Refused(45047).blame
    assert not Refused(42001).blame


# -- texts, files, keywords --------------------------------------------------------------------------------------------


def test_a_text_is_measured_in_bytes() -> None:
    assert rules.text_fits("中" * 682) == "中" * 682
    assert refusal(lambda: rules.text_fits("中" * 683)) == 45002
    assert refusal(lambda: rules.text_fits("")) == 44004


def test_files_are_judged_by_kind_size_and_first_bytes() -> None:
    rules.media_fits("image", samples.png())
    rules.media_fits("voice", samples.amr())
    rules.media_fits("video", samples.mp4())
    rules.media_fits("thumb", samples.jpeg())

    assert refusal(lambda: rules.media_fits("gif", b"GIF8")) == 40004
    assert refusal(lambda: rules.media_fits("image", b"%PDF")) == 40005
    assert refusal(lambda: rules.media_fits("image", b"")) == 44001
    assert refusal(lambda: rules.media_fits("image", b"\x89PNG" + bytes(10 << 20))) == 40009
    assert refusal(lambda: rules.media_fits("voice", b"#!AMR" + bytes(2 << 20))) == 40010
    assert refusal(lambda: rules.media_fits("thumb", b"\xff\xd8\xff" + bytes(64 << 10))) == 40012


def test_keywords_must_be_there_and_fit_their_kind() -> None:
    fine = {"thing1": {"value": "雪地靴开胶"}, "phrase2": {"value": "处理中"}}

    assert rules.keywords_fit(("thing1", "phrase2"), fine, typed=True) == {"thing1": "雪地靴开胶", "phrase2": "处理中"}
    assert refusal(lambda: rules.keywords_fit(("thing1", "time3"), fine, typed=True)) == 47003
    assert refusal(lambda: rules.keywords_fit(("thing1",), {"thing1": {"value": "长" * 21}}, typed=True)) == 47003
    assert rules.keywords_fit(("thing1",), {"thing1": {"value": "长" * 21}}, typed=False)


# -- menus -------------------------------------------------------------------------------------------------------------


def click(name: str = "积分", key: str = "POINTS") -> dict[str, Any]:
    return {"type": "click", "name": name, "key": key}


def menu(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"button": list(buttons)}


def faulty() -> Iterator[tuple[dict[str, Any], int]]:
    under = {"name": "更多"}
    yield menu(), 40016
    yield menu(*[click()] * 4), 40016
    yield menu({**under, "sub_button": [click()] * 6}), 40023
    yield menu(click("一二三四五六")), 40018
    yield menu({**under, "sub_button": [click("长" * 21)]}), 40025
    yield menu(click(key="k" * 129)), 40019
    yield menu({**under, "sub_button": [click(key="")]}), 40026
    yield menu({"type": "view", "name": "商城"}), 40020
    yield menu({"type": "view", "name": "商城", "url": "https://a.cn/" + "x" * 1024}), 40020
    yield menu({"type": "view", "name": "商城", "url": "ftp://a.cn"}), 40055
    yield menu({**under, "sub_button": [{"type": "view", "name": "商城", "url": "a.cn"}]}), 40054
    yield menu({"type": "view_miniprogram", "name": "小程序"}), 40017
    yield menu({"type": "miniprogram", "name": "小程序", "pagepath": "p", "url": "https://a.cn"}), 40013
    yield menu({**under, "sub_button": [{**under, "sub_button": [click()]}]}), 40022


@pytest.mark.parametrize(("body", "code"), list(faulty()), ids=lambda value: str(value)[:40])
def test_a_faulty_menu_gets_wechats_own_code(body: dict[str, Any], code: int) -> None:
    assert refusal(lambda: menus.check_menu(body, verified=True)) == code


def test_a_full_menu_is_fine_and_comes_back_in_both_forms() -> None:
    mini = {"type": "miniprogram", "name": "会员小程序", "appid": "wx1", "pagepath": "a/b", "url": "https://a.cn"}
    full = menu(click(), mini, {"name": "服务", "sub_button": [click("长" * 20, "k" * 128)] * 5})

    buttons = menus.check_menu(full, verified=True)

    assert menus.as_created(buttons)["menu"]["button"][0]["sub_button"] == []
    assert len(menus.as_shown(buttons)["selfmenu_info"]["button"][2]["sub_button"]["list"]) == 5
    assert refusal(lambda: menus.check_menu(full, verified=False)) == 40119


def test_the_canned_account_has_a_usable_key() -> None:
    account = samples.DEMO_ACCOUNT

    assert len(account.aes_key) == 43
    assert crypto.decrypt(account.aes_key, account.appid, crypto.encrypt(account.aes_key, account.appid, "好")) == "好"
