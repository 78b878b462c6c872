"""`zhike event` feeds experience moments; `zhike surveys check|list|dry-run|results` shows what they lead to."""

import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from assistant.cli.output import Json, fail, say
from assistant.clock import Clock, local
from assistant.config import Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.errors import ConfigError, StoreDown

Days = Annotated[int, typer.Option(help="看最近几天。", min=1, max=730)]


def register(app: typer.Typer) -> None:
    app.command("event")(event)
    group = typer.Typer(help="满意度调查：问卷、规则、效果。", no_args_is_help=True)
    group.command("check")(check)
    group.command("list")(list_surveys)
    group.command("dry-run")(dry_run)
    group.command("results")(results)
    app.add_typer(group, name="surveys")


def event(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="事件类型，例如 paid、refunded。")] = "",
    member: Annotated[str, typer.Option(help="会员编号。")] = "",
    store: Annotated[str, typer.Option(help="门店编号。")] = "",
    order: Annotated[str, typer.Option(help="订单编号。")] = "",
    channel: Annotated[str, typer.Option(help="store 或 online。")] = "",
    amount: Annotated[int | None, typer.Option(help="金额，单位分。")] = None,
    event_id: Annotated[str, typer.Option("--id", help="事件编号；同一编号只算一次。")] = "",
    at: Annotated[datetime | None, typer.Option(help="发生时间（北京时间），默认现在。")] = None,
    file: Annotated[Path | None, typer.Option(help="从 CSV 导入，列名同 webhook 的字段。", exists=True)] = None,
    as_json: Json = False,
) -> None:
    """送入体验事件：一条，或一个 CSV 文件。"""
    from assistant.bootstrap import Service
    from assistant.surveys.events import read_csv, read_events

    if bool(kind) == bool(file):
        raise typer.BadParameter("给出一个事件类型，或者用 --file 给出 CSV 文件。")
    settings = Settings()
    service = Service(settings)
    try:
        migrate(service.database)
        if file:
            rows: Any = read_csv(file)
        else:
            moment = (at.replace(tzinfo=local(Clock().now()).tzinfo) if at else Clock().now()).isoformat()
            given = {"id": event_id or f"cli-{uuid.uuid4().hex}", "type": kind, "member_id": member, "at": moment,
                     "store_id": store or None, "order_id": order or None, "channel": channel,
                     "amount_cents": amount}  # fmt: skip
            rows = [given]
        fresh = repeated = 0
        good, refused = read_events(rows)
        for batch in track(list(_in_batches(good)), "导入", console=Console(stderr=True), disable=not file):
            taken = service.moments.take(batch)
            fresh, repeated = fresh + taken.fresh, repeated + taken.repeated
    except (StoreDown, ConfigError, UnicodeDecodeError) as error:
        fail(as_json, str(error))
    finally:
        service.close()
    body = {"accepted": fresh, "repeated": repeated, "refused": [asdict(r) for r in refused]}
    lines = [f"收下 {fresh} 条，重复 {repeated} 条，拒收 {len(refused)} 条"]
    lines += [f"  第{r.place}条 {r.id}：{r.error}" for r in refused[:20]]
    say(as_json, body, "\n".join(lines))
    if refused and not good:
        raise typer.Exit(1)


def _in_batches(events: list[Any], size: int = 500) -> Any:
    return (events[i : i + size] for i in range(0, len(events), size))


def check(as_json: Json = False) -> None:
    """检查问卷与规则文件。"""
    surveys, rules = _files(as_json)
    say(as_json, {"ok": True, "surveys": len(surveys), "rules": len(rules.rules)},
        f"{len(surveys)} 份问卷、{len(rules.rules)} 条规则，都没有问题")  # fmt: skip


def list_surveys(as_json: Json = False) -> None:
    """列出问卷与触发它们的规则。"""
    surveys, rules = _files(as_json)
    body = [
        {"id": s.id, "title": s.title, "questions": len(s.questions), "rules": [r.id for r in rules.rules if r.survey == s.id]}
        for s in surveys.values()
    ]  # fmt: skip
    words = "\n".join(
        f"{b['id']:<16}{b['title']}（{b['questions']}题）  规则：{'、'.join(b['rules']) or '无'}" for b in body
    )
    say(as_json, {"surveys": body}, words)


def _files(as_json: bool) -> Any:
    from assistant.surveys.files import read_surveys
    from assistant.surveys.rules import read_rules

    settings = Settings().moments
    try:
        surveys = read_surveys(settings.surveys)
        return surveys, read_rules(settings.rules, surveys)
    except ConfigError as error:
        fail(as_json, str(error))


def dry_run(days: Days = 30, as_json: Json = False) -> None:
    """拿过去的付款试跑规则：会邀请多少人，多少人因为什么不邀请。什么都不会发出去。"""
    from assistant.db import moments
    from assistant.surveys.rehearsal import rehearse
    from assistant.surveys.rules import REASON_WORDS

    _, rules = _files(as_json)
    database = Database(Settings().store_url)
    now = Clock().now()
    try:
        with database.read() as connection:
            found = rehearse(rules, moments.past_payments(connection, now - timedelta(days=days)))
    except StoreDown as error:
        fail(as_json, str(error))
    finally:
        database.close()
    payments = found.reasons.total()
    body = {"events": payments, "reasons": found.reasons, "rules": found.by_rule}
    lines = [f"过去 {days} 天 {payments} 笔付款："]
    lines += [f"  {REASON_WORDS[reason]} {count}" for reason, count in found.reasons.most_common()]
    lines += [f"  其中规则 {rule}：{count}" for rule, count in found.by_rule.most_common()]
    say(as_json, body, "\n".join(lines))


def results(days: Days = 30, as_json: Json = False) -> None:
    """问卷的漏斗：邀请、开始、答完，按规则和措辞。"""
    from assistant.db import moments

    database = Database(Settings().store_url)
    try:
        migrate(database)
        with database.read() as connection:
            rows = moments.funnel(connection, Clock().now() - timedelta(days=days))
            reasons = moments.outcomes(connection, Clock().now() - timedelta(days=days))
    except StoreDown as error:
        fail(as_json, str(error))
    finally:
        database.close()
    lines = [f"{r['survey_id']:<16}{r['rule_id']:<18}{r['variant']:<8}{r['status']:<10}{r['count']:>6}" for r in rows]
    say(
        as_json,
        {"invitations": rows, "events": reasons},
        "\n".join(lines) or "还没有发出过邀请。用 zhike event 送入一个事件试试。",
    )
