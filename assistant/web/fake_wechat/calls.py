"""One call of the API: planned faults, then token, right, quota, handler; always recorded. Called by the routes."""

import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.web.fake_wechat import rules
from assistant.web.fake_wechat.codes import MESSAGES, Refused
from assistant.web.fake_wechat.faults import Fault
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.records import Call


@dataclass(frozen=True)
class ApiRequest:
    """A call as it came. `upload`: (file name, content type, bytes) of the form field `media`."""

    path: str
    method: str
    query: Mapping[str, str]
    body: bytes = b""
    client_ip: str = ""
    upload: tuple[str, str, bytes] | None = None

    def json(self) -> dict[str, Any]:
        """The body. Refuses 44002 (empty), 47001 (no JSON object)."""
        if not self.body.strip():
            raise Refused(44002)
        return _object(self.body)

    def shown(self) -> Any:
        """The body for the record; None where it is no JSON."""
        try:
            return _object(self.body)
        except Refused:
            return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Refused(47001) from error
    if not isinstance(found, dict):
        raise Refused(47001)
    return found


@dataclass(frozen=True)
class ApiAnswer:
    """What goes back: JSON, or bytes with their type. `drop`: the connection breaks off instead."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


Handler = Callable[[FakeWeChat, ApiRequest], dict[str, Any] | ApiAnswer]


@dataclass(frozen=True)
class Endpoint:
    """`methods`: those allowed. `token`: needs an access token in the query. `free`: not counted."""

    handler: Handler
    methods: tuple[str, ...] = ("POST",)
    token: bool = True
    free: bool = False


def handle(
    wechat: FakeWeChat, endpoint: Endpoint, request: ApiRequest, sleep: Callable[[float], None] = time.sleep
) -> ApiAnswer:
    """Answer a call and record it."""
    start = time.monotonic()
    fault = wechat.faults.take(request.path)
    if fault is not None:
        sleep(fault.hang_s)
        if not fault.after and (spoilt := _spoilt(fault)) is not None:
            return _recorded(wechat, request, spoilt, start, injected=True)
    try:
        given = _served(wechat, endpoint, request)
        answer = given if isinstance(given, ApiAnswer) else ApiAnswer(given)
    except Refused as refused:
        rid = f"rid: {wechat.new_id():08x}"
        answer = ApiAnswer({"errcode": refused.code, "errmsg": f"{refused.message} {rid}"})
        if refused.blame:
            wechat.violated(request.path, refused.code, refused.message)
    if fault is not None and fault.after:
        return _recorded(wechat, request, _spoilt(fault) or answer, start, injected=True)
    return _recorded(wechat, request, answer, start, injected=False)


def _served(wechat: FakeWeChat, endpoint: Endpoint, request: ApiRequest) -> dict[str, Any] | ApiAnswer:
    account = wechat.account
    if request.method not in endpoint.methods:
        raise Refused(43001 if endpoint.methods == ("GET",) else 43002)
    if account.ip_allowlist and request.path.startswith("/cgi-bin/"):
        _check_ip(request.client_ip, account.ip_allowlist)
    if endpoint.token:
        with wechat.lock:
            wechat.tokens.check(request.query.get("access_token"), wechat.now())
    if not rules.may_call(request.path, account.kind, account.verified):
        raise Refused(48001)
    if request.path in account.banned:
        raise Refused(48004)
    if not endpoint.free:
        wechat.count(request.path)
    return endpoint.handler(wechat, request)


def _check_ip(client: str, allowed: frozenset[str]) -> None:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        address = None  # a test client has a name
    inside = address is not None and any(address in ipaddress.ip_network(net) for net in allowed if net[0].isdigit())
    if client not in allowed and not inside:
        raise Refused(40164, f"ip {client}")


def _spoilt(fault: Fault) -> ApiAnswer | None:
    if fault.drop:
        return ApiAnswer({}, drop=True)
    if fault.status is not None:
        return ApiAnswer(b"<html>bad gateway</html>", fault.status, {"content-type": "text/html"})
    if fault.errcode is not None:
        words = MESSAGES.get(fault.errcode, "error")
        return ApiAnswer({"errcode": fault.errcode, "errmsg": f"{words} rid: fault"})
    return None


def _recorded(wechat: FakeWeChat, request: ApiRequest, answer: ApiAnswer, start: float, *, injected: bool) -> ApiAnswer:
    code = int(answer.body.get("errcode", 0)) if isinstance(answer.body, dict) else 0
    if answer.drop or answer.status != 200:
        code = -1
    query = {name: value for name, value in request.query.items() if name not in ("access_token", "secret")}
    took = round((time.monotonic() - start) * 1000)
    wechat.called(Call(wechat.now(), request.path, query, request.shown(), code, took, injected))
    return answer
