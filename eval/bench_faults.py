"""Is anything lost, or answered twice, when the service is killed again and again under load?

`zhike bench faults [--kills N] [--store sqlite|postgresql|both] [--passive S] [--json]`. Enters: nothing; shoppers on
the fake platform write one message after another, WeChat's retries included, while processes are killed with SIGKILL
at random moments and started again (on SQLite one process; on PostgreSQL one that serves and two workers). Leaves, by
store: kills, messages acknowledged, lost (and of these: acknowledged but not on disk, on disk and unanswered, answered
and never seen by the shopper), answered twice. One message of WeChat may carry several answers, so answers are counted by their
words and not by bubbles.
"""

import argparse
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from assistant import logs
from assistant.channels.official_account import CHANNEL as OFFICIAL_ACCOUNT
from assistant.channels.official_account.text import plain
from assistant.db import conversations, outbox
from assistant.db.engine import Database
from assistant.web.fake_wechat import FakeWeChat, Phone, over_http
from assistant.web.fake_wechat.push import Deliver
from assistant.web.fake_wechat.records import Answer, PushRequest
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT
from eval.postgres import throwaway_postgres
from eval.serving import free_port, served
from eval.small_world import make_world

SHOPPERS = 6
QUESTIONS = ("徐家汇店几点关门", "停车怎么收费", "可以带狗进店吗", "怎么开发票", "有什么券可以领")
ANSWER_WITHIN_S = 40.0  # restarts included
SETTLED_WITHIN_S = 120.0  # what was late may still come
AGAIN_WITHIN_S = 6.0  # what comes twice comes in WeChat's next retry
HEAD = 24  # characters by which an answer is known
Figures = dict[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike bench faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--store", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--passive", type=float, default=4.0, help="seconds; short ones make most answers pushes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("CRITICAL")
    stores = ["sqlite", "postgresql"] if options.store == "both" else [options.store]
    report = {store: measure(store, options.kills, options.passive, random.Random(options.seed)) for store in stores}
    if options.json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        Console().print(_table(report))
    return int(any(f["lost"] or f["answered_twice"] for f in report.values()))


def measure(store: str, kills: int, passive_s: float, dice: random.Random) -> Figures:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(throwaway_postgres(durable=True)) if store == "postgresql" else ""
        make_world(folder, url)
        port, wechat_port = free_port(), free_port()
        wechat = FakeWeChat(mode="safe", deliver=_patient(f"http://127.0.0.1:{port}/wechat/official"))
        stack.enter_context(served(wechat.app, wechat_port))
        environment = {**os.environ, **_environment(folder, url, passive_s, wechat_port)}
        roles = ["serve"] if store == "sqlite" else ["serve", "worker", "worker"]
        fleet = [_start(role, port, environment) for role in roles]
        shoppers = [_Shopper(wechat.phone(f"oFault{n:022d}"), dice.random()) for n in range(SHOPPERS)]
        try:
            _until_open(port)
            for shopper in shoppers:
                shopper.start()
            _kill(fleet, roles, port, environment, shoppers, kills, dice)
            for shopper in shoppers:
                shopper.stop()
            _settle(shoppers, folder, url)
        finally:
            for process in fleet:
                process.kill()
        return _count(kills, shoppers, wechat, _on_record(folder, url))


class _Shopper(threading.Thread):
    """Writes, waits for the answer, writes again."""

    def __init__(self, phone: Phone, seed: float) -> None:
        super().__init__(daemon=True)
        self.phone = phone
        self.acknowledged = 0
        self._dice = random.Random(seed)
        self._over = threading.Event()
        phone.user.subscribed_at = phone.wechat.now()

    def run(self) -> None:
        while not self._over.is_set():
            before = self.answers()
            delivery = self.phone.text(self._dice.choice(QUESTIONS))
            deadline = time.monotonic() + ANSWER_WITHIN_S
            while self.answers() == before and time.monotonic() < deadline:
                time.sleep(0.05)
            self.acknowledged += delivery.outcome != "fault"
            time.sleep(self._dice.random() * 0.5)

    def stop(self) -> None:
        self._over.set()
        self.join(ANSWER_WITHIN_S + 30)

    def heard(self) -> str:
        """The words of all that came, one after the other."""
        found = [b.content for b in self.phone.received if b.side == "account"]
        return "\n".join(_bare(str(c.get("content") or c.get("head_content") or "")) for c in found)

    def answers(self) -> int:
        return sum(1 for b in self.phone.received if b.side == "account")


@dataclass(frozen=True)
class Record:
    """What the store says of one shopper: messages taken in, how many of them got an answer, the answers' words."""

    messages: int
    answered: int
    answers: tuple[str, ...]


def _on_record(folder: Path, url: str) -> dict[str, Record]:
    database = Database(url or f"sqlite:///{folder / 'zhike.db'}")
    with database.read() as connection:
        messages = conversations.count_by_sender(connection, OFFICIAL_ACCOUNT)
        rows = outbox.promised(connection, OFFICIAL_ACCOUNT)
    database.close()
    return {
        sender: Record(
            count,
            len({inbox_id for to, inbox_id, _ in rows if to == sender and inbox_id is not None}),
            tuple(_words(payload) for to, _, payload in rows if to == sender),
        )
        for sender, count in messages.items()
    }


def _words(payload: Mapping[str, Any]) -> str:
    """The first words of an answer, as the shopper would see them."""
    first = payload["parts"][0] if payload.get("parts") else {}
    content = first.get("text", {}).get("content") or first.get("msgmenu", {}).get("head_content")
    return _bare(content or plain(payload.get("text", "")))[:HEAD]


def _bare(text: str) -> str:
    return re.sub(r"<[^>]*>|\s+", "", text)


def missing_and_doubled(answers: Sequence[str], heard: str) -> tuple[int, int]:
    """How many of the answers were never heard, and how many were heard more often than given."""
    due = Counter(answers)
    times = {words: heard.count(words) for words in due}
    return (
        sum(max(0, n - times[words]) for words, n in due.items()),
        sum(max(0, times[words] - n) for words, n in due.items()),
    )


@dataclass(frozen=True)
class Losses:
    """What went wrong for one shopper, each kind by itself."""

    not_on_disk: int
    unanswered: int
    unseen: int
    twice: int

    @property
    def lost(self) -> int:
        return self.not_on_disk + self.unanswered + self.unseen


def _losses(shopper: _Shopper, records: Mapping[str, Record]) -> Losses:
    record = records.get(shopper.phone.openid, Record(0, 0, ()))
    unseen, twice = missing_and_doubled(record.answers, shopper.heard())
    not_on_disk = max(0, shopper.acknowledged - record.messages)
    return Losses(not_on_disk, record.messages - record.answered, unseen, twice)


def _settle(shoppers: Sequence[_Shopper], folder: Path, url: str) -> None:
    """Waits until nobody misses anything, or for as long as a late answer may take; then for what comes twice."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < deadline:
        records = _on_record(folder, url)
        if not any(_losses(shopper, records).lost for shopper in shoppers):
            break
        time.sleep(1)
    time.sleep(AGAIN_WITHIN_S)


def _count(kills: int, shoppers: Sequence[_Shopper], wechat: FakeWeChat, records: dict[str, Record]) -> Figures:
    losses = [_losses(shopper, records) for shopper in shoppers]
    return {
        "kills": kills,
        "acknowledged": sum(s.acknowledged for s in shoppers),
        "on_disk": sum(r.messages for r in records.values()),
        "pushed": sum(c.errcode == 0 for c in wechat.calls_of("/cgi-bin/message/custom/send")),
        "retried": sum(len(d.attempts) > 1 for d in wechat.deliveries),
        "given_up_by_wechat": sum(d.outcome == "fault" for d in wechat.deliveries),
        "not_on_disk": sum(one.not_on_disk for one in losses),
        "unanswered": sum(one.unanswered for one in losses),
        "unseen": sum(one.unseen for one in losses),
        "lost": sum(one.lost for one in losses),
        "answered_twice": sum(one.twice for one in losses),
    }


def _kill(
    fleet: list["subprocess.Popen[bytes]"], roles: list[str], port: int, environment: dict[str, str],
    shoppers: "Sequence[_Shopper]", kills: int, dice: random.Random,
) -> None:  # fmt: skip
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("kill -9", total=kills)
        for _ in range(kills):
            _until_open(port)
            _until_busy(shoppers)
            time.sleep(dice.random() * 3)
            which = dice.randrange(len(fleet))
            fleet[which].send_signal(signal.SIGKILL)
            fleet[which].wait()
            fleet[which] = _start(roles[which], port, environment)
            progress.advance(bar)
        _until_open(port)


def _patient(url: str) -> Deliver:
    """A connection that is refused is tried for as long as WeChat waits for an answer."""
    send = over_http(url)

    def deliver(push: PushRequest) -> Answer:
        deadline = time.monotonic() + 4.5
        while True:
            try:
                return send(push)
            except Exception as error:
                if str(error) == "timeout" or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    return deliver


def _start(role: str, port: int, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "assistant", role]
    if role == "serve":
        command += ["--port", str(port)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def _until_open(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the service does not start")


def _until_busy(shoppers: "Sequence[_Shopper]") -> None:
    """The service has warmed up: somebody has been answered since it started."""
    before = sum(s.answers() for s in shoppers)
    for _ in range(400):
        if sum(s.answers() for s in shoppers) > before:
            return
        time.sleep(0.05)


def _environment(folder: Path, url: str, passive_s: float, wechat_port: int) -> dict[str, str]:
    account = DEMO_ACCOUNT
    return {
        "ZHIKE_DATA_DIR": str(folder), "ZHIKE_DATABASE_URL": url, "ZHIKE_LLM__KIND": "off",
        "ZHIKE_LOG_LEVEL": "ERROR", "ZHIKE_WORKER__LEASE_S": "5", "ZHIKE_WECHAT__PASSIVE_S": str(passive_s),
        "ZHIKE_WECHAT__APP_ID": account.appid, "ZHIKE_WECHAT__SECRET": account.secret,
        "ZHIKE_WECHAT__TOKEN": account.token, "ZHIKE_WECHAT__AES_KEY": account.aes_key,
        "ZHIKE_WECHAT__API_URL": f"http://127.0.0.1:{wechat_port}",
    }  # fmt: skip


def _table(report: dict[str, Figures]) -> Table:
    table = Table(title="Killed (SIGKILL) under load, with WeChat's retries")
    names = next(iter(report.values()))
    for column in ("store", *names):
        table.add_column(column.replace("_", " "), justify="left" if column == "store" else "right")
    for store, figures in report.items():
        table.add_row(store, *(str(figures[name]) for name in names))
    table.caption = "aim: lost 0, answered twice 0"
    return table


if __name__ == "__main__":
    raise SystemExit(main())
