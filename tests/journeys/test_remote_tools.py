"""A retailer's own MCP server beside the built-in tools, as a shopper meets it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import AgentSettings
from assistant.errors import ConfigError
from tests.conftest import settings_for
from tests.talk import Shopper, tools_of
from tools.all import TOOLS

SERVER = Path(__file__).parent.parent / "tools" / "repairs_server.py"
TRACK = {
    "name": "repair_track", "tool": "track", "title": "维修进度", "hint": "查送修商品的维修进度",
    "examples": ["我的鞋修好了吗", "维修单到哪一步了", "修鞋进度", "送修的包什么时候能取", "查一下维修进度", "维修单R1001"],
    "ask": {"ticket_no": "请告诉我维修单号。"},
}  # fmt: skip


def _file(folder: Path, **changes: object) -> Path:
    server = {"command": [sys.executable, str(SERVER)], "timeout_s": 20, "member_argument": "member_id"}
    path = folder / "mcp.yaml"
    servers = {"repairs": {**server, "tools": [TRACK], **changes}}
    path.write_text(yaml.safe_dump({"servers": servers}, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def repairing(folder: Path, clock: FixedClock) -> Iterator[Service]:
    agent = AgentSettings(mcp_servers=_file(folder))
    made = Service(settings_for(folder, agent=agent), clock=clock)
    yield made
    made.close()


def test_it_is_asked_for_what_is_missing_and_answers(repairing: Service) -> None:
    shopper = Shopper(repairing)

    asked = shopper.say("帮我查一下维修进度")
    told = shopper.say("单号是R1023")

    assert asked.reply.text == "请告诉我维修单号。"
    assert told.reply.text == "维修单R1023（会员M0000001）：已修好，可到徐家汇店取。"
    assert tools_of(told) == ["repair_track"]


def test_a_stranger_is_asked_to_bind_first(repairing: Service) -> None:
    reply = Shopper(repairing, member=None).hear("维修单R1023到哪一步了")

    assert "绑定会员" in reply


def test_the_tools_are_gone_with_the_service(folder: Path, clock: FixedClock) -> None:
    service = Service(settings_for(folder, agent=AgentSettings(mcp_servers=_file(folder))), clock=clock)
    service.playbook.get()
    during = "repair_track" in TOOLS
    service.close()

    assert during
    assert "repair_track" not in TOOLS


def test_a_server_that_is_down_leaves_the_rest_as_it_was(folder: Path, clock: FixedClock) -> None:
    agent = AgentSettings(mcp_servers=_file(folder, command=["/nonexistent"]))
    service = Service(settings_for(folder, agent=agent), clock=clock)

    reply = Shopper(service).hear("我有多少积分")
    service.close()

    assert "12,480" in reply


def test_a_name_that_is_ours_is_refused(folder: Path, clock: FixedClock) -> None:
    agent = AgentSettings(mcp_servers=_file(folder, tools=[{**TRACK, "name": "points_balance"}]))
    service = Service(settings_for(folder, agent=agent), clock=clock)

    with pytest.raises(ConfigError, match="points_balance"):
        service.playbook.get()
    service.close()
