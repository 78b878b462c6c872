"""The tools over MCP (stdio), for one given shopper. The identity is fixed when the server starts.

A WRITE tool without `confirmed` answers with what it would do; with `confirmed` it does it. Its idempotency key comes
from shopper, tool and arguments within an hour, so that a client that repeats a call does not repeat the effect.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from typing import Any

import anyio.to_thread
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import ValidationError

from tools.all import TOOLS
from tools.errors import BackendDown, NeedLogin, NeedSlot, ToolError, ToolRefused, UnknownThing
from tools.registry import Access, Tool, ToolContext

MakeContext = Callable[[], ToolContext]


def describe(tool: Tool) -> types.Tool:
    """A tool as MCP clients see it."""
    schema = tool.args.model_json_schema()
    writes = tool.access is Access.WRITE
    if writes:
        schema.setdefault("properties", {})["confirmed"] = {
            "type": "boolean",
            "description": "true only after the shopper has agreed to what the call without it answered",
        }
    return types.Tool(
        name=tool.name,
        description=f"[{tool.access}] {tool.description}",
        inputSchema=schema,
        annotations=types.ToolAnnotations(readOnlyHint=not writes, idempotentHint=True),
    )


def call(context: ToolContext, name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    """Run a tool; returns its answer as text and whether that is an error."""
    tool = TOOLS.get(name)
    if tool is None:
        return f"没有这个工具：{name}", True
    given = dict(arguments)
    confirmed = given.pop("confirmed", False) is True
    try:
        args = tool.args.model_validate(given)
        if tool.plan is None:
            return _text(tool.run(context, args)), False
        plan = tool.plan(context, args)
        if not confirmed:
            return _text({"needs_confirmation": True, "title": plan.title, "rows": plan.rows, "args": plan.args}), False
        key = _key(context, name, plan.args)
        return _text(tool.run(replace(context, key=key), tool.args.model_validate(plan.args))), False
    except ValidationError as error:
        return f"参数不对：{error.error_count()} 处", True
    except NeedSlot as need:
        return _text(
            {"needs": need.slot, "question": need.question, "options": [asdict(o) for o in need.options]}
        ), False
    except NeedLogin:
        return "这个工具需要会员身份。", True
    except (ToolRefused, UnknownThing) as refused:
        return refused.public, True
    except BackendDown:
        return "后端暂时不可用，请稍后再试。", True
    except ToolError as error:
        return str(error), True


def _key(context: ToolContext, name: str, args: dict[str, str]) -> str:
    words = json.dumps([context.shopper, name, args, f"{context.now:%Y%m%d%H}"], ensure_ascii=False, sort_keys=True)
    return f"mcp-{hashlib.sha256(words.encode()).hexdigest()[:32]}"


def _text(result: object) -> str:
    plain = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    return json.dumps(plain, ensure_ascii=False, default=str)


def make_server(context: MakeContext) -> "Server[Any, Any]":
    server: Server[Any, Any] = Server("zhike")

    async def list_tools() -> list[types.Tool]:
        return [describe(tool) for tool in TOOLS.values()]

    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        text, failed = await anyio.to_thread.run_sync(lambda: call(context(), name, arguments))
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], isError=failed)

    server.list_tools()(list_tools)  # type: ignore[no-untyped-call]
    server.call_tool()(call_tool)
    return server


async def serve(context: MakeContext) -> None:
    """Serve on stdin and stdout until the client goes."""
    server = make_server(context)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
