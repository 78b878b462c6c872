"""Requests that are held open until the answer to their message is there."""

import asyncio
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from assistant.channels.web_chat import LiveChat, LiveEvent
from assistant.db import conversations
from assistant.db.engine import Database
from assistant.db.inbox import Accepted
from assistant.errors import StoreDown

POLL_S = 0.25  # how often another process's answers are looked for


class HeldPushes:
    """Requests that wait for their answer. Woken at once by this process, and by one common look at the store."""

    def __init__(self, database: Database, live: LiveChat) -> None:
        self._db = database
        self._live = live
        self._held: dict[int, list[asyncio.Event]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, accepted: Accepted, seconds: float) -> bool:
        """Until the conversation has something new: True. False where the time is over first."""
        loop = asyncio.get_running_loop()
        event = asyncio.Event()

        def told(live: LiveEvent) -> None:
            if live.kind == "message":
                loop.call_soon_threadsafe(event.set)

        stop = self._live.listen(accepted.conversation_id, told)
        self._held.setdefault(accepted.inbox_id, []).append(event)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        finally:
            stop()
            waiting = self._held[accepted.inbox_id]
            waiting.remove(event)
            if not waiting:
                del self._held[accepted.inbox_id]
        return True

    async def _look(self) -> None:
        while self._held:
            await asyncio.sleep(POLL_S)
            with suppress(StoreDown):
                for inbox_id in await run_in_threadpool(self._answered, set(self._held)):
                    for event in self._held.get(inbox_id, ()):
                        event.set()

    def _answered(self, inbox_ids: set[int]) -> set[int]:
        if not inbox_ids:
            return set()
        with self._db.read() as connection:
            return conversations.is_answered(connection, inbox_ids)
