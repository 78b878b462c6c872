"""A deterministic model for tests and rehearsals: the same interface, answers from a script.

Enters: a list of replies used in turn (the last one repeats), or a rule that reads the request.
Leaves: an `Llm` that passes the real gate, validation and repair; only the endpoint is made up.
Faults are replies too: `Down()`, `Slow(seconds)`, `CutShort(text)`, and any text that breaks the schema.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.config import LlmSettings
from assistant.llm.client import GatedLlm
from assistant.llm.gate import AttemptError
from assistant.llm.schema import schema_of

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult


@dataclass(frozen=True)
class Down:
    """The endpoint cannot be reached."""


@dataclass(frozen=True)
class Slow:
    """The answer takes `seconds`."""

    seconds: float
    then: str | Mapping[str, Any] = ""


@dataclass(frozen=True)
class CutShort:
    """The answer stops at the token limit."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A native tool call."""

    name: str
    args: Mapping[str, Any]


Reply = str | Mapping[str, Any] | Down | Slow | CutShort | ToolCall


@dataclass(frozen=True)
class Request:
    """What the model was asked: messages as ``{"role", "content"}``, the schema if any, all options."""

    messages: list[dict[str, Any]]
    schema: dict[str, Any] | None
    options: Mapping[str, Any]

    @property
    def last(self) -> str:
        """The text of the last message."""
        return str(self.messages[-1]["content"])


Rule = Callable[[Request], Reply]


@dataclass
class ScriptedSender:
    """The made-up endpoint. `requests` keeps what it was asked, in order."""

    script: Rule | list[Reply]
    requests: list[Request] = field(default_factory=list)

    def generate(self, messages: "list[BaseMessage]", left_s: float, options: dict[str, Any]) -> "ChatResult":
        """See `assistant.llm.door.Sender`."""
        from langchain_core.messages import AIMessage
        from langchain_core.outputs import ChatGeneration, ChatResult

        text, reason, calls = self._reply(messages, left_s, options)
        usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
        message = AIMessage(content=text, usage_metadata=usage, tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message, generation_info={"finish_reason": reason})])

    def stream(
        self, messages: "list[BaseMessage]", left_s: float, options: dict[str, Any]
    ) -> "Iterator[ChatGenerationChunk]":
        """See `assistant.llm.door.Sender`; two characters a piece."""
        from langchain_core.messages import AIMessageChunk
        from langchain_core.outputs import ChatGenerationChunk

        text, reason, calls = self._reply(messages, left_s, options)
        for start in range(0, len(text), 2):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + 2]))
        pieces = [
            {"name": c["name"], "args": json.dumps(c["args"]), "id": c["id"], "index": i} for i, c in enumerate(calls)
        ]
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", tool_call_chunks=pieces),
            generation_info={"finish_reason": reason},
        )

    def close(self) -> None:
        """Nothing is held."""

    def _reply(
        self, messages: "list[BaseMessage]", left_s: float, options: dict[str, Any]
    ) -> tuple[str, str, list[dict[str, Any]]]:
        from langchain_core.messages import convert_to_openai_messages

        plain = [dict(message) for message in convert_to_openai_messages(messages)]
        request = Request(plain, schema_of(options.get("response_format")), dict(options))
        self.requests.append(request)
        reply = self.script(request) if callable(self.script) else self._next()
        if isinstance(reply, Slow):
            time.sleep(min(reply.seconds, left_s))
            if reply.seconds >= left_s:
                raise AttemptError("slow", "the script is slow")
            reply = reply.then
        if isinstance(reply, Down):
            raise AttemptError("down", "the script is down")
        if isinstance(reply, CutShort):
            return reply.text, "length", []
        if isinstance(reply, ToolCall):
            call = {"name": reply.name, "args": dict(reply.args), "id": f"call_{len(self.requests)}"}
            return "", "tool_calls", [call]
        return (reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)), "stop", []

    def _next(self) -> Reply:
        assert isinstance(self.script, list)
        return self.script[min(len(self.requests), len(self.script)) - 1]


class ScriptedLlm(GatedLlm):
    """An `Llm` that answers by a script. `up` can be set to False to play a server that does not run."""

    def __init__(self, script: Rule | Sequence[Reply], settings: LlmSettings | None = None) -> None:
        self.up = True
        self._scripted = ScriptedSender(script if callable(script) else list(script))
        super().__init__(settings or LlmSettings(), lambda: self._scripted, up=lambda: self.up)

    @property
    def requests(self) -> list[Request]:
        """What the model was asked so far, in order."""
        return self._scripted.requests
