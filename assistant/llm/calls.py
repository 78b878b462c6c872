"""What a turn spent on the model: a record per call, and the time that is left for more.

Enters: `ModelCall` from the gate. Leaves: the list that ``with collect_calls() as calls:`` opened, in any
thread that inherited the context (LangGraph's nodes do). `within_budget` bounds all calls of a turn by one
deadline.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from assistant import logs

Outcome = Literal["ok", "cut_short", "off_schema", "slow", "down", "garbage", "refused", "circuit_open", "left"]


@dataclass(frozen=True)
class ModelCall:
    """One attempt at the model. Token counts are 0 where the endpoint did not say; `ms` is wall time."""

    purpose: str
    prompt_sha: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    ms: int
    outcome: Outcome


_calls: ContextVar[list[ModelCall] | None] = ContextVar("model_calls", default=None)
_until: ContextVar[float | None] = ContextVar("model_budget", default=None)


@contextmanager
def collect_calls() -> Iterator[list[ModelCall]]:
    """Collect every call that is made in this context, inner collectors included."""
    outer = _calls.get()
    calls: list[ModelCall] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)
        if outer is not None:
            outer.extend(calls)


def record(call: ModelCall) -> None:
    """Count the call and add it to the open collector."""
    logs.MODEL_CALLS.labels(call.purpose, call.outcome).inc()
    calls = _calls.get()
    if calls is not None:
        calls.append(call)


@contextmanager
def within_budget(seconds: float) -> Iterator[None]:
    """No call in this context lasts beyond `seconds` from now, whatever its own deadline says."""
    until, outer = time.monotonic() + seconds, _until.get()
    token = _until.set(until if outer is None else min(until, outer))
    try:
        yield
    finally:
        _until.reset(token)


def deadline_in(seconds: float) -> float:
    """The monotonic moment `seconds` from now, or the end of the budget if that comes first."""
    until, budget = time.monotonic() + seconds, _until.get()
    return until if budget is None else min(until, budget)


def prompt_sha(messages: Sequence[Mapping[str, Any]]) -> str:
    """Twelve hex digits that name a prompt without its text."""
    text = json.dumps(list(messages), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
