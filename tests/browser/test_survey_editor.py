"""The editor of surveys in a browser: the phone follows the form, structure changes in place, nothing is lost unsaved."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.accounts.keys import secret_key
from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import FeedbackSettings, WebSettings
from assistant.surveys.places import Place, Places
from assistant.web.app import make_app
from eval.serving import free_port, served
from eval.small_world import copy_world
from tests.conftest import NOW, settings_for


@pytest.fixture(scope="module")
def service(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("editor") / "var"
    copy_world(world_file, folder)
    web = WebSettings(demo_accounts=True, port=free_port())
    made = Service(settings_for(folder, web=web, feedback=FeedbackSettings(embed=False)), clock=FixedClock(NOW))
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(service: Service) -> Iterator[str]:
    """The address of the running service."""
    with served(make_app(service), service.settings.web.port) as address:
        yield address


@pytest.fixture
def editor(analyst: Page) -> Page:
    """The editor of the survey of a visit, as an analyst."""
    analyst.goto("/ops/surveys/store_visit/edit")
    return analyst


def test_the_phone_shows_what_is_typed_and_the_keyboard_goes_on_where_something_was_added(editor: Page) -> None:
    editor.get_by_label("邀请语").fill("欢迎来到{store}")
    expect(editor.locator("#preview p").first).to_have_text("欢迎来到徐家汇店")

    editor.get_by_role("button", name="在最后加一题").click()
    expect(editor.locator("textarea[name='questions.5.text']")).to_be_focused()
    editor.keyboard.type("您会再来吗？")
    editor.locator("select[name='questions.5.kind']").select_option("single")
    editor.locator("[name='questions.5.options.0.label']").fill("会")
    editor.locator("[name='questions.5.options.1.label']").fill("不会")

    last = editor.locator("#preview [data-shows='5']")
    expect(last).to_contain_text("您会再来吗？")
    expect(last.locator(".phone-preview__choices")).to_contain_text("不会")
    expect(editor.get_by_label("邀请语")).to_have_value("欢迎来到{store}")


def test_what_was_saved_can_be_taken_back(service: Service, editor: Page) -> None:
    editor.get_by_label("标题").fill("逛店感受")
    editor.get_by_label("这次改了什么").fill("换个标题")
    editor.get_by_role("button", name="保存为新版本").click()
    editor.wait_for_url("**done=saved")
    saved = service.moments.surveys["store_visit"].title

    editor.on("dialog", lambda dialog: dialog.accept())
    editor.get_by_role("button", name="恢复", exact=True).first.click()
    expect(editor.get_by_label("标题")).to_have_value("到店体验")

    assert saved == "逛店感受"
    assert len(service.moments.shelf.history("store_visit")) == 2


@pytest.mark.parametrize("address", ["/ops/surveys", "/ops/surveys/store_visit", "/ops/surveys/store_visit/edit", "/ops/rules"])  # fmt: skip
def test_a_phone_shows_all_of_it(editor: Page, address: str) -> None:
    editor.set_viewport_size({"width": 390, "height": 844})

    editor.goto(address)

    assert editor.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def phone(browser: Browser, staff: str) -> Iterator[Page]:
    """A phone's browser that nobody is signed in to."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=staff)
    yield context.new_page()
    context.close()


def begun(service: Service, phone: Page, survey: str) -> None:
    """Scan the code of a survey in the store, and stand before its first page."""
    token = Places(secret_key("", service.settings.data_dir)).token(Place(survey, "S001"))
    phone.goto(f"/survey/at/{token}")


def test_a_shopper_goes_from_the_code_in_the_store_to_the_thanks_by_keyboard(service: Service, phone: Page) -> None:
    begun(service, phone, "store_visit")
    phone.get_by_role("button", name="开始").press("Enter")
    phone.get_by_role("button", name="10 非常愿意").press("Enter")
    phone.get_by_role("checkbox", name="店员服务").press("Space")
    phone.get_by_role("button", name="继续").press("Enter")

    expect(phone.get_by_role("heading", name="已收到您的评价")).to_be_visible()


def test_whoever_writes_much_is_told_how_much_may_still_be_written(service: Service, phone: Page) -> None:
    begun(service, phone, "delivery")
    phone.get_by_role("button", name="开始").click()
    phone.get_by_role("button", name="5 非常满意").click()
    words, counter = phone.locator("textarea"), phone.locator("[data-counter]")
    most = int(words.get_attribute("maxlength") or 0)

    words.fill("好" * 20)
    expect(counter).to_be_hidden()
    words.fill("好" * (most - 30))
    expect(counter).to_have_text("还能写 30 字")
    words.press_sequentially("好" * 31)
    expect(counter).to_have_text(f"最多 {most} 字，后面的写不下了")
