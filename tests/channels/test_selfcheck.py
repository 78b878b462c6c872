"""What `zhike wechat check` finds: each lack once, in plain words, from what WeChat answers now."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from assistant.channels.official_account.selfcheck import Finding, findings, menu_difference
from tests.channels.conftest import Make, World


def _findings(world: World, knock: Callable[[httpx.Request], httpx.Response] | None = None) -> dict[str, Finding]:
    def ours(request: httpx.Request) -> httpx.Response:
        answer = world.browser.get(str(request.url))
        return httpx.Response(answer.status_code, text=answer.text)

    way = httpx.MockTransport(knock or ours)
    return {f.subject: f for f in findings(world.service.official_account, world.service.settings, transport=way)}


def _levels(world: World) -> dict[str, str]:
    return {subject: finding.level for subject, finding in _findings(world).items()}


def test_a_verified_account_can_send_and_its_menu_is_compared(make_world: Make) -> None:
    world = make_world(lanes=False)
    account = world.service.official_account

    before = _levels(world)
    account.api.push_menu(account.profile.get().menu.as_wechat())
    after = _levels(world)

    assert before["密钥"] == before["客服消息"] == "ok"
    assert (before["菜单"], after["菜单"]) == ("warn", "ok")
    assert menu_difference(account) == []


def test_an_account_that_is_not_verified_is_told_what_that_means(make_world: Make) -> None:
    found = _levels(make_world(lanes=False, verified=False))

    assert found["账号"] == found["客服消息"] == found["会员绑定"] == "warn"


def test_a_wrong_secret_is_found_although_a_token_is_kept(make_world: Make) -> None:
    world = make_world(lanes=False)
    world.service.official_account.api.callback_ips()
    world.wechat.account = replace(world.wechat.account, secret="another since")
    world.service.official_account.api.callback_ips()  # by the token that is kept

    assert _levels(world)["密钥"] == "bad"


@pytest.mark.parametrize("code", [40164, -1])
def test_what_wechat_says_is_passed_on(make_world: Make, code: int) -> None:
    world = make_world(lanes=False)
    world.wechat.faults.add("/cgi-bin/stable_token", errcode=code)

    key = _findings(world)["密钥"]

    assert key.level == "bad"
    assert str(code) in key.words


def test_the_callback_is_tried_as_wechat_tries_it(make_world: Make) -> None:
    world = make_world(lanes=False)

    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no such host", request=request)

    assert _findings(world)["回调"].level == "ok"
    assert _findings(world, nobody)["回调"].level == "warn"
    for status, text, words in (
        (403, "refused", "Token"), (403, "<html>", "反向代理"), (200, "<html>", "反向代理"), (502, "<html>", "502"),
    ):  # fmt: skip
        found = _findings(world, lambda _, s=status, t=text: httpx.Response(s, text=t))["回调"]
        assert found.level == "bad"
        assert words in found.words
