"""A real Chromium against the real application, served by uvicorn on a free port, with its worker."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from assistant.bootstrap import Service
from assistant.config import WebSettings, WeChatSettings
from assistant.web.app import make_app
from assistant.web.fake_wechat.demo import demo_settings
from assistant.worker import Worker
from eval.serving import free_port, served
from eval.small_world import copy_world
from tests.conftest import settings_for

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def address(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service on a copy of the small world, with the demo's WeChat."""
    folder = tmp_path_factory.mktemp("browser") / "var"
    copy_world(world_file, folder)
    port = free_port()
    web = WebSettings(demo_accounts=True, messages_per_minute=600, port=port)
    service = Service(settings_for(folder, web=web, wechat=demo_settings(WeChatSettings(), port)))
    service.router.rank("你好")
    service.retriever.warm()
    worker = Worker(service)
    worker.start()
    with served(make_app(service), port) as address:
        yield address
    worker.stop()
    service.close()


@pytest.fixture(scope="module")  # its event loop must not outlive the module
def browser() -> Iterator[Browser]:
    path = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    assert path is not None, "Chromium is missing: run `make test`, or scripts/test-prerequisites"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The chat page on a phone, as a new visitor. Any error on the page's console fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=address)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" and "ERR_INTERNET" not in m.text else None)
    page.goto("/chat")
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def analyst(browser: Browser, staff: str) -> Iterator[Page]:
    """A page on which the demo's analyst has signed in at `staff`, the address of the module's own service. Any error on
    its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", base_url=staff)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.goto("/staff")
    page.locator("[data-fill=analyst]").click()
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/ops/ask")
    yield page
    context.close()
    assert faults == []
