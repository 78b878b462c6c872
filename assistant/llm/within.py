"""Wait for slow work no longer than allowed, whatever it does.

Enters: work that may hang (name look-up, a silent or trickling server). Leaves: its items, or
`TimeoutError` at the deadline. The work runs in a daemon thread, which is left to its own socket time-outs
when nobody waits any more. Called by `assistant.llm.gate`.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Ended:
    error: BaseException | None


def stream_within(until: float, start: Callable[[], Iterator[T]]) -> Iterator[T]:
    """The items of `start()`, each before the monotonic moment `until`. Closing early stops the work."""
    box: queue.SimpleQueue[T | _Ended] = queue.SimpleQueue()
    left = threading.Event()

    def work() -> None:
        items: Iterator[T] | None = None
        try:
            items = start()
            for item in items:
                if left.is_set():
                    break
                box.put(item)
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
            box.put(_Ended(error))
        else:
            box.put(_Ended(None))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    threading.Thread(target=copy_context().run, args=(work,), daemon=True, name="model-call").start()
    try:
        while True:
            try:
                item = box.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise TimeoutError("the deadline passed") from None
            if isinstance(item, _Ended):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left.set()


def run_within(until: float, work: Callable[[], T]) -> T:
    """The result of `work()`, or `TimeoutError` at the monotonic moment `until`."""
    return next(stream_within(until, lambda: (work() for _ in range(1))))
