"""What a tool is: a name, typed arguments, a docstring that the model reads, READ or WRITE, and a function.

A family file (`tools/points.py`, …) declares its tools with `read` and `write`. A WRITE tool has two halves: `plan`
resolves and checks its arguments and says in the shopper's words what would be done; `run` does it, once per key.
The caller (the agent's toolbelt, the MCP server) runs `plan` first and `run` only after the shopper's yes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.catalog import Catalog
from tools.errors import NeedLogin
from tools.ports import Ports


class Access(StrEnum):
    READ = "READ"
    WRITE = "WRITE"


class Args(BaseModel):
    """Arguments of a tool: words of the shopper or ids, all optional, resolved by the tool itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_max_length=2000)


@dataclass(frozen=True)
class ToolContext:
    """On whose behalf a tool runs. Filled by code from the channel's binding; no model writes into it."""

    ports: Ports
    catalog: Catalog
    shopper: str
    member_id: str | None
    conversation_id: str
    now: datetime
    key: str = ""
    store_id: str | None = None
    lat: float | None = None
    lng: float | None = None
    text: str = ""
    brand: str = ""  # how the stores' names begin

    def short(self, store: str) -> str:
        """A store's name without the brand, for lists."""
        return store.removeprefix(self.brand)

    @property
    def member(self) -> str:
        """The bound member. Raises NeedLogin."""
        if self.member_id is None:
            raise NeedLogin
        return self.member_id


@dataclass(frozen=True)
class WritePlan:
    """What a WRITE tool would do: `args` are complete and resolved, `rows` are shown for the shopper's yes. `known`:
    what is on record of the matter and may make it needless, said before the question."""

    title: str
    rows: tuple[tuple[str, str], ...]
    args: dict[str, str]
    known: str = ""


@dataclass(frozen=True)
class Tool:
    name: str
    access: Access
    args: type[Args]
    description: str
    run: Callable[[ToolContext, Any], object]
    plan: Callable[[ToolContext, Any], WritePlan] | None = None
    slots: tuple[str, ...] = field(default=())
    in_own_words: bool = False  # an answer to its question is taken as it was written


class Family:
    """Collects the tools of one file."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []

    def read(self, args: type[Args]) -> Callable[[Callable[[ToolContext, Any], object]], Any]:
        """Declares a tool that changes nothing."""

        def declare(run: Callable[[ToolContext, Any], object]) -> Callable[[ToolContext, Any], object]:
            self.tools.append(_tool(run, Access.READ, args, None))
            return run

        return declare

    def write(
        self, args: type[Args], plan: Callable[[ToolContext, Any], WritePlan]
    ) -> Callable[[Callable[[ToolContext, Any], object]], Any]:
        """Declares a tool that changes something; `plan` comes first."""

        def declare(run: Callable[[ToolContext, Any], object]) -> Callable[[ToolContext, Any], object]:
            self.tools.append(_tool(run, Access.WRITE, args, plan))
            return run

        return declare


def _tool(
    run: Callable[[ToolContext, Any], object],
    access: Access,
    args: type[Args],
    plan: Callable[[ToolContext, Any], WritePlan] | None,
) -> Tool:
    if not run.__doc__:
        raise TypeError(f"tool {run.__name__} has no docstring for the model to read")
    description = " ".join(run.__doc__.split())
    return Tool(run.__name__, access, args, description, run, plan, tuple(args.model_fields))


class NoArgs(Args):
    """A tool that needs nothing but to know who asks."""
