"""The doors open before the pages: what WeChat sends meanwhile is taken, and pages come as soon as they are there."""

import subprocess
import sys
import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.bootstrap import Service, part
from assistant.cli.serve import _Rooms, _run
from assistant.web.app import make_app
from assistant.web.fake_wechat import through
from assistant.web.fake_wechat.push import push_request
from assistant.web.porch import Porch
from tests.channels.conftest import Make


def test_an_answer_is_told_again_to_a_retry_before_there_are_pages(make_world: Make) -> None:
    world = make_world()
    me = world.phone()
    first = me.text("徐家汇店几点关门")
    with TestClient(Porch(world.service)) as restarted:
        world.wechat.deliver = through(restarted)
        again = push_request(world.wechat, me.openid, first.fields, first.request)

    assert first.bubble is not None
    assert again.attempts[-1].status == 200
    assert again.bubble is not None
    assert again.bubble.text == first.bubble.text


def test_a_page_waits_until_it_is_there(service: Service) -> None:
    porch = Porch(service)
    with TestClient(porch) as browser:
        threading.Timer(0.3, lambda: porch.lead_to(make_app(service, porch.callback))).start()

        assert browser.get("/healthz").json() == {"status": "ok"}


def test_rooms_that_cannot_be_made_stop_the_server(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        should_exit = False

    def broken(*_: object) -> None:
        raise ValueError("a template is gone")

    monkeypatch.setattr("assistant.web.app.make_app", broken)
    server = Server()
    rooms = _Rooms(service, Porch(service), server)
    rooms.start()
    rooms.join()

    assert server.should_exit
    assert "a template is gone" in str(rooms.failed)


def test_the_door_needs_nothing_that_takes_long_to_import() -> None:
    """WeChat gives up after fifteen seconds, and a busy machine imports slowly."""
    code = """
import sys, assistant.__main__, assistant.bootstrap, assistant.web.porch, assistant.db.migrate
print([m for m in ("fastapi", "openai", "mcp", "langchain_core", "sqlglot", "duckdb", "alembic", "numpy", "pypinyin",
                   "assistant.agent", "assistant.chatbi", "assistant.journeys", "tools.catalog") if m in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_a_slow_part_holds_up_no_other() -> None:
    building, done = threading.Event(), threading.Event()

    class Parts:
        @part
        def slow(self) -> str:
            building.set()
            done.wait()
            return "slow"

        @part
        def quick(self) -> str:
            return "quick"

    parts = Parts()
    other = threading.Thread(target=lambda: parts.slow)
    other.start()
    building.wait(10)
    quick = threading.Thread(target=lambda: parts.quick)
    quick.start()
    quick.join(10)
    done.set()
    other.join()

    assert list(parts.__dict__) == ["quick", "slow"]


def test_ctrl_c_is_no_error(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(server: Any) -> None:
        server.started = True
        raise KeyboardInterrupt  # as uvicorn does once it has ended what it served

    monkeypatch.setattr("uvicorn.Server.run", stopped)
    monkeypatch.setattr("assistant.cli.serve._Rooms.start", lambda rooms: None)

    _run(service)
