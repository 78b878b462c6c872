"""`zhike check-backend URL` (a retailer proves their own), `zhike contract` (the OpenAPI document), `zhike mcp`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import SecretStr

from assistant.cli.output import Json, fail, say
from assistant.config import MerchantSettings, Settings


def register(app: typer.Typer) -> None:
    app.command("check-backend")(check_backend)
    app.command("contract")(contract)
    app.command("mcp")(mcp)


def check_backend(
    url: Annotated[str, typer.Argument(help="后端地址，例如 https://api.example.com/zhike")],
    member: Annotated[str, typer.Option(help="用来检查的会员编号，最好有几笔订单。")] = "M0000001",
    api_key: Annotated[str, typer.Option(help="Bearer 密钥。")] = "",
    writes: Annotated[
        bool, typer.Option("--writes", help="也检查写操作（会真的兑换一次最便宜的礼品，再送 1 积分）。")
    ] = False,
    as_json: Json = False,
) -> None:
    """检查零售商后端是否符合接口约定，并给出每项耗时。"""
    from assistant.merchant.check import Checker
    from assistant.merchant.http import HttpBackend

    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("请给出 http:// 或 https:// 开头的地址。", param_hint="URL")
    settings = MerchantSettings(kind="http", base_url=url, api_key=SecretStr(api_key))
    backend = HttpBackend(settings)
    findings = Checker(backend, member).run(writes=writes)
    backend.close()
    failed = [f for f in findings if not f.passed]
    lines = [f"{'✓' if f.passed else '✗'} {f.name}{'  ' + f.detail if f.detail else ''}" for f in findings]
    words = "\n".join([*lines, f"{len(findings) - len(failed)} 项通过，{len(failed)} 项不通过"])
    if failed:
        if as_json:
            say(True, {"ok": False, "findings": [asdict(f) for f in findings]}, "")
            raise typer.Exit(1)
        fail(False, words)
    say(as_json, {"ok": True, "findings": [asdict(f) for f in findings]}, words)


def contract() -> None:
    """打印零售商后端的 OpenAPI 文档。"""
    from tools.contract import openapi

    typer.echo(json.dumps(openapi(), ensure_ascii=False, indent=1, default=str))


def mcp(
    member: Annotated[str, typer.Option(help="以哪位会员的身份。")] = "",
) -> None:
    """以一位顾客的身份，通过 MCP（标准输入输出）提供全部工具。"""
    import asyncio

    from assistant.bootstrap import Service
    from tools.mcp_server import serve

    service = Service(Settings())
    try:
        asyncio.run(serve(service.context_for(member or None)))
    finally:
        service.close()
