"""`zhike tag`, `zhike retag`, `zhike feedback …`: what was said, as structured data; training and checks."""

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from assistant.cli.output import Json, fail, say
from assistant.clock import Clock, local
from assistant.config import Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.errors import ConfigError, StoreDown

if TYPE_CHECKING:
    from assistant.db.feedback import Correction
    from assistant.feedback.tagger import Tagger
    from assistant.feedback.weights import Weights
    from assistant.journeys.feedback import ReadAll

BATCH = 256


def register(app: typer.Typer) -> None:
    app.command("tag")(tag)
    app.command("retag")(retag)
    group = typer.Typer(help="顾客之声：训练、检查、新话题、反复出现的问题。", no_args_is_help=True)
    group.command("train")(train)
    group.command("check")(check)
    group.command("topics")(topics)
    group.command("problems")(problems)
    app.add_typer(group, name="feedback")


def tag(
    source: Annotated[str, typer.Argument(help='JSON 行文件，每行 {"id", "text"}；- 表示标准输入。')] = "-",
    out: Annotated[Path | None, typer.Option(help="写到这个文件；默认标准输出。")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="接着上次没写完的 --out 文件往下做。")] = False,
    aspects: Annotated[Path | None, typer.Option(help="用这份方面树；默认取设置里的。")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="拿不准的再用向量看一遍：更准，更慢。")] = False,
    jobs: Annotated[int, typer.Option(help="用几个进程一起打；顺序不变。", min=1, max=64)] = 1,
) -> None:
    """给文本打标签：情感、情绪、方面、意图、风险。坏行会报告并跳过。"""
    from assistant.feedback.stream import Crew, tag_file

    if resume and out is None:
        raise typer.BadParameter("--resume 需要同时给出 --out")
    if source != "-" and not Path(source).is_file():
        fail(False, f"没有文件 {source}")
    if out is not None and out.exists() and source != "-" and out.samefile(source):
        raise typer.BadParameter("--out 不能是输入的文件，会把它清空")
    settings = Settings()
    try:
        made = tagger(settings, aspects, deep=deep)  # a wrong file is told before anything is begun
        crew = Crew(partial(tagger, settings, aspects, deep=deep), jobs) if jobs > 1 else None
        try:
            done = tag_file(source, out, crew or made, resume=resume, on=_progress)
        finally:
            if crew:
                crew.close()
    except ConfigError as error:
        fail(False, str(error))
    except OSError as error:
        fail(False, f"读写不了 {error.filename or source}：{error.strerror}")
    Console(stderr=True).print(
        f"完成：{done.tagged:,} 条"
        + (f"，接着上次跳过 {done.resumed:,} 条" if done.resumed else "")
        + (f"，坏行 {done.broken:,} 行" if done.broken else "")
    )


def tagger(settings: Settings, aspects: Path | None = None, *, deep: bool = False) -> "Tagger":
    """The tagger of the settings."""
    from assistant.feedback.tagger import Tagger
    from vectorstore.embed import embedder

    chosen = settings.feedback
    embed = embedder(settings.retrieval.embedding_model).queries if deep else None
    added = None if aspects else settings.added_aspects
    return Tagger.shipped(aspects=aspects or chosen.aspects, added=added, path=chosen.weights, embed=embed)


def _progress(done: int, broken: int, note: str) -> None:
    if note:
        sys.stderr.write(note + "\n")
    elif sys.stderr.isatty() or done % 10_000 < BATCH:
        sys.stderr.write(f"已完成 {done:,} 条，坏行 {broken:,}\n")


def retag(
    everything: Annotated[bool, typer.Option("--all", help="已有标签的也用现在的模型重打，人工改过的不动。")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="拿不准的再用向量看一遍：更准，更慢。")] = False,
    as_json: Json = False,
) -> None:
    """给库里的评论和聊天消息打标签；中断后再运行会接着做。"""
    settings = Settings()
    database = Database(settings.store_url)
    try:
        migrate(database)
        done = run_retag(settings, database, everything=everything, deep=deep)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    finally:
        database.close()
    data = {"ok": True, "tagged": done.tagged, "skipped": done.skipped}
    say(as_json, data, f"打好 {done.tagged:,} 条" + (f"，{done.skipped:,} 条因顾客未同意跳过" if done.skipped else ""))


def run_retag(settings: Settings, database: Database, *, everything: bool = False, deep: bool = False) -> "ReadAll":
    """Label what is in the store behind a progress bar. Raises StoreDown, ConfigError."""
    from assistant.journeys.feedback import Understanding
    from assistant.journeys.topics import Study

    made = tagger(settings, deep=deep)
    understanding = Understanding(database, lambda: made, Clock())
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("打标签", total=None)
        done = understanding.read_all(
            everything=everything, progress=lambda n, of: bar.update(task, completed=n, total=of)
        )
    if done.tagged:
        Study.ask(database, Clock().now())  # topics and problems follow from labels
    return done


