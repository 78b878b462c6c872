"""`zhike event` feeds experience moments; `zhike surveys check|list|dry-run|qr|results` shows what they lead to."""

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
from assistant.errors import BadInput, ConfigError, StoreDown

Days = Annotated[int, typer.Option(help="看最近几天。", min=1, max=730)]


def register(app: typer.Typer) -> None:
    app.command("event")(event)
    group = typer.Typer(help="满意度调查：问卷、规则、效果。", no_args_is_help=True)
    group.command("check")(check)
    group.command("list")(list_surveys)
    group.command("dry-run")(dry_run)
    group.command("qr")(qr)
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
    file: Annotated[
        Path | None, typer.Option(help="从 CSV 导入，列名同 webhook 的字段。", exists=True, dir_okay=False)
    ] = None,
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
    except (StoreDown, ConfigError, BadInput) as error:
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
    """检查问卷与规则文件，也看规则里的名字是不是真有。"""
    surveys, rules = _files(as_json)
    found = _doubts(rules, as_json)
    counted = f"{len(surveys)} 份问卷、{len(rules.rules)} 条规则，"
    verdict = "都没有问题" if not found else f"格式都对，有 {len(found)} 处请再看看："
    say(as_json, {"ok": True, "surveys": len(surveys), "rules": len(rules.rules), "doubts": found},
        "\n".join([counted + verdict, *(f"  {said}" for said in found)]))  # fmt: skip


def _doubts(rules: Any, as_json: bool) -> list[str]:
    """Those of names are only found where the retailer's stores and range can be asked for."""
    from assistant.bootstrap import Service
    from assistant.surveys.doubts import Names, doubts

    service = Service(Settings())
    try:
        names = service.rule_names()
    except StoreDown:
        names = Names()
    except ConfigError as error:
        fail(as_json, str(error))
    finally:
        service.close()
    return doubts(rules, names)


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
    """拿过去的事件试跑规则：会邀请多少人、走什么渠道，多少人因为什么不邀请。什么都不会发出去。"""
    from assistant.bootstrap import Service
    from assistant.surveys.rehearsal import REACH_WORDS
    from assistant.surveys.rules import REASON_WORDS

    service = Service(Settings())
    try:
        migrate(service.database)
        found, ways = service.moments.rehearse(service.clock.now() - timedelta(days=days))
    except (StoreDown, ConfigError) as error:
        fail(as_json, str(error))
    finally:
        service.close()
    events = found.reasons.total()
    body = {"events": events, "reasons": found.reasons, "rules": found.by_rule, "channels": ways}
    lines = [f"过去 {days} 天{'最近的' if found.bounded else ''} {events} 个事件："]
    lines += [f"  {REASON_WORDS[reason]} {count}" for reason, count in found.reasons.most_common()]
    lines += [f"  其中规则 {rule}：{count}" for rule, count in found.by_rule.most_common()]
    lines += [f"  按今天的渠道，{REACH_WORDS[way]} {count}" for way, count in ways.most_common()]
    say(as_json, body, "\n".join(lines))


def qr(
    which: Annotated[str, typer.Argument(metavar="RULE|SURVEY", help="规则或问卷的编号。")],
    store: Annotated[str, typer.Option(help="门店编号；不给则不关联门店。")] = "",
    out: Annotated[Path | None, typer.Option(help="存成图片：.svg 或 .png。", dir_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """给小票、柜台用的问卷二维码：扫码就能答，不用登录。"""
    from assistant.accounts.keys import secret_key
    from assistant.bootstrap import Service
    from assistant.surveys.places import Place, Places, picture

    settings = Settings()
    service = Service(settings)
    try:
        migrate(service.database)
        rule = service.moments.rules.rule(which)
        survey = rule.survey if rule else which
        if survey not in service.moments.surveys:
            fail(as_json, f"没有规则或问卷 {which}，用 zhike surveys list 看有哪些")
        if store and service.store_name(store) is None:
            fail(as_json, f"没有门店 {store}")
        if not settings.survey_url:
            fail(as_json, "没有设置 ZHIKE_MOMENTS__PUBLIC_URL，扫码打不开页面")
    except (StoreDown, ConfigError) as error:
        fail(as_json, str(error))
    finally:
        service.close()
    places = Places(secret_key(settings.web.secret.get_secret_value(), settings.data_dir))
    address = f"{settings.survey_url}/survey/at/{places.token(Place(survey, store, rule.id if rule else ''))}"
    kind = out.suffix.lower().lstrip(".") if out else ""
    if out is not None:
        if kind not in ("svg", "png"):
            raise typer.BadParameter("文件名以 .svg 或 .png 结尾。")
        out.write_bytes(picture(address, kind))
    say(as_json, {"survey": survey, "store": store or None, "url": address, "file": str(out) if out else None},
        address + (f"\n已存为 {out}" if out else ""))  # fmt: skip


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
