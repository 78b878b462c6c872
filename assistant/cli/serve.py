"""`zhike demo`, `zhike serve`, `zhike worker`: the long-running processes."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant import logs
from assistant.cli.output import Json, fail
from assistant.clock import Clock, local
from assistant.config import PACKAGE_ROOT, Settings
from assistant.db import seeds
from assistant.db.migrate import migrate
from assistant.errors import ConfigError, StoreDown, ZhikeError
from tools.errors import ToolError
from vectorstore.errors import VectorstoreError

log = logs.get("serve")
Port = Annotated[int | None, typer.Option(help="端口。")]
KNOWLEDGE = PACKAGE_ROOT / "knowledge" / "demo"


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.command("worker")(worker)


def demo(
    port: Port = None,
    size: Annotated[str, typer.Option(help="演示数据规模：tiny、demo 或 large。")] = "demo",
    no_model: Annotated[bool, typer.Option("--no-model", help="不用语言模型。")] = False,
) -> None:
    """一条命令看全貌：缺数据就生成，缺模型就下载，缺索引就建立，然后打开所有页面。"""
    from assistant.bootstrap import Service

    settings = _settings(port, demo_accounts=True, no_model=no_model)
    service = Service(settings)
    try:
        migrate(service.database)
        _ensure_world(service, size)
        _ensure_index(service)
        _ensure_router(service)
        _ensure_numbers(service)
        if settings.llm.kind == "embedded":
            _ensure_weights(settings)
    except ZhikeError as error:
        fail(False, f"没能准备好：{error}")
    _run(service, demo_page=True)
    _leave()


def serve(port: Port = None) -> None:
    """启动服务（网页与后台处理）。"""
    from assistant.bootstrap import Service

    service = Service(_settings(port))
    try:
        migrate(service.database)
    except StoreDown as error:
        fail(False, f"连不上业务库：{error}")
    _run(service)
    _leave()


def worker(as_json: Json = False) -> None:
    """只启动后台处理（PostgreSQL 上可以有任意多个）。"""
    from assistant.bootstrap import Service
    from assistant.worker import Worker

    service = Service(Settings())
    service.start_model()
    running = Worker(service)
    running.start()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    running.stop()
    service.close()
    _leave()


def _settings(port: int | None, *, demo_accounts: bool = False, no_model: bool = False) -> Settings:
    settings = Settings()
    web: dict[str, Any] = {"port": port or settings.web.port}
    if demo_accounts:
        web["demo_accounts"] = True
    changes: dict[str, Any] = {"web": settings.web.model_copy(update=web)}
    if demo_accounts and not settings.wechat.app_id:
        from assistant.web.fake_wechat.demo import demo_settings

        changes["wechat"] = demo_settings(settings.wechat, web["port"])
    if no_model:
        changes["llm"] = settings.llm.model_copy(update={"kind": "off"})
    return settings.model_copy(update=changes)


def _ensure_world(service: Any, size: str) -> None:
    from assistant.cli.accounts import ensure_demo
    from assistant.cli.store import run_seed

    with service.database.read() as connection:
        known = seeds.current(connection)
    if known is None:
        run_seed(service.settings, service.database, size, 1, local(Clock().now()).date())
    ensure_demo(service.settings, service.database)


def _ensure_index(service: Any, folder: Path = KNOWLEDGE) -> None:
    from assistant.cli.knowledge import ingest_bar
    from vectorstore.ingest import ingest

    with ingest_bar() as progress:
        report = ingest(folder, service.settings.index_config, progress=progress)
    for source, reason in report.refused:
        log.warning("document_refused", source=source, reason=reason)


def _ensure_router(service: Any) -> None:
    """The first start reads thousands of examples, which takes a minute; later ones only what is new."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("学习例句", total=None)
        service.router.prepare(lambda done, of: bars.update(bar, completed=done, total=of))
        service.wordings.prepare()


def _ensure_numbers(service: Any) -> None:
    """What the pages of the staff show: comments read, and a mart."""
    from assistant.cli.ask import run_refresh
    from assistant.cli.feedback import run_retag

    if service.ops_questions.marts.current() is None:
        run_retag(service.settings, service.database)
        run_refresh(service.settings, service.database)


