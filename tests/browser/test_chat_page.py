"""The chat page as a shopper uses it, on a phone."""

import re

from playwright.sync_api import Browser, Page, Route, expect

THEIRS = ".row:not(.row--mine) .bubble:not(.typing)"


def say(page: Page, words: str) -> None:
    page.get_by_label("消息内容").fill(words)
    page.get_by_label("消息内容").press("Enter")


def become(page: Page, name: str) -> None:
    page.locator(".menu__open").click()
    page.get_by_role("menuitem", name=name).click()
    expect(page.locator(".menu__label")).to_have_text(name)


def test_a_new_visitor_sees_what_can_be_asked_and_gets_an_answer_by_a_tap(phone: Page) -> None:
    expect(phone.get_by_text("您好，想办什么事？")).to_be_visible()

    phone.get_by_role("button", name="停车怎么收费").click()

    expect(phone.locator(THEIRS).last).to_contain_text("30")
    expect(phone.locator(".row--mine .bubble")).to_have_text("停车怎么收费")


def test_a_member_sees_points_on_a_card(phone: Page) -> None:
    become(phone, "林晓雨")

    say(phone, "我有多少积分")

    expect(phone.locator(THEIRS).last).to_contain_text("12,480")
    expect(phone.locator(".card--points .card__title")).to_have_text("12,480 积分")


def test_a_source_opens_on_tap(phone: Page) -> None:
    say(phone, "可以带狗进店吗")
    phone.locator(".source summary").click()

    expect(phone.locator(".source p").first).to_be_visible()


def test_a_change_is_confirmed_by_a_button_that_works_once(phone: Page) -> None:
    become(phone, "王思琪")
    say(phone, "帮我换一张停车券")
    yes = phone.locator(".confirm__yes").last

    yes.click()

    expect(phone.locator(THEIRS).last).to_contain_text("兑换码")
    expect(yes).to_be_disabled()


def test_a_complaint_becomes_a_ticket_card(phone: Page) -> None:
    say(phone, "五角场店导购态度太差了，问三遍都不理人")
    phone.locator(".confirm__yes").last.click()

    expect(phone.locator(".card--ticket .card__title")).to_have_text(re.compile(r"工单 T\d+"))


def test_history_is_there_after_a_reload(phone: Page) -> None:
    say(phone, "徐家汇店几点关门")
    expect(phone.locator(THEIRS).last).to_contain_text("22:00")

    phone.reload()

    expect(phone.locator(THEIRS).last).to_contain_text("22:00")
    expect(phone.locator(".row--mine .bubble")).to_have_text("徐家汇店几点关门")


def test_a_message_written_offline_is_sent_when_the_network_is_back(phone: Page) -> None:
    phone.context.set_offline(True)
    say(phone, "徐家汇店电话多少")
    expect(phone.locator("#offline")).to_be_visible()
    expect(phone.locator(".row__note--failed")).to_be_visible()

    phone.context.set_offline(False)

    expect(phone.locator(THEIRS).last).to_contain_text("021-", timeout=15_000)
    expect(phone.locator(".row--mine")).to_have_count(1)


def test_what_a_service_that_was_away_did_not_get_is_sent_in_order_by_itself(phone: Page) -> None:
    arrived: list[str] = []

    def away(route: Route) -> None:
        route.abort("internetdisconnected")  # the fault that this page may note

    def back(route: Route) -> None:
        arrived.append(route.request.post_data_json["text"])
        route.continue_()

    phone.route("**/chat/api/messages", away)
    say(phone, "停车怎么收费")
    say(phone, "徐家汇店电话多少")
    expect(phone.locator(".row__note--failed")).to_have_count(2)
    phone.unroute("**/chat/api/messages")
    phone.route("**/chat/api/messages", back)

    expect(phone.locator(THEIRS).last).to_contain_text("021-", timeout=30_000)
    expect(phone.locator(".row__note--failed")).to_have_count(0)
    assert arrived == ["停车怎么收费", "徐家汇店电话多少"]


def test_a_tab_keeps_what_another_has_not_sent(phone: Page) -> None:
    other = phone.context.new_page()
    other.goto("/chat")
    phone.route("**/chat/api/messages", lambda route: route.abort("internetdisconnected"))

    say(phone, "停车怎么收费")
    expect(phone.locator(".row__note--failed")).to_have_count(1)
    say(other, "徐家汇店电话多少")
    expect(other.locator(THEIRS).last).to_contain_text("021-")

    kept = phone.evaluate("JSON.parse(localStorage.getItem('zhike-unsent-guest')).map((message) => message.text)")
    assert kept == ["停车怎么收费"]


def test_a_phone_that_cannot_time_out_a_request_can_send(phone: Page) -> None:
    phone.add_init_script("delete AbortSignal.timeout")
    phone.reload()
    say(phone, "停车怎么收费")

    expect(phone.locator(THEIRS).last).to_contain_text("30")


def test_markup_in_a_message_stays_text(phone: Page) -> None:
    say(phone, "<img src=x onerror=alert(1)>")

    expect(phone.locator(".row--mine .bubble")).to_have_text("<img src=x onerror=alert(1)>")
    expect(phone.locator(".chat__log img")).to_have_count(0)


def test_quick_replies_say_what_they_show(phone: Page) -> None:
    say(phone, "你好")
    phone.locator("#quick .chip", has_text="附近门店").click()

    expect(phone.locator(".row--mine .bubble").last).to_have_text("附近门店")
    expect(phone.locator(THEIRS)).to_have_count(2)


def test_the_page_works_by_keyboard_and_names_its_controls(phone: Page) -> None:
    phone.get_by_label("消息内容").focus()
    phone.keyboard.type("你好")
    phone.keyboard.press("Enter")

    expect(phone.locator(THEIRS).last).to_contain_text("知客")
    expect(phone.get_by_role("log", name="聊天记录")).to_be_visible()
    expect(phone.get_by_role("button", name="发送位置，查附近门店")).to_be_visible()
    for element in phone.locator("button:visible").all():
        assert (element.get_attribute("aria-label") or element.inner_text()).strip()


def test_a_scanned_code_sets_the_store(phone: Page) -> None:
    phone.goto("/chat?store=S001")
    say(phone, "停车怎么收费")

    expect(phone.locator("#state")).to_contain_text("徐家汇店")
    expect(phone.locator(THEIRS).last).to_contain_text("12 元")


def test_dark_mode_is_dark_and_readable(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark", base_url=address)
    page = context.new_page()

    page.goto("/chat")
    page.locator("#text").wait_for()

    colours = page.evaluate("() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]; }")
    context.close()
    assert colours == ["rgb(17, 17, 17)", "rgb(233, 233, 233)"]


def test_the_style_page_shows_every_component(phone: Page) -> None:
    phone.goto("/dev/style")

    for kind in ("product", "store", "order", "coupon", "points", "ticket", "member", "appointment", "confirm"):
        expect(phone.locator(f".card--{kind}").first).to_be_attached()
