"""Running tools: READ at once, WRITE after the yes, and everything else a typed outcome."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from assistant.agent import toolbelt
from assistant.agent.toolbelt import Asked, Down, NotBound, Planned, Refused, Served, ToolLog, call, execute
from assistant.bootstrap import Service
from tools.errors import BackendDown, NeedChoice, NeedLogin, NeedSlot, Option, ToolError, ToolRefused, UnknownThing
from tools.registry import Access, NoArgs, Tool, ToolContext


@pytest.fixture
def ctx(service: Service) -> ToolContext:
    return service.context_for("M0000001")()


def test_a_read_tool_runs_at_once_and_is_journalled(ctx: ToolContext) -> None:
    journal = ToolLog()

    outcome = call(ctx, "points_balance", {}, journal)

    assert isinstance(outcome, Served)
    assert [(c["tool"], c["outcome"]) for c in journal.calls] == [("points_balance", "served")]


def test_a_write_tool_is_planned_and_changes_nothing(ctx: ToolContext) -> None:
    outcome = call(ctx, "points_redeem", {"item": "停车券1小时"}, ToolLog())

    assert isinstance(outcome, Planned)
    assert outcome.plan.args == {"item": "PARK1"}
    assert ctx.ports.merchant.points.balance("M0000001").balance == 12_480


def test_a_confirmed_write_runs_once_per_key(ctx: ToolContext) -> None:
    first = execute(ctx, "points_redeem", {"item": "PARK1"}, "in-1:points_redeem", ToolLog())
    again = execute(ctx, "points_redeem", {"item": "PARK1"}, "in-1:points_redeem", ToolLog())

    assert isinstance(first, Served)
    assert first == again
    assert ctx.ports.merchant.points.balance("M0000001").balance == 11_980


def test_arguments_that_the_tool_does_not_know_are_dropped(ctx: ToolContext) -> None:
    journal = ToolLog()

    outcome = call(ctx, "points_balance", {"member": "M0000003", "item": "x"}, journal)

    assert isinstance(outcome, Served)
    assert journal.calls[0]["args"] == {}


def test_an_argument_that_is_too_long_is_refused_politely(ctx: ToolContext) -> None:
    outcome = call(ctx, "knowledge_search", {"question": "好" * 2_500}, ToolLog())

    assert isinstance(outcome, Refused)
    assert "太长" in outcome.text


def test_a_stranger_is_not_bound(ctx: ToolContext) -> None:
    outcome = call(replace(ctx, member_id=None), "points_balance", {}, ToolLog())

    assert outcome == NotBound("points_balance")


class NewError(ToolError):
    """A kind of error that the toolbelt was never taught."""


OPTIONS = (Option("a", "甲"),)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ToolRefused("full", "约满了。"), Refused("t", "约满了。")),
        (UnknownThing("order", "没有找到。"), Refused("t", "没有找到。")),
        (UnknownThing("order", "没有找到。", OPTIONS), Asked("t", {}, "order", "没有找到。", OPTIONS)),
        (NeedSlot("order", "哪一笔？"), Asked("t", {}, "order", "哪一笔？", ())),
        (NeedChoice("order", "哪一笔？", OPTIONS), Asked("t", {}, "order", "哪一笔？", OPTIONS)),
        (NeedLogin(), NotBound("t")),
        (BackendDown("cable"), Down("t", {})),
        (NewError("?"), Down("t", {})),
    ],
)
def test_whatever_a_tool_answers_is_a_typed_outcome(
    ctx: ToolContext, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: object
) -> None:
    monkeypatch.setitem(toolbelt.TOOLS, "t", Tool("t", Access.READ, NoArgs, "a tool", raising(error)))

    assert call(ctx, "t", {}, ToolLog()) == outcome


def raising(error: Exception) -> Callable[[ToolContext, Any], object]:
    def run(_: ToolContext, __: Any) -> object:
        raise error

    return run


def test_a_bug_is_not_hidden(ctx: ToolContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(toolbelt.TOOLS, "t", Tool("t", Access.READ, NoArgs, "a tool", raising(ZeroDivisionError())))

    with pytest.raises(ZeroDivisionError):
        call(ctx, "t", {}, ToolLog())
