"""The FastAPI application of the fake platform: WeChat's API, web authorisation, the phone's endpoints and its page.

All its addresses hold under a mount: pages take their prefix from the request.
"""

import secrets
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.types import Receive, Scope, Send

from assistant.web.fake_wechat import accounts, messages, oauth, page
from assistant.web.fake_wechat.calls import ApiAnswer, ApiRequest, Endpoint, handle
from assistant.web.fake_wechat.platform import FakeWeChat

HERE = Path(__file__).parent
GET, ANY = ("GET",), ("GET", "POST")
ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/token": Endpoint(accounts.token, ANY, token=False),
    "/cgi-bin/stable_token": Endpoint(accounts.stable_token, token=False),
    "/cgi-bin/getcallbackip": Endpoint(accounts.callback_ip, GET),
    "/cgi-bin/message/custom/send": Endpoint(messages.send_custom),
    "/cgi-bin/message/custom/typing": Endpoint(messages.typing),
    "/cgi-bin/message/template/send": Endpoint(messages.send_template),
    "/cgi-bin/message/subscribe/bizsend": Endpoint(messages.send_subscribed),
    "/cgi-bin/menu/create": Endpoint(accounts.create_menu),
    "/cgi-bin/menu/get": Endpoint(accounts.get_menu, GET),
    "/cgi-bin/menu/delete": Endpoint(accounts.delete_menu, GET),
    "/cgi-bin/get_current_selfmenu_info": Endpoint(accounts.selfmenu, GET),
    "/cgi-bin/qrcode/create": Endpoint(accounts.create_qr),
    "/cgi-bin/user/info": Endpoint(accounts.user_info, GET),
    "/cgi-bin/media/upload": Endpoint(accounts.upload_media),
    "/cgi-bin/media/get": Endpoint(accounts.get_media, GET),
    "/cgi-bin/openapi/quota/get": Endpoint(accounts.get_quota, free=True),
    "/cgi-bin/clear_quota": Endpoint(accounts.clear_quota, free=True),
    "/sns/oauth2/access_token": Endpoint(oauth.access_token, GET, token=False),
    "/sns/userinfo": Endpoint(oauth.user_info, GET, token=False),
    "/wxa/business/getuserphonenumber": Endpoint(oauth.phone_number),
}


class BrokenOff(Response):
    """Promises more than it sends, so that the server breaks the connection off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})
        await send({"type": "http.response.body", "body": b'{"errcode":', "more_body": False})


def make_app(wechat: FakeWeChat) -> FastAPI:
    app = FastAPI(title="Fake WeChat", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.wechat = wechat
    app.state.templates = Jinja2Templates(HERE / "templates")
    for path, endpoint in ENDPOINTS.items():
        app.add_api_route(path, _route(wechat, endpoint), methods=["GET", "POST"])
    app.include_router(_web_authorisation(wechat))
    app.include_router(page.router)
    vendor = HERE.parent / "static" / "vendor"
    app.mount("/static/vendor", StaticFiles(directory=vendor, check_dir=False), name="vendor")
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    return app


def _route(wechat: FakeWeChat, endpoint: Endpoint) -> Any:
    async def serve(request: Request) -> Response:
        call = await _read(request)
        return _respond(await run_in_threadpool(handle, wechat, endpoint, call))

    return serve


async def _read(request: Request) -> ApiRequest:
    prefix = request.scope.get("root_path", "")
    path = request.scope["path"].removeprefix(prefix)
    upload = None
    body = b""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            part = form.get("media")
            if isinstance(part, UploadFile):
                upload = (part.filename or "", part.content_type or "application/octet-stream", await part.read())
    else:
        body = await request.body()
    client = request.client.host if request.client else ""
    return ApiRequest(path, request.method, dict(request.query_params), body, client, upload)


def _respond(answer: ApiAnswer) -> Response:
    if answer.drop:
        return BrokenOff()
    headers = dict(answer.headers)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    return JSONResponse(answer.body, answer.status, headers)


def _web_authorisation(wechat: FakeWeChat) -> APIRouter:
    """The page that asks a user. Who asks is the parameter `openid` or the cookie that the phone page sets."""
    router = APIRouter()
    asked: dict[str, dict[str, str]] = {}

    @router.get("/connect/oauth2/authorize", response_class=HTMLResponse)
    def authorize(request: Request) -> Response:
        query = request.query_params
        openid = query.get("openid") or request.cookies.get(page.COOKIE, "")
        fault = oauth.fault_of(wechat, query.multi_items())
        if not fault and openid not in wechat.users:
            fault = "请在微信客户端打开链接"
        if fault:
            wechat.violated("/connect/oauth2/authorize", 0, fault)
            return _page(request, "refused.html", {"words": fault}, 400)
        redirect_uri, state = query["redirect_uri"], query.get("state", "")
        if query["scope"] == "snsapi_base":
            code = wechat.phone(openid).oauth_code("snsapi_base")
            return RedirectResponse(oauth.redirected(redirect_uri, state, code), 302)
        ticket = secrets.token_urlsafe(16)
        asked[ticket] = {"openid": openid, "redirect_uri": redirect_uri, "state": state}
        context = {"ticket": ticket, "account": wechat.account.name, "user": wechat.users[openid].name}
        return _page(request, "authorize.html", context)

    @router.get("/connect/oauth2/decide")
    def decide(request: Request, ticket: str, agree: bool) -> Response:
        known = asked.pop(ticket, None)
        if known is None:
            return _page(request, "refused.html", {"words": "这个页面已经用过了"}, 400)
        code = wechat.phone(known["openid"]).oauth_code() if agree else ""
        return RedirectResponse(oauth.redirected(known["redirect_uri"], known["state"], code), 302)

    return router


def _page(request: Request, name: str, context: dict[str, Any], status: int = 200) -> Response:
    templates: Jinja2Templates = request.app.state.templates
    whole = {"root": request.scope.get("root_path", ""), **context}
    return templates.TemplateResponse(request, name, whole, status_code=status)
