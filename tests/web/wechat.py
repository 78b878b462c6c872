"""What the tests of the fake WeChat share: a platform, a caller of its API, a callback that answers as told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.clock import FixedClock
from assistant.web.fake_wechat import FakeWeChat
from assistant.web.fake_wechat.push import Undelivered
from assistant.web.fake_wechat.records import Answer, PushRequest
from eval import serving

OPENID = "oTest0000000000000000000001"


class Callback:
    """A service's callback: `answers` are given in turn, the last one again and again; it remembers every push."""

    def __init__(self, *answers: Answer | str | Callable[[PushRequest], Answer]) -> None:
        self.answers = list(answers) or [Answer(200, b"success")]
        self.seen: list[PushRequest] = []

    def __call__(self, push: PushRequest) -> Answer:
        self.seen.append(push)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise Undelivered(answer)
        return answer if isinstance(answer, Answer) else answer(push)


class Service:
    """The caller's side of the API, with its token."""

    def __init__(self, wechat: FakeWeChat) -> None:
        self.http = TestClient(wechat.app)
        account = wechat.account
        self.app = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret}
        self.token = ""

    def log_in(self) -> None:
        self.token = self.http.get("/cgi-bin/token", params=self.app).json()["access_token"]

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        return self.http.post(path, params={"access_token": self.token, **query}, json=body).json()

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(path, params={"access_token": self.token, **query}).json()

    def send(self, words: str, to: str = OPENID) -> int:
        """Send a text as a customer message, unescaped as WeChat wants it; gives the errcode."""
        content = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        body = f'{{"touser":"{to}","msgtype":"text","text":{{"content":"{content}"}}}}'
        answer = self.http.post(
            "/cgi-bin/message/custom/send", params={"access_token": self.token}, content=body.encode()
        )
        return int(answer.json()["errcode"])


@pytest.fixture
def callback() -> Callback:
    return Callback()


@pytest.fixture
def wechat(clock: FixedClock, callback: Callback) -> FakeWeChat:
    """A verified service account in plain mode with one user, who follows it since long."""
    made = FakeWeChat(clock=clock, deliver=callback)
    user = made.phone(OPENID, "小雨").user
    user.subscribed_at, user.ever_subscribed = clock.now(), True
    return made


@pytest.fixture
def service(wechat: FakeWeChat) -> Service:
    made = Service(wechat)
    made.log_in()
    return made


@pytest.fixture
def served(wechat: FakeWeChat) -> Iterator[str]:
    """The address of the platform, served over HTTP."""
    with serving.served(wechat.app) as address:
        yield address
