"""A retailer's MCP servers as further tools: named in a YAML file, run like our own.

What enters: the file (which tools of which server, how they are asked for), a shopper's arguments. What leaves: `Tool`s
whose results are texts. Identity is put in by code under the argument that the file names, never by a model. A server
that is down, slow or answers nonsense raises BackendDown, and is connected anew at the next call.
"""

import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

import anyio.from_thread
import httpx
import yaml
from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, create_model, model_validator

from tools.errors import BackendDown, NeedSlot, ToolRefused
from tools.registry import Access, Args, Tool, ToolContext, WritePlan
from tools.types import RemoteFact

MOST_CHARS = 1500
_ID = re.compile(r"(_no|_id|number|code)$", re.IGNORECASE)
_NUMBER = re.compile(r"(?=[A-Za-z-]*\d)[A-Za-z0-9-]{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemoteToolSpec(_Strict):
    """How a tool of a server is offered. `name` is the intent's name here; `ask` has a question for each argument."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,40}$")
    tool: str
    access: Literal["read", "write"] = "read"
    title: str
    hint: str
    examples: list[str] = Field(min_length=3)
    ask: dict[str, str] = {}


class RemoteServerSpec(_Strict):
    """One server: `url` (streamable HTTP) or `command` (stdio)."""

    url: str = ""
    token: SecretStr = SecretStr("")
    command: list[str] = []
    timeout_s: float = Field(default=5.0, gt=0, le=30)
    member_argument: str = ""  # the argument that code fills with the bound member's id
    tools: list[RemoteToolSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def one_way(self) -> "RemoteServerSpec":
        if bool(self.url) == bool(self.command):
            raise ValueError("a server needs either url or command")
        return self


class RemoteSpec(_Strict):
    servers: dict[str, RemoteServerSpec]


class RemoteServer:
    """A connection that is opened when first needed and again after a failure. Threads share it."""

    def __init__(self, spec: RemoteServerSpec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._stack: ExitStack | None = None
        self._portal: Any = None
        self._session: ClientSession | None = None

    def describe(self) -> dict[str, types.Tool]:
        """The server's tools by name. Raises BackendDown."""
        found = self._run("list_tools")
        return {tool.name: tool for tool in found.tools}

    def call(self, name: str, arguments: Mapping[str, str]) -> str:
        """Call a tool. Raises BackendDown, or ToolRefused with the server's own words."""
        wait = timedelta(seconds=self._spec.timeout_s)
        answer: types.CallToolResult = self._run("call_tool", name, dict(arguments), wait)
        texts = [c.text for c in answer.content if isinstance(c, types.TextContent)]
        text = _CONTROL.sub("", "\n".join(texts)).strip()[:MOST_CHARS]
        if answer.isError:
            raise ToolRefused("remote", text or "对方系统没有办成，请稍后再试。")
        if not text:
            raise BackendDown(f"{name} answered nothing")
        return text

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _run(self, method: str, *arguments: Any) -> Any:
        with self._lock:
            try:
                session = self._session or self._open()
                return self._portal.call(self._within_time, getattr(session, method), arguments)
            except (OSError, TimeoutError, McpError, httpx.HTTPError, RuntimeError, anyio.ClosedResourceError) as error:
                self._drop()
                raise BackendDown(repr(error)) from error
            except BaseExceptionGroup as error:
                self._drop()
                raise BackendDown(repr(error.exceptions[0])) from error

    async def _within_time(self, act: Any, arguments: tuple[Any, ...]) -> Any:
        with anyio.fail_after(self._spec.timeout_s):
            return await act(*arguments)

    def _open(self) -> ClientSession:
        stack = ExitStack()
        try:
            self._portal = stack.enter_context(anyio.from_thread.start_blocking_portal())
            self._session = stack.enter_context(self._portal.wrap_async_context_manager(self._connected()))
        except BaseException:
            stack.close()
            raise
        self._stack = stack
        return cast(ClientSession, self._session)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientSession]:
        async with self._streams() as (read, write), ClientSession(read, write) as session:
            with anyio.fail_after(self._spec.timeout_s):
                await session.initialize()
            yield session

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        spec = self._spec
        if spec.command:
            command, *rest = spec.command
            async with stdio_client(StdioServerParameters(command=command, args=rest)) as streams:
                yield streams
            return
        token = spec.token.get_secret_value()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx.AsyncClient(headers=headers, timeout=spec.timeout_s) as http,
            streamable_http_client(spec.url, http_client=http) as (read, write, _),
        ):
            yield read, write

    def _drop(self) -> None:
        stack, self._stack, self._session = self._stack, None, None
        if stack is not None:
            with suppress(Exception, BaseExceptionGroup):  # it is being thrown away
                stack.close()


