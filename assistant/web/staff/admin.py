"""Administration: accounts, the import of a list, the audit log. Every act is audited where it is done."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from assistant.accounts.importing import decode
from assistant.accounts.naming import units_of
from assistant.accounts.sessions import SignedIn
from assistant.clock import SHANGHAI
from assistant.db.accounts import Search, Stored
from assistant.db.audit import Filter
from assistant.domain.account import Permission, resolve
from assistant.errors import BadInput, NotFound, Refusal
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, go, page
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Admin = Annotated[SignedIn, Depends(guard.needs(Permission.MANAGE_ACCOUNTS))]
Auditor = Annotated[SignedIn, Depends(guard.needs(Permission.READ_AUDIT))]
Text = Annotated[str, Form(max_length=4_000)]
Word = Annotated[str, Query(max_length=100)]
PER_PAGE = 50
STATES = {"active": "正常", "invited": "待设密码", "locked": "锁定中", "disabled": "已停用"}


def _address(name: str) -> str:
    from urllib.parse import quote

    return f"/admin/accounts/{quote(name, safe='')}"


@router.get("/admin/accounts", response_class=HTMLResponse)
def listed(
    request: Request, me: Admin, q: Word = "", role: Word = "", state: Word = "",
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:  # fmt: skip
    """The list, searched, filtered, in pages."""
    service = web_of(request).service
    search = Search(q.strip(), role, state)
    found, total = service.accounts.staff.page(search, offset=(p - 1) * PER_PAGE, limit=PER_PAGE)
    return page(
        request, "accounts.html", me, found=found, total=total, search=search, states=STATES, now=service.clock.now(),
        tree=service.accounts.staff.tree(), p=p, pages=max(1, -(-total // PER_PAGE)),
    )  # fmt: skip


# -- one account ---------------------------------------------------------------------------------------------------


def _fields(title: str, role: str, units: str, email: str) -> dict[str, Any]:
    return {"title": title, "role": role, "units": units_of(units), "email": email}


def _form(request: Request, me: SignedIn, stored: Stored | None, *, status: int = 200, **more: Any) -> Response:
    service = web_of(request).service
    tree = service.accounts.staff.tree()
    given: dict[str, Any] = {"name": "", "title": "", "role": "store_staff", "units": [], "email": ""}
    if stored is not None:
        a = stored.account
        given = {"name": a.name, "title": a.title, "role": a.role.value, "units": list(a.units), "email": stored.email}
    context = {
        "stored": stored, "given": given, "tree": tree, "error": "", "link": "", "states": STATES,
        "scope": resolve(stored.account, tree) if stored else None,
        "sessions": service.accounts.sessions.listed(stored.id) if stored else [],
        "tokens": service.accounts.sessions.tokens_of(stored.id) if stored else [],
        "log": service.accounts.staff.audit(Filter(target=stored.name), limit=10) if stored else [],
        "now": service.clock.now(), "link_h": int(service.settings.accounts.link_h),
    }  # fmt: skip
    return page(request, "account.html", me, status=status, **{**context, **more})


@router.get("/admin/new-account", response_class=HTMLResponse)
def new(request: Request, me: Admin) -> Response:
    return _form(request, me, None)


@router.post("/admin/new-account", response_class=HTMLResponse, dependencies=[Ours])
def add(
    request: Request, me: Admin, name: Text = "", title: Text = "", role: Text = "", units: Text = "", email: Text = ""
) -> Response:
    """A new account; the page shows the link of its invitation this once."""
    fields = {"name": name, **_fields(title, role, units, email)}
    staff = web_of(request).service.accounts.staff
    try:
        secret = staff.add(fields, guard.origin_of(request, me))
    except Refusal as error:
        return _form(request, me, None, status=422, given=fields, error=error.public)
    return _form(request, me, staff.find(name), link=_link(request, secret))


def _link(request: Request, secret: str) -> str:
    return f"{guard.public_url(request)}/staff/link/{secret}"


@router.get("/admin/accounts/{name}", response_class=HTMLResponse)
def show(request: Request, me: Admin, name: str) -> Response:
    return _form(request, me, web_of(request).service.accounts.staff.find(name))


@router.post("/admin/accounts/{name}", response_class=HTMLResponse, dependencies=[Ours])
def change(
    request: Request, me: Admin, name: str, title: Text = "", role: Text = "", units: Text = "", email: Text = ""
) -> Response:
    staff = web_of(request).service.accounts.staff
    fields = _fields(title, role, units, email)
    try:
        staff.change(name, fields, guard.origin_of(request, me))
    except NotFound:
        raise
    except Refusal as error:
        given = {"name": name, **fields}
        return _form(request, me, staff.find(name), status=422, given=given, error=error.public)
    return go(_address(name), "saved")


_ACTS: dict[str, tuple[str, str]] = {
    "disable": ("disable", "disabled"),
    "enable": ("enable", "enabled"),
    "unlock": ("unlock", "unlocked"),
    "drop-totp": ("drop_second", "totp-dropped"),
    "unbind": ("drop_subject", "unbound"),
}


@router.post("/admin/accounts/{name}/{act}", response_class=HTMLResponse, dependencies=[Ours])
def act(request: Request, me: Admin, name: str, act: str) -> Response:
    """disable, enable, unlock, drop-totp, unbind, end (all sessions), or link (invitation or reset, shown this once)."""
    accounts = web_of(request).service.accounts
    origin = guard.origin_of(request, me)
    try:
        if act == "link":
            return _form(
                request, me, accounts.staff.find(name), link=_link(request, accounts.staff.invite(name, origin))
            )
        if act == "end":
            accounts.sessions.revoke_all(accounts.staff.find(name), origin)
            return go(_address(name), "ended")
        if act not in _ACTS:
            raise NotFound("没有这个操作。")
        verb, done = _ACTS[act]
        run: Callable[..., Any] = getattr(accounts.staff, verb)
        run(name, origin)
    except NotFound:
        raise
    except Refusal as error:
        return _form(request, me, accounts.staff.find(name), status=409, error=error.public)
    return go(_address(name), done)


# -- a list --------------------------------------------------------------------------------------------------------


@router.get("/admin/import", response_class=HTMLResponse)
def import_page(request: Request, me: Admin) -> Response:
    return page(request, "import.html", me, plan=None, links={}, error="", text="", disable_missing=False)


@router.post("/admin/import", response_class=HTMLResponse, dependencies=[Ours])
async def import_list(request: Request) -> Response:
    """First what a list would do; with `apply`, do it. The body is read only after it is clear who sends it."""
    me = await run_in_threadpool(guard.needs(Permission.MANAGE_ACCOUNTS), request)
    async with request.form(max_part_size=web_of(request).service.settings.accounts.max_import_bytes) as form:
        file, text = form.get("file"), str(form.get("text") or "")
        raw = await file.read() if isinstance(file, UploadFile) and file.filename else b""
        disable_missing, apply = form.get("disable_missing") == "on", form.get("apply") == "yes"
    return await run_in_threadpool(_import, request, me, raw, text, disable_missing, apply)


def _import(request: Request, me: SignedIn, raw: bytes, text: str, disable_missing: bool, apply: bool) -> Response:
    importing, origin = web_of(request).service.accounts.importing, guard.origin_of(request, me)
    context: dict[str, Any] = {"plan": None, "links": {}, "error": "", "disable_missing": disable_missing}
    try:
        text = decode(raw) if raw else text
        if not text.strip():
            raise BadInput("请选择一个 CSV 文件，或把名单粘贴进来。")
        if apply:
            done = importing.run(text, origin, disable_missing=disable_missing)
            links = {name: _link(request, secret) for name, secret in done.links.items()}
            return page(
                request, "import.html", me, **{**context, "plan": done.plan, "links": links}, text="", applied=True
            )
        plan = importing.plan(text, origin, disable_missing=disable_missing)
    except Refusal as error:
        return page(request, "import.html", me, status=422, **{**context, "error": error.public}, text=text)
    return page(request, "import.html", me, **{**context, "plan": plan}, text=text)


# -- the audit log -------------------------------------------------------------------------------------------------

AREAS = {
    "sign_in": "登录", "accounts": "账号", "password": "密码", "totp": "两步验证", "sessions": "会话", "tokens": "令牌", "ops": "问数",
    "feedback": "倾听",
}  # fmt: skip
SAID = {
    "sign_in.in": "登录", "sign_in.out": "退出", "sign_in.failed": "登录失败", "accounts.add": "新建账号",
    "accounts.change": "修改账号", "accounts.disable": "停用账号", "accounts.enable": "启用账号", "accounts.unlock": "解锁",
    "accounts.link": "发设密码链接", "accounts.import": "导入名单", "accounts.bind": "绑定单点登录",
    "accounts.unbind": "解除单点登录", "password.link": "用链接设密码", "password.change": "修改密码",
    "password.expire": "要求改密码", "totp.on": "开启两步验证", "totp.off": "关闭两步验证", "totp.drop": "管理员关闭两步验证",
    "totp.codes": "更换恢复码", "sessions.revoke": "结束登录", "tokens.add": "新建令牌", "tokens.revoke": "撤销令牌",
    "ops.ask": "问数", "feedback.correct": "更正标签", "feedback.undo": "撤销更正",
}  # fmt: skip


@router.get("/admin/audit", response_class=HTMLResponse)
def audit(
    request: Request, me: Auditor, who: Word = "", what: Word = "", target: Word = "", day: Word = "",
    before: Annotated[int, Query(ge=0)] = 0,
) -> Response:  # fmt: skip
    """The log, newest first, cut to a person, an area, a target, a day."""
    what_ = Filter(who.strip(), what, target.strip())
    if day:
        try:
            start = datetime.combine(date.fromisoformat(day), time(), SHANGHAI)
        except ValueError:
            raise BadInput("日期格式不对。") from None
        what_ = replace(what_, since=start, until=start + timedelta(days=1))
    found = web_of(request).service.accounts.staff.audit(what_, before=before, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    return page(
        request, "audit.html", me, found=shown, more=shown[-1].id if len(found) > PER_PAGE else 0, what=what_, day=day,
        areas=AREAS, said=SAID, detail=_detail,
    )  # fmt: skip


def _detail(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
