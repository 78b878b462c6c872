"""`zhike ingest` and `zhike search`: the knowledge from the command line.

In: arguments. Out: one JSON object on stdout with `--json`, else text; progress and logs on stderr. Exit status 0,
1 (refused or not found, with a message) or 2 (bad usage). Registered by `assistant.__main__`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TaskID

from assistant import logs
from assistant.clock import Clock, local
from assistant.config import Settings
from vectorstore.errors import IndexMissing, VectorstoreError

if TYPE_CHECKING:
    from vectorstore.ingest import IngestReport
    from vectorstore.retrieve import Retrieval
    from vectorstore.snapshot import Progress

_STAGES = {"read": "读取文件", "words": "建立词索引", "vectors": "计算向量", "index": "写入索引"}


def register(app: typer.Typer) -> None:
    """Add the commands of the knowledge to the command line."""
    app.command("ingest")(ingest_command)
    app.command("search")(search_command)


def ingest_command(
    path: Annotated[Path, typer.Argument(help="A document, or a folder of documents.")],
    store: Annotated[list[str] | None, typer.Option(help="Store of documents that name none; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Take documents into the knowledge; only what changed is read again, what is gone leaves it."""
    from vectorstore.ingest import ingest

    settings = _settings()
    try:
        with ingest_bar() as progress:
            report = ingest(path, settings.index_config, progress=progress, stores=tuple(store or ()))
    except FileNotFoundError:
        _stop(f"找不到：{path}")
    except VectorstoreError as error:
        _stop(str(error))
    if as_json:
        _print_json(asdict(report))
    else:
        _show_report(report)
    if report.refused and not (report.taken or report.unchanged or report.removed):
        raise typer.Exit(1)


def search_command(
    query: Annotated[str, typer.Argument(help="What a shopper would ask.")],
    store: Annotated[str | None, typer.Option(help="The store that is asked about.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show the passages that a question finds, with scores and sources."""
    if not query.strip():
        raise typer.BadParameter("不能为空", param_hint="QUERY")
    from vectorstore.retrieve import Retriever

    settings = _settings()
    retriever = Retriever(settings.index_config)
    try:
        found = retriever.retrieve(
            query,
            store_ids=frozenset({store.upper()}) if store else None,
            on=local(Clock().now()).date(),
            k=settings.retrieval.top_k,
        )
    except IndexMissing:
        _stop("还没有知识库，请先运行 zhike ingest PATH")
    except VectorstoreError as error:
        _stop(str(error))
    finally:
        retriever.close()
    if as_json:
        _print_json({"query": query, "store": store, **asdict(found)})
    else:
        _show_found(found)
    if not found.passages:
        _stop("没有找到相关内容")


def _settings() -> Settings:
    settings = Settings()
    logs.configure(settings.log_level)
    return settings


def _print_json(plain: dict[str, Any]) -> None:
    typer.echo(json.dumps(plain, ensure_ascii=False))


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


@contextmanager
def ingest_bar() -> Iterator[Progress]:
    """A progress bar on stderr with one line for each stage."""
    with Bar(console=Console(file=sys.stderr), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_STAGES.get(stage, stage), total=of)
            bar.update(tasks[stage], completed=done, total=of)

        yield show


def _show_report(report: IngestReport) -> None:
    typer.echo(
        f"收录 {len(report.taken)} 个文件，未变 {len(report.unchanged)} 个，移除 {len(report.removed)} 个，"
        f"拒收 {len(report.refused)} 个；知识库共 {report.chunks} 段（第 {report.generation} 版）"
    )
    for title, rows in (("拒收", report.refused), ("提醒", report.warnings)):
        for name, reason in rows:
            typer.echo(f"{title}  {name}：{reason}")


def _show_found(found: Retrieval) -> None:
    typer.echo(f"{'可以回答' if found.confident else '没有把握，不会直接回答'}（{found.confidence:.2f}）")
    for number, passage in enumerate(found.passages, start=1):
        page = f" 第 {passage.page} 页" if passage.page else ""
        scope = "、".join(passage.stores) or "通用"
        typer.echo(f"\n{number}. [{passage.score:.3f}] {passage.question or '｜'.join(passage.title_path)}")
        typer.echo(f"   {passage.text}\n   {passage.source}{page}（{scope}）")
