"""Does every message in WeChat get its one answer, whatever goes wrong on the way? One row a circumstance.

`zhike eval channels [--only NAME] [--json]`. Enters: nothing; each row has a service of its own, called over HTTP in safe
mode by the fake platform, which keeps WeChat's rules, its clock and its retries; the model is made up, its slowness is
not. Leaves, by row: messages sent, answers owed, answers that came (in the response, or pushed), lost, doubled, rules
broken, the longest wait for the acknowledgement and for the answer. Exit status 1 where anything is lost, doubled or
broken.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import SecretStr
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant import logs
from assistant.bootstrap import Service
from assistant.channels.official_account import CHANNEL
from assistant.config import LlmSettings, Settings, WeChatSettings
from assistant.db import conversations, outbox
from assistant.db.jsonable import dump
from assistant.domain.message import Reply
from assistant.domain.shopper import Identity
from assistant.llm.scripted import ScriptedLlm, Slow
from assistant.web.app import make_app
from assistant.web.fake_wechat import FakeWeChat, over_http
from assistant.web.fake_wechat.records import Answer, Delivery, PushRequest
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT
from assistant.worker import Worker
from eval.serving import free_port, served
from eval.small_world import copy_world, make_world

OPENID = "oConformance0000000000000001"
CUSTOM = "/cgi-bin/message/custom/send"
PLAIN = ("徐家汇店几点关门", "停车怎么收费", "怎么开发票")
FOR_THE_MODEL = "我闺女下个月周岁弄点啥合适"  # neither rules nor documents make it plain
CHOICE = '{"action": "product_find"}'
QUIET_S = 3.0  # after the last answer that is owed: what comes now is doubled
PATIENCE_S = 40.0


@dataclass(frozen=True)
class Outcome:
    """`answered`: seconds from the message to its answer, the longest; `acknowledged`: to the response, the longest."""

    circumstance: str
    messages: int
    owed: int
    in_response: int
    pushed: int
    lost: int
    doubled: int
    broken: int
    acknowledged: float
    answered: float

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.broken) and self.acknowledged < 5


class Stage:
    """A service with an Official Account and the platform that calls it, each on a port of its own."""

    def __init__(self, world: Path, *, llm: ScriptedLlm | None = None, verified: bool = True, passive_s: float = 4.0):
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory())) / "world"
        copy_world(world, self.folder)
        account = replace(DEMO_ACCOUNT, mode="safe", verified=verified)
        self._port, wechat_port = free_port(), free_port()
        self.wechat = FakeWeChat(account=account, deliver=over_http(f"http://127.0.0.1:{self._port}/wechat/official"))
        self.phone = self.wechat.phone(OPENID)
        self.phone.user.subscribed_at = self.wechat.now()
        self._llm = llm
        self._settings = Settings(
            data_dir=self.folder, llm=LlmSettings(kind="off"),
            wechat=WeChatSettings(
                app_id=account.appid, secret=SecretStr(account.secret), token=SecretStr(account.token),
                aes_key=SecretStr(account.aes_key), verified=verified, passive_s=passive_s,
                api_url=f"http://127.0.0.1:{wechat_port}",
            ),
        )  # fmt: skip
        self._stack.enter_context(served(self.wechat.app, wechat_port))
        self._began: list[float] = []
        self.took: list[float] = []
        self.deliveries: list[Delivery] = []
        self.open(working=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._stack.close()

    def open(self, *, working: bool) -> None:
        """Start the service; without work, messages are only taken in."""
        self.service = Service(self._settings, llm=self._llm)
        self.service.router.rank("你好")
        self._worker = Worker(self.service)
        if working:
            self._worker.start()
        self._open = ExitStack()
        self._open.enter_context(served(make_app(self.service), self._port))

    def shut(self) -> None:
        self._open.close()
        self._worker.stop()
        self.service.close()

    def write(self, words: str) -> Delivery:
        """Send a message, timed until WeChat has its response."""
        began = time.monotonic()
        self._began.append(began)
        delivery = self.phone.text(words)
        self.took.append(max(a.ms for a in delivery.attempts) / 1000 if delivery.attempts else 0.0)
        self.deliveries.append(delivery)
        return delivery

    def owe(self, words: str) -> None:
        """Put something into the outbox that answers no message."""
        with self.service.database.write() as connection:
            mine = conversations.find(connection, Identity(CHANNEL, DEMO_ACCOUNT.appid, OPENID))
            assert mine is not None
            outbox.put(connection, mine, CHANNEL, dump(Reply(words)), self.service.clock.now())
        self.service.to_deliver.set()

    def answers(self) -> list[str]:
        """What came from the account, without the word that an answer will follow."""
        waiting = self.service.official_account.profile.get().waiting
        return [b.text or b.kind for b in self.phone.received if b.kind == "text" and not b.text.startswith(waiting)]

    def wait(self, owed: int) -> None:
        """Until all that is owed has come, or patience is over."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.answers()) < owed and time.monotonic() < deadline:
            time.sleep(0.05)
        self.waited = time.monotonic()

    def outcome(self, circumstance: str, owed: int) -> Outcome:
        self.wait(owed)
        time.sleep(QUIET_S)
        came = len(self.answers())
        pushed = sum(c.errcode == 0 for c in self.wechat.calls_of(CUSTOM))
        return Outcome(
            circumstance, len(self._began), owed, max(0, came - pushed), pushed, max(0, owed - came),
            max(0, came - owed), len(self.wechat.violations), round(max(self.took), 2),
            round(self.waited - min(self._began[-3:]), 2),
        )  # fmt: skip


