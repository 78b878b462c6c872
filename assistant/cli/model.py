"""``zhike model pull`` and ``zhike model status``: the embedded model's weights, and whether a model answers.

Enters: settings. Leaves: words in Chinese, or one JSON object on stdout with ``--json``; progress goes to
stderr. Exit status 0, or 1 if the weights cannot be had or no model answers. Registered by
`assistant.__main__`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from assistant.config import LlmSettings, Settings
from assistant.errors import ConfigError, ModelDown
from assistant.llm import weights as weights_of
from assistant.llm.local import read_state
from assistant.llm.ping import ping

Json = Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象。")]
STEPS = {"hub": "从模型站下载", "packages": "从软件包下载", "verify": "校验"}


def register(app: typer.Typer) -> None:
    """Add the sub-commands of ``zhike model`` to `app`."""
    model = typer.Typer(help="内置模型：下载权重、查看状态。", no_args_is_help=True)
    model.command("pull")(pull)
    model.command("status")(status)
    app.add_typer(model, name="model")


def pull(as_json: Json = False) -> None:
    """下载并校验内置模型的权重（约 1.1 GB，可断点续传）。"""
    settings = Settings().llm
    try:
        with progress_bar() as on_progress:
            path = weights_of.ensure(settings, on_progress)
    except (weights_of.WeightsUnavailable, ConfigError) as error:
        _finish(as_json, {"ok": False, "error": str(error)}, f"没能取得模型权重：{error}", status=1)
        return
    said = {"ok": True, "path": str(path), "bytes": path.stat().st_size}
    _finish(as_json, said, f"模型权重已就绪：{path}")


def status(as_json: Json = False) -> None:
    """查看权重、内置服务与模型接口的状态，并测一个词的耗时。"""
    settings = Settings()
    said = describe(settings)
    lines = [f"模型来源：{said['kind']}"]
    if settings.llm.kind == "embedded":
        found, server = said["weights"], said["server"]
        if not found["found"]:
            lines.append("权重：还没有，请运行 zhike model pull")
        else:
            lines.append(f"权重：{found['path']}（{'已校验' if found['verified'] else '未校验'}）")
        lines.append(f"内置服务：{'运行中，' + server['url'] if server['running'] else '未运行'}")
    endpoint = said["endpoint"]
    if endpoint["reachable"]:
        lines.append(f"接口：正常，一个词 {endpoint['latency_ms']} 毫秒")
    elif settings.llm.kind != "off":
        lines.append(f"接口：不可用（{endpoint['error']}）")
    _finish(as_json, said, "\n".join(lines), status=0 if said["ok"] else 1)


def describe(settings: Settings) -> dict[str, Any]:
    """The state as data. `ok`: a model answers, or could as soon as the service starts."""
    said: dict[str, Any] = {"kind": settings.llm.kind}
    if settings.llm.kind == "off":
        return {**said, "endpoint": _endpoint("", "", "", "模型已关闭"), "ok": True}
    if settings.llm.kind == "openai":
        key = settings.llm.api_key.get_secret_value()
        said["endpoint"] = _endpoint(settings.llm.base_url, key, settings.llm.model, "没有设置 ZHIKE_LLM__BASE_URL")
        return {**said, "ok": said["endpoint"]["reachable"]}
    said["weights"] = _weights(settings.llm)
    state = read_state(settings.data_dir / "llm")
    said["server"] = {
        "running": state is not None,
        "url": state.url if state else "",
        "pid": state.pid if state else 0,
    }
    url, key = (f"{state.url}/v1", state.api_key) if state else ("", "")
    said["endpoint"] = _endpoint(url, key, settings.llm.model, "内置服务未运行，会随 zhike serve 启动")
    return {**said, "ok": said["endpoint"]["reachable"] or (state is None and said["weights"]["found"])}


@contextmanager
def progress_bar() -> Iterator[weights_of.OnProgress]:
    """A progress bar on stderr, as the callback that `weights.ensure` and `LocalServer.start` take."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("准备", total=None)

        def show(at: weights_of.Progress) -> None:
            bar.update(task, description=STEPS.get(at.step, at.step), completed=at.done, total=at.total)

        yield show


def _weights(settings: LlmSettings) -> dict[str, Any]:
    try:
        path = weights_of.find(settings)
    except ConfigError as error:
        return {"found": False, "verified": False, "path": str(settings.weights), "error": str(error)}
    if path is None:
        return {"found": False, "verified": False, "path": str(weights_of.cached_path(settings))}
    return {"found": True, "verified": weights_of.is_proven(path), "path": str(path)}


def _endpoint(base_url: str, api_key: str, model: str, absent: str) -> dict[str, Any]:
    if not base_url:
        return {"reachable": False, "error": absent}
    try:
        return {"reachable": True, "latency_ms": ping(base_url, api_key, model)}
    except ModelDown as error:
        return {"reachable": False, "error": str(error)}


def _finish(as_json: bool, said: dict[str, Any], words: str, status: int = 0) -> None:
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else words)
    if status:
        raise typer.Exit(status)
