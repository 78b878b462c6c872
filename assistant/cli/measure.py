"""`zhike eval NAME` and `zhike bench NAME`: figures, each with its peer beside it."""

import importlib
import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from assistant.cli.output import Json, fail
from assistant.config import Settings

# imported by name: the measuring code stands above the service and is not needed to run it
EVALS = {"shopper": "eval.shopper", "retrieval": "eval.retrieval", "intents": "eval.intents"}
BENCHES = {"turn": "eval.bench_turn", "model": "eval.bench_model"}
Options = Annotated[list[str] | None, typer.Argument(help="传给它的选项，例如 limit=50 split=test。")]


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate)
    app.command("bench")(benchmark)


def evaluate(name: str, options: Options = None, as_json: Json = False) -> None:
    """跑一项评测并打印数字，旁边是同类方法。"""
    _run(EVALS, name, options, as_json)


def benchmark(name: str, options: Options = None, as_json: Json = False) -> None:
    """跑一项性能测试并打印数字。"""
    _run(BENCHES, name, options, as_json)


def _run(known: dict[str, str], name: str, options: list[str] | None, as_json: bool) -> None:
    if name not in known:
        raise typer.BadParameter(f"只有 {'、'.join(known)}")
    given = {o.partition("=")[0]: o.partition("=")[2] or "true" for o in options or []}
    command: Callable[[Settings, dict[str, str]], dict[str, Any]] = importlib.import_module(known[name]).command
    try:
        result = command(Settings(), given)
    except FileNotFoundError as error:
        fail(as_json, f"缺少数据：{error}")
    typer.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else result["table"])
