"""The labelled turns of shoppers: YAML files in, checked dialogues out.

Called by `eval.shopper`. The form of the files is told at the head of the first. Parts `fit` and `check` may be
studied: to build on, and for the builders' own validation. Part `test` (of `shopper_blind.yaml` and `shopper_strangers.yaml`) and part `talk`
(`shopper_talk.yaml`, whose writer talked with the assistant) are never looked at.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from assistant.clock import SHANGHAI
from assistant.config import AgentSettings
from assistant.merchant.world import personas
from assistant.merchant.world.range import PRODUCTS, ProductSeed
from tools.all import TOOLS

_NAMES = (
    "shopper.yaml",
    "shopper_more.yaml",
    "shopper_fresh.yaml",
    "shopper_blind.yaml",
    "shopper_strangers.yaml",
    "shopper_live.yaml",
    "shopper_heard.yaml",
    "shopper_heard_again.yaml",
    "shopper_heard_remarks.yaml",
    "shopper_talk.yaml",
)
FILES = tuple(path for name in _NAMES if (path := Path(__file__).parent / "data" / name).exists())
AS_OF = date(2026, 11, 22)
NOW = datetime.combine(AS_OF, time(11), SHANGHAI).astimezone(UTC)
Split = Literal["fit", "check", "test", "talk"]
CONTROLS = frozenset({"confirmed", "denied", "repeat", "wait", "stop", "back", "unreadable", "unknown"})


@dataclass(frozen=True)
class Turn:
    """One message. `wanted` are actions, any of them right, or all of them asked for where `every` is true.

    `args` maps a slot to the values that are right: resolved ids, times as ISO in UTC.
    """

    say: str
    wanted: tuple[str, ...]
    every: bool = False
    args: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialogue:
    """Turns of one shopper in a fresh world. `store` is the store of a scanned code."""

    id: str
    split: Split
    member: str | None
    store: str | None
    turns: tuple[Turn, ...]


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    say: str
    action: str | list[str] | list[list[str]]
    args: dict[str, str | list[str]] = {}


class _Dialogue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    split: Split
    member: str | None
    store: str | None = None
    turns: list[_Turn]

    @field_validator("turns")
    @classmethod
    def _some(cls, turns: list[_Turn]) -> list[_Turn]:
        if not turns:
            raise ValueError("a dialogue needs turns")
        return turns


def load(paths: tuple[Path, ...] = FILES) -> tuple[Dialogue, ...]:
    """Every dialogue. Raises `pydantic.ValidationError` for a wrong form, `ValueError` for a wrong name."""
    raw: list[dict[str, Any]] = [row for path in paths for row in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return tuple(_dialogue(_Dialogue.model_validate(row)) for row in raw)


def _dialogue(row: _Dialogue) -> Dialogue:
    return Dialogue(row.id, row.split, row.member, row.store, tuple(_turn(t) for t in row.turns))


def _turn(row: _Turn) -> Turn:
    names: list[Any] = [row.action] if isinstance(row.action, str) else row.action
    every = isinstance(names[0], list)
    wanted = tuple(names[0] if every else names)
    unknown = [name for name in wanted if name not in actions()]
    if unknown:
        raise ValueError(f"{row.say}: no such action: {unknown}")
    args = {}
    for slot, given in row.args.items():
        values = given if isinstance(given, list) else [given]
        args[slot] = tuple(_value(slot, value) for value in values)
    return Turn(row.say, wanted, every, args)


@cache
def actions() -> frozenset[str]:
    """Every name that a turn may be labelled with: tools, intents with a reply, controls.

    Only the names are read from the playbook, never its examples.
    """
    intents: set[str] = set()
    for path in sorted((AgentSettings().playbook / "intents").glob("*.yaml")):
        intents |= {entry["intent"] for entry in yaml.safe_load(path.read_text(encoding="utf-8"))}
    return frozenset(intents | set(TOOLS) | CONTROLS)


@cache
def demo_orders() -> dict[str, str]:
    """Suffix → number of the demo accounts' orders on the as-of day."""
    return {str(row[0])[-2:]: str(row[0]) for row in personas.rows(AS_OF).orders}


@cache
def demo_order_owner(suffix: str) -> str:
    """The member whose order it is."""
    return next(str(row[1]) for row in personas.rows(AS_OF).orders if str(row[0]).endswith(suffix))


def _value(slot: str, value: str) -> str:
    if slot == "order" and value.startswith("@"):
        if value[1:] not in demo_orders():
            raise ValueError(f"no demo order has the suffix {value}")
        return demo_orders()[value[1:]]
    if slot == "time":
        days, clock = value.removeprefix("+").split("d ")
        day = AS_OF + timedelta(days=int(days))
        return datetime.combine(day, time.fromisoformat(clock), SHANGHAI).astimezone(UTC).isoformat()
    if slot == "product" and value not in products():
        raise ValueError(f"no such product: {value}")
    return value


@cache
def products() -> dict[str, ProductSeed]:
    """The range by id."""
    return {p.product_id: p for p in PRODUCTS}
