"""A circuit breaker: after some failures in a row nobody waits for a service any more, for a while.

Enters: `enter()` before a call, `succeed()` or `fail()` after it. Leaves: whether a call may go out.
Closed: all calls go. Open: none. Half open, once the pause is over: one probe goes, the others are refused;
the probe's outcome closes or opens the circuit again. Called by `assistant.llm` and the channels from many threads.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """See the module. `open_s` is the pause in seconds; `now` a monotonic clock in seconds."""

    def __init__(self, failures: int, open_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = max(1, failures)
        self._open_s = open_s
        self._now = now
        self._lock = threading.Lock()
        self._failed = 0
        self._opened_at: float | None = None
        self._probing = False

    def enter(self) -> bool:
        """Whether this call may go out. True obliges the caller to report `succeed` or `fail`."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._probing or not self._pause_over(self._opened_at):
                return False
            self._probing = True
            return True

    def succeed(self) -> None:
        """The service answered: the circuit closes."""
        with self._lock:
            self._failed, self._opened_at, self._probing = 0, None, False

    def fail(self) -> None:
        """The service did not answer: after enough failures in a row, or a failed probe, the circuit opens."""
        with self._lock:
            self._failed += 1
            if self._opened_at is not None or self._failed >= self._limit:
                self._opened_at, self._probing = self._now(), False

    @property
    def would_let_in(self) -> bool:
        """Whether `enter` would answer true now; takes no probe."""
        with self._lock:
            return self._opened_at is None or (not self._probing and self._pause_over(self._opened_at))

    def _pause_over(self, opened_at: float) -> bool:
        return self._now() - opened_at >= self._open_s
