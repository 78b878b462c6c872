"""The chat model that the rest of the service holds: LangChain's interface, with our gate in front.

Enters: LangChain messages and call options; besides the usual ones `purpose` and `deadline_s` (seconds).
Leaves: LangChain results. An answer that was asked for by a JSON schema has been checked against it, after
at most one repair. Only `ModelDown` and `ModelOffSchema` are raised. Called by `assistant.llm.client`, and
by LangChain's agent, which gets it from there. Imports langchain-core: import this module only when a model
is really used.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Protocol

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, run_in_executor
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from assistant.errors import ModelOffSchema
from assistant.llm.calls import deadline_in, prompt_sha
from assistant.llm.gate import Ask, AttemptError, Gate, Usage
from assistant.llm.schema import check, schema_of
from prompts.loader import load

REPAIR_NEEDS_S = 0.5  # with less time left a second answer could not arrive


class Sender(Protocol):
    """One attempt at an endpoint, in at most `left_s` seconds; it fails with `AttemptError`."""

    def generate(self, messages: list[BaseMessage], left_s: float, options: dict[str, Any]) -> ChatResult:
        """The whole answer."""
        ...

    def stream(
        self, messages: list[BaseMessage], left_s: float, options: dict[str, Any]
    ) -> Iterator[ChatGenerationChunk]:
        """The answer in pieces; the last one carries the finish reason."""
        ...

    def close(self) -> None:
        """Let go of connections. The next use would be a mistake."""
        ...


class DoorChat(BaseChatModel):
    """A chat model behind the gate. Its `deadline_s` and `max_tokens` hold where a call names none."""

    purpose: str = "agent"
    deadline_s: float = 20.0
    max_tokens: int | None = None
    _sender: Sender = PrivateAttr()
    _gate: Gate = PrivateAttr()

    def __init__(self, sender: Sender, gate: Gate, **fields: Any) -> None:
        super().__init__(**fields)
        self._sender = sender
        self._gate = gate

    @property
    def _llm_type(self) -> str:
        return "zhike-door"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools in the endpoint's native way; for endpoints whose native calls are strong."""
        if tool_choice == "any":
            kwargs["tool_choice"] = "required"
        elif tool_choice in ("auto", "none", "required"):
            kwargs["tool_choice"] = tool_choice
        elif tool_choice:
            kwargs["tool_choice"] = {"type": "function", "function": {"name": tool_choice}}
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        ask, options = self._prepare(messages, stop, kwargs)
        try:
            return self._gate.call(ask, self._attempt(messages, options))
        except ModelOffSchema as error:
            if schema_of(options.get("response_format")) is None or ask.left_s < REPAIR_NEEDS_S:
                raise
            repair = HumanMessage(load("llm/repair").render(reason=str(error)))
            if options.get("max_tokens"):
                options["max_tokens"] *= 2  # perhaps it was cut short
            return self._gate.call(ask, self._attempt([*messages, repair], options))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        ask, options = self._prepare(messages, stop, kwargs)

        def attempt(left_s: float, usage: Usage) -> Iterator[ChatGenerationChunk]:
            finished = False
            for chunk in self._sender.stream(messages, left_s, options):
                reason = (chunk.generation_info or {}).get("finish_reason")
                finished = finished or reason is not None
                _note_usage(usage, chunk.message)
                if reason == "length":
                    usage.outcome = "cut_short"
                yield chunk
            if not finished:
                raise AttemptError("down", "the stream was cut")

        for chunk in self._gate.stream(ask, attempt):
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        sync = run_manager.get_sync() if run_manager is not None else None
        whole = self._stream(messages, stop, sync, **kwargs)
        while (chunk := await run_in_executor(None, next, whole, None)) is not None:
            yield chunk

    def _prepare(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> tuple[Ask, dict[str, Any]]:
        options = dict(kwargs)
        purpose = options.pop("purpose", self.purpose)
        until = deadline_in(options.pop("deadline_s", self.deadline_s))
        options.setdefault("max_tokens", self.max_tokens)
        if stop is not None:
            options["stop"] = stop
        options = {name: value for name, value in options.items() if value is not None}
        sha = prompt_sha([dict(message) for message in convert_to_openai_messages(messages)])
        return Ask(purpose, sha, until), options

    def _attempt(self, messages: list[BaseMessage], options: dict[str, Any]) -> Callable[[float, Usage], ChatResult]:
        def attempt(left_s: float, usage: Usage) -> ChatResult:
            result = self._sender.generate(messages, left_s, options)
            generation = result.generations[0]
            _note_usage(usage, generation.message)
            cut = (generation.generation_info or {}).get("finish_reason") == "length"
            schema = schema_of(options.get("response_format"))
            if schema is not None and cut:
                raise AttemptError("cut_short", "the answer was cut short")
            if schema is not None:
                generation.message.additional_kwargs["parsed"] = check(generation.text, schema)
            elif cut:
                usage.outcome = "cut_short"
            return result

        return attempt


def _note_usage(usage: Usage, message: BaseMessage) -> None:
    told = getattr(message, "usage_metadata", None)
    if told:
        usage.prompt_tokens = told["input_tokens"]
        usage.completion_tokens = told["output_tokens"]
        usage.cached_tokens = (told.get("input_token_details") or {}).get("cache_read") or 0
