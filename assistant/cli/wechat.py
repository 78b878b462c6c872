"""`zhike wechat …`: WeChat on one's own machine."""

from dataclasses import replace
from typing import Annotated, Literal

import typer

from assistant.cli.output import fail

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
