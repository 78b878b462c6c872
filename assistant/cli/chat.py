"""`zhike chat` (one shopper turn through the whole journey), `zhike trace`."""

import secrets
from dataclasses import asdict
from typing import Annotated, Any

import typer

from assistant.cli.output import Json, fail, say
from assistant.config import Settings
from assistant.db import traces
from assistant.db.migrate import migrate
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.errors import ZhikeError


def register(app: typer.Typer) -> None:
    app.command("chat")(chat)
    app.command("trace")(trace)


def chat(
    text: Annotated[str, typer.Argument(help="顾客说的话。")],
    member: Annotated[str, typer.Option(help="会员编号，例如 M0000001；不填就是未绑定的顾客。")] = "",
    conversation: Annotated[str, typer.Option(help="会话名：同一个名字接着聊。")] = "",
    store: Annotated[str, typer.Option(help="顾客扫码所在的门店，例如 S001。")] = "",
    no_model: Annotated[bool, typer.Option("--no-model", help="不启动语言模型，只用第一层。")] = False,
    as_json: Json = False,
) -> None:
    """让一句话走完整个流程，看助手怎么答。"""
    from assistant.bootstrap import Service

    if not text.strip():
        raise typer.BadParameter("请写一句话。", param_hint="TEXT")
    settings = Settings()
    if no_model:
        settings = settings.model_copy(update={"llm": settings.llm.model_copy(update={"kind": "off"})})
    service = Service(settings)
    try:
        migrate(service.database)
        if not service.catalog.get().products:
            fail(as_json, "还没有演示数据，请先运行 zhike seed。")
        if member and not _is_member(service, member):
            fail(as_json, f"没有会员 {member}。")
        service.start_model(wait=True)
        said = _turn(service, text, member, conversation, store)
    except ZhikeError as error:
        fail(as_json, f"没能完成：{error}")
    finally:
        service.close()
    say(as_json, said, said["reply"])


def _is_member(service: Any, member: str) -> bool:
    from tools.errors import NeedLogin

    try:
        service.merchant.membership.profile(member)
    except NeedLogin:
        return False
    return True


def _turn(service: Any, text: str, member: str, conversation: str, store: str) -> dict[str, Any]:
    sender = f"{conversation or secrets.token_hex(6)}@{member}" if member else (conversation or secrets.token_hex(6))
    inbound = Inbound(
        identity=Identity("cli", "zhike", sender),
        dedup_key=f"cli-{secrets.token_hex(12)}",
        text=text,
        at=service.clock.now(),
        store_id=store or None,
    )
    accepted = service.shopper_messages.accept(inbound, member_id=member or None)
    served = service.shopper_messages.serve_next(only=accepted.conversation_id)
    return result_of(served[-1])


def result_of(served: Any) -> dict[str, Any]:
    """The stable JSON of a turn."""
    reply, trace = served.reply, served.trace
    ticket = next((c.title.split()[-1] for c in reply.cards if c.kind == "ticket"), None)
    return {
        "reply": reply.text,
        "actions": [{"tool": c["tool"], "args": c["args"], "result": c["outcome"]} for c in trace["tools"]],
        "intents": trace["intents"],
        "tier": trace["tier"],
        "citations": [asdict(c) for c in reply.citations],
        "choices": [c.label for c in reply.choices],
        "confirm": asdict(reply.confirm) if reply.confirm else None,
        "conversation": served.conversation_id,
        "ticket": ticket,
        "handoff": any(c["tool"] == "handoff" for c in trace["tools"]),
        "trace": served.trace_id,
        "ms": trace["ms"],
        "model_calls": len(trace["model_calls"]),
    }


def trace(
    trace_id: Annotated[str, typer.Argument(help="一轮对话的编号（zhike chat --json 里的 trace）。")],
    as_json: Json = False,
) -> None:
    """看一轮对话是怎么得出来的：层级、工具、段落、模型调用、耗时。"""
    import json

    from assistant.db.engine import Database

    database = Database(Settings().store_url)
    with database.read() as connection:
        found = traces.get(connection, trace_id)
    if found is None:
        fail(as_json, f"没有这一轮：{trace_id}")
    say(as_json, found, json.dumps(found, ensure_ascii=False, indent=2, default=str))
