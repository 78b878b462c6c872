"""Group commit: many small writes of many callers become one transaction, so that one flush of the disk serves all.

A caller hands in an item and waits for its future; the future is set once the item is on disk. An item that cannot be
written fails alone: its batch is then written one by one.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection

from assistant.db.engine import Database
from assistant.errors import StoreDown

T = TypeVar("T")
R = TypeVar("R")


class GroupCommit(Generic[T, R]):
    """`write(connection, items)` returns one answer an item, in order. One thread writes; any thread may put."""

    def __init__(
        self, database: Database, write: Callable[[Connection, Sequence[T]], Sequence[R]], *, most: int = 200
    ) -> None:
        self._db = database
        self._write = write
        self._most = most
        self._queue: queue.SimpleQueue[tuple[T, Future[R]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def put(self, item: T) -> Future[R]:
        future: Future[R] = Future()
        self._queue.put((item, future))
        return future

    def close(self) -> None:
        """Write what waits, then stop."""
        self._queue.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
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

    def _commit(self, batch: list[tuple[T, Future[R]]]) -> None:
        try:
            with self._db.write() as connection:
                answers = self._write(connection, [item for item, _ in batch])
        except StoreDown as error:
            for _, future in batch:
                future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the caller that put the item
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._commit([one])
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                future.set_result(answer)
