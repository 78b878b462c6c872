"""The gate that every model call passes: circuit, deadline, bounded retries, records.

Enters: one attempt as a function of the seconds that are left, which raises `AttemptError` when it fails.
Leaves: its answer and usage, or `ModelDown` / `ModelOffSchema`. Called by `assistant.llm.door`.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from assistant import logs
from assistant.breaker import Breaker
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.calls import ModelCall, Outcome, record
from assistant.llm.within import run_within, stream_within

log = logs.get("llm")
T = TypeVar("T")

RETRYABLE: frozenset[Outcome] = frozenset({"down"})
BREAKS: frozenset[Outcome] = frozenset({"down", "slow", "garbage"})


class AttemptError(Exception):
    """An attempt failed. `permanent`: another try cannot help (wrong key, wrong address)."""

    def __init__(self, outcome: Outcome, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.permanent = permanent


@dataclass
class Usage:
    """Filled in by an attempt as it learns what it cost."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    outcome: Outcome = "ok"


@dataclass(frozen=True)
class Ask:
    """Who asks, with which prompt, until when (monotonic seconds)."""

    purpose: str
    prompt_sha: str
    until: float

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.until - time.monotonic()


@dataclass
class Gate:
    """One per endpoint, shared by all threads. `retries`: how many more attempts, if the deadline allows."""

    breaker: Breaker
    retries: int
    sleep: Callable[[float], None] = field(default=time.sleep)

    def call(self, ask: Ask, attempt: Callable[[float, Usage], T]) -> T:
        """The answer of `attempt(left_s, usage)`."""
        tried = 0
        while True:
            try:
                with self._attempt(ask) as usage:
                    return run_within(ask.until, partial(attempt, ask.left_s, usage))
            except AttemptError as failed:
                if not self._again(ask, failed, tried):
                    raise _public(failed) from failed
                tried += 1

    def stream(self, ask: Ask, attempt: Callable[[float, Usage], Iterator[T]]) -> Iterator[T]:
        """The items of `attempt(left_s, usage)`. Another try is made only while nothing has come out."""
        tried, begun = 0, False
        while True:
            try:
                with self._attempt(ask) as usage:
                    for item in stream_within(ask.until, partial(attempt, ask.left_s, usage)):
                        begun = True
                        yield item
                    return
            except AttemptError as failed:
                if begun or not self._again(ask, failed, tried):
                    raise _public(failed) from failed
                tried += 1

    @contextmanager
    def _attempt(self, ask: Ask) -> Iterator[Usage]:
        """Ask the breaker, then tell it and the records how the attempt went."""
        usage, begin = Usage(), time.monotonic()
        if ask.left_s <= 0:
            self._record(ask, usage, begin, "slow")
            raise AttemptError("slow", "no time was left for a call", permanent=True)
        if not self.breaker.enter():
            self._record(ask, usage, begin, "circuit_open")
            raise AttemptError("circuit_open", "the circuit is open", permanent=True)
        outcome: Outcome = "garbage"  # what an unforeseen error counts as
        try:
            yield usage
            outcome = usage.outcome
        except TimeoutError as error:
            outcome = "slow"
            raise AttemptError("slow", "the model did not answer in time") from error
        except AttemptError as failed:
            outcome = failed.outcome
            raise
        except GeneratorExit:
            outcome = "left"
            raise
        finally:
            (self.breaker.fail if outcome in BREAKS else self.breaker.succeed)()
            self._record(ask, usage, begin, outcome)

    def _again(self, ask: Ask, failed: AttemptError, tried: int) -> bool:
        pause = 0.1 * 2**tried * random.uniform(0.5, 1.5)
        if failed.permanent or failed.outcome not in RETRYABLE:
            return False
        if tried >= self.retries or ask.left_s <= pause:
            return False
        self.sleep(pause)
        return True

    def _record(self, ask: Ask, usage: Usage, begin: float, outcome: Outcome) -> None:
        ms = round((time.monotonic() - begin) * 1000)
        record(
            ModelCall(
                purpose=ask.purpose,
                prompt_sha=ask.prompt_sha,
                prompt_tokens=usage.prompt_tokens,
                cached_tokens=usage.cached_tokens,
                completion_tokens=usage.completion_tokens,
                ms=ms,
                outcome=outcome,
            )
        )
        log.debug("model call", purpose=ask.purpose, prompt=ask.prompt_sha, outcome=outcome, ms=ms)


def _public(failed: AttemptError) -> ModelDown | ModelOffSchema:
    """The error that leaves this room."""
    if failed.outcome in ("off_schema", "cut_short"):
        return ModelOffSchema(str(failed))
    log.warning("model call failed", outcome=failed.outcome, detail=str(failed))
    return ModelDown(str(failed))
