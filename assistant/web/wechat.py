"""The doors for WeChat: the callback of the Official Account, and the pages on which a shopper binds a membership.

A push is answered once it is on disk: with the reply itself where it is ready within the window, else with `success`,
and the reply follows as a customer message.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import logs
from assistant.channels.official_account import meaning as meanings
from assistant.channels.official_account.account import OfficialAccount
from assistant.channels.official_account.courier import Carried
from assistant.channels.official_account.crypto import BadPush
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.channels.official_account.push import Push
from assistant.channels.official_account.render import passive_json, passive_xml
from assistant.db.inbox import Accepted
from assistant.errors import NotAllowed, Refusal, StoreDown
from assistant.web.fake_wechat.samples import DEMO_USERS
from assistant.web.state import web_of

router = APIRouter()
log = logs.get("wechat")
BROWSER = "zhike_bind"
CALLBACK = "/wechat/official"
NEWCOMER = list(DEMO_USERS.values())[-1][1]  # the phone number that the demo's newcomer may bind
WAITS_S = 4.7  # WeChat waits for five seconds, the way there and back included


async def account_of(request: Request) -> OfficialAccount:
    service = web_of(request).service
    if not service.settings.wechat.app_id:
        raise HTTPException(404, "没有开通公众号。")
    return service.official_account


Account = Annotated[OfficialAccount, Depends(account_of)]


# -- the callback --------------------------------------------------------------------------------------------------


@router.get(CALLBACK)
def greet(request: Request, account: Account) -> Response:
    """WeChat checks the address when it is entered in its console."""
    try:
        return PlainTextResponse(account.gate.greet(request.query_params, account.clock.now()))
    except BadPush as error:
        return _refuse(error)


def is_push(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == CALLBACK)


async def push(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI application of WeChat's pushes, which stands before the framework (decision 0008)."""
    try:
        response = await take(Request(scope, receive))
    except HTTPException as error:
        response = PlainTextResponse("refused", error.status_code)
    except StoreDown as error:  # WeChat sends it again
        log.error("store_down", cause=str(error))
        response = PlainTextResponse("busy", 503)
    except ClientDisconnect:
        return
    await response(scope, receive, send)


async def silence(scope: Scope, receive: Receive, send: Send) -> None:
    """What WeChat takes for “received”: by far the most frequent answer, with nothing of it made anew."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"7")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"success"})


async def take(request: Request) -> ASGIApp:
    """Put a push on disk, and answer it."""
    web = web_of(request)
    account = await account_of(request)
    started = asyncio.get_running_loop().time()
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    body = await _body(request.receive, web.service.settings.web.max_body_bytes)
    window = web.service.settings.wechat.passive_s
    try:
        now = account.clock.now()
        push = account.gate.open(query, body, now)
        meaning = meanings.read(push, account.settings.app_id, now, window=timedelta(seconds=window))
    except BadPush as error:
        return _refuse(error)
    logs.WECHAT_PUSHES.labels(meaning.name).inc()
    taken = await account.intake.put(meaning)
    if taken.accepted is None:
        return silence
    if taken.accepted.fresh:
        logs.INBOX_WAITING.inc()
        web.service.work_to_do.set()
    text = await _within_window(request, account, taken.accepted, started, meaning)
    return _spoken(account, push, query, text) if text else silence


async def _within_window(
    request: Request, account: OfficialAccount, accepted: Accepted, started: float, meaning: meanings.Meaning
) -> str:
    """The text that can be answered in time; empty where it follows later, or where there is nothing to say."""
    web = web_of(request)
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
        if not await web.held.wait(accepted, left):
            break  # too late to look once more: hundreds may be held, and what is ready now follows as a push
        carried = await carry()
    if carried.ready:
        return carried.text
    if account.courier.may_push:
        if account.settings.passive_s:  # they have waited
            web.aside.submit(account.courier.typing, meaning.openid)
        return ""
    return account.profile.get().waiting


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


def _spoken(account: OfficialAccount, push: Push, query: Mapping[str, str], text: str) -> Response:
    to, me, now = push.text("FromUserName"), push.text("ToUserName"), account.clock.now()
    if push.as_json:
        answer = json.dumps(passive_json(text, to, me, now), ensure_ascii=False)
    else:
        answer = passive_xml(text, to, me, now)
    if push.sealed:
        answer = account.gate.seal(answer, query, as_json=push.as_json)
    return Response(answer, media_type="application/json" if push.as_json else "application/xml")


def _refuse(error: BadPush) -> Response:
    """Short and the same for all: whoever knocks without a key learns nothing."""
    logs.WECHAT_PUSHES.labels(f"refused:{error.reason}").inc()
    log.info("push_refused", reason=error.reason)
    return PlainTextResponse("refused", 403)


# -- binding -------------------------------------------------------------------------------------------------------


def _page(request: Request, **what: Any) -> Response:
    web = web_of(request)
    response = web.templates.TemplateResponse(
        request,
        "bind.html",
        {
            "brand": web.service.settings.brand_name,
            "ticket": "",
            "phone": "",
            "error": "",
            "sample": NEWCOMER if web.service.settings.wechat.fake else "",
            **what,
        },  # fmt: skip
    )
    response.headers["cache-control"] = "no-store"
    return response


@router.get("/wechat/bind", response_class=HTMLResponse)
def bind(request: Request, account: Account, ticket: str = "") -> Response:
    """Start of binding: WeChat's sign-in, or the form for who came by a link of their own."""
    if ticket:
        return _form(request, account, ticket)
    if not account.binding.by_oauth:
        return _page(request, step="stale", error="请在公众号里发送“绑定会员”获取链接。")
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(16)
    response = RedirectResponse(account.binding.sign_in_url(browser), 302)
    response.set_cookie(BROWSER, browser, max_age=900, httponly=True, samesite="lax", path="/wechat")
    return response


