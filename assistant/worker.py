"""Claims and does what waits: messages (lanes in parallel, each conversation in order), deliveries, due work.

Runs inside `zhike serve`, or alone as `zhike worker` beside any number of others on PostgreSQL.
"""

import threading
from datetime import timedelta

from assistant import logs
from assistant.bootstrap import Service
from assistant.channels.web_chat import CHANNEL as WEB
from assistant.db import due, outbox
from assistant.db.due import Due
from assistant.errors import StoreDown
from assistant.privacy.rights import DELETION

log = logs.get("worker")
PULLED = {WEB, "cli"}  # channels whose shoppers fetch replies from the conversation
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5


class Worker:
    """Threads that serve until told to stop. What is in their hands when they are killed is taken up again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        lanes = self._service.settings.worker.lanes
        self._threads = [threading.Thread(target=self._lane, name=f"lane-{n}", daemon=True) for n in range(lanes)]
        self._threads.append(threading.Thread(target=self._chores, name="chores", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 20.0) -> None:
        """Finish the turns in hand, take no new ones."""
        self._stop.set()
        self._service.work_to_do.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def _lane(self) -> None:
        wake = self._service.work_to_do
        while not self._stop.is_set():
            try:
                if self._service.shopper_messages.serve_next():
                    continue
            except StoreDown as error:
                log.error("store_down", cause=str(error))
                self._stop.wait(2.0)
            except Exception:
                # a lane must outlive any one message; the message is tried again, and apologised for after its last try
                log.exception("lane_stumbled")
                self._stop.wait(0.5)
            wake.wait(self._service.settings.worker.poll_s)
            wake.clear()

    def _chores(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.deliver_once() + self.due_once()
            except StoreDown as error:
                log.error("store_down", cause=str(error))
                busy = 0
            if not busy:
                self._stop.wait(self._service.settings.worker.poll_s)

    def deliver_once(self) -> int:
        """Deliver what is ready; returns how many rows were handled."""
        service = self._service
        now = service.clock.now()
        with service.database.write() as connection:
            found = outbox.claim(connection, now, LEASE)
            for delivery in found:
                if delivery.channel in PULLED:
                    outbox.mark_sent(connection, delivery.id, now)
                else:
                    give_up = delivery.attempts >= MAX_ATTEMPTS
                    error = f"no channel {delivery.channel}"
                    outbox.retry_later(connection, delivery.id, now + LEASE, error, give_up=give_up)
        return len(found)

    def due_once(self) -> int:
        """Do what is due; returns how many pieces were handled."""
        service = self._service
        with service.database.write() as connection:
            found = due.claim(connection, service.clock.now(), LEASE)
        for piece in found:
            self._do(piece)
        return len(found)

    def _do(self, piece: Due) -> None:
        service = self._service
        try:
            if piece.kind == DELETION:
                service.rights.erase(piece.payload["shopper"])
            else:
                raise ValueError(f"nobody knows how to do {piece.kind}")
        except (ValueError, KeyError, StoreDown) as error:
            again = service.clock.now() + timedelta(minutes=piece.attempts) if piece.attempts < MAX_ATTEMPTS else None
            log.error("due_work_failed", kind=piece.kind, attempts=piece.attempts, cause=repr(error))
            with service.database.write() as connection:
                due.fail(connection, piece.id, repr(error), again_at=again)
            return
        with service.database.write() as connection:
            due.finish(connection, piece.id)
        log.info("due_work_done", kind=piece.kind)
