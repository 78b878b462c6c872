"""`zhike ask`, `zhike metrics`, `zhike mart refresh|status`: questions of the staff and what they stand on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.cli.output import Json, fail, say
from assistant.clock import Clock, local
from assistant.config import Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.errors import ConfigError, Refusal, StoreDown

if TYPE_CHECKING:
    from assistant.chatbi.answer import Answer
    from assistant.mart.refresh import Refreshed

SHOWN_ROWS = 20
KNOWN = 20


def register(app: typer.Typer) -> None:
    app.command("ask")(ask)
    app.command("metrics")(metrics)
    group = typer.Typer(help="分析用的数据集市。", no_args_is_help=True)
    group.command("refresh")(mart_refresh)
    group.command("status")(mart_status)
    app.add_typer(group, name="mart")


def ask(
    question: Annotated[str, typer.Argument(help="一句话的问题，例如：上月各区域销售额")],
    account: Annotated[str, typer.Option(help="以谁的身份来问，例如 analyst、east、xujiahui。")],
    thread: Annotated[str, typer.Option(help="同一串追问用同一个编号。")] = "",
    rules_only: Annotated[bool, typer.Option("--rules-only", help="不用语言模型。")] = False,
    explore: Annotated[bool, typer.Option("--explore", help="让语言模型自己写查询；结果只当线索。")] = False,
    as_json: Json = False,
) -> None:
    """用一句话问数，只回答这个账号权限内的数据。"""
    from assistant.accounts.naming import plain
    from assistant.bootstrap import Service
    from assistant.cli.accounts import ensure_demo, here
    from assistant.db import accounts

    settings = Settings()
    if rules_only:
        settings = settings.model_copy(update={"llm": settings.llm.model_copy(update={"kind": "off"})})
    service = Service(settings)
    try:
        migrate(service.database)
        ensure_demo(settings, service.database)
        with service.database.read() as connection:
            found = accounts.get(connection, plain(account))
            known = accounts.names(connection, KNOWN) if found is None else []
        if found is None:
            told = (
                f"可用的有：{'、'.join(known)}" if known else "还没有账号，请先用 zhike accounts add 或 import 开通。"
            )
            fail(as_json, f"没有账号 {account}。{told}")
        if found.disabled:
            fail(as_json, f"账号 {found.name} 已停用。")
        answer = service.ops_questions.ask(found.account, question, thread, here(), explore=explore)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    finally:
        service.close()
    say(as_json, answer.as_json(), words(answer))
    if answer.status == "refused":
        raise typer.Exit(1)


def words(answer: "Answer") -> str:
    """An answer for a terminal."""
    from assistant.chatbi.answer import plain

    lines = [answer.narrative]
    lines += [f"  {i}. {o['label']}：{o['text']}" for i, o in enumerate(answer.clarify, 1)]
    if len(answer.rows) > 1:
        lines.append("  ".join(c["label"] for c in answer.columns))
        shown = ([f"{v:,.1f}" if isinstance(v := plain(x), float) else str(v) for x in r] for r in answer.rows)
        lines += ["  ".join(r) for _, r in zip(range(SHOWN_ROWS), shown, strict=False)]
    lines += [f"“{q}”" for q in answer.quotes]
    if answer.next:
        lines.append("还可以问：" + "；".join(answer.next))
    return "\n".join(lines)


def metrics(
    markdown: Annotated[bool, typer.Option("--markdown", help="输出指标字典的文档。")] = False, as_json: Json = False
) -> None:
    """列出全部指标：名称、定义、单位、可用维度。"""
    from assistant.chatbi.catalogue import catalogue
    from assistant.chatbi.dictionary import markdown as document

    found = catalogue()
    if markdown:
        typer.echo(document(found), nl=False)
        return
    rows = [
        {"id": n, "name": m.name, "definition": m.definition, "unit": m.unit, "type": m.type,
         "dimensions": sorted(found.dimensions_of(n))}
        for n, m in found.metrics.items()
    ]  # fmt: skip
    say(as_json, {"metrics": rows}, "\n".join(f"{r['name']}（{r['unit']}）：{r['definition']}" for r in rows))


def mart_refresh(
    full: Annotated[bool, typer.Option("--full", help="全部重读，不只读新增的部分。")] = False,
    feeds: Annotated[Path | None, typer.Option(help="外部数据的文件夹，默认数据目录下的 feeds。")] = None,
    as_json: Json = False,
) -> None:
    """刷新数据集市；刷新期间照常可以问数。"""
    settings = Settings()
    database = Database(settings.store_url)
    try:
        migrate(database)
        done = run_refresh(settings, database, feeds, full=full)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    except Refusal as refusal:
        fail(as_json, refusal.public)
    finally:
        database.close()
    reports = [
        {"file": r.file, "taken": r.taken, "rejected": r.rejected, "samples": list(r.samples), "error": r.error}
        for r in done.feeds
    ]
    data = {
        "ok": True, "stamp": done.version.stamp, "as_of": done.version.as_of, "seconds": round(done.seconds, 2),
        "incremental": done.incremental, "rows": done.version.rows, "feeds": reports,
    }  # fmt: skip
    lines = [f"数据集市已刷新，数据到{done.version.as_of}，用时{done.seconds:.1f}秒。"]
    for report in done.feeds:
        lines.append(f"{report.file}：" + (report.error or f"收下{report.taken:,}行，拒收{report.rejected:,}行"))
        lines += [f"  第{line}行 {reason}" for line, reason in report.samples]
    say(as_json, data, "\n".join(lines))


def run_refresh(
    settings: Settings, database: Database, feeds: Path | None = None, *, full: bool = False
) -> "Refreshed":
    """Make a version of the mart behind a progress bar. Raises StoreDown, ConfigError, Refusal."""
    from assistant.cli.feedback import tagger
    from assistant.journeys.feedback import Understanding
    from assistant.mart.refresh import Sources, refresh
    from assistant.mart.versions import versions

    understanding = Understanding(database, lambda: tagger(settings), Clock())
    sources = Sources(
        database,
        feeds or settings.data_dir / "feeds",
        {name: url.get_secret_value() for name, url in settings.mart.sources.items()},
        labels=understanding.mart_labels,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("数据集市", total=1)
        return refresh(
            sources,
            versions(settings.mart_dir, settings.mart.url.get_secret_value()),
            Clock().now(),
            progress=lambda n, of, what: bar.update(task, completed=n, total=of, description=f"数据集市：{what}"),
            full=full,
        )


def mart_status(as_json: Json = False) -> None:
    """数据集市现在是哪个版本、有多少数据。"""
    from assistant.mart.versions import versions

    settings = Settings()
    try:
        version = versions(settings.mart_dir, settings.mart.url.get_secret_value()).current()
    except StoreDown as error:
        fail(as_json, f"连不上数据集市：{error}")
    if version is None:
        fail(as_json, "数据集市还没有建立，请先运行 zhike mart refresh。")
    hours = (Clock().now() - version.made).total_seconds() / 3600
    data = {"ok": True, "stamp": version.stamp, "as_of": version.as_of, "made_at": version.made_at,
            "age_hours": round(hours, 1), "rows": version.rows}  # fmt: skip
    text = f"数据到{version.as_of}，{local(version.made):%m月%d日 %H:%M}刷新（{hours:.1f}小时前）。"
    say(as_json, data, text + "\n" + "\n".join(f"  {t}: {n:,}" for t, n in version.rows.items()))
