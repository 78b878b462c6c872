"""`zhike wechat …`: check an account, publish its menu, make codes; and WeChat on one's own machine."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

import typer

from assistant.cli.output import Json, fail, say
from assistant.config import Settings
from assistant.db.migrate import migrate

T = TypeVar("T")

wechat = typer.Typer(help="微信公众号。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(wechat, name="wechat")


@wechat.command("fake")
def fake(
    port: Annotated[int, typer.Option(help="端口。")] = 8100,
    callback: Annotated[str, typer.Option(help="消息推送到哪里。")] = "http://127.0.0.1:8000/wechat/official",
    mode: Annotated[
        Literal["plain", "compatible", "safe"], typer.Option(help="消息加解密方式：plain、compatible 或 safe。")
    ] = "plain",
    unverified: Annotated[bool, typer.Option("--unverified", help="未认证的公众号，多数接口不可用。")] = False,
    account: Annotated[
        Literal["service", "subscription"], typer.Option(help="账号类型：service 或 subscription。")
    ] = "service",
) -> None:
    """启动一个按真实规则运行的模拟微信平台，并带一台演示手机。"""
    import uvicorn

    from assistant.web.fake_wechat import FakeWeChat, over_http
    from assistant.web.fake_wechat.samples import DEMO_ACCOUNT
    from assistant.web.security import Hardened

    if not callback.startswith(("http://", "https://")):
        fail(False, "回调地址要以 http:// 或 https:// 开头。")
    address = f"http://127.0.0.1:{port}"
    held = replace(DEMO_ACCOUNT, mode=mode, kind=account, verified=not unverified)
    platform = FakeWeChat(account=held, deliver=over_http(callback), public_url=address, background=True)
    platform.add_demo_users()
    typer.echo(
        f"\n模拟微信平台已启动\n  演示手机  {address}/\n  接口地址  {address}\n  推送到    {callback}\n"
        f"  AppID     {held.appid}\n  AppSecret {held.secret}\n  Token     {held.token}\n  AESKey    {held.aes_key}\n"
        f"  原始 ID   {held.original_id}\n",
        err=True,
    )
    app = Hardened(platform.app, max_body_bytes=12 << 20)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=2, server_header=False)


def _account(as_json: bool) -> tuple[Any, Any]:
    """(service, account), or one sentence where there is no account."""
    from assistant.bootstrap import Service
    from assistant.errors import ConfigError

    settings = Settings()
    if not settings.wechat.app_id:
        fail(as_json, "还没有配置公众号：设置 ZHIKE_WECHAT__APP_ID、SECRET、TOKEN、AES_KEY（见 docs/wechat.md）。")
    service = Service(settings)
    try:
        migrate(service.database)
        return service, service.official_account
    except ConfigError as error:
        fail(as_json, f"公众号配置不对：{error}")


@wechat.command("check")
def check(as_json: Json = False) -> None:
    """自检公众号：密钥、权限、回调、菜单、素材，用大白话说缺什么。"""
    from assistant.channels.official_account.selfcheck import findings

    service, account = _account(as_json)
    try:
        found = findings(account, service.settings)
    finally:
        service.close()
    signs = {"ok": "✓", "warn": "!", "bad": "✗"}
    words = "\n".join(f"{signs[f.level]} {f.subject}：{f.words}" for f in found)
    say(as_json, {"ok": all(f.level != "bad" for f in found), "findings": [asdict(f) for f in found]}, words)
    if any(f.level == "bad" for f in found):
        raise typer.Exit(1)


menu = typer.Typer(help="公众号菜单：以文件为准。", no_args_is_help=True)
wechat.add_typer(menu, name="menu")


@menu.command("diff")
def menu_diff(as_json: Json = False) -> None:
    """线上菜单与文件的差别。"""
    from assistant.channels.official_account.selfcheck import menu_difference

    service, account = _account(as_json)
    try:
        lines = _call(as_json, lambda: menu_difference(account))
    finally:
        service.close()
    say(as_json, {"ok": True, "same": not lines, "diff": lines}, "\n".join(lines) or "线上菜单与文件一致。")


@menu.command("push")
def menu_push(as_json: Json = False) -> None:
    """把文件里的菜单发布到公众号。"""
    service, account = _account(as_json)
    try:
        _call(as_json, lambda: account.api.push_menu(account.profile.get().menu.as_wechat()))
    finally:
        service.close()
    say(as_json, {"ok": True}, "菜单已发布，用户重新进入公众号后看到（最多24小时）。")


@wechat.command("qr")
def qr(
    scene: Annotated[str, typer.Argument(help="场景：store:S001，或活动代号。")],
    seconds: Annotated[
        int | None, typer.Option(min=1, max=2_592_000, help="有效秒数，最多2592000；不填为永久。")
    ] = None,
    as_json: Json = False,
) -> None:
    """生成带场景的二维码：门店的码让会话落到该店，活动的码显示该活动的欢迎语。"""
    service, account = _account(as_json)
    try:
        store = scene.removeprefix("store:")
        known = scene.startswith("store:") and store in service.catalog.get().stores
        if not known and scene not in account.profile.get().welcome.campaigns:
            fail(
                as_json, f"没有门店或活动 {scene}；活动写在 {service.settings.wechat.profile} 的 welcome.campaigns 里。"
            )
        made = _call(as_json, lambda: account.api.qr_code(scene, seconds=seconds))
    finally:
        service.close()
    picture = f"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={quote(made['ticket'])}"
    data = {"ok": True, "scene": scene, "url": made["url"], "picture": picture, "seconds": seconds}
    say(as_json, data, f"扫码内容 {made['url']}\n图片     {picture}")


def _call(as_json: bool, act: Callable[[], T]) -> T:
    """A call to WeChat; its refusal is one sentence."""
    from assistant.channels.official_account.errors import WeChatDown, WeChatRefused

    try:
        return act()
    except WeChatRefused as error:
        fail(as_json, f"微信没有答应：{error.verdict.words}（{error}）。")
    except WeChatDown as error:
        fail(as_json, f"连不上微信：{error}。")
