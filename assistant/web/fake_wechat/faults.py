"""What goes wrong on purpose: the next calls of an endpoint fail, hang or break off; pushes come twice or out of order."""

import threading
from dataclasses import dataclass


@dataclass
class Fault:
    """One planned fault. `errcode`: answered; `status`: an HTTP status; `hang_s`: waits first; `drop`: the connection
    breaks off. `after`: the call takes effect first, the caller just does not hear of it."""

    endpoint: str
    times: int = 1
    errcode: int | None = None
    status: int | None = None
    hang_s: float = 0.0
    drop: bool = False
    after: bool = False


class FaultPlan:
    """Planned faults of API calls (`add`) and of pushes (`duplicate`)."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._duplicates = 0
        self._lock = threading.Lock()

    def add(
        self, endpoint: str, *, times: int = 1, errcode: int | None = None, status: int | None = None,
        hang_s: float = 0.0, drop: bool = False, after: bool = False,
    ) -> None:  # fmt: skip
        """The next `times` calls of `endpoint` ("*": any) go wrong. Faults of one endpoint happen in turn."""
        with self._lock:
            self._planned.append(Fault(endpoint, times, errcode, status, hang_s, drop, after))

    def duplicate(self, pushes: int = 1) -> None:
        """The next pushes are delivered a second time although they were answered."""
        with self._lock:
            self._duplicates += pushes

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
            self._duplicates = 0

    def take(self, endpoint: str) -> Fault | None:
        """The fault that this call meets, if any; counts it."""
        with self._lock:
            for fault in self._planned:
                if fault.endpoint in (endpoint, "*"):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._planned.remove(fault)
                    return fault
        return None

    def take_duplicate(self) -> bool:
        with self._lock:
            if self._duplicates == 0:
                return False
            self._duplicates -= 1
            return True