def _ensure_weights(settings: Settings) -> None:
    from assistant.cli.model import progress_bar
    from assistant.llm import weights

    with progress_bar() as on_progress:
        weights.ensure(settings.llm, on_progress)


def _run(service: Any, *, demo_page: bool = False) -> None:
    import uvicorn

    from assistant.accounts.demo import password as demo_password
    from assistant.web.porch import Porch

    settings = service.settings
    address = f"http://{settings.web.host}:{settings.web.port}"
    typer.echo(
        f"\n知客已启动\n  聊天页   {address}/chat\n  员工入口 {address}/staff\n  健康检查 {address}/readyz\n  指标     {address}/metrics",
        err=True,
    )
    if settings.wechat.fake:
        typer.echo(f"  演示手机 {address}/fake-wechat/（微信公众号，不需要真实账号）", err=True)
    if demo_page:
        password = demo_password(settings.data_dir)
        typer.echo(f"  演示员工 admin、analyst、east 等，密码都是 {password}（登录页上也有）", err=True)
        typer.echo(
            "  聊天页右上角可以切换演示会员；语言模型在后台预热，约一分钟后就绪。\n  按 Ctrl+C 停止。\n", err=True
        )
    porch = Porch(service)
    server = uvicorn.Server(uvicorn.Config(
        porch, host=settings.web.host, port=settings.web.port, log_config=None,
        timeout_graceful_shutdown=3, server_header=False,
    ))  # fmt: skip
    rooms = _Rooms(service, porch, server)
    rooms.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):  # the server tells a signal again once it has ended
            server.run()
    finally:
        rooms.close()
        service.close()
    if rooms.failed is not None:
        raise rooms.failed
    if not server.started:
        raise typer.Exit(3)


def _leave() -> None:
    """End now where threads still read a model or learn: all is closed and on disk, and nobody waits for them.

    An interpreter that takes itself down under a thread within native code aborts (SIGABRT).
    """
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class _Rooms(threading.Thread):
    """Makes what is behind the doors, which are open meanwhile: what comes is on disk, and answered as soon as we can.

    Stops the server where something cannot be made; `failed` says why.
    """

    def __init__(self, service: Any, porch: Any, server: Any) -> None:
        super().__init__(daemon=True, name="rooms")
        self.failed: Exception | None = None
        self._service, self._porch, self._server = service, porch, server
        self._worker: Any = None
        self._closing = threading.Event()

    def run(self) -> None:
        try:
            self._open()
        except Exception as error:  # noqa: BLE001  raised anew where the server has ended
            self.failed = error
            self._server.should_exit = True

    def close(self, timeout_s: float = 2.0) -> None:
        """Begin nothing more, wait for the step in hand as long as that, and finish the turns in hand."""
        self._closing.set()
        if self.is_alive():
            self.join(timeout_s)
        if self._worker is not None:
            self._worker.stop()

    def _open(self) -> None:
        from assistant.web.app import make_app
        from assistant.worker import Worker

        service = self._service
        self._porch.lead_to(make_app(service, self._porch.callback))
        self._worker = Worker(service)
        self._warm("router", lambda: service.router.rank("你好"))  # trained or loaded before a shopper is answered
        self._warm("knowledge", service.retriever.warm)
        if not self._closing.is_set():
            self._worker.start()
        self._warm("model", service.start_model)
        self._warm("model", service.llm.preload)
        settle()

    def _warm(self, what: str, act: Callable[[], object]) -> None:
        """What is away or not there yet now may come later; what an operator wrote wrong will not."""
        if self._closing.is_set():
            return
        try:
            act()
        except ConfigError:
            raise
        except (ZhikeError, ToolError, VectorstoreError) as error:
            log.error("not_warm", what=what, cause=str(error))


def settle() -> None:
    """What is built by now stays for good: the collector need not walk it again and again while shoppers wait."""
    gc.collect()
    gc.freeze()
