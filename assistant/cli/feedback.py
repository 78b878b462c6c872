"""`zhike tag`: what was said, as structured data: JSON lines in, JSON lines out, in constant memory."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assistant.cli.output import fail
from assistant.config import Settings
from assistant.errors import ConfigError

if TYPE_CHECKING:
    from assistant.feedback.tagger import Tagger

BATCH = 256


def register(app: typer.Typer) -> None:
    app.command("tag")(tag)


def tag(
    source: Annotated[str, typer.Argument(help='JSON 行文件，每行 {"id", "text"}；- 表示标准输入。')] = "-",
    out: Annotated[Path | None, typer.Option(help="写到这个文件；默认标准输出。")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="接着上次没写完的 --out 文件往下做。")] = False,
    aspects: Annotated[Path | None, typer.Option(help="用这份方面树；默认取设置里的。")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="拿不准的再用向量看一遍：更准，更慢。")] = False,
) -> None:
    """给文本打标签：情感、情绪、方面、意图、风险。坏行会报告并跳过。"""
    from assistant.feedback.stream import tag_file

    if resume and out is None:
        raise typer.BadParameter("--resume 需要同时给出 --out")
    if source != "-" and not Path(source).is_file():
        fail(False, f"没有文件 {source}")
    try:
        done = tag_file(source, out, tagger(Settings(), aspects, deep=deep), resume=resume, on=_progress)
    except ConfigError as error:
        fail(False, str(error))
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
    return Tagger.shipped(aspects=aspects or chosen.aspects, path=chosen.weights, embed=embed)


def _progress(done: int, broken: int, note: str) -> None:
    if note:
        sys.stderr.write(note + "\n")
    elif sys.stderr.isatty() or done % 10_000 < BATCH:
        sys.stderr.write(f"已完成 {done:,} 条，坏行 {broken:,}\n")
