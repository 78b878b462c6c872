"""What the fake platform remembers, as plain records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from assistant.web.fake_wechat.rules import Allowance, Grant, Scene

Mode = Literal["plain", "compatible", "safe"]
Kind = Literal["service", "subscription"]


@dataclass(frozen=True)
class Account:
    """An Official Account and its developer settings. `ip_allowlist` and `oauth_domain` empty: any."""

    appid: str
    secret: str
    original_id: str
    name: str
    token: str
    aes_key: str
    kind: Kind = "service"
    verified: bool = True
    mode: Mode = "plain"
    data_format: Literal["xml", "json"] = "xml"
    ip_allowlist: frozenset[str] = frozenset()
    oauth_domain: str = ""
    banned: frozenset[str] = frozenset()  # paths that answer 48004


@dataclass(frozen=True)
class Template:
    """A template message, or (`subscription`) a subscription notice; `one_time`: one consent, one message.

    `keywords`: name and label of each, in order.
    """

    id: str
    title: str
    keywords: Mapping[str, str]
    subscription: bool = False
    one_time: bool = True


@dataclass
class User:
    """One user as the account and WeChat see them. Changed under the platform's lock only."""

    openid: str
    name: str = ""
    unionid: str = ""
    phone_number: str = ""
    subscribed_at: datetime | None = None
    ever_subscribed: bool = False
    scene: str = ""  # of the code through which they came
    allowance: Allowance = field(default_factory=dict[Scene, Grant])
    last_contact: datetime | None = None
    typing_until: datetime | None = None
    blacklisted: bool = False  # by the account
    limited: bool = False  # by WeChat
    blocks_templates: bool = False
    consents: dict[str, int] = field(default_factory=dict[str, int])  # template: messages left; -1: any number
    refused: set[str] = field(default_factory=set[str])  # templates that they consented to once and refuse now

    @property
    def subscribed(self) -> bool:
        return self.subscribed_at is not None


@dataclass(frozen=True)
class Bubble:
    """One thing in the chat as the user sees it. `content`: as the message's own object in WeChat's JSON."""

    id: int
    openid: str
    side: Literal["user", "account", "system"]
    kind: str
    content: Mapping[str, Any]
    at: datetime
    via: Literal["phone", "passive", "customer", "template", "subscribe", "hint"]
    ai: bool = False

    @property
    def text(self) -> str:
        """The words of a text bubble or a hint, else empty."""
        return str(self.content.get("content", ""))


@dataclass(frozen=True)
class PushRequest:
    """What goes to the callback. Retries send this very object again."""

    method: Literal["GET", "POST"]
    params: Mapping[str, str]
    body: str
    content_type: str


@dataclass(frozen=True)
class Answer:
    """What the callback answered."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Attempt:
    """One delivery of a push: HTTP status, or what happened instead (`timeout`, `connection`)."""

    status: int | None
    error: str
    ms: int
    body: bytes = b""


@dataclass(frozen=True)
class Delivery:
    """A push and what became of it.

    `outcome`: `reply` (with `bubble`), `silence` ("success" or empty), `fault` (the phone shows the notice where the
    user waits for something), `held` (see `FakeWeChat.hold`), `unheard` (nothing is pushed for this act).
    """

    openid: str
    fields: Mapping[str, Any]
    request: PushRequest | None
    attempts: tuple[Attempt, ...]
    outcome: Literal["reply", "silence", "fault", "held", "unheard"]
    bubble: Bubble | None = None

    @property
    def msg_id(self) -> int | None:
        return self.fields.get("MsgId")


@dataclass(frozen=True)
class Call:
    """One call of the API. `body`: its JSON where it had one."""

    at: datetime
    path: str
    query: Mapping[str, str]
    body: Any
    errcode: int
    ms: int
    injected: bool = False


@dataclass(frozen=True)
class Violation:
    """A rule of WeChat's that the service broke. `code`: errcode, or 0 where there is none (replies, acknowledgement)."""

    at: datetime
    where: str
    code: int
    words: str


@dataclass(frozen=True)
class Media:
    id: str
    kind: str
    data: bytes
    content_type: str
    until: datetime


@dataclass(frozen=True)
class QrCode:
    """`until`: None for a permanent one."""

    ticket: str
    url: str
    scene: str
    until: datetime | None
