"""Who a request of the staff comes from, what they may do, and the page around what they see.

A browser shows a cookie with a session's secret; a program shows an API token as bearer, on the JSON routes only. Every
write is checked to come from our own pages. Used by every route of the staff.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from assistant.accounts.sessions import SignedIn
from assistant.clock import local
from assistant.db.audit import Origin
from assistant.domain.account import ROLE_NAMES, Account, Permission, Scope, resolve
from assistant.web.security import same_origin
from assistant.web.staff.device import device
from assistant.web.state import web_of

COOKIE = "zhike_staff"
SIGN_IN, NEW_PASSWORD = "/staff/sign-in", "/staff/password"

# What pages say after something was done: the code stands in the address, the words only here.
DONE = {
    "saved": "已保存。", "added": "已新建账号。", "disabled": "已停用，所有登录和令牌都已失效。", "enabled": "已启用。",
    "unlocked": "已解锁。", "totp-dropped": "已关闭这个账号的两步验证。", "unbound": "已解除单点登录绑定。",
    "ended": "已结束登录。", "password": "密码已修改，其他设备上的登录都已结束。", "token-dropped": "令牌已撤销。",
    "totp-off": "两步验证已关闭。", "set": "密码已设置，请用新密码登录。", "out": "您已退出。",
    "noted": "已记下。", "undone": "已撤销。", "adopted": "已采纳为新标签，相关原话正在重新读。", "ignored": "已忽略，不再提示。",
    "planned": "已安排，一两分钟后刷新页面查看。",
}  # fmt: skip


class SignInNeeded(Exception):
    """Nobody is signed in, or a new password is due. `to`: the page where that is mended."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


@dataclass(frozen=True)
class Entry:
    """One place that the navigation leads to."""

    address: str
    words: str
    icon: str
    permission: Permission


ENTRIES = (
    Entry("/ops/ask", "问数", "messages", Permission.ASK),
    Entry("/ops/listening", "倾听", "ear", Permission.ASK),
    Entry("/ops/problems", "问题", "alert-triangle", Permission.ASK),
    Entry("/ops/surveys", "问卷", "chart-bar", Permission.ASK),
    Entry("/ops/rules", "规则", "clock", Permission.ASK),
    Entry("/admin/accounts", "账号", "users", Permission.MANAGE_ACCOUNTS),
    Entry("/admin/import", "导入", "file-import", Permission.MANAGE_ACCOUNTS),
    Entry("/admin/audit", "审计", "history", Permission.READ_AUDIT),
)


def navigation(account: Account) -> list[Entry]:
    """What this account may open."""
    return [e for e in ENTRIES if account.may(e.permission)]


def home(account: Account) -> str:
    entries = navigation(account)
    return entries[0].address if entries else "/staff/me"


def scope_of(request: Request, signed: SignedIn) -> Scope:
    """What somebody may see."""
    return resolve(signed.stored.account, web_of(request).service.accounts.staff.tree())


def ip_of(request: Request) -> str:
    return request.client.host if request.client else ""


def stranger(request: Request) -> Origin:
    """Where a request comes from whose sender has not proved who they are."""
    return Origin("?", ip_of(request), request.headers.get("user-agent", "")[:200])


def origin_of(request: Request, signed: SignedIn) -> Origin:
    return Origin(signed.name, ip_of(request), request.headers.get("user-agent", "")[:200])


def by_cookie(request: Request) -> SignedIn | None:
    secret = request.cookies.get(COOKIE, "")
    return web_of(request).service.accounts.sessions.read(secret) if secret else None


def session(request: Request) -> SignedIn:
    """Somebody with a session, even where a new password is due."""
    found = by_cookie(request)
    if found is None:
        wanted = request.url.path if request.method == "GET" else ""
        raise SignInNeeded(f"{SIGN_IN}?next={quote(wanted)}" if wanted not in ("", "/staff") else SIGN_IN)
    return found


