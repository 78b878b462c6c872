"""Who a browser is, and what a request may be: signed cookie, size limit, same origin, rate limit, headers."""

import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "zhike_visitor"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "SAMEORIGIN",
    "content-security-policy": "default-src 'self'; img-src 'self' data:; font-src 'self' data:; style-src 'self'; frame-ancestors 'self'; form-action 'self'",
    "permissions-policy": "microphone=(self), geolocation=(self), camera=()",
}
_RAW_HEADERS = [(k.encode(), v.encode()) for k, v in HEADERS.items()]


class Visitors:
    """Signs and reads the cookie of the chat page: {"sender": …, "member": … or ""}."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeSerializer(key, salt="visitor")

    def read(self, request: Request) -> dict[str, str] | None:
        raw = request.cookies.get(COOKIE)
        if raw is None:
            return None
        try:
            found = self._serializer.loads(raw)
        except BadSignature:
            return None
        fits = isinstance(found, dict) and found.keys() == {"sender", "member"}
        return {str(k): str(v) for k, v in found.items()} if fits else None

    def sign(self, sender: str, member: str) -> str:
        return str(self._serializer.dumps({"sender": sender, "member": member}))


def new_sender() -> str:
    return secrets.token_urlsafe(12)


def same_origin(request: Request) -> bool:
    """False for a write that another site made a browser send."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:  # no address at all
        return False


class RateLimit:
    """At most `per_minute` calls of a key in any minute. In memory, per process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if len(self._calls) > 50_000:
                self._calls.clear()
            calls = self._calls[key]
            while calls and calls[0] < now - 60:
                calls.popleft()
            if len(calls) >= self._per_minute:
                return False
            calls.append(now)
            return True


class TooLarge(Exception):
    """The body of a request passed the limit while it was read."""


class Hardened:
    """ASGI middleware: refuses bodies above a limit before they are read whole, adds the security headers."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        """`larger`: other limits, by path, or by its beginning where that ends with a slash."""
        self._app = app
        self._max = max_body_bytes
        self._larger = larger or {}

    def _most(self, path: str) -> int:
        return next(
            (n for p, n in self._larger.items() if path == p or (p.endswith("/") and path.startswith(p))), self._max
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most(scope["path"])
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await self._refuse(send)
            return
        read = 0
        started = False

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLarge
            return message

        async def with_headers(message: Message) -> None:
            nonlocal started
            if read > most and not started:
                return  # the framework answers a body that broke off with words of its own; ours come below
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *_RAW_HEADERS]
            await send(message)

        with suppress(TooLarge):
            await self._app(scope, limited, with_headers)
        if read > most and not started:
            await self._refuse(send)

    @staticmethod
    async def _refuse(send: Send) -> None:
        body = '{"error":"内容太大了，请精简后再发。"}'.encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *_RAW_HEADERS]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
