"""A retailer's MCP server as further tools: a real server, in a process of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NOW
from tools.errors import BackendDown, NeedLogin, NeedSlot, ToolRefused
from tools.registry import Access, Tool, ToolContext
from tools.remote import RemoteServer, RemoteServerSpec, read_spec, remote_tools

SERVER = Path(__file__).parent / "repairs_server.py"


def _spec(**changes: object) -> RemoteServerSpec:
    given: dict[str, object] = {
        "command": [sys.executable, str(SERVER)],
        "timeout_s": 20,
        "member_argument": "member_id",
        "tools": [
            {
                "name": "repair_track", "tool": "track", "title": "维修进度", "hint": "查维修进度",
                "examples": ["我的鞋修好了吗", "维修单到哪一步了", "修鞋进度"], "ask": {"ticket_no": "请告诉我维修单号。"},
            }
        ],
    }  # fmt: skip
    return RemoteServerSpec.model_validate({**given, **changes})


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    spec = _spec()
    server = RemoteServer(spec)
    (made,) = remote_tools(spec, server, server.describe())
    yield made
    server.close()


def _context(member: str | None = "M0000001") -> ToolContext:
    return ToolContext(
        ports=None, catalog=None, shopper="s", member_id=member, conversation_id="c", now=NOW  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_server_answers_and_the_member_is_put_in_by_code(tool: Tool) -> None:
    fact = tool.run(_context(), tool.args(ticket_no="R1"))  # type: ignore[call-arg]

    assert fact.text == "维修单R1（会员M0000001）：已修好，可到徐家汇店取。"  # type: ignore[attr-defined]
    assert tool.slots == ("ticket_no",), "nobody can name another member"
    assert tool.access is Access.READ


def test_what_is_missing_is_asked_for_in_the_operators_words(tool: Tool) -> None:
    with pytest.raises(NeedSlot) as asked:
        tool.run(_context(), tool.args())

    assert asked.value.question == "请告诉我维修单号。"


def test_an_unbound_shopper_must_bind_first(tool: Tool) -> None:
    with pytest.raises(NeedLogin):
        tool.run(_context(None), tool.args(ticket_no="R1"))  # type: ignore[call-arg]


def test_a_refusal_of_the_server_is_told(tool: Tool) -> None:
    with pytest.raises(ToolRefused, match="没有这张维修单"):
        tool.run(_context(), tool.args(ticket_no="R404"))  # type: ignore[call-arg]


def test_a_server_that_cannot_be_reached_is_down() -> None:
    for spec in (_spec(command=["/nonexistent"]), _spec(command=[], url="http://127.0.0.1:9/mcp", timeout_s=2)):
        server = RemoteServer(spec)

        with pytest.raises(BackendDown):
            server.describe()


def test_a_tool_that_the_server_does_not_have_is_an_error_of_the_file() -> None:
    with pytest.raises(ValueError, match="no tool track"):
        remote_tools(_spec(), RemoteServer(_spec()), {})


def test_a_broken_file_names_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "mcp.yaml"
    path.write_text("servers: {repairs: {url: x, command: [y], tools: []}}", encoding="utf-8")

    with pytest.raises(ValueError, match="repairs"):
        read_spec(path)
