"""The only door to a language model.

Enters: settings, and the embedded server if it is the one to use. Leaves: an `Llm`, which decides
(constrained JSON), writes (text), or hands LangChain's agent a chat model; all three pass one circuit
breaker and one set of deadlines. Only `ModelDown` and `ModelOffSchema` are raised. Called by
`assistant.bootstrap`; held by every room that needs a model. Importing this module loads neither LangChain
nor the OpenAI client: commands that need no model start quickly.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from assistant.breaker import Breaker
from assistant.config import LlmSettings
from assistant.errors import ConfigError, ModelDown
from assistant.llm.gate import Gate
from assistant.llm.schema import response_format

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.llm.door import Sender
    from assistant.llm.local import LocalServer

Messages = Sequence[Mapping[str, Any]]


class Llm(Protocol):
    """What the rest of the service may do with a model. Messages are ``{"role", "content"}`` mappings."""

    def available(self) -> bool:
        """Whether a call now has a chance: circuit not open, server up. Cheap, makes no call."""
        ...

    def preload(self) -> None:
        """Import what calls need (seconds, once). Long-running processes do this at start-up."""
        ...

    def chat_model(
        self, *, purpose: str = "agent", max_tokens: int | None = None, deadline_s: float | None = None
    ) -> "BaseChatModel":
        """A LangChain chat model behind the same gate, for LangChain's agent."""
        ...

    def decide(
        self, messages: Messages, schema: dict[str, Any], *, purpose: str, max_tokens: int, deadline_s: float
    ) -> dict[str, Any]:
        """A JSON object that fits `schema`. Raises `ModelDown`, or `ModelOffSchema` after one repair."""
        ...

    def write(self, messages: Messages, *, purpose: str, max_tokens: int, deadline_s: float) -> Iterator[str]:
        """Free text in pieces. Raises `ModelDown`, perhaps between pieces; closing it early ends the call."""
        ...

    def close(self) -> None:
        """Let go of connections. A later call connects anew."""
        ...


class GatedLlm:
    """An `Llm` over any `Sender`, which is made once, at the first use. `up` says if the server runs."""

    def __init__(
        self,
        settings: LlmSettings,
        make_sender: "Callable[[], Sender]",
        up: Callable[[], bool] = lambda: True,
    ) -> None:
        self._default_s = settings.timeout_s
        self._make_sender = make_sender
        self._up = up
        self._gate = Gate(Breaker(settings.breaker_failures, settings.breaker_open_s), settings.retries)
        self._lock = threading.Lock()
        self._sender: Sender | None = None

    def available(self) -> bool:
        """See `Llm`."""
        return self._up() and self._gate.breaker.would_let_in

    def preload(self) -> None:
        """See `Llm`."""
        self.chat_model()

    def chat_model(
        self, *, purpose: str = "agent", max_tokens: int | None = None, deadline_s: float | None = None
    ) -> "BaseChatModel":
        """See `Llm`."""
        from assistant.llm.door import DoorChat

        with self._lock:
            if self._sender is None:
                self._sender = self._make_sender()
        return DoorChat(
            self._sender,
            self._gate,
            purpose=purpose,
            max_tokens=max_tokens,
            deadline_s=deadline_s or self._default_s,
        )

    def decide(
        self, messages: Messages, schema: dict[str, Any], *, purpose: str, max_tokens: int, deadline_s: float
    ) -> dict[str, Any]:
        """See `Llm`."""
        chat = self._ready_model(purpose, max_tokens, deadline_s)
        asked = [dict(message) for message in messages]
        answer = chat.invoke(asked, response_format=response_format(schema), temperature=0.0)
        parsed: dict[str, Any] = answer.additional_kwargs["parsed"]
        return parsed

    def write(self, messages: Messages, *, purpose: str, max_tokens: int, deadline_s: float) -> Iterator[str]:
        """See `Llm`."""
        chat = self._ready_model(purpose, max_tokens, deadline_s)
        for piece in chat.stream([dict(message) for message in messages], temperature=0.2):
            if piece.text:
                yield str(piece.text)

    def close(self) -> None:
        """See `Llm`."""
        with self._lock:
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()

    def _ready_model(self, purpose: str, max_tokens: int, deadline_s: float) -> "BaseChatModel":
        if not self._up():  # a server that is still loading must not open the circuit
            raise ModelDown("the model is off or not up yet")
        return self.chat_model(purpose=purpose, max_tokens=max_tokens, deadline_s=deadline_s)


def connect(settings: LlmSettings, *, embedded: "LocalServer | None") -> Llm:
    """The model that `settings` name. `embedded` is needed (and used) only for ``kind="embedded"``.

    Raises `ConfigError` if the settings do not fit together.
    """
    if settings.kind == "off":
        return GatedLlm(settings, _no_sender, up=lambda: False)
    if settings.kind == "openai":
        if not settings.base_url:
            raise ConfigError("ZHIKE_LLM__KIND=openai needs ZHIKE_LLM__BASE_URL, for example https://host/v1")
        return GatedLlm(settings, partial(_remote_sender, settings))
    if embedded is None:
        raise ConfigError("ZHIKE_LLM__KIND=embedded needs the embedded server")
    return GatedLlm(settings, partial(_embedded_sender, settings, embedded), up=embedded.ready)


def _no_sender() -> "Sender":
    raise ModelDown("the model is switched off (ZHIKE_LLM__KIND=off)")


def _remote_sender(settings: LlmSettings) -> "Sender":
    from assistant.llm.remote import Endpoint, OpenAiSender

    here = Endpoint(settings.base_url, settings.api_key.get_secret_value())
    return OpenAiSender(
        model=settings.model,
        endpoint=lambda: here,
        dialect="openai",
        connect_timeout_s=settings.connect_timeout_s,
    )


def _embedded_sender(settings: LlmSettings, server: "LocalServer") -> "Sender":
    from assistant.llm.remote import Endpoint, OpenAiSender

    def endpoint() -> Endpoint | None:
        state = server.state
        return Endpoint(state.url, state.api_key) if state is not None else None

    return OpenAiSender(
        model=settings.model,
        endpoint=endpoint,
        dialect="embedded",
        connect_timeout_s=settings.connect_timeout_s,
    )
