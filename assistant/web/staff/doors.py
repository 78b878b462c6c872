"""The doors: sign in, the second step, single sign-on, invitations and resets, a new password where one is due, sign out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant import logs
from assistant.accounts.demo import password as demo_password
from assistant.accounts.oidc import ProviderDown
from assistant.accounts.sessions import SignedIn
from assistant.accounts.sign_in import Opened, SecondStep, TooManyTries
from assistant.db.audit import Origin
from assistant.domain.account import ROLE_NAMES
from assistant.errors import NotAllowed, NotFound, Refusal
from assistant.merchant.world.accounts import demo_accounts
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, go, page
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
log = logs.get("staff")
SECOND, SSO, NEXT = "zhike_second", "zhike_sso", "zhike_next"
Text = Annotated[str, Form(max_length=400)]
Session = Annotated[SignedIn, Depends(guard.session)]


@router.get("/staff")
def start(request: Request, me: guard.Me) -> Response:
    return RedirectResponse(guard.home(me.stored.account), 303)


@router.get("/staff/sign-in", response_class=HTMLResponse)
def sign_in_page(request: Request, next: str = "") -> Response:
    if (found := guard.by_cookie(request)) is not None:
        return RedirectResponse(guard.local_path(next) or guard.home(found.stored.account), 303)
    return _sign_in_page(request, next)


def _sign_in_page(request: Request, next: str, *, name: str = "", error: str = "", status: int = 200) -> Response:
    service = web_of(request).service
    shown = service.settings.web.demo_accounts and demo_password(service.settings.data_dir)
    accounts = list(demo_accounts().values()) if shown else []
    return page(
        request, "sign_in.html", status=status, next=guard.local_path(next), name=name, error=error,
        sso=service.accounts.sso.label if service.accounts.sso.on else "", demo=accounts, demo_password=shown,
        roles=ROLE_NAMES,
    )  # fmt: skip


@router.post("/staff/sign-in", response_class=HTMLResponse, dependencies=[Ours])
def sign_in(request: Request, name: Text = "", password: Text = "", next: Text = "") -> Response:
    """The first step. Whoever fails gets the same page, whatever the reason."""
    try:
        found = web_of(request).service.accounts.sign_in.with_password(name, password, guard.stranger(request))
    except NotAllowed as error:
        status = 429 if isinstance(error, TooManyTries) else 401
        return _sign_in_page(request, next, name=name[:64], error=error.public, status=status)
    if isinstance(found, SecondStep):
        response = page(request, "second.html", next=guard.local_path(next), error="")
        response.set_cookie(
            SECOND, found.ticket, max_age=300, httponly=True, samesite="strict", path="/staff/sign-in",
            secure=guard.secure(request),
        )  # fmt: skip
        return response
    return _opened(request, found, next)


@router.post("/staff/sign-in/code", response_class=HTMLResponse, dependencies=[Ours])
def second_step(request: Request, code: Text = "", next: Text = "") -> Response:
    sign_in = web_of(request).service.accounts.sign_in
    ticket = request.cookies.get(SECOND, "")
    try:
        found = sign_in.with_code(ticket, code, guard.stranger(request))
    except NotAllowed as error:
        if sign_in.waits(ticket):
            return page(request, "second.html", status=401, next=guard.local_path(next), error=error.public)
        return _sign_in_page(request, next, error=error.public, status=401)
    response = _opened(request, found, next)
    response.delete_cookie(SECOND, path="/staff/sign-in")
    return response


def _opened(request: Request, found: Opened, next: str) -> Response:
    """In. The cookie is new; a session that the browser had before ends."""
    before = request.cookies.get(guard.COOKIE, "")
    if before:
        who = Origin(found.stored.name, guard.ip_of(request))
        web_of(request).service.accounts.sessions.end(before, who)
    response = RedirectResponse(guard.local_path(next) or guard.home(found.stored.account), 303)
    guard.set_session(request, response, found.secret)
    return response


@router.post("/staff/sign-out", dependencies=[Ours])
def sign_out(request: Request) -> Response:
    secret = request.cookies.get(guard.COOKIE, "")
    if secret and (found := guard.by_cookie(request)):
        web_of(request).service.accounts.sessions.end(secret, guard.origin_of(request, found))
    response = go(guard.SIGN_IN, "out")
    response.delete_cookie(guard.COOKIE, path="/")
    return response


# -- single sign-on ------------------------------------------------------------------------------------------------


@router.get("/staff/sso")
def sso(request: Request, next: str = "") -> Response:
    """To the provider."""
    accounts = web_of(request).service.accounts
    if not accounts.sso.on:
        raise NotFound("没有开通单点登录。")
    if not web_of(request).limit.allows(f"sso:{guard.ip_of(request)}"):
        raise TooManyTries("操作太频繁，请稍后再试。")
    try:
        started = accounts.sso.start(f"{guard.public_url(request)}/staff/sso/back")
    except ProviderDown as error:
        return _provider_down(request, error)
    response = RedirectResponse(started.address, 303)
    for cookie, value in ((SSO, started.browser), (NEXT, guard.local_path(next))):
        response.set_cookie(
            cookie, value, max_age=600, httponly=True, samesite="lax", path="/staff/sso", secure=guard.secure(request)
        )
    return response


@router.get("/staff/sso/back")
def sso_back(request: Request, code: str = "", state: str = "", iss: str = "") -> Response:
    """Back from the provider, who may have said no (no code)."""
    accounts = web_of(request).service.accounts
    try:
        found = accounts.sso.finish(code, state, request.cookies.get(SSO, ""), guard.stranger(request), issuer=iss)
    except NotAllowed as error:
        return _sign_in_page(request, "", error=error.public, status=403)
    except ProviderDown as error:
        return _provider_down(request, error)
    return _opened(request, found, request.cookies.get(NEXT, ""))


def _provider_down(request: Request, error: ProviderDown) -> Response:
    log.error("sso_down", cause=str(error))
    return _sign_in_page(request, "", error="企业登录暂时连不上，请稍后再试，或用密码登录。", status=503)


# -- passwords -----------------------------------------------------------------------------------------------------


@router.get("/staff/link/{secret}", response_class=HTMLResponse)
def link(request: Request, secret: str) -> Response:
    """An invitation or a reset."""
    try:
        stored = web_of(request).service.accounts.staff.of_link(secret)
    except NotFound as error:
        return page(request, "refused.html", status=404, words=error.public, status_code=404)
    return page(request, "link.html", name=stored.name, title=stored.account.title, error="")


@router.post("/staff/link/{secret}", response_class=HTMLResponse, dependencies=[Ours])
def set_by_link(request: Request, secret: str, password: Text = "", again: Text = "") -> Response:
    staff = web_of(request).service.accounts.staff
    try:
        stored = staff.of_link(secret)
        if password != again:
            return page(
                request, "link.html", status=422, name=stored.name, title=stored.account.title, error="两次输入不一样。"
            )
        staff.set_by_link(secret, password, guard.stranger(request))
    except NotFound as error:
        return page(request, "refused.html", status=404, words=error.public, status_code=404)
    except Refusal as error:
        return page(request, "link.html", status=422, name=stored.name, title=stored.account.title, error=error.public)
    return go(guard.SIGN_IN, "set")


@router.get("/staff/password", response_class=HTMLResponse)
def password_page(request: Request, me: Session) -> Response:
    return page(request, "password.html", me, error="", due=me.must_change)


@router.post("/staff/password", response_class=HTMLResponse, dependencies=[Ours])
def change_password(request: Request, me: Session, old: Text = "", password: Text = "", again: Text = "") -> Response:
    try:
        if password != again:
            raise NotAllowed("两次输入的新密码不一样。")
        staff = web_of(request).service.accounts.staff
        secret = staff.change_password(me.stored, old, password, guard.origin_of(request, me))
    except Refusal as error:
        return page(request, "password.html", me, status=422, error=error.public, due=me.must_change)
    response = go("/staff/me", "password")
    guard.set_session(request, response, secret)
    return response
