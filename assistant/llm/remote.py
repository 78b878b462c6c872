"""An OpenAI-compatible endpoint over HTTP, through LangChain's client. Importing this takes seconds: do it
late.

Enters: messages, options and the seconds left. Leaves: LangChain results, or `AttemptError` with its kind.
The endpoint is looked up at every request, because the embedded server comes back on another port after a
restart. Called by `assistant.llm.client`.
"""

import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import openai
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from assistant.llm.gate import AttemptError
from assistant.llm.grammar import compact_grammar
from assistant.llm.schema import schema_of

Dialect = Literal["openai", "embedded"]
PLACEHOLDER = "http://embedded.invalid/v1"  # replaced at every request


@dataclass(frozen=True)
class Endpoint:
    """Where the model answers. `url` has no `/v1` for the embedded server, and ends in it for others."""

    url: str
    api_key: str


class _UntilDeadline(httpx2.SyncByteStream):
    """A body bounded as a whole by its read time-out, which sockets start anew at each byte."""

    def __init__(self, body: httpx2.SyncByteStream, until: float) -> None:
        self._body, self._until = body, until

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            if time.monotonic() > self._until:
                raise httpx2.ReadTimeout("the whole answer took too long")
            yield piece

    def close(self) -> None:
        self._body.close()


class OpenAiSender:
    """Sends through `BaseChatOpenAI`: `max_tokens` keeps its name, which every compatible endpoint knows."""

    def __init__(
        self,
        *,
        model: str,
        endpoint: Callable[[], Endpoint | None],
        dialect: Dialect,
        connect_timeout_s: float,
    ) -> None:
        self._dialect = dialect
        self._connect_s = connect_timeout_s
        fixed = endpoint() if dialect == "openai" else None
        client = _client(endpoint, dialect)
        self._close = weakref.finalize(self, client.close)
        self._chat = BaseChatOpenAI(
            model=model,
            base_url=fixed.url if fixed else PLACEHOLDER,
            api_key=SecretStr((fixed.api_key if fixed else "") or "none"),
            openai_proxy="",
            http_client=client,
            http_socket_options=(),
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
        )

    def generate(self, messages: list[BaseMessage], left_s: float, options: dict[str, Any]) -> ChatResult:
        """The whole answer, or `AttemptError`."""
        with _translated():
            return self._chat._generate(messages, **self._spoken(options), timeout=self._timeout(left_s))

    def stream(
        self, messages: list[BaseMessage], left_s: float, options: dict[str, Any]
    ) -> Iterator[ChatGenerationChunk]:
        """The answer in pieces, or `AttemptError`."""
        with _translated():
            yield from self._chat._stream(messages, **self._spoken(options), timeout=self._timeout(left_s))

    def close(self) -> None:
        """Close idle connections."""
        self._close()

    def _timeout(self, left_s: float) -> httpx2.Timeout:
        return httpx2.Timeout(left_s, connect=min(self._connect_s, left_s))

    def _spoken(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options as the endpoint speaks. The schema goes past the client library, which would parse."""
        options = dict(options)
        asked = options.pop("response_format", None)
        if asked is None:
            return options
        body = dict(options.pop("extra_body", None) or {})
        schema = schema_of(asked)
        if schema is not None and self._dialect == "embedded":
            body["grammar"] = compact_grammar(schema)
        else:
            body["response_format"] = asked
        return {**options, "extra_body": body}


def _client(endpoint: Callable[[], Endpoint | None], dialect: Dialect) -> httpx2.Client:
    """An HTTP client that finds the embedded server at every request, and bounds every body as a whole."""

    def aim(request: httpx2.Request) -> None:
        here = endpoint()
        if here is None:
            raise httpx2.ConnectError("the embedded server is not running", request=request)
        to = httpx2.URL(here.url)
        request.url = request.url.copy_with(scheme=to.scheme, host=to.host, port=to.port)
        request.headers["Host"] = to.netloc.decode()
        request.headers["Authorization"] = f"Bearer {here.api_key}"

    def bound(response: httpx2.Response) -> None:
        total = response.request.extensions.get("timeout", {}).get("read")
        if total is not None and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _UntilDeadline(response.stream, time.monotonic() + total)

    if dialect == "embedded":  # on loopback no proxy is wanted
        return httpx2.Client(event_hooks={"request": [aim], "response": [bound]}, trust_env=False)
    return httpx2.Client(event_hooks={"response": [bound]})


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the errors of the client library and of the wire into `AttemptError`."""
    try:
        yield
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise AttemptError("slow", "the model did not answer in time") from error
    except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
        raise AttemptError("refused", f"the endpoint refused the request ({error.status_code})") from error
    except (openai.RateLimitError, openai.InternalServerError) as error:
        raise AttemptError("down", f"the endpoint answered {error.status_code}") from error
    except openai.APIStatusError as error:
        raise AttemptError("down", f"the endpoint answered {error.status_code}", permanent=True) from error
    except (openai.APIConnectionError, httpx2.TransportError) as error:
        raise AttemptError("down", "the endpoint cannot be reached") from error
    except (openai.OpenAIError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # What LangChain's reader throws at bodies that are no chat completion.
        raise AttemptError("garbage", f"the answer cannot be read ({type(error).__name__})") from error
