"""Texts to phones: signed, sent at most once, tried again only where the gateway certainly did not take them."""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from assistant.channels import sms
from assistant.channels.sms import DemoSms, HttpSms, SmsCourier, SmsDown, SmsPort, SmsRefused
from assistant.clock import FixedClock
from assistant.config import SmsSettings
from assistant.db import outbox
from assistant.db.engine import Database
from assistant.db.tables.service import outbox as rows
from tests.conftest import NOW
from tools.errors import BackendDown

SETTINGS = SmsSettings(url="http://gateway.test/send", api_key=SecretStr("shared"))


def gateway(answer: Callable[[httpx.Request], httpx.Response]) -> HttpSms:
    return HttpSms(SETTINGS, httpx.MockTransport(answer))


def test_the_body_is_signed_with_the_shared_key() -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    gateway(take).send("13800000000", "您好", key="k1")

    (request,) = seen
    stamp, proof = (part.split("=", 1)[1] for part in request.headers["x-zhike-signature"].split(","))
    body = request.read()
    assert json.loads(body) == {"phone": "13800000000", "text": "您好", "key": "k1"}
    assert hmac.compare_digest(proof, hmac.new(b"shared", stamp.encode() + b"." + body, hashlib.sha256).hexdigest())


@pytest.mark.parametrize(
    ("status", "error"), [(400, SmsRefused), (404, SmsRefused), (429, SmsDown), (500, SmsDown), (503, SmsDown)]
)
def test_what_the_gateway_says_is_final_or_not(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        gateway(lambda _: httpx.Response(status)).send("13800000000", "您好")


def test_an_answer_that_never_came_may_have_been_a_yes() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with pytest.raises(SmsDown) as down:
        gateway(cut).send("13800000000", "您好")

    assert down.value.maybe


class Scripted:
    """A gateway that does what it is told."""

    def __init__(self, *does: Exception | None) -> None:
        self._does = list(does)
        self.sent: list[str] = []

    def send(self, phone: str, text: str, *, key: str = "") -> None:
        self.sent.append(text)
        if error := self._does.pop(0):
            raise error


def delivered(
    database: Database, port: SmsPort, phone_of: Callable[[str], str | None] = lambda _: "13800000000"
) -> str:
    """Deliver one row; how it stands afterwards."""
    clock = FixedClock(NOW)
    with database.write() as connection:
        outbox.put(connection, "v-1", sms.CHANNEL, {"member": "M1", "text": "您好"}, NOW)
        (delivery,) = outbox.claim(connection, NOW, NOW - NOW)
    SmsCourier(database, clock, port, phone_of).deliver(delivery)
    with database.read() as connection:
        return str(connection.execute(select(rows.c.status)).scalar_one())


def away(_: str) -> str | None:
    raise BackendDown("cable cut")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "sent"), (SmsRefused("400"), "failed"), (SmsDown("no line"), "ready"),
        (SmsDown("no answer", maybe=True), "sent"),
    ],
)  # fmt: skip
def test_a_text_is_tried_again_only_where_it_was_certainly_not_taken(
    database: Database, error: Exception | None, status: str
) -> None:
    port = Scripted(error)

    assert delivered(database, port) == status
    assert port.sent == ["您好"]


def test_without_a_number_nothing_is_sent_and_a_retailer_that_is_away_is_asked_again(tmp_path: Path) -> None:
    from assistant.db.migrate import migrate

    stores = [Database(f"sqlite:///{tmp_path / name}.db") for name in "ab"]
    for store in stores:
        migrate(store)
    port = Scripted()

    assert delivered(stores[0], port, lambda _: None) == "failed"
    assert delivered(stores[1], port, away) == "ready"
    assert port.sent == []
    for store in stores:
        store.close()


def test_the_demo_writes_down_what_would_have_been_sent(tmp_path: Path) -> None:
    DemoSms(tmp_path / "var" / "sms.jsonl").send("13812345678", "您好", key="k1")

    line = json.loads((tmp_path / "var" / "sms.jsonl").read_text(encoding="utf-8"))
    assert line == {"phone": "138****5678", "text": "您好", "key": "k1"}
