"""Runs tools for a turn: arguments from what was said, READ at once, WRITE only after the shopper's yes.

Everything that a tool may answer instead of a result comes back as a typed outcome; nothing escapes but bugs.
"""

import time
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from assistant import logs
from tools.all import TOOLS
from tools.errors import BackendDown, NeedLogin, NeedSlot, Option, ToolError, ToolRefused, UnknownThing
from tools.registry import Access, Tool, ToolContext, WritePlan

log = logs.get("agent")


@dataclass(frozen=True)
class Served:
    """The tool ran: a fact to state."""

    tool: str
    args: dict[str, str]
    result: object


@dataclass(frozen=True)
class Planned:
    """A WRITE tool is ready and waits for a yes."""

    tool: str
    plan: WritePlan


@dataclass(frozen=True)
class Asked:
    """A slot is missing or unclear."""

    tool: str
    args: dict[str, str]
    slot: str
    question: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Refused:
    """Understood and refused; `text` is for the shopper, `proposes` the tool that it offers instead."""

    tool: str
    text: str
    proposes: str = ""


@dataclass(frozen=True)
class NotBound:
    tool: str


@dataclass(frozen=True)
class Down:
    """The retailer's system did not answer."""

    tool: str
    args: dict[str, str]


Outcome = Served | Planned | Asked | Refused | NotBound | Down


@dataclass
class ToolLog:
    """What was called in a turn, for the trace."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    def add(self, tool: str, args: dict[str, str], outcome: "Outcome", started: float) -> None:
        ms = round((time.perf_counter() - started) * 1000, 1)
        kind = type(outcome).__name__.lower()
        resolved = outcome.plan.args if isinstance(outcome, Planned) else args
        self.calls.append({"tool": tool, "args": resolved, "outcome": kind, "ms": ms})
        logs.TOOL_CALLS.labels(tool, kind).inc()


def call(ctx: ToolContext, name: str, args: dict[str, str], journal: ToolLog) -> Outcome:
    """Run a READ tool, or plan a WRITE tool."""
    return _guarded(ctx, TOOLS[name], args, journal, confirmed=False)


def execute(ctx: ToolContext, name: str, args: dict[str, str], key: str, journal: ToolLog) -> Outcome:
    """Run a confirmed WRITE tool under its idempotency key."""
    return _guarded(replace(ctx, key=key), TOOLS[name], args, journal, confirmed=True)


def _guarded(ctx: ToolContext, tool: Tool, args: dict[str, str], journal: ToolLog, *, confirmed: bool) -> Outcome:
    started = time.perf_counter()
    args = {k: v for k, v in args.items() if k in tool.slots and v}
    outcome = _run(ctx, tool, args, confirmed)
    journal.add(tool.name, args, outcome, started)
    return outcome


def _run(ctx: ToolContext, tool: Tool, args: dict[str, str], confirmed: bool) -> Outcome:
    try:
        typed = tool.args.model_validate(args)
        if tool.access is Access.WRITE and not confirmed:
            assert tool.plan is not None
            return Planned(tool.name, tool.plan(ctx, typed))
        return Served(tool.name, args, tool.run(ctx, typed))
    except NeedSlot as need:
        return Asked(tool.name, args, need.slot, need.question, need.options)
    except UnknownThing as unknown:
        if unknown.suggestions:
            return Asked(tool.name, args, unknown.slot, unknown.public, unknown.suggestions)
        return Refused(tool.name, unknown.public)
    except ToolRefused as refused:
        return Refused(tool.name, refused.public, refused.proposes)
    except NeedLogin:
        return NotBound(tool.name)
    except BackendDown as down:
        log.error("backend_down", tool=tool.name, cause=str(down))
        return Down(tool.name, args)
    except ValidationError as error:
        log.warning("tool_arguments_refused", tool=tool.name, cause=error.error_count())
        return Refused(tool.name, "这个内容太长或格式不对，请换个说法。")
    except ToolError as error:  # a new kind of tool error that nobody taught us: a bug, but not the shopper's
        log.error("tool_error_unknown", tool=tool.name, cause=repr(error))
        return Down(tool.name, args)
