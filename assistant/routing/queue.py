"""The queue of conversations that wait for a person."""

from assistant.clock import Clock
from assistant.db import handoffs
from assistant.db.engine import Database


class HandoffQueue:
    """The port by which the assistant hands a conversation over."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def request(self, conversation_id: str, reason: str) -> int:
        """Queue a conversation (once) and return how many wait before it."""
        with self._db.write() as connection:
            return handoffs.request(connection, conversation_id, reason, self._clock.now())

    def withdraw(self, conversation_id: str) -> None:
        """Give the conversation back to the assistant."""
        with self._db.write() as connection:
            handoffs.withdraw(connection, conversation_id)
