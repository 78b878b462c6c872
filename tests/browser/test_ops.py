"""The staff in a browser: sign in, ask, choose between readings, follow up, see a chart; each account its own numbers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import WebSettings
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from assistant.web.app import make_app
from eval.serving import free_port, served
from eval.small_world import copy_world
from tests.conftest import NOW, settings_for

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def staff(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service with a mart and the demo's accounts."""
    folder = tmp_path_factory.mktemp("ops") / "var"
    copy_world(world_file, folder)
    port = free_port()
    web = WebSettings(demo_accounts=True, messages_per_minute=600, port=port)
    service = Service(settings_for(folder, web=web), clock=FixedClock(NOW))
    refresh(Sources(service.database, folder / "feeds"), MartFiles(service.settings.mart_dir), NOW)
    with served(make_app(service), port) as address:
        yield address
    service.close()


@pytest.fixture
def open_as(browser: Browser, staff: str) -> Iterator[Open]:
    """Signs in as a demo account on the sign-in page and lands on its first page. Any console error fails the test."""
    faults: list[str] = []
    contexts = []

    def go(name: str, width: int = 1280, height: int = 860, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", base_url=staff, color_scheme=scheme,  # type: ignore[arg-type]
            accept_downloads=True,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" and "503" not in m.text else None)
        page.goto("/staff")
        page.locator(f"[data-fill={name}]").click()
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url("**/ops/ask")
        return page

    yield go
    for context in contexts:
        context.close()
    assert faults == []


def ask(page: Page, question: str) -> None:
    turns = page.locator(".turn").count()
    page.get_by_label("问题").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    expect(page.locator(".waits")).to_have_count(0)


def test_an_example_is_answered_with_chart_table_and_what_it_rests_on(open_as: Open) -> None:
    page = open_as("analyst")

    page.locator("[data-ask-now]").first.click()

    expect(page.locator(".turn__said")).to_contain_text("集团全部16家店")
    expect(page.locator(".turn__chart canvas")).to_be_visible()
    expect(page.locator(".turn__table tbody tr")).to_have_count(5)
    page.get_by_text("这个数怎么来的").click()
    expect(page.locator(".turn__rests")).to_contain_text("销售额")
    expect(page.locator("#age")).to_contain_text("数据到2026-11-22")


def test_a_table_is_sorted_by_a_heading_and_downloaded(open_as: Open) -> None:
    page = open_as("analyst")
    ask(page, "2026年10月各区域销售额")
    numbers = page.locator(".turn__table tbody td:nth-child(2)")

    def values() -> list[float]:
        return [float(t.replace(",", "")) for t in numbers.all_inner_texts()]

    page.locator(".turn__sort").nth(1).click()
    down = values()
    page.locator(".turn__sort").nth(1).click()
    up = values()
    with page.expect_download() as found:
        page.get_by_text("下载 CSV").click()

    assert down == sorted(down, reverse=True)
    assert up == down[::-1]
    assert "区域" in Path(found.value.path()).read_text(encoding="utf-8-sig")


def test_where_two_readings_remain_a_button_decides(open_as: Open) -> None:
    page = open_as("analyst")
    ask(page, "上月复购怎么样")
    choices = page.locator(".turn__answer--clarify .btn-outline-primary")
    expect(choices.first).to_be_visible()

    choices.first.click()

    expect(page.locator(".turn__answer--answered")).to_have_count(1)


def test_a_follow_up_edits_the_last_question_also_after_a_reload(open_as: Open) -> None:
    page = open_as("analyst")
    ask(page, "2026年10月各区域销售额")
    page.reload()
    expect(page.locator(".turn__question")).to_have_text("2026年10月各区域销售额")

    ask(page, "换成按城市")

    expect(page.locator(".turn__table th").nth(2)).to_contain_text("城市")
    expect(page.locator(".threads__open").first).to_contain_text("2026年10月各区域销售额")


def test_each_account_gets_its_own_numbers(open_as: Open) -> None:
    east, south = open_as("east"), open_as("south")

    for page in (east, south):
        ask(page, "2026年10月各区域销售额")

    expect(east.locator(".turn__said")).to_contain_text("华东")
    expect(south.locator(".turn__said")).to_contain_text("华南")
    expect(south.locator(".turn__said")).not_to_contain_text("华东")
    expect(south.locator(".threads__open")).to_have_count(1)
    ask(south, "徐家汇店上月销售额")
    expect(south.locator(".turn__answer--refused")).to_contain_text("权限")


def test_threads_are_renamed_opened_and_deleted(open_as: Open) -> None:
    page = open_as("southwest")
    ask(page, "上月销售额")
    page.get_by_role("button", name="新对话").click()
    expect(page.get_by_text("想看哪个数？")).to_be_visible()
    ask(page, "上月NPS")

    page.get_by_label("改名：上月销售额").click()
    page.get_by_label("新名字").fill("十月生意")
    page.keyboard.press("Enter")
    page.locator(".threads__open", has_text="十月生意").click()
    expect(page.locator(".turn__question")).to_have_text("上月销售额")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("删除：上月NPS").click()

    expect(page.locator(".threads__open")).to_have_count(1)


def test_the_keyboard_is_enough(open_as: Open) -> None:
    page = open_as("xujiahui")
    field = page.get_by_label("问题")
    ask(page, "上月销售额")
    page.locator("#log").focus()

    page.keyboard.press("/")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.press("ArrowUp")

    expect(field).to_have_value("上月销售额")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value("")


def test_a_failure_says_so_and_can_be_tried_again(open_as: Open) -> None:
    page = open_as("xidan")
    page.route("**/ops/api/ask", lambda route: route.fulfill(status=503, json={"error": "系统繁忙，请稍后重发。"}))
    page.get_by_label("问题").fill("上月销售额")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("系统繁忙，请稍后重发。")
    page.unroute("**/ops/api/ask")

    page.get_by_role("button", name="再试一次").click()

    expect(page.locator(".turn__answer--answered")).to_have_count(1)


def test_a_session_that_ended_leads_to_the_sign_in_and_back(open_as: Open) -> None:
    page = open_as("shanghai")
    page.context.clear_cookies()

    page.reload()

    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert "next=/ops/ask" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_runs_out_of_the_page(open_as: Open, scheme: str) -> None:
    page = open_as("admin", width=390, height=844, scheme=scheme)
    ask(page, "2026年10月各门店销售额排名")
    page.get_by_role("button", name="对话", exact=True).click()
    expect(page.locator("#threads")).to_be_visible()
    page.keyboard.press("Escape")

    for path in ("/ops/ask", "/staff/me", "/admin/accounts", "/admin/accounts/east", "/admin/import", "/admin/audit"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, path


def test_an_admin_adds_somebody_who_then_sets_a_password_and_signs_in(open_as: Open, browser: Browser) -> None:
    page = open_as("admin")
    page.goto("/admin/new-account")
    page.get_by_label("账号名").fill("zhou.ya")
    page.get_by_label("称呼").fill("徐家汇店店长 周雅")
    page.get_by_label("角色").select_option("store_manager")
    page.get_by_label("添加组织").fill("S001")
    page.get_by_label("添加组织").press("Tab")
    expect(page.get_by_label("组织", exact=True)).to_have_value("S001")
    page.get_by_role("button", name="新建").click()
    link = page.locator("#secret").input_value()

    context = browser.new_context(locale="zh-CN")
    guest = context.new_page()
    guest.goto(link)
    guest.get_by_label("新密码").fill("长夜里的一盏灯2026")
    guest.get_by_label("再输一次").fill("长夜里的一盏灯2026")
    guest.get_by_role("button", name="保存密码").click()
    guest.locator("#f-name").fill("Zhou.Ya")
    guest.locator("#f-password").fill("长夜里的一盏灯2026")
    guest.get_by_role("button", name="登录", exact=True).click()

    expect(guest.get_by_text("想看哪个数？")).to_be_visible()
    expect(guest.get_by_role("link", name="账号")).to_have_count(0)
    context.close()


def test_the_style_page_shows_every_state_of_an_answer(open_as: Open) -> None:
    page = open_as("analyst")

    page.goto("/dev/style/staff")

    expect(page.locator(".turn")).to_have_count(9)
    expect(page.locator(".turn__chart canvas")).to_have_count(4)