def browser(request: Request) -> SignedIn:
    """Somebody with a session who may use pages."""
    found = session(request)
    if found.must_change:
        raise SignInNeeded(NEW_PASSWORD)
    return found


def program(request: Request) -> SignedIn:
    """Somebody with a session, or a program with a token."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer":
        return browser(request)
    found = web_of(request).service.accounts.sessions.by_token(secret.strip())
    if found is None:
        raise HTTPException(401, "令牌不对或已过期。", headers={"www-authenticate": "Bearer"})
    return found


def ours(request: Request) -> None:
    """A write comes from our own pages. A program's token is proof enough: no browser sends it by itself."""
    if request.headers.get("authorization"):
        return
    if not same_origin(request) or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403, "请求来源不对。")


def allow(found: SignedIn, permission: Permission) -> SignedIn:
    if not found.stored.account.may(permission):
        raise HTTPException(403, "您的角色没有这个权限，需要时请联系管理员。")
    return found


def needs(permission: Permission, who: Callable[[Request], SignedIn] = browser) -> Callable[[Request], SignedIn]:
    """A dependency: somebody who may do this."""

    def check(request: Request) -> SignedIn:
        return allow(who(request), permission)

    return check


Me = Annotated[SignedIn, Depends(browser)]
Ours = Depends(ours)


def local_path(wanted: str) -> str:
    """An address of ours that somebody may be led to; empty where it would lead elsewhere."""
    fine = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if fine and "\\" not in wanted else ""


def secure(request: Request) -> bool:
    """Whether cookies may be kept to https."""
    return request.url.scheme == "https" or public_url(request).startswith("https://")


def public_url(request: Request) -> str:
    """Where our pages are reached, without a slash at the end."""
    told = web_of(request).service.settings.web.public_url
    return (told or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def set_session(request: Request, response: Response, secret: str) -> None:
    life = web_of(request).service.accounts.sessions.life
    response.set_cookie(
        COOKIE, secret, max_age=int(life.total_seconds()), httponly=True, samesite="lax", path="/",
        secure=secure(request),
    )  # fmt: skip


def page(
    request: Request, template: str, signed: SignedIn | None = None, *, status: int = 200, **context: Any
) -> Response:
    """A page of the staff. Never kept by a browser or a proxy."""
    web = web_of(request)
    around = {
        "brand": web.service.settings.brand_name,
        "account": signed.stored.account if signed else None,
        "role_names": ROLE_NAMES,
        "entries": navigation(signed.stored.account) if signed else [],
        "here": request.url.path,
        "done": DONE.get(request.query_params.get("done", ""), ""),
        "local": local,
        "device": device,
    }
    response = web.templates.TemplateResponse(request, f"staff/{template}", {**around, **context}, status_code=status)
    response.headers["cache-control"] = "no-store"
    return response


def go(address: str, done: str = "") -> Response:
    """Lead on after a write."""
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}done={done}" if done else address, 303)


def install(app: FastAPI) -> None:
    """A page is led to the sign-in, a script is told."""

    @app.exception_handler(SignInNeeded)
    def sign_in(request: Request, needed: SignInNeeded) -> Response:
        if wants_page(request):
            return RedirectResponse(needed.to, 303)
        return JSONResponse({"error": "登录已过期，请重新登录。", "sign_in": needed.to}, 401)


def wants_page(request: Request) -> bool:
    return "/api/" not in request.url.path and "text/html" in request.headers.get("accept", "")


def refused(request: Request, status: int, words: str, *, known: bool = True) -> Response | None:
    """A page for a refusal on a page of the staff; None where the answer is for a script or another door.

    `known` False: the store cannot be asked who it is.
    """
    if not request.url.path.startswith(("/staff", "/admin", "/ops")) or not wants_page(request):
        return None
    signed = by_cookie(request) if known else None
    return page(request, "refused.html", signed, status=status, words=words, status_code=status)
