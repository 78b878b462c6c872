"""`zhike accounts …`: everything that the admin pages do, for scripts. Whoever may run it has the store's password already."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.output import Json, fail, say
from assistant.clock import Clock, local
from assistant.config import Settings
from assistant.db.accounts import Search, Stored
from assistant.db.audit import Filter, Origin
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.domain.account import ROLE_NAMES
from assistant.errors import ConfigError, Refusal, StoreDown

if TYPE_CHECKING:
    from assistant.accounts.importing import Imported, Plan
    from assistant.accounts.room import Accounts

Name = Annotated[str, typer.Argument(help="账号名。")]
SHOWN = 20


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="员工账号：列出、增改、导入、停用、会话与审计。", no_args_is_help=True)
    for command in (show, add, disable, enable, unlock, reset, token, sessions, revoke, audit):
        group.command(command.__name__)(command)
    group.command("list")(list_accounts)
    group.command("import")(import_accounts)
    app.add_typer(group, name="accounts")


@contextmanager
def room(as_json: bool) -> Iterator["Accounts"]:
    """The room of accounts on the configured store; refusals become one sentence and exit status 1."""
    from assistant.accounts.room import Accounts

    settings = Settings()
    database = Database(settings.store_url)
    try:
        migrate(database)
        yield Accounts(settings, database, Clock())
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    except Refusal as refusal:
        fail(as_json, refusal.public)
    finally:
        database.close()


def here() -> Origin:
    """Who acts: the user of this machine."""
    try:
        return Origin(f"cli:{getpass.getuser()}")
    except (KeyError, OSError):  # a container without a user table
        return Origin("cli")


def described(stored: Stored) -> dict[str, Any]:
    """An account for programs, without secrets."""
    a = stored.account
    return {
        "name": a.name, "title": a.title, "role": a.role.value, "units": list(a.units), "email": stored.email,
        "state": state(stored), "totp": bool(stored.totp), "sso": bool(stored.subject), "seen_at": stored.seen_at,
        "created_at": stored.created_at,
    }  # fmt: skip


def state(stored: Stored) -> str:
    if stored.disabled:
        return "disabled"
    if stored.locked(Clock().now()):
        return "locked"
    return "active" if stored.usable else "invited"


_STATES = {"disabled": "已停用", "locked": "锁定中", "active": "正常", "invited": "待设密码"}


def line(stored: Stored) -> str:
    a = stored.account
    return f"{a.name}  {a.title}  {ROLE_NAMES[a.role]}  {'、'.join(a.units) or '未授权'}  {_STATES[state(stored)]}"


def link(secret: str) -> str:
    """The address that somebody opens to set a password."""
    web = Settings().web
    return f"{web.public_url or f'http://{web.host}:{web.port}'}/staff/link/{secret}"


def list_accounts(
    words: Annotated[str, typer.Argument(help="账号名、称呼或邮箱里的字。")] = "",
    role: Annotated[str, typer.Option(help="角色。")] = "",
    state: Annotated[str, typer.Option(help="active、invited、locked 或 disabled。")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
) -> None:
    """列出账号。"""
    if state and state not in _STATES:
        raise typer.BadParameter(f"只有 {'、'.join(_STATES)}", param_hint="--state")
    if role and role not in list(ROLE_NAMES):
        raise typer.BadParameter(f"只有 {'、'.join(ROLE_NAMES)}", param_hint="--role")
    with room(as_json) as accounts:
        found, total = accounts.staff.page(Search(words, role, state), offset=offset, limit=limit)
    text = "\n".join([*(line(s) for s in found), f"共{total:,}个账号"])
    say(as_json, {"ok": True, "total": total, "accounts": [described(s) for s in found]}, text)


def show(name: Name, as_json: Json = False) -> None:
    """看一个账号，以及它的范围有多少家店。"""
    from assistant.domain.account import resolve

    with room(as_json) as accounts:
        found = accounts.staff.find(name)
        scope = resolve(found.account, accounts.staff.tree())
    data = described(found) | {"stores": len(scope.stores), "counters": len(scope.counters)}
    say(as_json, {"ok": True, **data}, f"{line(found)}\n{scope.words}")


def add(
    name: Name,
    title: Annotated[str, typer.Option(help="称呼，例如 徐家汇店店长 周雅。")],
    role: Annotated[str, typer.Option(help="角色，例如 store_manager 或 店长。")],
    units: Annotated[str, typer.Option(help="组织编号或名字，用 | 分开，例如 S001|C-上海。")] = "",
    email: Annotated[str, typer.Option(help="邮箱。")] = "",
    as_json: Json = False,
) -> None:
    """新建账号；给出一个链接，本人打开后自己设密码。"""
    from assistant.accounts.naming import units_of

    with room(as_json) as accounts:
        fields = {"name": name, "title": title, "role": role, "units": units_of(units), "email": email}
        address = link(accounts.staff.add(fields, here()))
    say(as_json, {"ok": True, "link": address}, f"已新建。请把链接发给本人设置密码（只显示这一次）：\n{address}")


def import_accounts(
    file: Annotated[Path, typer.Argument(help="CSV：name,title,role,units[,email]。", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么，不动手。")] = False,
    disable_missing: Annotated[bool, typer.Option("--disable-missing", help="停用名单里没有的账号。")] = False,
    links: Annotated[Path | None, typer.Option(help="把新账号的设密码链接写进这个文件。")] = None,
    as_json: Json = False,
) -> None:
    """从名单导入账号；同一份名单再导一次不会有变化。"""
    from assistant.accounts.importing import decode

    with room(as_json) as accounts:
        text = decode(file.read_bytes())
        if dry_run:
            plan = accounts.importing.plan(text, here(), disable_missing=disable_missing)
            say(as_json, {"ok": True, "dry_run": True, **plan.as_json()}, _counts(plan, "将"))
            return
        done = accounts.importing.run(text, here(), disable_missing=disable_missing)
    if links is not None:
        _write_links(links, done)
    told = {} if links is not None else {"links": {n: link(s) for n, s in done.links.items()}}
    say(as_json, {"ok": True, **done.plan.as_json(), **told}, _counts(done.plan, "已"))
    if done.links and links is None and not as_json:
        typer.echo("新账号还没有密码；用 --links FILE 再导入时会写出链接，或用 zhike accounts reset 逐个发。", err=True)


def _write_links(path: Path, done: "Imported") -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{n},{link(s)}\n" for n, s in done.links.items()), encoding="utf-8")


def _counts(plan: "Plan", did: str) -> str:
    text = f"{did}新建{len(plan.created):,}个，{did}修改{len(plan.changed):,}个，不变{plan.unchanged:,}个"
    text += f"，{did}停用{len(plan.missing):,}个，拒收{len(plan.refused):,}行。"
    if plan.still_disabled:
        text += f"名单里有{len(plan.still_disabled):,}个账号已停用，没有改动。"
    shown = [f"  第{r.line}行 {r.name}：{r.reason}" for r in plan.refused[:SHOWN]]
    return "\n".join([text, *shown])


def _acts(verb: str, words: str, help: str) -> Callable[..., None]:
    def act(name: Name, as_json: Json = False) -> None:
        with room(as_json) as accounts:
            found = getattr(accounts.staff, verb)(name, here())
        say(as_json, {"ok": True, **described(found)}, f"{found.name} {words}。")

    act.__name__, act.__doc__ = verb, help
    return act


disable = _acts("disable", "已停用，所有登录和令牌都已失效", "停用账号：登录和令牌立刻失效。")
enable = _acts("enable", "已启用", "启用账号。")
unlock = _acts("unlock", "已解锁", "解除输错密码造成的锁定。")


def reset(
    name: Name,
    totp: Annotated[bool, typer.Option("--totp", help="同时关闭两步验证（手机丢了）。")] = False,
    sso: Annotated[bool, typer.Option("--sso", help="同时解除单点登录的绑定。")] = False,
    as_json: Json = False,
) -> None:
    """给一个重设密码的链接。"""
    with room(as_json) as accounts:
        address = link(accounts.staff.invite(name, here()))
        if totp:
            accounts.staff.drop_second(name, here())
        if sso:
            accounts.staff.drop_subject(name, here())
    say(as_json, {"ok": True, "link": address}, f"请把链接发给本人（只显示这一次）：\n{address}")


def token(
    name: Name,
    label: Annotated[str, typer.Option(help="用在哪里。")] = "命令行",
    days: Annotated[int | None, typer.Option(help="有效天数。")] = None,
    drop: Annotated[str, typer.Option(help="撤销这个编号的令牌。")] = "",
    listed: Annotated[bool, typer.Option("--list", help="只列出。")] = False,
    as_json: Json = False,
) -> None:
    """给程序用的令牌：新建、列出或撤销。"""
    with room(as_json) as accounts:
        found = accounts.staff.find(name)
        if drop:
            accounts.sessions.drop_token(found, drop, here())
            say(as_json, {"ok": True, "revoked": drop}, "已撤销。")
        elif listed:
            rows = [
                {"id": t.id, "name": t.name, "until": t.until, "used_at": t.used_at}
                for t in accounts.sessions.tokens_of(found.id)
            ]
            text = "\n".join(f"{r['id']}  {r['name']}  到{local(r['until']):%Y-%m-%d}" for r in rows) or "没有令牌。"  # type: ignore[arg-type]
            say(as_json, {"ok": True, "tokens": rows}, text)
        else:
            secret, made = accounts.sessions.new_token(found, label, days, here())
            text = f"令牌（只显示这一次）：{secret}\n编号{made.id}，到{local(made.until):%Y-%m-%d}有效。"
            say(as_json, {"ok": True, "id": made.id, "token": secret, "until": made.until}, text)


def sessions(name: Name, as_json: Json = False) -> None:
    """谁登录着：时间、来源、浏览器。"""
    with room(as_json) as accounts:
        found = accounts.sessions.listed(accounts.staff.find(name).id)
    rows = [
        {"id": s.id, "since": s.created_at, "seen_at": s.seen_at, "way": s.way, "ip": s.ip, "agent": s.agent}
        for s in found
    ]
    text = "\n".join(f"{s.id}  {local(s.seen_at):%m-%d %H:%M}  {s.ip}  {s.agent[:60]}" for s in found) or "没有登录。"
    say(as_json, {"ok": True, "sessions": rows}, text)


def revoke(
    name: Name,
    session: Annotated[str, typer.Option(help="只结束这一个登录。")] = "",
    as_json: Json = False,
) -> None:
    """让登录失效，默认全部。"""
    with room(as_json) as accounts:
        found = accounts.staff.find(name)
        ended = 1
        if session:
            accounts.sessions.revoke(found, session, here())
        else:
            ended = accounts.sessions.revoke_all(found, here())
    say(as_json, {"ok": True, "ended": ended}, f"已结束{ended}个登录。")


def audit(
    who: Annotated[str, typer.Option(help="谁做的。")] = "",
    what: Annotated[str, typer.Option(help="做了什么，例如 accounts 或 accounts.disable。")] = "",
    target: Annotated[str, typer.Option(help="对谁做的。")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="从哪一天起。")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Json = False,
) -> None:
    """审计日志，最近的在前。"""
    from assistant.clock import SHANGHAI

    start = since.replace(tzinfo=SHANGHAI) if since else None
    with room(as_json) as accounts:
        found = accounts.staff.audit(Filter(who, what, target, start), limit=limit)
    rows = [
        {"id": e.id, "at": e.at, "who": e.who, "what": e.what, "target": e.target, "detail": e.detail, "ip": e.ip}
        for e in found
    ]
    text = "\n".join(f"{local(e.at):%Y-%m-%d %H:%M:%S}  {e.who}  {e.what}  {e.target}  {e.ip}" for e in found)
    say(as_json, {"ok": True, "entries": rows}, text or "没有记录。")


def ensure_demo(settings: Settings, database: Database) -> str:
    """Where the demo world is loaded, its accounts are in the store. Returns their password, empty for no demo."""
    from assistant.accounts.demo import seed
    from assistant.db import seeds
    from assistant.merchant.world.accounts import demo_accounts

    with database.read() as connection:
        if seeds.current(connection) is None:
            return ""
    return seed(database, settings.data_dir, demo_accounts().values(), Clock().now())
