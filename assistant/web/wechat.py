"""The pages for WeChat: the address that its console checks, and those on which a shopper binds a membership."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from assistant import logs
from assistant.channels.official_account import CALLBACK
from assistant.channels.official_account.account import OfficialAccount
from assistant.channels.official_account.crypto import BadPush
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.errors import NotAllowed, Refusal
from assistant.web.callback import refuse
from assistant.web.fake_wechat.samples import DEMO_USERS
from assistant.web.state import web_of

router = APIRouter()
log = logs.get("wechat")
BROWSER = "zhike_bind"
NEWCOMER = list(DEMO_USERS.values())[-1][1]  # the phone number that the demo's newcomer may bind


async def account_of(request: Request) -> OfficialAccount:
    service = web_of(request).service
    if not service.settings.wechat.app_id:
        raise HTTPException(404, "没有开通公众号。")
    return service.official_account


Account = Annotated[OfficialAccount, Depends(account_of)]


@router.get(CALLBACK)
def greet(request: Request, account: Account) -> Response:
    """WeChat checks the address when it is entered in its console."""
    try:
        return PlainTextResponse(account.gate.greet(request.query_params, account.clock.now()))
    except BadPush as error:
        return refuse(error)


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
