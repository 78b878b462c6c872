"""The second tier: LangChain's agent over the same tools, with a model that is small or large.

`SchemaActions` turns the tool list into one JSON schema for models whose native tool calls are weak: the model only
names an action, arguments come from the message's mentions. With native calls (a setting) the model calls tools
itself, several steps if need be; identity and WRITE confirmation stay in code either way.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.agent.playbook import Intent
from assistant.agent.toolbelt import Asked, Outcome, Served
from assistant.errors import ModelOffSchema
from assistant.llm.client import Llm
from tools.all import TOOLS

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware

REPLY_PREFIX = "reply:"


@dataclass(frozen=True)
class Question:
    """What the model is asked: the static prompt, candidates, the nearest examples, the message."""

    system: str
    text: str
    said_before: str
    candidates: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
    settle: Callable[[str], str] = lambda chosen: chosen  # weighs the choice against what else is known

    def dynamic(self) -> str:
        """The part of the prompt that changes, short on purpose: a small model reads it at 60 tokens a second."""
        lines = [f"顾客：{u}\n{json.dumps({'action': a})}" for u, a in self.examples]
        before = f"（上一句助手说：{self.said_before}）\n" if self.said_before else ""
        return "\n".join(lines) + f"\n{before}顾客：{self.text}"


@dataclass
class Decision:
    """What came of it: tools that ran (or were planned, asked …), or a reply intent, or the model's own words."""

    outcomes: list[Outcome] = field(default_factory=list)
    reply: str = ""
    words: str = ""


RunTool = Callable[[str, dict[str, str]], Outcome]


def schema_for(candidates: Sequence[str]) -> dict[str, Any]:
    """One action among the candidates."""
    return {
        "type": "object",
        "properties": {"action": {"type": "string", "enum": list(candidates)}},
        "required": ["action"],
        "additionalProperties": False,
    }


def decide(
    llm: Llm,
    question: Question,
    intents: dict[str, Intent],
    run: RunTool,
    *,
    native: bool,
    max_steps: int,
    budget_s: float,
) -> Decision:
    """Let the model choose and the tools run. Raises ModelDown or ModelOffSchema."""
    from langchain.agents import create_agent
    from langchain_core.tools import StructuredTool

    decision = Decision()

    def bind(name: str) -> "StructuredTool":
        def call(**args: Any) -> str:
            outcome = run(name, {k: str(v) for k, v in args.items() if v})
            decision.outcomes.append(outcome)
            return _for_model(outcome)

        tool = TOOLS[name]
        return StructuredTool.from_function(call, name=name, description=tool.description, args_schema=tool.args)

    names = [n for n in TOOLS if native or n in question.candidates]
    middleware: list[AgentMiddleware[Any, Any]] = [_stop_when_done(decision, native, max_steps)]
    if not native:
        middleware.append(_schema_actions(question, intents))
    model = llm.chat_model(purpose="decide", max_tokens=None if native else 40, deadline_s=budget_s)
    agent: Any = create_agent(
        model, tools=[bind(n) for n in names], system_prompt=question.system, middleware=middleware
    )
    content = question.text if native else question.dynamic()
    state = agent.invoke({"messages": [{"role": "user", "content": content}]}, {"recursion_limit": 4 * max_steps + 8})
    last = state["messages"][-1]
    words = str(getattr(last, "text", "") or "")
    if not native and words.startswith(REPLY_PREFIX):
        decision.reply = words.removeprefix(REPLY_PREFIX)
    elif native and getattr(last, "type", "") == "ai":
        decision.words = words
    if not decision.outcomes and not decision.reply and not decision.words:
        raise ModelOffSchema("the model chose nothing")
    return decision


def _for_model(outcome: Outcome) -> str:
    """What a strong model reads of an outcome, to go on from it."""
    if isinstance(outcome, Served):
        return str(outcome.result)[:2000]
    if isinstance(outcome, Asked):
        return f"需要顾客回答：{outcome.question}"
    return str(outcome)[:500]


def _stop_when_done(decision: Decision, native: bool, max_steps: int) -> Any:
    """Ends the loop: after the first tool for schema models, after anything that waits for the shopper, or a limit."""
    from langchain.agents.middleware import before_model

    @before_model(can_jump_to=["end"])
    def stop(state: Any, runtime: Any) -> dict[str, Any] | None:
        done = decision.outcomes
        waiting = bool(done) and not isinstance(done[-1], Served)
        if done and (not native or waiting or len(done) >= max_steps):
            return {"jump_to": "end"}
        return None

    return stop


def _schema_actions(question: Question, intents: dict[str, Intent]) -> Any:
    """Replaces native tool calls by one constrained choice."""
    from langchain.agents.middleware import wrap_model_call
    from langchain_core.messages import AIMessage

    schema = schema_for(question.candidates)

    @wrap_model_call
    def choose(request: Any, handler: Any) -> Any:
        settings = {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "action", "schema": schema, "strict": True},
            },
            "temperature": 0.0,
        }
        response = handler(request.override(tools=[], model_settings=settings))
        message = response.result[0] if hasattr(response, "result") else response
        try:
            action = json.loads(str(message.text))["action"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelOffSchema("the model's choice cannot be read") from error
        if action not in question.candidates:
            raise ModelOffSchema(f"the model chose an action that was not offered: {str(action)[:40]}")
        action = question.settle(action)
        if action in intents and intents[action].reply:
            return AIMessage(content=f"{REPLY_PREFIX}{action}")
        return AIMessage(content="", tool_calls=[{"name": action, "args": {}, "id": "call-1"}])

    return choose
