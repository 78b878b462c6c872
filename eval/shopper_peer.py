"""The peer: LangChain's plain agent on the same model with the same tools, called natively.

No router, no examples, no schema, no dialogue state: the history of messages is all that it knows. A tool that changes
something answers with what it would do, as ours does before the shopper's yes. Called by `eval.shopper`.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphRecursionError

from assistant.agent import guard
from assistant.agent.toolbelt import Asked, Outcome, Planned, Refused, Served, ToolLog, call
from assistant.errors import ModelDown, ModelOffSchema
from eval.shopper_args import Slots, settled
from eval.shopper_data import Dialogue, Turn
from eval.shopper_score import Seen, facts
from eval.shopper_world import Stage
from prompts.loader import load
from tools.all import TOOLS
from tools.registry import ToolContext

PEER_CONTEXT_TOKENS = 12_288  # the tools alone take about four thousand
LONGEST_TURN_S = 240.0
MAX_STEPS = 9  # of the graph: four rounds of model and tools
MAX_HISTORY = 12  # messages
MAX_RESULT_CHARS = 500


@dataclass
class _Now:
    """The turn that the tools run in."""

    ctx: ToolContext
    called: dict[str, Slots] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)  # what the tools said: the ground of facts


class Peer:
    """Plays dialogues. Whatever it calls is judged by the same rules as ours."""

    def __init__(self, made: Stage) -> None:
        self._made = made
        self._now: _Now | None = None
        model = made.service.llm.chat_model(purpose="peer", max_tokens=200, deadline_s=LONGEST_TURN_S)
        system = load("judge/peer").render(brand=made.service.settings.brand_name)
        self._agent: Any = create_agent(model, tools=[self._tool(name) for name in TOOLS], system_prompt=system)

    def _tool(self, name: str) -> BaseTool:
        def run(**given: str | None) -> str:
            now = self._now
            assert now is not None
            words = {k: str(v) for k, v in given.items() if v}
            now.called[name] = settled(now.ctx, name, words)
            outcome = call(now.ctx, name, words, ToolLog())
            now.heard += [*facts(outcome), _spoken(outcome)]
            return _spoken(outcome)[:MAX_RESULT_CHARS]

        tool = TOOLS[name]
        return StructuredTool.from_function(run, name=name, description=tool.description, args_schema=tool.args)

    def play(self, dialogue: Dialogue) -> list[Seen]:
        """Every turn of a dialogue in order."""
        history: list[Any] = []
        planned = ""
        seen = []
        ground: list[str] = []
        for turn in dialogue.turns:
            now = self._now = _Now(self._made.context(dialogue, turn.say))
            history = [*_recent(history), {"role": "user", "content": turn.say}]
            started = time.perf_counter()
            words, failed = "", False
            try:
                state = self._agent.invoke({"messages": history}, {"recursion_limit": MAX_STEPS})
                history = list(state["messages"])
                words = str(history[-1].text)
            except (GraphRecursionError, ModelDown, ModelOffSchema):
                history, failed = history[:-1], True
            ms = round((time.perf_counter() - started) * 1000, 1)
            ground += [turn.say, *now.heard]
            actions = ("failed",) if failed and not now.called else _actions(turn, tuple(now.called), planned)
            seen.append(Seen(actions, now.called, "model", ms, words, guard.unfounded(words, "\n".join(ground))))
            planned = next((name for name in now.called if TOOLS[name].plan), planned)
        return seen


def _actions(turn: Turn, called: tuple[str, ...], planned: str) -> tuple[str, ...]:
    """Tools as they are; a yes is right where the planned tool is called again; no tool is right for mere words."""
    if called:
        confirmed = turn.wanted == ("confirmed",) and set(called) == {planned}
        return ("confirmed",) if confirmed else called
    return next(((name,) for name in turn.wanted if _needs_no_tool(name)), ("no_tool",))


def _needs_no_tool(name: str) -> bool:
    return name not in TOOLS and name != "confirmed"


def _recent(history: list[Any]) -> list[Any]:
    """The end of the history, beginning at a message of the shopper."""
    recent = history[-MAX_HISTORY:]
    while recent and getattr(recent[0], "type", "human") != "human":
        recent = recent[1:]
    return recent


def _spoken(outcome: Outcome) -> str:
    if isinstance(outcome, Served):
        return str(outcome.result)
    if isinstance(outcome, Planned):
        return f"请顾客确认{outcome.plan.title}：" + "，".join(f"{k} {v}" for k, v in outcome.plan.rows)
    if isinstance(outcome, Asked):
        return f"请问顾客：{outcome.question}" + "、".join(o.label for o in outcome.options)
    return outcome.text if isinstance(outcome, Refused) else "暂时查不到"
