"""The demo phone as a visitor uses it, with a small echo in the place of the service."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.web.fake_wechat import FakeWeChat, wire
from assistant.web.fake_wechat.app import ENDPOINTS
from assistant.web.fake_wechat.calls import ApiRequest, handle
from assistant.web.fake_wechat.records import Answer, PushRequest
from assistant.web.security import Hardened
from eval.serving import served

LIN = "oZhike0LinXiaoyu000000000001"
MENU = {
    "button": [
        {"type": "click", "name": "我的积分", "key": "POINTS"},
        {"name": "服务", "sub_button": [{"type": "click", "name": "转人工", "key": "AGENT"}]},
    ]
}


def echo(push: PushRequest) -> Answer:
    """Says back what was said; of everything else, what it was."""
    asked = wire.read(push.body)
    head = {"ToUserName": asked["FromUserName"], "FromUserName": asked["ToUserName"], "CreateTime": 1_795_300_000}
    words = asked.get("Content") or asked.get("EventKey") or asked.get("Label") or asked["MsgType"]
    return Answer(200, wire.to_xml({**head, "MsgType": "text", "Content": f"收到：{words}"}).encode())


def call(wechat: FakeWeChat, path: str, body: dict[str, Any]) -> None:
    """A call of the API, as a service makes it."""
    token, _ = wechat.tokens.plain(wechat.now())
    raw = json.dumps(body, ensure_ascii=False).encode()
    answer = handle(wechat, ENDPOINTS[path], ApiRequest(path, "POST", {"access_token": token}, raw))
    assert isinstance(answer.body, dict)
    assert answer.body["errcode"] == 0, answer.body


@pytest.fixture
def wechat() -> FakeWeChat:
    made = FakeWeChat(deliver=echo, background=True)
    made.add_demo_users()
    call(made, "/cgi-bin/menu/create", MENU)
    return made


@pytest.fixture
def page(browser: Browser, wechat: FakeWeChat) -> Iterator[Page]:
    """The phone page on a desk. Any error on its console fails the test."""
    with served(Hardened(wechat.app, max_body_bytes=1 << 20)) as address:
        context = browser.new_context(viewport={"width": 1180, "height": 860}, locale="zh-CN")
        made = context.new_page()
        faults: list[str] = []
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        made.goto(f"{address}/")
        yield made
        context.close()
    assert faults == []


def type_and_send(page: Page, words: str) -> None:
    page.get_by_role("button", name="切换到键盘").click()
    page.get_by_label("消息内容").fill(words)
    page.get_by_role("button", name="发送").click()


def test_a_user_writes_taps_and_is_answered(page: Page, wechat: FakeWeChat) -> None:
    expect(page.locator("#name")).to_have_text("云上百货")

    page.get_by_role("button", name="我的积分").click()
    expect(page.locator(".row:not(.row--mine) .bubble").last).to_have_text("收到：POINTS")
    page.get_by_role("button", name="☰ 服务").click()
    page.get_by_role("button", name="转人工").click()
    expect(page.locator(".row:not(.row--mine) .bubble").last).to_have_text("收到：AGENT")
    type_and_send(page, "<b>你好</b>")

    expect(page.locator(".row--mine .bubble")).to_have_text("<b>你好</b>")
    expect(page.locator(".row:not(.row--mine) .bubble").last).to_have_text("收到：<b>你好</b>")
    expect(page.locator(".event__what", has_text="推送 text（被动回复）")).to_be_visible()
    assert wechat.violations == []


def test_what_the_account_sends_appears_with_its_label_and_choices_can_be_tapped(
    page: Page, wechat: FakeWeChat
) -> None:
    type_and_send(page, "在吗")
    expect(page.locator(".bubble").last).to_have_text("收到：在吗")  # arrived, which opens the window
    send = "/cgi-bin/message/custom/send"
    call(wechat, "/cgi-bin/message/custom/typing", {"touser": LIN, "command": "Typing"})
    expect(page.locator("#name")).to_have_text("对方正在输入…")
    choices = {"head_content": "这次服务您满意吗？", "list": [{"id": "s5", "content": "很满意"}], "tail_content": ""}
    call(wechat, send, {"touser": LIN, "msgtype": "msgmenu", "msgmenu": choices, "aimsgcontext": {"is_ai_msg": 1}})
    article = {"title": "换季上新", "description": "到店试穿", "url": "https://a.cn", "picurl": ""}
    call(wechat, send, {"touser": LIN, "msgtype": "news", "news": {"articles": [article]}})

    expect(page.locator("#name")).to_have_text("云上百货")
    expect(page.locator(".ai")).to_have_text("内容由第三方AI生成")
    expect(page.locator(".card__title")).to_have_text("换季上新")
    page.get_by_role("button", name="很满意").click()

    expect(page.locator(".row--mine .bubble").last).to_have_text("很满意")
    assert wechat.deliveries[-1].fields["bizmsgmenuid"] == "s5"


def test_places_pictures_and_voices_are_sent_from_the_panel(page: Page) -> None:
    page.get_by_role("button", name="切换到键盘").click()
    for name in ("图片", "语音"):
        page.get_by_role("button", name="更多").click()
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="位置").click()
    page.get_by_role("button", name="上海徐家汇地铁站").click()

    expect(page.locator(".row--mine .card__title")).to_contain_text("上海徐家汇地铁站")
    expect(page.locator(".row--mine .picture")).to_be_visible()
    expect(page.locator(".row--mine .bubble")).to_contain_text("2″")
    expect(page.locator(".row:not(.row--mine) .bubble").last).to_have_text("收到：上海徐家汇地铁站")


def test_a_newcomer_follows_first_and_others_see_their_own_chat(page: Page) -> None:
    page.get_by_role("button", name="新朋友").click()
    page.get_by_role("button", name="关注公众号").click()

    expect(page.locator(".hint", has_text="已关注云上百货")).to_be_visible()
    expect(page.get_by_role("button", name="新朋友")).to_contain_text("已关注")
    page.get_by_role("button", name="陈建国").click()
    expect(page.locator("#log > *")).to_have_count(0)


def test_a_service_that_is_away_shows_as_on_a_real_phone(page: Page, wechat: FakeWeChat) -> None:
    wechat.deliver = None

    type_and_send(page, "在吗")

    expect(page.locator(".hint").last).to_have_text("该公众号提供的服务出现故障，请稍后再试")
    expect(page.locator(".event--bad").first).to_be_visible()


def test_who_opens_the_page_later_sees_what_happened(page: Page) -> None:
    type_and_send(page, "在吗")
    expect(page.locator(".event").first).to_contain_text("推送")

    page.reload()

    expect(page.locator(".event").first).to_contain_text("推送")


def test_every_control_has_a_name(page: Page) -> None:
    page.get_by_role("button", name="切换到键盘").click()
    page.get_by_role("button", name="更多").click()

    for element in page.locator("button:visible").all():
        assert (element.get_attribute("aria-label") or element.inner_text()).strip()