def train(
    corrections: Annotated[
        Path | None, typer.Option(help="另外的更正：JSON 行 {text, sentiment, aspects: {叶子: pos|neu|neg}}。")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="新权重写到哪里；默认是设置里的位置。")] = None,
    force: Annotated[bool, typer.Option("--force", help="没有变好也替换。")] = False,
    embed: Annotated[bool, typer.Option(help="也训练向量那一路。")] = True,
    as_json: Json = False,
) -> None:
    """用自带语料和人工更正重新训练；在没见过的样本上比旧模型好，才会替换。"""
    from assistant.feedback import weights
    from assistant.feedback.corrections import from_file, usable
    from assistant.feedback.taxonomy import load
    from assistant.feedback.train import train as make
    from vectorstore.embed import embedder

    settings = Settings()
    target = out or settings.feedback.weights
    try:
        tree = load(settings.feedback.aspects, settings.added_aspects)
        rows = usable([*_from_store(settings), *(from_file(corrections) if corrections else [])], tree)
        old = _old(settings.feedback.weights)
        engine = embedder(settings.retrieval.embedding_model).queries if embed else None
        note = Console(stderr=True)
        done = make(tree, rows, old, engine, today=local(Clock().now()).date(), on=note.print)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    replaced = done.better or force
    if replaced:
        weights.save(target, done.weights)
    data = {
        "ok": True, "replaced": replaced, "corrections": len(rows), "new": done.new.as_json(),
        "old": done.old.as_json() if done.old else None, "weights": str(target) if replaced else None,
    }  # fmt: skip
    lines = [f"留出 {done.new.rows} 条，更正 {len(rows)} 条。"]
    for label, figures in (("旧", done.old), ("新", done.new)):
        if figures:
            lines.append(
                f"{label}：情感宏F1 {figures.sentiment_f1:.4f}，方面提及F1 {figures.mention_f1:.4f}，"
                f"方面情感宏F1 {figures.aspect_sentiment_f1:.4f}"
            )
    lines.append(f"已替换：{target}" if replaced else "没有变好，保留旧权重。")
    say(as_json, data, "\n".join(lines))
    if not replaced:
        raise typer.Exit(1)


def _old(path: Path) -> "Weights | None":
    """What is in use; None where there is nothing, or nothing that this version can read."""
    from assistant.feedback import weights

    try:
        return weights.load(path) if path.exists() else None
    except ConfigError as error:
        Console(stderr=True).print(f"旧权重读不了，不作比较：{error}")
        return None


def _from_store(settings: Settings) -> "list[Correction]":
    from assistant.db import feedback

    database = Database(settings.store_url)
    try:
        migrate(database)
        with database.read() as connection:
            return feedback.corrections(connection)
    finally:
        database.close()


def check(
    aspects: Annotated[Path | None, typer.Option(help="要检查的方面树；默认取设置里的。")] = None, as_json: Json = False
) -> None:
    """检查方面树、词表和权重，并在自带的测试样本上打分。"""
    from assistant.feedback.examples import retail
    from assistant.feedback.score import score

    settings = Settings()
    try:
        made = tagger(settings, aspects)
        figures = score(made, [e for e in retail(made.tree) if e.part == "test"])
    except ConfigError as error:
        fail(as_json, str(error))
    data = {"ok": True, "leaves": len(made.tree.leaves), "version": made.version, **figures.as_json()}
    say(
        as_json,
        data,
        f"{len(made.tree.leaves)} 个方面，版本 {made.version}。测试 {figures.rows} 条："
        f"情感宏F1 {figures.sentiment_f1:.4f}，方面提及F1 {figures.mention_f1:.4f}",
    )


def topics(
    days: Annotated[int, typer.Option(help="看最近多少天。", min=1)] = 60,
    least: Annotated[int, typer.Option(help="至少多少句才算一个话题。", min=2)] = 4,
    as_json: Json = False,
) -> None:
    """方面树里还没有的新话题：名字、增长和例句，可以作为新叶子的候选。"""
    from assistant.bootstrap import Service

    service = Service(Settings())
    try:
        migrate(service.database)
        found, _ = service.understanding.topics(days, service.embedder.queries, least=least)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    finally:
        service.close()
    words = [f"{t.name}：{t.count} 句，增长 {t.growth} 倍，例如「{t.examples[0]}」" for t in found]
    data = [{k: v for k, v in asdict(t).items() if k not in ("members", "middle")} for t in found]
    say(as_json, {"topics": data}, "\n".join(words) or "没有新话题。")


def problems(
    store: Annotated[str | None, typer.Option(help="只看这家门店；group 是集团汇总。")] = None,
    state: Annotated[str, typer.Option(help="只看这个状态：open、known、solved、ignored。")] = "",
    about: Annotated[str, typer.Option(help="找和这句话有关的问题与办法。")] = "",
    refresh: Annotated[bool, typer.Option(help="先重新统计话题和问题。")] = True,
    as_json: Json = False,
) -> None:
    """反复出现的问题：哪家店、多少次、什么状态、怎么解决；默认先重新统计。"""
    from assistant.bootstrap import Service
    from assistant.db import problems as kept

    if state and state not in kept.STATES:
        raise typer.BadParameter(f"状态只有 {'、'.join(kept.STATES)}")
    service = Service(Settings())
    try:
        migrate(service.database)
        if refresh:
            service.study.learn()
        names = service.problems.names()
        place = "" if store == "group" else store
        if about:
            found = [m.problem for m in service.problems.find(about, place or None)]
        else:
            with service.database.read() as connection:
                found = kept.find(connection, None, store=place, state=state)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    except ConfigError as error:
        fail(as_json, str(error))
    finally:
        service.close()
    data = [{"name": names.get(p.about, p.about), **asdict(p)} for p in found]
    words = [
        f"{names.get(p.about, p.about)}（{p.store_id or '集团'}）：近 30 天 {p.count} 次，之前 {p.earlier} 次，{p.state}"
        + (f"，办法：{p.fix[:40]}" if p.fix else "")
        for p in found[:50]
    ]
    say(as_json, {"problems": data}, "\n".join(words) or "没有反复出现的问题。")
