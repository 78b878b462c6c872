"""Binding a membership in WeChat: proven by WeChat and by the phone, good once, taken back by a word."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from tests.channels.conftest import OPENID, Make, World

PHONE = "13800010001"


@pytest.fixture
def phone_number(world: World) -> str:
    from sqlalchemy import select

    from assistant.db.tables.retail import members

    with world.service.database.read() as connection:
        return connection.execute(select(members.c.phone).where(members.c.id == "M0000001")).scalar_one()


def _sign_in(world: World, openid: str = OPENID) -> httpx.Response:
    """Tap the link in the chat, agree on WeChat's page, come back."""
    start = world.browser.get("/wechat/bind", follow_redirects=False)
    target = parse_qs(urlsplit(start.headers["location"]).query)
    code = world.phone(openid).oauth_code("snsapi_base")
    return world.browser.get("/wechat/bind/back", params={"code": code, "state": target["state"][0]})


def _ticket(page: httpx.Response) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def _code(page: httpx.Response) -> str:
    found = re.search(r'id="shown-code">(\d{6})<', page.text)
    assert found is not None
    return found.group(1)


def test_a_shopper_binds_by_sign_in_and_code_and_is_known_in_the_chat(world: World, phone_number: str) -> None:
    phone = world.phone()

    before = phone.text("我有多少积分")
    offered = phone.text("绑定会员")
    form = _sign_in(world)
    asked = world.browser.post("/wechat/bind/code", data={"ticket": _ticket(form), "phone": phone_number})
    done = world.browser.post(
        "/wechat/bind/confirm", data={"ticket": _ticket(asked), "phone": phone_number, "code": _code(asked)}
    )
    after = phone.text("我有多少积分")

    assert "12,480" not in before.bubble.text
    assert "/wechat/bind" in offered.bubble.text
    assert "绑定成功" in done.text
    assert "12,480" in after.bubble.text
    assert world.wechat.violations == []


def test_who_gets_no_code_asks_again_or_takes_another_number(world: World, phone_number: str) -> None:
    ticket = {"ticket": _ticket(_sign_in(world))}

    first = world.browser.post("/wechat/bind/code", data={**ticket, "phone": phone_number})
    at_once = world.browser.post("/wechat/bind/code", data={**ticket, "phone": phone_number})
    world.clock.advance(timedelta(minutes=2))
    again = world.browser.post("/wechat/bind/code", data={**ticket, "phone": phone_number})
    other = world.browser.get("/wechat/bind", params=ticket)
    done = world.browser.post("/wechat/bind/confirm", data={**ticket, "phone": phone_number, "code": _code(again)})

    assert "重新获取验证码" in first.text
    assert f"/wechat/bind?ticket={ticket['ticket']}" in first.text
    assert "一分钟后再试" in at_once.text
    assert 'name="code"' in at_once.text  # the code that was sent can still be entered
    assert 'name="phone"' in other.text
    assert "绑定成功" in done.text


def test_unbinding_takes_it_all_back(world: World) -> None:
    phone = world.phone(member="M0000001")

    undone = phone.text("解绑会员")
    after = phone.text("我有多少积分")

    assert "解除绑定" in undone.bubble.text
    assert "12,480" not in after.bubble.text


def test_an_account_without_sign_in_gives_a_link_of_ones_own(make_world: Make) -> None:
    world = make_world(account="subscription")
    phone = world.phone()

    offered = phone.text("绑定会员")
    link = re.search(r'href="http://testserver(/wechat/bind\?ticket=[^"]+)"', offered.bubble.text)
    page = world.browser.get(link.group(1))

    assert "会员手机号" in page.text


def test_a_state_is_good_once_and_for_one_browser(world: World) -> None:
    start = world.browser.get("/wechat/bind", follow_redirects=False)
    state = parse_qs(urlsplit(start.headers["location"]).query)["state"][0]
    phone = world.phone()

    first = world.browser.get("/wechat/bind/back", params={"code": phone.oauth_code("snsapi_base"), "state": state})
    again = world.browser.get("/wechat/bind/back", params={"code": phone.oauth_code("snsapi_base"), "state": state})
    world.browser.cookies.clear()
    other = world.browser.get("/wechat/bind", follow_redirects=False)
    state = parse_qs(urlsplit(other.headers["location"]).query)["state"][0]
    world.browser.cookies.clear()
    stolen = world.browser.get("/wechat/bind/back", params={"code": phone.oauth_code("snsapi_base"), "state": state})

    assert "会员手机号" in first.text
    assert "链接已失效" in again.text
    assert "链接已失效" in stolen.text


def test_declining_is_no_error(world: World) -> None:
    page = world.browser.get("/wechat/bind/back", params={"state": "x"})

    assert "没有同意授权" in page.text


def test_codes_are_guessed_in_vain(world: World, phone_number: str) -> None:
    form = _sign_in(world)
    ticket = _ticket(form)
    asked = world.browser.post("/wechat/bind/code", data={"ticket": ticket, "phone": phone_number})
    code = _code(asked)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    said = [
        world.browser.post("/wechat/bind/confirm", data={"ticket": ticket, "phone": phone_number, "code": c}).text
        for c in [wrong] * 5 + [code]
    ]

    assert all("验证码不对" in s for s in said[:5])
    assert "已失效" in said[5]


def test_codes_are_sent_seldom_and_lapse(world: World, phone_number: str) -> None:
    ticket = _ticket(_sign_in(world))

    first = world.browser.post("/wechat/bind/code", data={"ticket": ticket, "phone": phone_number})
    second = world.browser.post("/wechat/bind/code", data={"ticket": ticket, "phone": phone_number})
    world.clock.advance(timedelta(minutes=6))
    late = world.browser.post(
        "/wechat/bind/confirm", data={"ticket": ticket, "phone": phone_number, "code": _code(first)}
    )

    assert "一分钟后再试" in second.text
    assert "已失效" in late.text


def test_a_number_that_is_no_member_is_told_only_to_who_holds_the_phone(world: World) -> None:
    ticket = _ticket(_sign_in(world))

    asked = world.browser.post("/wechat/bind/code", data={"ticket": ticket, "phone": "13999999999"})
    done = world.browser.post(
        "/wechat/bind/confirm", data={"ticket": ticket, "phone": "13999999999", "code": _code(asked)}
    )
    odd = world.browser.post("/wechat/bind/code", data={"ticket": ticket, "phone": "12345"})

    assert "不是会员" not in asked.text
    assert "还不是会员" in done.text
    assert "11位手机号" in odd.text


def test_a_unionid_joins_accounts(world: World) -> None:
    from assistant.db import wechat

    with world.service.database.write() as connection:
        wechat.bind(connection, "wxMiniProgram", "oElsewhere", "M0000001", world.clock.now(), unionid="uUnion")
    phone = world.phone()
    phone.user.unionid = "uUnion"

    page = _sign_in(world)
    asked = phone.text("我有多少积分")

    assert "绑定成功" in page.text
    assert "12,480" in asked.bubble.text
