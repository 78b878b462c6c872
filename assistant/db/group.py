"""Group commit: many small writes of many callers become one transaction, so that one flush of the disk serves all.

A caller puts an item and awaits the answer, which comes once the item is on disk. An item that cannot be written fails
alone: its batch is then written one by one.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from assistant.db.engine import Database
from assistant.errors import StoreDown

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """`write(connection, items)` returns one answer an item, in order. One thread writes; any event loop may put."""

    def __init__(
        self, database: Database, write: Callable[[Connection, Sequence[T]], Sequence[R]], *, most: int = 200
    ) -> None:
        self._db = database
        self._write = write
        self._most = most
        self._queue: queue.SimpleQueue[_Item[T, R] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    async def put(self, item: T) -> R:
        """Write an item; returns when it is on disk. Raises StoreDown, or what `write` raised for it."""
        loop = asyncio.get_running_loop()
        waiting: _Item[T, R] = _Item(item, loop)
        self._queue.put(waiting)
        return await waiting.future

    def close(self) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            self._linger()
            batch = [first]
            last = False
            while len(batch) < self._most and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    last = True
                    break
                batch.append(more)
            self._commit(batch)
            if last:
                return

    def _linger(self) -> None:
        """Let a burst come in whole: a batch that is written while more arrive fights them for the interpreter."""
        seen = -1
        for _ in range(5):
            if (size := self._queue.qsize()) in (seen, self._most):
                return
            seen = size
            time.sleep(0.001)

    def _commit(self, batch: "list[_Item[T, R]]") -> None:
        try:
            with self._db.write() as connection:
                answers = self._write(connection, [waiting.item for waiting in batch])
        except StoreDown as error:
            for waiting in batch:
                waiting.failed = error
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the caller that put the item
            if len(batch) > 1:
                for one in batch:
                    self._commit([one])
                return
            batch[0].failed = error
        else:
            for waiting, answer in zip(batch, answers, strict=True):
                waiting.answer = answer
        _tell(batch)


class _Item(Generic[T, R]):
    def __init__(self, item: T, loop: asyncio.AbstractEventLoop) -> None:
        self.item = item
        self.loop = loop
        self.future: asyncio.Future[R] = loop.create_future()
        self.answer: R | None = None
        self.failed: Exception | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller went away; what it put stays
            return
        if self.failed is not None:
            self.future.set_exception(self.failed)
        else:
            self.future.set_result(self.answer)  # type: ignore[arg-type]


def _tell(batch: "list[_Item[T, R]]") -> None:
    """Wake every event loop once, however many of its callers wait."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Item[T, R]]] = {}
    for waiting in batch:
        by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, mine in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, mine)


def _settle(batch: "list[_Item[T, R]]") -> None:
    for waiting in batch:
        waiting.settle()
