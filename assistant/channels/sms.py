"""Text messages to phones: a small port, the retailer's gateway over HTTP, and the demo's, which only writes down.

`SmsCourier` delivers rows of the outbox, called by the worker; binding sends its codes through the same port.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import httpx

from assistant import logs
from assistant.clock import Clock
from assistant.config import SmsSettings
from assistant.db import outbox
from assistant.db.engine import Database
from assistant.db.outbox import Delivery
from tools.errors import BackendDown, ToolError

CHANNEL = "sms"
MAX_ATTEMPTS = 5
log = logs.get("sms")


class SmsRefused(Exception):
    """The gateway will never take this one."""


class SmsDown(Exception):
    """The gateway could not be reached. `maybe`: it may have taken the text all the same."""

    def __init__(self, cause: str, *, maybe: bool = False) -> None:
        super().__init__(cause)
        self.maybe = maybe


class SmsPort(Protocol):
    def send(self, phone: str, text: str, *, key: str = "") -> None:
        """Send a text. The same `key` twice is one text, where the gateway minds it. Raises SmsRefused or SmsDown."""


class HttpSms:
    """Hands a text to the retailer's gateway: signed JSON, `{"phone", "text", "key"}`."""

    def __init__(self, settings: SmsSettings, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport

    def send(self, phone: str, text: str, *, key: str = "") -> None:
        body = json.dumps({"phone": phone, "text": text, "key": key}, ensure_ascii=False).encode()
        try:
            with httpx.Client(transport=self._transport, timeout=self._settings.timeout_s) as client:
                answer = client.post(self._settings.url, content=body, headers=self._signed(body))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise SmsDown(repr(error)) from error
        except httpx.HTTPError as error:
            raise SmsDown(repr(error), maybe=True) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise SmsDown(f"status {answer.status_code}")
        if answer.status_code >= 400:
            raise SmsRefused(f"status {answer.status_code}")

    def _signed(self, body: bytes) -> dict[str, str]:
        """As events to us are signed: HMAC-SHA256 of "<t>.<body>" under the shared key."""
        key, stamp = self._settings.api_key.get_secret_value(), str(int(time.time()))
        proof = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "authorization": f"Bearer {key}",
            "x-zhike-signature": f"t={stamp},v1={proof}",
        }


class DemoSms:
    """Nothing leaves the machine: texts are lines of a file, under phone numbers that nobody could call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, phone: str, text: str, *, key: str = "") -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = {"phone": f"{phone[:3]}****{phone[-4:]}", "text": text, "key": key}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def sms_port(settings: SmsSettings, folder: Path) -> SmsPort | None:
    """The way to phones that the settings name, None where there is none."""
    if settings.demo:
        return DemoSms(folder / "sms.jsonl")
    return HttpSms(settings) if settings.url else None


class SmsCourier:
    """`phone_of`: a member's number, None where there is none."""

    def __init__(self, database: Database, clock: Clock, sms: SmsPort, phone_of: Callable[[str], str | None]) -> None:
        self._db = database
        self._clock = clock
        self._sms = sms
        self._phone_of = phone_of

    def deliver(self, delivery: Delivery) -> None:
        """Send a leased row, at most once: it is noted as gone before the gateway is asked, and taken back where the
        gateway certainly did not take it."""
        try:
            phone = self._phone_of(delivery.payload["member"])
        except BackendDown as error:
            self._end(delivery, "retry", repr(error))
            return
        except ToolError:  # nobody's, by now
            phone = None
        if not phone:
            self._end(delivery, "drop", "no phone number")
            return
        with self._db.write() as connection:
            outbox.leave(connection, delivery.id, None, self._clock.now())
        try:
            self._sms.send(phone, delivery.payload["text"], key=f"zhike-{delivery.id}")
        except SmsRefused as error:
            self._end(delivery, "drop", str(error))
        except SmsDown as error:
            self._end(delivery, "maybe" if error.maybe else "retry", str(error))
        else:
            self._end(delivery, "sent", "")

    def _end(self, delivery: Delivery, outcome: str, reason: str) -> None:
        now = self._clock.now()
        with self._db.write() as connection:
            if outcome in ("retry", "drop"):
                outbox.come_back(connection, delivery.id, delivery.payload)
                give_up = outcome == "drop" or delivery.attempts >= MAX_ATTEMPTS
                pause = timedelta(minutes=2**delivery.attempts)
                outbox.retry_later(connection, delivery.id, now + pause, reason, give_up=give_up)
        logs.DELIVERIES.labels(CHANNEL, outcome).inc()
        if outcome != "sent":
            log.info("delivery", delivery=delivery.id, outcome=outcome, cause=reason)