def read_spec(path: Path) -> RemoteSpec:
    """The file. Raises ValueError with the reason."""
    try:
        return RemoteSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error


def remote_tools(spec: RemoteServerSpec, server: RemoteServer, described: Mapping[str, types.Tool]) -> list[Tool]:
    """The server's tools as ours. Raises ValueError for one that the server does not have."""
    if missing := [t.tool for t in spec.tools if t.tool not in described]:
        raise ValueError(f"the server has no tool {', '.join(missing)}")
    return [_tool(spec, server, t, described[t.tool].inputSchema) for t in spec.tools]


def _tool(spec: RemoteServerSpec, server: RemoteServer, offered: RemoteToolSpec, schema: Mapping[str, Any]) -> Tool:
    """All arguments are words here; the server itself refuses what it cannot take."""
    names = [n for n in schema.get("properties", {}) if n != spec.member_argument]
    needed = [n for n in schema.get("required", []) if n in names]
    fields: Any = dict.fromkeys(names, (str | None, None))
    args = cast(type[Args], create_model(f"{offered.name.title()}Args", __base__=Args, **fields))

    def given(ctx: ToolContext, typed: Args) -> dict[str, str]:
        found = {k: _number_in(str(v)) if _ID.search(k) else str(v) for k, v in typed.model_dump().items() if v}
        for name in needed:
            if name not in found and _ID.search(name) and _NUMBER.search(ctx.text):
                found[name] = _number_in(ctx.text)
            if name not in found:
                raise NeedSlot(name, offered.ask.get(name, f"请告诉我{name}。"))
        if spec.member_argument:
            found[spec.member_argument] = ctx.member
        return found

    def run(ctx: ToolContext, typed: Args) -> RemoteFact:
        arguments = given(ctx, typed)
        if offered.access == "write" and "idempotency_key" in schema.get("properties", {}):
            arguments["idempotency_key"] = ctx.key
        return RemoteFact(offered.title, server.call(offered.tool, arguments))

    def plan(ctx: ToolContext, typed: Args) -> WritePlan:
        shown = {k: v for k, v in given(ctx, typed).items() if k != spec.member_argument}
        return WritePlan(offered.title, tuple(shown.items()), shown)

    writes = offered.access == "write"
    access = Access.WRITE if writes else Access.READ
    return Tool(
        offered.name, access, args, offered.hint, run, plan if writes else None, tuple(names), in_own_words=True
    )


def _number_in(text: str) -> str:
    """The number of a thing ("单号是R1023" → R1023), or the text where it holds none."""
    found = _NUMBER.search(text)
    return found.group() if found else text


class RemoteTools:
    """The tools of all servers of a file, connected. Servers that do not answer now are left out, and named."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError where the file is wrong."""
        self.tools: dict[str, Tool] = {}
        self.offered: dict[str, RemoteToolSpec] = {}
        self.down: dict[str, str] = {}
        self._servers: list[RemoteServer] = []
        for name, spec in read_spec(path).servers.items():
            server = RemoteServer(spec)
            try:
                found = remote_tools(spec, server, server.describe())
            except BackendDown as error:
                self.down[name] = str(error)
                server.close()
                continue
            self._servers.append(server)
            for tool, offered in zip(found, spec.tools, strict=True):
                if tool.name in self.tools:
                    raise ValueError(f"{path}: two tools are called {tool.name}")
                self.tools[tool.name] = tool
                self.offered[tool.name] = offered

    def close(self) -> None:
        for server in self._servers:
            server.close()
