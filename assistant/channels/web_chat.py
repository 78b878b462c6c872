"""The chat page's channel: a reply is delivered by lying in the conversation; listeners are told that it does.

Text that is still being written streams to whoever listens in this process; a listener of another process sees the
finished message when it polls.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

CHANNEL = "web"
Listener = Callable[["LiveEvent"], None]


@dataclass(frozen=True)
class LiveEvent:
    """kind: `typing` (a turn began), `text` (a piece of an answer), `message` (something new lies on disk)."""

    kind: str
    text: str = ""


class LiveChat:
    """Tells listeners of a conversation what happens in it. Safe to call from any thread."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._lock = threading.Lock()

    def listen(self, conversation_id: str, listener: Listener) -> Callable[[], None]:
        """Register; returns what unregisters."""
        with self._lock:
            self._listeners[conversation_id].add(listener)

        def stop() -> None:
            with self._lock:
                self._listeners[conversation_id].discard(listener)
                if not self._listeners[conversation_id]:
                    self._listeners.pop(conversation_id, None)

        return stop

    def tell(self, conversation_id: str, event: LiveEvent) -> None:
        with self._lock:
            listeners = tuple(self._listeners.get(conversation_id, ()))
        for listener in listeners:
            listener(event)
