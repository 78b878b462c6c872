"""The tools over MCP: what a client sees, what it may do, and that it is one shopper and no other."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.memory import create_connected_server_and_client_session

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MerchantSettings
from tests.conftest import settings_for
from tools.all import TOOLS
from tools.mcp_server import call, describe, make_server
from tools.registry import Access, ToolContext

OTHERS = ("48,600", "48600", "王思琪", "陈建国", "羊毛双面呢大衣", "A900001")


@pytest.fixture
def mine(service: Service) -> Callable[[], ToolContext]:
    return service.context_for("M0000001")


def ask(context: Callable[[], ToolContext], name: str, **arguments: Any) -> Any:
    """The answer of a tool that must not fail."""
    text, failed = call(context(), name, arguments)
    assert not failed, text
    return json.loads(text)


def test_every_tool_is_listed_with_what_it_takes_and_whether_it_changes_anything() -> None:
    listed = {name: describe(tool) for name, tool in TOOLS.items()}

    for name, tool in TOOLS.items():
        shown = listed[name]
        assert shown.description == f"[{tool.access}] {tool.description}"
        assert shown.annotations is not None
        assert shown.annotations.readOnlyHint is (tool.access is Access.READ)
        assert ("confirmed" in shown.inputSchema["properties"]) is (tool.access is Access.WRITE)
        assert "member" not in shown.inputSchema["properties"]


def test_a_read_tool_answers_with_facts(mine: Callable[[], ToolContext]) -> None:
    balance = ask(mine, "points_balance")

    assert balance["balance"]["balance"] == 12_480


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": False}, {"confirmed": "true"}, {"confirmed": 1}])
def test_a_write_tool_without_a_plain_yes_only_says_what_it_would_do(
    service: Service, mine: Callable[[], ToolContext], confirmed: dict[str, Any]
) -> None:
    plan = ask(mine, "points_redeem", item="停车券", **confirmed)

    assert plan["needs_confirmation"] is True
    assert ["扣除积分", "500分"] in plan["rows"]
    assert service.merchant.points.balance("M0000001").balance == 12_480


def test_the_same_confirmed_call_twice_has_one_effect(service: Service, mine: Callable[[], ToolContext]) -> None:
    first = ask(mine, "points_redeem", item="停车券", confirmed=True)
    again = ask(mine, "points_redeem", item="停车券", confirmed=True)

    assert first == again
    assert service.merchant.points.balance("M0000001").balance == 11_980


def test_a_missing_argument_is_asked_for(mine: Callable[[], ToolContext]) -> None:
    asked = ask(mine, "points_redeem")

    assert asked["needs"] == "item"
    assert len(asked["options"]) == 5


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("rm_rf", {}, "没有这个工具"),
        ("points_balance", {"member": "M0000003"}, "参数不对"),
        ("points_redeem", {"item": {"$ne": 1}}, "参数不对"),
        ("order_status", {"order": "9" * 2_500}, "参数不对"),
        ("order_status", {"order": "26111990000021"}, "没有找到这笔订单"),
        ("points_redeem", {"item": "飞机"}, "没有"),
    ],
)
def test_every_refusal_is_a_sentence_and_an_error(
    mine: Callable[[], ToolContext], name: str, arguments: dict[str, Any], words: str
) -> None:
    text, failed = call(mine(), name, arguments)

    assert failed
    assert words in text


def test_a_stranger_is_told_that_a_member_is_needed(service: Service) -> None:
    text, failed = call(service.context_for(None)(), "points_balance", {})

    assert (text, failed) == ("这个工具需要会员身份。", True)


def test_a_backend_that_is_down_is_a_sentence(folder: Path, clock: FixedClock, service: Service) -> None:
    catalog = service.catalog.get()
    down = Service(
        settings_for(folder, merchant=MerchantSettings(kind="http", base_url="http://127.0.0.1:9")), clock=clock
    )
    context = ToolContext(down.ports, catalog, "M0000001", "M0000001", "mcp", clock.now())

    text, failed = call(context, "points_balance", {})
    down.close()

    assert failed
    assert text == "后端暂时不可用，请稍后再试。"


FOREIGN = ("M0000003", "26111990000021", "王思琪", "A900001", "13800010003", "' OR member_id='M0000003")


def test_no_argument_of_any_tool_reaches_another_member(mine: Callable[[], ToolContext]) -> None:
    for name, tool in TOOLS.items():
        for words in FOREIGN:
            text, _ = call(mine(), name, dict.fromkeys(tool.slots, words))

            leaked = [secret for secret in OTHERS if secret in text.replace(words, "")]
            assert leaked == [], (name, words)


def test_a_client_in_memory_lists_and_calls(mine: Callable[[], ToolContext]) -> None:
    async def session() -> tuple[set[str], Any, Any]:
        async with create_connected_server_and_client_session(make_server(mine)) as client:
            listed = await client.list_tools()
            answered = await client.call_tool("points_balance", {})
            refused = await client.call_tool("order_status", {"order": "26111990000021"})
            return {t.name for t in listed.tools}, answered, refused

    names, answered, refused = asyncio.run(session())

    assert names == set(TOOLS)
    assert json.loads(answered.content[0].text)["balance"]["balance"] == 12_480
    assert refused.isError
    assert "没有找到" in refused.content[0].text


def test_a_client_over_stdio_is_the_member_that_the_command_names(folder: Path) -> None:
    environment = {**os.environ, "ZHIKE_DATA_DIR": str(folder), "ZHIKE_LLM__KIND": "off"}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant", "mcp", "--member", "M0000001"], env=environment,
    )  # fmt: skip

    async def session() -> tuple[set[str], Any]:
        with Path(os.devnull).open("w") as quiet:
            async with stdio_client(server, errlog=quiet) as (read, write), ClientSession(read, write) as client:
                await client.initialize()
                listed = await client.list_tools()
                return {t.name for t in listed.tools}, await client.call_tool("membership_status", {})

    names, status = asyncio.run(session())

    assert names == set(TOOLS)
    assert json.loads(status.content[0].text)["name"] == "林晓雨"