Row = Callable[[Path, str], Outcome]


def burst(world: Path, name: str) -> Outcome:
    with Stage(world) as stage:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(stage.write, PLAIN))
        return stage.outcome(name, owed=3)


def triple_delivery(world: Path, name: str) -> Outcome:
    """The first two responses are lost on the way, so WeChat asks three times."""
    with Stage(world) as stage:
        through = stage.wechat.deliver
        assert through is not None
        lost: list[Answer] = []

        def lossy(push: PushRequest) -> Answer:
            answer = through(push)
            if len(lost) < 2:
                lost.append(answer)
                raise ConnectionError
            return answer

        stage.wechat.deliver = lossy
        stage.write(PLAIN[0])
        outcome = stage.outcome(name, owed=1)
        return replace(outcome, broken=outcome.broken - len(lost))  # the platform blames us for each response it missed


def slow_model(seconds: float) -> Row:
    def row(world: Path, name: str) -> Outcome:
        with Stage(world, llm=ScriptedLlm([Slow(seconds, CHOICE)])) as stage:
            stage.write(FOR_THE_MODEL)
            return stage.outcome(name, owed=1)

    return row


def restart(world: Path, name: str) -> Outcome:
    """The service takes a message in, goes down before it is answered, and comes back."""
    with Stage(world) as stage:
        stage.shut()
        stage.open(working=False)
        stage.write(PLAIN[0])
        stage.shut()
        stage.open(working=True)
        return stage.outcome(name, owed=1)


def expired_token(world: Path, name: str) -> Outcome:
    with Stage(world, passive_s=0) as stage:
        stage.wechat.faults.add(CUSTOM, errcode=42001)
        stage.write(PLAIN[0])
        return stage.outcome(name, owed=1)


def quota(world: Path, name: str) -> Outcome:
    """Nine things to say and five customer messages a message: the rest waits until the shopper writes again."""
    with Stage(world, passive_s=0) as stage:
        stage.write(PLAIN[0])
        for number in range(8):
            stage.owe(f"通知{number}：您预约的服务有新进展。")
        time.sleep(QUIET_S)
        for words in PLAIN[1:]:
            stage.write(words)
            time.sleep(QUIET_S)
        return stage.outcome(name, owed=8 + len(PLAIN))


def byte_split(world: Path, name: str) -> Outcome:
    """6,000 bytes are three texts of at most 2,048, cut at the ends of sentences."""
    sentence = "这是一段很长的说明，讲的是会员权益和积分规则。"
    with Stage(world, passive_s=0) as stage:
        stage.write(PLAIN[0])
        stage.wait(1)
        stage.owe(sentence * 85)
        outcome = stage.outcome(name, owed=1 + 3)
        whole = "".join(stage.answers()[1:]) == sentence * 85
        return outcome if whole else replace(outcome, lost=outcome.lost + 1)


def unverified(world: Path, name: str) -> Outcome:
    """No customer messages: the late answer waits for any next message, across a restart."""
    with Stage(world, llm=ScriptedLlm([Slow(7, CHOICE)]), verified=False) as stage:
        stage.write(FOR_THE_MODEL)
        time.sleep(5)
        stage.shut()
        stage.open(working=True)
        stage.write("1")
        return stage.outcome(name, owed=1)


ROWS: dict[str, tuple[str, Row]] = {
    "burst": ("burst of three", burst),
    "triple": ("delivered three times", triple_delivery),
    **{f"model-{s:g}": (f"model takes {s:g} s", slow_model(s)) for s in (1, 4.5, 7, 12, 20)},
    "restart": ("restart in between", restart),
    "token": ("token expired", expired_token),
    "quota": ("more than the quota of five", quota),
    "split": ("longer than 2,048 bytes", byte_split),
    "unverified": ("unverified account, restart", unverified),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike eval channels", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("CRITICAL")
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder) / "world")
        chosen = options.only or list(ROWS)
        steps = track(chosen, "circumstances", console=Console(stderr=True))
        outcomes = [ROWS[name][1](world, ROWS[name][0]) for name in steps]
    if options.json:
        sys.stdout.write(json.dumps([asdict(o) for o in outcomes]) + "\n")
    else:
        Console().print(_table(outcomes))
    return int(not all(o.good for o in outcomes))


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="WeChat: each message its one answer, within the rules", box=box.SIMPLE, padding=(0, 1))
    table.add_column("circumstance", no_wrap=True)
    for column in ("sent", "owed", "carried", "pushed", "lost/twice/broken", "response", "answer", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for o in outcomes:
        table.add_row(
            o.circumstance, str(o.messages), str(o.owed), str(o.in_response), str(o.pushed),
            f"{o.lost}/{o.doubled}/{o.broken}", f"{o.acknowledged:.1f} s", f"{o.answered:.1f} s", "✓" if o.good else "✗",
        )  # fmt: skip
    table.caption = "carried: in the response itself. Aim: lost 0, twice 0, rules broken 0, each response within 5 s"
    return table


if __name__ == "__main__":
    raise SystemExit(main())
