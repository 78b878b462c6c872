"""A service with an Official Account, on a WeChat of our own: pushes come in, calls go out, nothing leaves the process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from assistant.bootstrap import Service
from assistant.channels.official_account import CHANNEL
from assistant.clock import FixedClock
from assistant.config import WebSettings, WeChatSettings
from assistant.db import conversations, outbox
from assistant.db.jsonable import dump
from assistant.domain.message import Reply
from assistant.domain.shopper import Identity
from assistant.web.app import make_app
from assistant.web.fake_wechat import FakeWeChat, Phone, through
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT
from assistant.worker import Worker
from tests.conftest import settings_for

OPENID = "oTestShopper0000000000000001"


@dataclass
class World:
    """What a test looks at and acts on."""

    service: Service
    wechat: FakeWeChat
    worker: Worker
    clock: FixedClock
    browser: TestClient

    def phone(self, openid: str = OPENID, *, member: str | None = None, follows: bool = True) -> Phone:
        """Somebody's phone; they follow the account, and may be bound to a member."""
        phone = self.wechat.phone(openid)
        if follows:
            phone.user.subscribed_at = self.clock.now()
            phone.user.ever_subscribed = True
        if member:
            self.service.official_account.binding.bind(openid, member)
        return phone

    def owe(self, reply: Reply, openid: str = OPENID) -> None:
        """Put something into the outbox that answers no message."""
        me = Identity(CHANNEL, self.wechat.account.appid, openid)
        with self.service.database.write() as connection:
            mine = conversations.find(connection, me)
            assert mine is not None
            outbox.put(connection, mine, CHANNEL, dump(reply), self.clock.now())

    def push(self) -> int:
        """Deliver what is ready to be pushed."""
        return self.worker.deliver_once()

    def sent(self) -> list[str]:
        """Customer messages that went out: their words, or their type."""
        calls = [c for c in self.wechat.calls_of("/cgi-bin/message/custom/send") if c.errcode == 0]
        return [c.body.get("text", {}).get("content") or c.body["msgtype"] for c in calls]


def calls_to(platform: FakeWeChat) -> httpx.MockTransport:
    """A way from our client into the platform's API."""
    client = TestClient(platform.app)

    def handle(request: httpx.Request) -> httpx.Response:
        if trace := request.extensions.get("trace"):
            trace("http11.send_request_body.started", {})  # as a real connection tells
        answer = client.request(
            request.method, str(request.url.copy_with(scheme="http", host="testserver")),
            content=request.read(), headers={k: v for k, v in request.headers.items() if k != "host"},
        )  # fmt: skip
        kept = {k: v for k, v in answer.headers.items() if k in ("content-type", "content-disposition")}
        return httpx.Response(answer.status_code, content=answer.content, headers=kept)

    return httpx.MockTransport(handle)


Make = Callable[..., World]


@pytest.fixture
def make_world(folder: Path, clock: FixedClock) -> Iterator[Make]:
    """Makes a world; settings of the account by keyword, others in `more`. Lanes are running: a push is answered while it is held."""
    with ExitStack() as stack:

        def make(
            *, lanes: bool = True, data_format: str = "xml", more: Mapping[str, object] | None = None, **changes: object
        ) -> World:
            account = replace(
                DEMO_ACCOUNT, mode=changes.get("mode", "safe"), data_format=data_format,
                verified=changes.get("verified", True), kind=changes.get("account", "service"),
            )  # type: ignore[arg-type]  # fmt: skip
            platform = FakeWeChat(account=account, clock=clock)
            ours: dict[str, object] = {
                "app_id": account.appid, "secret": SecretStr(account.secret), "token": SecretStr(account.token),
                "aes_key": SecretStr(account.aes_key), "public_url": "http://testserver",
                "api_url": "http://fake", "oauth_url": "http://fake",
            }  # fmt: skip
            wechat = WeChatSettings.model_validate({**ours, **changes})
            settings = settings_for(
                folder, **{"wechat": wechat, "web": WebSettings(demo_accounts=True), **(more or {})}
            )
            service = Service(settings, clock=clock, wechat=calls_to(platform))
            stack.callback(service.close)
            service.router.rank("你好")  # as a started service is: the first answer must not wait for that
            worker = Worker(service)
            if lanes:
                worker.start(chores=False)
            stack.callback(worker.stop)
            browser = stack.enter_context(TestClient(make_app(service)))
            platform.deliver = through(browser)
            return World(service, platform, worker, clock, browser)

        yield make


@pytest.fixture
def world(make_world: Make) -> World:
    return make_world()
