"""Delivers pushes to the service's callback as WeChat does: signed, five seconds, three tries of the very same push."""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import httpx

from assistant.web.fake_wechat import crypto, rules, wire
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.records import Account, Answer, Attempt, Bubble, Delivery, PushRequest
from assistant.web.fake_wechat.replies import BadReply, read_reply

NOTICE = "该公众号提供的服务出现故障，请稍后再试"
# Nobody looks at the chat for these, so a failure stays unseen.
UNSEEN = frozenset({"unsubscribe", "LOCATION", "VIEW", "view_miniprogram", "TEMPLATESENDJOBFINISH",
                    "subscribe_msg_sent_event", "subscribe_msg_popup_event", "subscribe_msg_change_event"})  # fmt: skip


class Undelivered(Exception):
    """No answer came: `timeout` or `connection`."""


Deliver = Callable[[PushRequest], Answer]
"""Brings a push to the callback. Raises Undelivered, TimeoutError or ConnectionError where no answer comes."""


class Client(Protocol):
    """The part of Starlette's `TestClient` that is used."""

    def request(self, method: str, url: Any, *, params: Any = ..., content: Any = ..., headers: Any = ...) -> Any: ...


def through(client: Client, path: str = "/wechat/official") -> Deliver:
    """Into an application in the same process, by its test client."""

    def deliver(push: PushRequest) -> Answer:
        answer = client.request(
            push.method, path, params=dict(push.params), content=push.body.encode(),
            headers={"content-type": push.content_type, "user-agent": "Mozilla/4.0"},
        )  # fmt: skip
        return Answer(int(answer.status_code), bytes(answer.content))

    return deliver


def over_http(url: str, *, timeout_s: float = rules.ANSWER_WITHIN_S) -> Deliver:
    """To a callback at a URL. Each push has a connection of its own, as none is kept open for ever."""

    def deliver(push: PushRequest) -> Answer:
        headers = {"content-type": push.content_type, "user-agent": "Mozilla/4.0"}
        try:
            with httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client:
                answer = client.request(push.method, url, params=dict(push.params), content=push.body, headers=headers)
        except httpx.TimeoutException as error:
            raise Undelivered("timeout") from error
        except httpx.TransportError as error:
            raise Undelivered("connection") from error
        return Answer(answer.status_code, answer.content)

    return deliver


def sign(account: Account, stamp: str, nonce: str) -> dict[str, str]:
    return {"signature": crypto.signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}


def seal(account: Account, fields: Mapping[str, Any], openid: str, at: int) -> PushRequest:
    """A push as it goes over the wire, in the account's mode and format."""
    write = wire.to_json if account.data_format == "json" else wire.to_xml
    stamp, nonce = str(at), str(secrets.randbelow(2_000_000_000))
    params = {**sign(account, stamp, nonce), "openid": openid}
    body = write(dict(fields))
    if account.mode != "plain":
        sealed = crypto.encrypt(account.aes_key, account.appid, body)
        params |= {"encrypt_type": "aes", "msg_signature": crypto.signature(account.token, stamp, nonce, sealed)}
        seen = dict(fields) if account.mode == "compatible" else {"ToUserName": fields.get("ToUserName", "")}
        body = write({**seen, "Encrypt": sealed})
    kind = "application/json" if account.data_format == "json" else "text/xml"
    return PushRequest("POST", params, body, kind)


def verify(wechat: FakeWeChat) -> bool:
    """The signed GET by which a callback is entered. False where `echostr` does not come back."""
    echo = secrets.token_hex(10)
    params = sign(wechat.account, str(int(wechat.now().timestamp())), str(secrets.randbelow(2_000_000_000)))
    attempt = _attempt(wechat, PushRequest("GET", {**params, "echostr": echo}, "", "text/plain"))
    return attempt.status == 200 and attempt.body == echo.encode()


def push_fields(wechat: FakeWeChat, openid: str, fields: Mapping[str, Any]) -> Delivery:
    """Push a message or an event of a user: the head is added here."""
    at = int(wechat.now().timestamp())
    head = {"ToUserName": wechat.account.original_id, "FromUserName": openid, "CreateTime": at}
    whole = {**head, **fields}
    return push_request(wechat, openid, whole, seal(wechat.account, whole, openid, at))


def push_request(wechat: FakeWeChat, openid: str, fields: Mapping[str, Any], request: PushRequest) -> Delivery:
    """Deliver a push that is ready, or keep it back where pushes are held."""
    if wechat.hold_back(lambda: _deliver(wechat, openid, fields, request)):
        return Delivery(openid, fields, request, (), "held")
    return _deliver(wechat, openid, fields, request)


def _deliver(wechat: FakeWeChat, openid: str, fields: Mapping[str, Any], request: PushRequest) -> Delivery:
    attempts: list[Attempt] = []
    while len(attempts) < rules.DELIVERIES:
        attempts.append(_attempt(wechat, request))
        status = attempts[-1].status
        if status is not None and status < 500:
            break
    outcome, bubble = _settle(wechat, openid, fields, attempts[-1])
    if wechat.faults.take_duplicate():
        attempts.append(_attempt(wechat, request))  # its answer, if it has one, is not shown
    delivery = Delivery(openid, fields, request, tuple(attempts), outcome, bubble)
    wechat.delivered(delivery)
    return delivery


def _attempt(wechat: FakeWeChat, request: PushRequest) -> Attempt:
    start, began = time.monotonic(), wechat.now()
    status, error, body = None, "", b""
    try:
        if wechat.deliver is None:
            raise Undelivered("connection")
        answer = wechat.deliver(request)
        status, body = answer.status, answer.body
    except (Undelivered, TimeoutError, ConnectionError) as lost:
        error = "timeout" if isinstance(lost, TimeoutError) or str(lost) == "timeout" else "connection"
    took = max(timedelta(seconds=time.monotonic() - start), wechat.now() - began)
    if took.total_seconds() > rules.ANSWER_WITHIN_S:
        status, error, body = None, "timeout", b""  # the connection was given up before this came
    where = "callback"
    if error == "timeout":
        wechat.violated(where, 0, "no answer within five seconds")
    elif error or (status is not None and status != 200):
        wechat.violated(where, 0, error or f"HTTP {status}")
    return Attempt(status, error, round(took.total_seconds() * 1000), body)


def _settle(wechat: FakeWeChat, openid: str, fields: Mapping[str, Any], last: Attempt) -> tuple[Any, Bubble | None]:
    """What the user sees of the last answer: (outcome, bubble)."""
    unseen = fields.get("Event") in UNSEEN or openid not in wechat.users
    if last.status == 200:
        try:
            reply = read_reply(wechat.account, last.body, dict(fields))
            if reply and reply[1].get("media_id"):
                wechat.find_media(reply[1]["media_id"], reply[0])
        except (BadReply, Refused) as error:
            wechat.violated("reply", 0, str(error))
        else:
            if reply is None:
                return "silence", None
            kind, content = reply
            if unseen or kind == "transfer_customer_service":
                return "reply", None
            with wechat.lock:
                wechat.users[openid].last_contact = wechat.now()
            return "reply", wechat.show(openid, "account", kind, content, "passive")
    if unseen:
        return "fault", None
    return "fault", wechat.show(openid, "system", "hint", {"content": NOTICE}, "hint")
