"""WeChat's door: the callback of the Official Account, an ASGI application that stands before the framework (decision 0008).

A push is answered once it is on disk: with the reply itself where it is ready within the window, else with `success`,
and the reply follows as a customer message. It needs the store and the channel and nothing else of the service, so it
opens before the rest is there (`web/porch`).
"""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import logs
from assistant.channels.official_account import CALLBACK
from assistant.channels.official_account import meaning as meanings
from assistant.channels.official_account.account import OfficialAccount
from assistant.channels.official_account.courier import Carried
from assistant.channels.official_account.crypto import BadPush
from assistant.channels.official_account.push import Push
from assistant.channels.official_account.render import passive_json, passive_xml
from assistant.db.inbox import Accepted
from assistant.errors import StoreDown
from assistant.web.held import HeldPushes

if TYPE_CHECKING:
    from assistant.bootstrap import Service

log = logs.get("wechat")
WAITS_S = 4.7  # WeChat waits for five seconds, the way there and back included


def is_push(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == CALLBACK)


async def silence(scope: Scope, receive: Receive, send: Send) -> None:
    """What WeChat takes for “received”: by far the most frequent answer, with nothing of it made anew."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"7")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"success"})


def refuse(error: BadPush) -> Response:
    """Short and the same for all: whoever knocks without a key learns nothing."""
    logs.WECHAT_PUSHES.labels(f"refused:{error.reason}").inc()
    log.info("push_refused", reason=error.reason)
    return PlainTextResponse("refused", 403)


class Callback:
    """Takes WeChat's pushes of one service. Everything that it touches is built here, before a push waits for it."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._account = service.official_account if service.settings.wechat.app_id else None
        self._held = HeldPushes(service.database, service.live)
        self._aside = ThreadPoolExecutor(4, thread_name_prefix="aside")  # for what nobody waits for
        if self._account is not None:
            with suppress(StoreDown), service.database.brief():
                pass  # connected by now, as `Courier.leave` holds up the loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._take(Request(scope, receive))
        except HTTPException as error:
            response = PlainTextResponse("refused", error.status_code)
        except StoreDown as error:  # WeChat sends it again
            log.error("store_down", cause=str(error))
            response = PlainTextResponse("busy", 503)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def close(self, *, wait: bool = False) -> None:
        """Begin nothing more on the side. `wait`: until what was begun has ended."""
        self._aside.shutdown(wait=wait)

    async def _take(self, request: Request) -> ASGIApp:
        """Put a push on disk, and answer it."""
        account = self._account
        if account is None:
            raise HTTPException(404)
        started = asyncio.get_running_loop().time()
        query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        body = await _body(request.receive, self._service.settings.web.max_body_bytes)
        window = account.settings.passive_s
        try:
            now = account.clock.now()
            push = account.gate.open(query, body, now)
            meaning = meanings.read(push, account.settings.app_id, now, window=timedelta(seconds=window))
        except BadPush as error:
            return refuse(error)
        logs.WECHAT_PUSHES.labels(meaning.name).inc()
        taken = await account.intake.put(meaning)
        if taken.accepted is None:
            return silence
        if taken.accepted.fresh:
            logs.INBOX_WAITING.inc()
            self._service.work_to_do.set()
        carried = await self._within_window(request, account, taken.accepted, started)
        later = silence if account.courier.may_push else _spoken(account, push, query, account.profile.get().waiting)
        if carried.ready:
            return Leaving(account, carried, _spoken(account, push, query, carried.text), later)
        if account.courier.may_push and account.settings.passive_s:  # they have waited
            self._aside.submit(account.courier.typing, meaning.openid)
        return later

    async def _within_window(
        self, request: Request, account: OfficialAccount, accepted: Accepted, started: float
    ) -> Carried:
        """What can be answered in time."""
        clock = asyncio.get_running_loop().time

        async def carry() -> Carried:
            if await request.is_disconnected():  # nobody would hear it; WeChat asks again, or it follows as a push
                return Carried(ready=False)
            return await run_in_threadpool(
                account.courier.carry, accepted.conversation_id, accepted.inbox_id,
                still=lambda: clock() < started + WAITS_S,
            )  # fmt: skip

        carried = Carried(ready=False)
        deadline = started + account.settings.passive_s
        if not accepted.fresh:
            carried = await carry()
        while not carried.ready and (left := deadline - clock()) > 0:
            if not await self._held.wait(accepted, left):
                break  # too late to look once more: hundreds may be held, and what is ready now follows as a push
            carried = await carry()
        return carried


async def _body(receive: Receive, most: int) -> bytes:
    """The body of a request. Raises HTTPException (413) once it is longer than `most` bytes."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            raise HTTPException(413)
        if not message.get("more_body"):
            return body


class Leaving:
    """A response that is noted as gone and written in one go, without a turn of the loop between the two. `later`: what
    is said instead where it could not be noted, and follows."""

    def __init__(self, account: OfficialAccount, carried: Carried, spoken: ASGIApp, later: ASGIApp) -> None:
        self._account = account
        self._carried = carried
        self._spoken = spoken
        self._later = later

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._spoken if self._account.courier.leave(self._carried) else self._later
        await response(scope, receive, send)


def _spoken(account: OfficialAccount, push: Push, query: Mapping[str, str], text: str) -> ASGIApp:
    if not text:
        return silence
    to, me, now = push.text("FromUserName"), push.text("ToUserName"), account.clock.now()
    if push.as_json:
        answer = json.dumps(passive_json(text, to, me, now), ensure_ascii=False)
    else:
        answer = passive_xml(text, to, me, now)
    if push.sealed:
        answer = account.gate.seal(answer, query, as_json=push.as_json)
    return Response(answer, media_type="application/json" if push.as_json else "application/xml")
