"""Listening and problems in a browser: the chart is drawn, a tap stays where it is, a phone shows all of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import FeedbackSettings, WebSettings
from assistant.db.tables.retail import survey_answers
from assistant.web.app import make_app
from eval.serving import free_port, served
from eval.small_world import copy_world
from tests.conftest import NOW, settings_for

SAID = ["店员很热情，但是排队太久了", "停车很方便", "排队半小时还没结账，太慢了", "试衣间脏兮兮的，地上都是灰", "吃了你们家蛋糕拉肚子，我要投诉到市监局"]  # fmt: skip


@pytest.fixture(scope="module")
def staff(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service whose shoppers said something lately."""
    folder = tmp_path_factory.mktemp("listening") / "var"
    copy_world(world_file, folder)
    port = free_port()
    web = WebSettings(demo_accounts=True, port=port)
    service = Service(settings_for(folder, web=web, feedback=FeedbackSettings(embed=False)), clock=FixedClock(NOW))
    with service.database.write() as connection:
        for n in range(24):
            connection.execute(insert(survey_answers).values(
                id=900_000 + n, store_id=("S001", "S009")[n % 2], comment=SAID[n % 5], touchpoint="到店",
                at=NOW - timedelta(minutes=n * 90 + 1),
            ))  # fmt: skip
    service.understanding.read_all()
    service.problems.refresh()
    with served(make_app(service), port) as address:
        yield address
    service.close()


@pytest.fixture
def page(analyst: Page) -> Page:
    """The listening page of an analyst."""
    analyst.get_by_role("link", name="倾听").click()
    return analyst


def test_the_chart_is_drawn_and_a_leaf_leads_to_its_words(page: Page) -> None:
    expect(page.locator("#chart canvas")).to_be_visible()

    page.locator(".aspects details:not([open]) summary").first.click()
    page.get_by_role("link", name="排队结账", exact=True).click()

    expect(page.get_by_role("heading", name="排队结账：常见说法")).to_be_visible()
    expect(page.locator(".heard").first).to_contain_text("排队")


def test_a_tap_is_shown_in_its_place_and_the_same_tap_takes_it_back(page: Page) -> None:
    item = page.locator(".heard").first
    address = page.url
    whole = item.get_by_role("group", name="整体")
    expect(whole.get_by_role("button", name="满意", exact=True)).to_have_attribute("aria-pressed", "false")

    whole.get_by_role("button", name="满意", exact=True).click()

    expect(whole.get_by_role("button", name="满意", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(item).to_contain_text("人工更正")
    expect(whole.get_by_role("button", name="满意", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(item).not_to_contain_text("人工更正")
    expect(whole.get_by_role("button", name="满意", exact=True)).to_have_attribute("aria-pressed", "false")
    assert page.url == address


def test_on_a_phone_nothing_runs_out_of_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator("#chart canvas")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_problem_is_opened_solved_and_taken_back_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/ops/problems")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".problem__link").filter(has_text="排队结账").click()

    page.get_by_label("状态").select_option(label="已有办法")
    page.get_by_label("怎么解决").fill("周末加开两个收银台")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_label("怎么解决")).to_have_value("周末加开两个收银台")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.get_by_role("button", name="撤销上次修改").click()
    expect(page.get_by_label("怎么解决")).to_have_value("")


def test_a_correction_that_is_refused_says_why(page: Page) -> None:
    another = page.context.new_page()  # where a refusal is no fault
    another.goto("/ops/listening")
    said = another.locator("li.heard").first
    said.get_by_text("补充方面").click()

    said.locator('button[value="+:neg"]').click()

    expect(said.get_by_role("alert")).to_have_text("请先选一个方面。")


def test_a_phone_shows_every_place_of_an_analyst_by_name(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/ops/rules")
    places = page.get_by_role("navigation", name="主导航")

    assert places.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    for name in ("问数", "倾听", "问题", "问卷", "规则"):
        expect(places.get_by_role("link", name=name, exact=True)).to_be_in_viewport()
