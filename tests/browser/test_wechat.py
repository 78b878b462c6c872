"""The WeChat path as a newcomer sees it: the demo phone on one side, the whole service on the other."""

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1200, "height": 860})
    page.goto(f"{address}/fake-wechat/")
    expect(page.locator("#buttons button").first).to_be_attached()  # the menu was pushed and has arrived
    return page


def _write(phone: Page, words: str) -> None:
    phone.click("#to-keyboard")
    phone.fill("#text", words)
    phone.press("#text", "Enter")


def test_a_member_asks_and_is_answered_in_the_response(phone: Page) -> None:
    phone.get_by_text("林晓雨").first.click()

    _write(phone, "我有多少积分")

    expect(phone.locator("#log")).to_contain_text("12,480")
    expect(phone.locator("#log")).to_contain_text("AI生成")


def test_a_tap_in_the_menu_is_answered(phone: Page) -> None:
    phone.get_by_text("林晓雨").first.click()

    phone.get_by_role("button", name="☰ 会员").click()
    phone.get_by_text("我的优惠券").first.click()

    expect(phone.locator("#log")).to_contain_text("券")


def test_a_newcomer_follows_is_greeted_and_binds(phone: Page, browser: Browser) -> None:
    phone.get_by_text("新朋友").first.click()
    phone.click("#subscribe")
    expect(phone.locator("#log")).to_contain_text("欢迎关注")

    _write(phone, "绑定会员")
    link = phone.locator("#log a", has_text="绑定会员").last
    expect(link).to_be_visible()

    assert "/wechat/bind" in (link.get_attribute("href") or "")


def test_a_follower_scans_the_code_of_a_store(phone: Page) -> None:
    phone.get_by_text("陈建国").first.click()

    phone.click("#to-keyboard")
    phone.click("#more")
    phone.get_by_role("button", name="扫一扫").click()
    phone.get_by_role("button", name="store:S001").click()

    expect(phone.locator("#log")).to_contain_text("欢迎光临")
