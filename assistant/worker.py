"""Claims and does what waits: messages (lanes in parallel, each conversation in order), deliveries, due work.

Runs inside `zhike serve`, or alone as `zhike worker` beside any number of others on PostgreSQL.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from assistant import logs
from assistant.bootstrap import Service
from assistant.channels.official_account import CHANNEL as OFFICIAL_ACCOUNT
from assistant.channels.official_account import NOTICE
from assistant.channels.official_account.errors import WeChatDown
from assistant.channels.official_account.intake import FORGET
from assistant.channels.official_account.reception import MEDIA
from assistant.channels.sms import CHANNEL as SMS
from assistant.channels.web_chat import CHANNEL as WEB
from assistant.db import due, outbox
from assistant.db.due import Due
from assistant.db.feedback import TAG
from assistant.db.outbox import Delivery
from assistant.errors import StoreDown
from assistant.journeys.experience_moment import CHECK, DECIDE, EXPIRE, INVITE
from assistant.journeys.topics import REREAD, Study
from assistant.privacy.rights import DELETION
from assistant.surveys.rewards import REWARD
from tools.errors import BackendDown

log = logs.get("worker")
PULLED = {WEB, "cli"}  # channels whose shoppers fetch replies from the conversation
PUSHED = {OFFICIAL_ACCOUNT, NOTICE}
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
SWEEP_EVERY, SWEEP_DONE, SWEEP_FAILED = timedelta(hours=1), timedelta(days=14), timedelta(days=60)


class Worker:
    """Threads that serve until told to stop. What is in their hands when they are killed is taken up again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._swept_at: datetime | None = None
        self._couriers = ThreadPoolExecutor(8, thread_name_prefix="courier")
        self._student = ThreadPoolExecutor(1, thread_name_prefix="study")
        self._handlers: dict[str, Callable[[dict[str, Any]], object]] = {
            DELETION: lambda p: service.rights.erase(p["shopper"]),
            TAG: lambda p: service.understanding.read_arrival(p),
            MEDIA: lambda p: service.official_account.reception.fetch(p["attachment"]),
            FORGET: lambda p: self._forget(p["openid"]),
            DECIDE: lambda p: service.moments.decide(p["event"]),
            INVITE: lambda p: service.moments.invite(p["invitation"]),
            CHECK: lambda p: service.moments.check(p["invitation"], p["delivery"], p["message"]),
            EXPIRE: lambda p: service.moments.expire(),
            REREAD: lambda p: service.understanding.reread(p["tags"]),
            Study.KIND: lambda p: self._study(),
            REWARD: lambda p: service.survey_talk.rewards.settle(p["invitation"]),
        }

    def start(self, *, chores: bool = True) -> None:
        """Start the lanes, and what delivers and does due work unless somebody else does."""
        lanes = self._service.settings.worker.lanes
        self._threads = [threading.Thread(target=self._lane, name=f"lane-{n}", daemon=True) for n in range(lanes)]
        if chores:
            self._threads.append(threading.Thread(target=self._chores, name="chores", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 20.0) -> None:
        """Finish the turns in hand, take no new ones."""
        self._stop.set()
        self._service.work_to_do.set()
        self._service.to_deliver.set()
        for thread in self._threads:
            thread.join(timeout_s)
        self._couriers.shutdown()
        self._student.shutdown(cancel_futures=True)

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
        planned = False
        while not self._stop.is_set():
            try:
                if not planned:
                    self._service.study.plan(first=True)
                    planned = True
                busy = self.deliver_once() + self.due_once() + self.sweep_once()
            except StoreDown as error:
                log.error("store_down", cause=str(error))
                busy = 0
            except Exception:
                # deliveries and due work must outlive any one of them; leases run out, and what failed is tried again
                log.exception("chores_stumbled")
                busy = 0
            if not busy:
                self._service.to_deliver.wait(self._service.settings.worker.poll_s)
                self._service.to_deliver.clear()

    def deliver_once(self) -> int:
        """Deliver what is ready; returns how many rows were handled."""
        service = self._service
        now = service.clock.now()
        pushed: list[tuple[Callable[[Delivery], None], Delivery]] = []
        with service.database.write() as connection:
            found = outbox.claim(connection, now, LEASE)
            for delivery in found:
                if delivery.channel in PULLED:
                    outbox.mark_sent(connection, delivery.id, now)
                elif delivery.channel in PUSHED and service.settings.wechat.app_id:
                    pushed.append((service.official_account.courier.deliver, delivery))
                elif delivery.channel == SMS and service.sms is not None:
                    pushed.append((service.sms_courier.deliver, delivery))
                else:
                    give_up = delivery.attempts >= MAX_ATTEMPTS
                    error = f"no channel {delivery.channel}"
                    outbox.retry_later(connection, delivery.id, now + LEASE, error, give_up=give_up)
        # calls to WeChat and gateways take a while: some at a time, each conversation's in order (a claim takes one of each)
        for done in [self._couriers.submit(deliver, d) for deliver, d in pushed]:
            self._note_failure(done)
        return len(found)

    @staticmethod
    def _note_failure(delivery: Future[None]) -> None:
        try:
            delivery.result()
        except StoreDown:
            raise
        except Exception:
            log.exception("delivery_stumbled")  # its lease runs out, and it is tried again

    def due_once(self) -> int:
        """Do what is due; returns how many pieces were handled."""
        service = self._service
        with service.database.write() as connection:
            found = due.claim(connection, service.clock.now(), LEASE)
        for piece in found:
            self._do(piece)
        return len(found)

    def sweep_once(self) -> int:
        """Once an hour, remove work that was done long ago, a batch at a time; returns how many rows went."""
        now = self._service.clock.now()
        if self._swept_at is not None and now < self._swept_at + SWEEP_EVERY:
            return 0
        with self._service.database.write() as connection:
            gone = due.sweep(connection, now - SWEEP_DONE, now - SWEEP_FAILED)
        if not gone:
            self._swept_at = now
        return gone

    def _study(self) -> None:
        """Minutes of a core: aside, so that deliveries go on. Cut short, the next slot does it."""
        self._service.study.plan()
        self._student.submit(self._learn)

    def _learn(self) -> None:
        try:
            self._service.study.learn()
        except Exception:
            log.exception("study_stumbled")  # nothing waits for it; the next slot tries again

    def _forget(self, openid: str) -> None:
        account = self._service.official_account
        self._service.rights.erase(account.shopper_key(openid))
        account.forget(openid)

    def _do(self, piece: Due) -> None:
        service = self._service
        try:
            self._handlers[piece.kind](piece.payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted beside the work, which is tried again
            down = isinstance(error, StoreDown | WeChatDown | BackendDown)  # that passes: try for a day or two
            pause = timedelta(minutes=min(piece.attempts, 30))
            again = service.clock.now() + pause if piece.attempts < (100 if down else MAX_ATTEMPTS) else None
            log.error("due_work_failed", kind=piece.kind, attempts=piece.attempts, cause=repr(error))
            with service.database.write() as connection:
                due.fail(connection, piece.id, repr(error), again_at=again)
            return
        with service.database.write() as connection:
            due.finish(connection, piece.id)
        log.info("due_work_done", kind=piece.kind)