@router.get("/wechat/bind/back", response_class=HTMLResponse)
def back(request: Request, account: Account, code: str = "", state: str = "") -> Response:
    """Back from WeChat's sign-in, which the shopper may have declined (no code)."""
    if not code:
        return _page(request, step="stale", error="您没有同意授权，会员没有绑定。需要时可以重新点“绑定会员”。")
    try:
        signed = account.binding.signed_in(code, state, request.cookies.get(BROWSER, ""))
    except NotAllowed as error:
        return _page(request, step="stale", error=error.public)
    except (WeChatDown, WeChatRefused) as error:
        log.warning("sign_in_failed", cause=str(error))
        return _page(request, step="stale", error="微信登录没有成功，请回到公众号再点一次“绑定会员”。")
    if signed.member_id:
        return _page(request, step="done")
    return _page(request, step="phone", ticket=signed.ticket)


def _form(request: Request, account: OfficialAccount, ticket: str) -> Response:
    if not account.binding.holds(ticket):
        return _page(request, step="stale", error="链接已失效，请回到公众号重新点“绑定会员”。")
    return _page(request, step="phone", ticket=ticket)


def _limited(request: Request) -> None:
    client = request.client.host if request.client else "?"
    if not web_of(request).limit.allows(f"bind:{client}"):
        raise HTTPException(429, "操作太频繁，请稍后再试。")


Field = Annotated[str, Form(max_length=120)]


@router.post("/wechat/bind/code", response_class=HTMLResponse, dependencies=[Depends(_limited)])
def send_code(request: Request, account: Account, ticket: Field, phone: Field) -> Response:
    """Send a code to the phone."""

    def act() -> Response:
        shown = account.binding.send_code(ticket, phone.strip())
        return _page(request, step="code", ticket=ticket, phone=phone.strip(), shown=shown)

    sent = account.binding.awaits_code(ticket, phone.strip())  # asked for twice: the one that was sent is good
    return _or_again(request, act, "code" if sent else "phone", ticket, phone)


@router.post("/wechat/bind/confirm", response_class=HTMLResponse, dependencies=[Depends(_limited)])
def confirm(request: Request, account: Account, ticket: Field, phone: Field, code: Field) -> Response:
    """Bind, where the code is right."""

    def act() -> Response:
        account.binding.confirm(ticket, phone.strip(), code.strip())
        return _page(request, step="done")

    return _or_again(request, act, "code", ticket, phone)


def _or_again(request: Request, act: Callable[[], Response], step: str, ticket: str, phone: str) -> Response:
    try:
        return act()
    except NotAllowed as error:
        return _page(request, step="stale", error=error.public)
    except Refusal as error:
        return _page(request, step=step, ticket=ticket, phone=phone.strip(), error=error.public)
