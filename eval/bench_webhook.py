"""How fast is a push of WeChat on disk and acknowledged? Beside a bare FastAPI echo on the same machine.

`zhike bench webhook [--pushes N] [--connections N …] [--rounds N] [--json]`. Enters: nothing; signed and encrypted pushes
are made beforehand by the fake platform. Leaves: pushes per second of one process on SQLite and on PostgreSQL (both
flushing to disk) and of the echo, each at the number of connections that suits it best, the share of the echo, p99 to
acknowledge; and what 400 requests held at once do to the health check. Measure on an otherwise idle machine: the client takes one core, the server the other.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvloop
from rich.console import Console
from rich.table import Table

from assistant import logs
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.web.fake_wechat import FakeWeChat
from assistant.web.fake_wechat.push import seal
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT
from eval import wire
from eval.postgres import binaries, throwaway_postgres
from eval.serving import free_port

HELD = 400
AIM = 0.30
Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike bench webhook", description=__doc__)
    parser.add_argument("--pushes", type=int, default=3000)
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 256], help="each is tried; the best counts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", choices=["echo", "zhike"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        _serve(options.serve, options.port)
        return 0
    logs.configure("ERROR")
    report = measure(options.pushes, options.connections, options.rounds)
    if options.json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        Console().print(_table(report))
    return 0


def measure(pushes: int, connections: Sequence[int], rounds: int) -> dict[str, Figures]:
    """Figures by what was measured, each with the number of connections that suits it best."""
    report: dict[str, Figures] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stores = {"sqlite": f"sqlite:///{folder / 'zhike.db'}"}
        if binaries() is not None:
            stores["postgresql"] = stack.enter_context(throwaway_postgres(durable=True))
        for url in stores.values():
            database = Database(url)
            migrate(database)
            database.close()
        ports = {"echo": stack.enter_context(_server("echo", {}))}
        for name, url in stores.items():
            ports[name] = stack.enter_context(_server("zhike", _environment(folder / name, url, passive_s=0)))
        speeds: dict[tuple[str, int], list[Figures]] = defaultdict(list)
        for _ in range(rounds):  # taken in turn, so that what else the machine does falls on all alike
            for name, port in ports.items():
                for count in connections:
                    speeds[name, count].append(_speed(port, _pushes(pushes), count))
        for name in ports:
            report[name] = max((_middle(speeds[name, count]) for count in connections), key=lambda f: f["per_s"])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'zhike.db'}"
        database = Database(url)
        migrate(database)
        database.close()
        report["held"] = _held(stack.enter_context(_server("zhike", _environment(folder / "held", url, passive_s=4))))
    for name in ("sqlite", "postgresql"):
        if name in report:
            report[name]["share_of_echo"] = round(report[name]["per_s"] / report["echo"]["per_s"], 3)
    return report


def _pushes(count: int) -> list[bytes]:
    """Signed, encrypted text messages of as many people as there are messages, as they go over the wire."""
    wechat = FakeWeChat(mode="safe")
    at = int(wechat.now().timestamp())
    made = []
    for n in range(count):
        openid = f"oBench{wechat.new_id():022d}"[:28]
        fields = {
            "ToUserName": DEMO_ACCOUNT.original_id, "FromUserName": openid, "CreateTime": at, "MsgType": "text",
            "Content": f"徐家汇店今天几点关门？{n}", "MsgId": time.time_ns() + n,
        }  # fmt: skip
        push = seal(wechat.account, fields, openid, at)
        made.append(wire.post(f"/wechat/official?{urlencode(push.params)}", push.body.encode()))
    return made


def _speed(port: int, requests: list[bytes], connections: int) -> Figures:
    started = time.perf_counter()
    answers = uvloop.run(wire.send_all(port, requests, connections))
    seconds = time.perf_counter() - started
    assert all(a.status == 200 for a in answers), {a.status for a in answers}
    times = sorted(a.ms for a in answers)
    return {
        "connections": connections,
        "per_s": round(len(answers) / seconds),
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(times[int(len(times) * 0.99)], 1),
    }


def _middle(found: list[Figures]) -> Figures:
    """The round with the median speed."""
    return sorted(found, key=lambda f: f["per_s"])[len(found) // 2]


def _held(port: int) -> Figures:
    """Many pushes that wait for an answer that does not come in time, and the health check meanwhile."""

    async def both() -> tuple[list[wire.Answer], list[wire.Answer]]:
        async def health() -> list[wire.Answer]:
            found = []
            for _ in range(30):
                await asyncio.sleep(0.1)
                found += await wire.send_all(port, [wire.get("/healthz")], 1)
            return found

        return await asyncio.gather(wire.send_all(port, _pushes(HELD), HELD), health())

    held, health = uvloop.run(both())
    return {
        "held": len(held),
        "acknowledged": sum(a.status == 200 for a in held),
        "slowest_ms": round(max(a.ms for a in held), 1),
        "health_p99_ms": round(sorted(a.ms for a in health)[-1], 1),
    }


def _environment(data: Path, url: str, *, passive_s: float) -> dict[str, str]:
    account = DEMO_ACCOUNT
    return {
        "ZHIKE_DATA_DIR": str(data), "ZHIKE_DATABASE_URL": url, "ZHIKE_LLM__KIND": "off", "ZHIKE_LOG_LEVEL": "ERROR",
        "ZHIKE_WECHAT__APP_ID": account.appid, "ZHIKE_WECHAT__SECRET": account.secret,
        "ZHIKE_WECHAT__TOKEN": account.token, "ZHIKE_WECHAT__AES_KEY": account.aes_key,
        "ZHIKE_WECHAT__PASSIVE_S": str(passive_s), "ZHIKE_WECHAT__API_URL": "http://127.0.0.1:9",
    }  # fmt: skip


@contextmanager
def _server(kind: str, environment: dict[str, str]) -> Iterator[int]:
    """A server process; its port, once it listens."""
    port = free_port()
    command = [sys.executable, "-m", "eval.bench_webhook", "--serve", kind, "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        for _ in range(600):
            time.sleep(0.1)
            assert process.poll() is None, f"the {kind} server ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _serve(kind: str, port: int) -> None:
    """In the server process: no worker, so that only taking in is measured."""
    import uvicorn

    if kind == "echo":
        from fastapi import FastAPI, Request, Response

        app = FastAPI()

        @app.post("/{path:path}")
        async def echo(request: Request) -> Response:
            return Response(await request.body())
    else:
        from assistant.bootstrap import Service
        from assistant.cli.serve import settle
        from assistant.config import Settings
        from assistant.web.app import make_app

        settings = Settings()
        logs.configure(settings.log_level)
        app = make_app(Service(settings))
        settle()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def _table(report: dict[str, Figures]) -> Table:
    table = Table(title="WeChat pushes: signed, encrypted, on disk, acknowledged (one process)")
    for column in ("", "connections", "pushes/s", "of the echo", "aim", "p50 ms", "p99 ms"):
        table.add_column(column, justify="left" if not column else "right")
    for name in ("echo", "sqlite", "postgresql"):
        if name in report:
            f = report[name]
            share = f"{f['share_of_echo']:.0%}" if "share_of_echo" in f else "100%"
            aim = f"≥ {AIM:.0%}" if "share_of_echo" in f else ""
            title = "bare FastAPI echo" if name == "echo" else name
            table.add_row(
                title, f"{f['connections']:.0f}", f"{f['per_s']:.0f}", share, aim, str(f["p50_ms"]), str(f["p99_ms"])
            )
    h = report["held"]
    table.caption = (
        f"{h['held']:.0f} held at once: {h['acknowledged']:.0f} acknowledged, slowest {h['slowest_ms']} ms (WeChat's "
        f"limit 5000), health check meanwhile p99 {h['health_p99_ms']} ms"
    )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
