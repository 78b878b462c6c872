"""A day of a chain with surveys, while the worker is killed again and again: is anything lost, doubled or impolite?

`zhike bench moments [--payments N] [--kills N] [--seed N] [--json]`. Enters: nothing; the demo world's members pay in 350
stores between 9:00 and 22:00 of a simulated day, three in ten answer their survey in chat, each finished one earns a
coupon, some members want no surveys; the worker process is killed with SIGKILL at random moments and started again. Leaves:
moments undecided, invitations overdue or never sent, sent in quiet hours, against a choice, or twice within the cool-down;
answers lost, rewards missing or doubled. Exit status 1 where any of these is not zero.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant import logs
from assistant.bootstrap import Service
from assistant.clock import SHANGHAI, Clock, local
from assistant.config import LlmSettings, MomentSettings, Settings
from assistant.db import conversations, due, inbox, moments
from assistant.db.migrate import migrate
from assistant.db.moments import LIVE
from assistant.db.retail import members
from assistant.domain.message import Inbound
from assistant.domain.moment import Event
from assistant.domain.shopper import Identity
from assistant.merchant.world.seed import seed
from assistant.surveys.files import TEMPLATES
from assistant.worker import Worker

STORES, STEP = 350, timedelta(minutes=10)
FAST = 30  # so that what a killed worker held is free after two seconds
ANSWERING, UNWILLING = 0.3, 0.1
COUPON = "C-SURVEY"
TALKS = (
    ("10", "1和3"),
    ("9分", "都满意"),
    ("8", "多点大码"),
    ("还行吧 7分", "跳过"),
    ("3", "排队太久", "等了半小时", "不用了"),
)
Figures = dict[str, int]


class SharedClock(Clock):
    """A clock that several processes read from a file: a moment, and since when it runs, fast."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        at, since = self._path.read_text(encoding="ascii").split()
        return datetime.fromisoformat(at).astimezone(UTC) + timedelta(seconds=(time.time() - float(since)) * FAST)

    def set(self, at: datetime) -> None:
        """Go to a moment, unless it is past."""
        if self._path.exists():
            at = max(at, self.now())
        beside = self._path.with_suffix(".new")
        beside.write_text(f"{at.isoformat()} {time.time()}", encoding="ascii")
        beside.replace(self._path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike bench moments", description=__doc__)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    logs.configure("CRITICAL")
    if options.work:
        _work(options.work)
        return 0
    figures = measure(options.payments, options.kills, random.Random(options.seed))
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        Console().print(_table(figures))
    return int(any(figures[name] for name in FAULTS))


FAULTS = (
    "moments_undecided", "invitations_overdue", "in_quiet_hours", "against_a_choice", "within_cool_down",
    "answers_lost", "rewards_missing", "rewards_doubled",
)  # fmt: skip


def measure(payments: int, kills: int, dice: random.Random) -> Figures:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        opening = datetime.combine(local(Clock().now()).date(), datetime.min.time(), SHANGHAI) + timedelta(hours=9)
        clock = SharedClock(folder / "clock")
        clock.set(opening)
        service = _service(folder, clock)
        stack.callback(service.close)
        people, unwilling = _world(service, folder, opening, dice)
        chain = _Chain(service, clock, people, dice)
        worker = _start(folder)
        steps = int(timedelta(hours=13) / STEP)
        die_at = Counter(dice.randrange(steps) for _ in range(kills))
        began = time.perf_counter()
        try:
            for step in track(range(steps), "the day", console=Console(stderr=True)):
                chain.live_through(opening + STEP * step, payments // steps + (step < payments % steps))
                for _ in range(die_at[step]):
                    time.sleep(dice.random() * 0.5)
                    worker.send_signal(signal.SIGKILL)
                    worker.wait()
                    worker = _start(folder)
            for hours in (24, 27, 30):  # the evening's invitations go out in the morning
                chain.live_through(opening + timedelta(hours=hours), 0, patience_s=300)
        finally:
            worker.kill()
            worker.wait()
        figures = _verdict(service, clock.now(), unwilling, chain)
        return {"payments": payments, "kills": kills, "seconds": round(time.perf_counter() - began), **figures}


class _Chain:
    """The stores that tell of payments, and the shoppers who answer."""

    def __init__(self, service: Service, clock: SharedClock, people: Sequence[str], dice: random.Random) -> None:
        self._service = service
        self._clock = clock
        self._people = people
        self._dice = dice
        self._paid = 0
        self._seen: set[str] = set()
        self.talks = 0

    def live_through(self, at: datetime, payments: int, *, patience_s: float = 60) -> None:
        """A while of the day: payments come in, the worker does what is due, shoppers answer."""
        self._clock.set(at)
        found = [self._payment(at) for _ in range(payments)]
        for start in range(0, len(found), 200):
            self._service.moments.take([*found[start : start + 200], found[start]])  # and one of them twice
        self._settle(patience_s)
        self._answer()
        self._settle(patience_s)

    def _payment(self, at: datetime) -> Event:
        self._paid += 1
        return Event(
            f"pay-{self._paid}", "paid", self._dice.choice(self._people), at, f"S{self._dice.randint(1, STORES):03d}",
            f"O{self._paid}", "store", self._dice.randint(2_000, 90_000),
        )  # fmt: skip

    def _answer(self) -> None:
        with self._service.database.read() as connection:
            rows = moments.every(connection, "sent")
        for row in rows:
            if row.id in self._seen:
                continue
            self._seen.add(row.id)
            if self._dice.random() >= ANSWERING:
                continue
            self.talks += 1
            for n, words in enumerate(self._dice.choice(TALKS)):
                inbound = Inbound(_identity(row.member_id), f"{row.id}-{n}", words, self._clock.now())
                self._service.shopper_messages.accept(inbound, member_id=row.member_id)

    def _settle(self, patience_s: float) -> None:
        """Until nothing is due and nobody waits; a killed worker's leases have to run out first."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and _waits(self._service, self._clock.now()):
            time.sleep(0.05)


def _waits(service: Service, now: datetime) -> bool:
    with service.database.read() as connection:
        return bool(due.count(connection, now) or conversations.count_waiting(connection))


def _verdict(service: Service, now: datetime, unwilling: set[str], chain: _Chain) -> Figures:
    with service.database.read() as connection:
        decided = moments.outcomes(connection, now - timedelta(days=30))
        rows = moments.every(connection)
        given = members.claims(connection, COUPON)
    sent = [r for r in rows if r.sent_at is not None]
    done = {r.member_id for r in rows if r.status == "done"}
    per_member = Counter(r.member_id for r in sent)
    return {
        "moments": sum(decided.values()),
        "invited": decided.get("invited", 0),
        "sent": len(sent),
        "answered": chain.talks,
        "finished": sum(r.status == "done" for r in rows),
        "moments_undecided": decided.get("new", 0),
        "invitations_overdue": sum(r.status == "planned" and r.due_at <= now for r in rows),
        "in_quiet_hours": sum(not 9 <= local(r.sent_at).hour < 21 for r in rows if r.sent_at),
        "against_a_choice": sum(r.member_id in unwilling for r in sent),
        "within_cool_down": sum(n - 1 for n in per_member.values()),
        "answers_lost": chain.talks - sum(r.status not in LIVE and bool(r.answers) for r in rows),
        "rewards_missing": sum(member not in given for member in done),
        "rewards_doubled": sum(n - 1 for n in given.values()),
    }


def _identity(member_id: str) -> Identity:
    return Identity("web", "bench", member_id)


def _service(folder: Path, clock: Clock) -> Service:
    settings = Settings(
        data_dir=folder / "var", llm=LlmSettings(kind="off"), moments=MomentSettings(surveys=folder / "surveys")
    )
    return Service(settings, clock=clock)


def _world(service: Service, folder: Path, opening: datetime, dice: random.Random) -> tuple[list[str], set[str]]:
    """Members who chat with us, some of whom want no surveys; a survey that gives a coupon."""
    (folder / "surveys").mkdir()
    for path in TEMPLATES.glob("*.yaml"):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        if body["id"] == "store_visit":
            body["reward"] = {"coupon": COUPON, "words": "满100减10元券"}
        text = yaml.safe_dump(body, allow_unicode=True)
        (folder / "surveys" / path.name).write_text(text, encoding="utf-8")
    migrate(service.database)
    seed(service.database, folder / "var", size="demo", seed=1, as_of=opening.date(), progress=lambda *_: None)
    with service.database.write() as connection:
        people = members.ids(connection)
        for member in people:
            inbox.open_conversation(connection, _identity(member), opening, member_id=member, store_id=None)
        members.put_offer(connection, {
            "id": COUPON, "title": "满100减10元券", "value_cents": 1_000, "least_cents": 10_000, "scope": "全场",
            "tiers": ["普通", "银卡", "金卡", "钻石"], "claim_until": opening + timedelta(days=90), "valid_days": 30,
        })  # fmt: skip
    unwilling = {m for m in people if dice.random() < UNWILLING}
    for member in unwilling:
        service.rights.choose(member, "survey", False, f"no-{member}")
    return people, unwilling


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "eval.bench_moments", "--work", str(folder)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def _work(folder: Path) -> None:
    """In the worker's process, until it is killed."""
    service = _service(folder, SharedClock(folder / "clock"))
    worker = Worker(service)
    while True:
        busy = worker.due_once() + len(service.shopper_messages.serve_next()) + worker.deliver_once()
        if not busy:
            time.sleep(0.02)


def _table(figures: Figures) -> Table:
    table = Table(title="A day of experience moments, the worker killed again and again")
    table.add_column("")
    table.add_column("count", justify="right")
    table.add_column("aim", justify="right")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}", "0" if name in FAULTS else "")
    return table


if __name__ == "__main__":
    raise SystemExit(main())
