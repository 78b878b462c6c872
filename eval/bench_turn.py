"""How long does a turn take? Accepted, served, committed: everything but the network.

`zhike bench turn [--model] [--rounds N] [--json]`. Enters: nothing, it makes a small world in a temporary folder.
Leaves: median and p95 of first-tier turns and, with --model, of turns that the embedded model decides, each beside
its aim. Measure on an otherwise idle machine.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from assistant import logs
from assistant.bootstrap import Service
from assistant.clock import Clock, local
from assistant.config import PACKAGE_ROOT, LlmSettings, Settings
from assistant.db.migrate import migrate
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.merchant.world.seed import seed
from vectorstore.ingest import ingest

PLAIN = (
    "我有多少积分", "徐家汇店几点关门", "我的订单", "可以带狗进店吗", "有什么券可以领", "小白鞋多少钱", "停车怎么收费",
    "陆家嘴附近哪家店有42码跑鞋", "帮我换一张停车券", "不用了", "我要投诉你们导购态度差", "算了", "怎么开发票",
)  # fmt: skip
HARD = (
    "我那个东西到底啥时候能给我弄好啊", "上回那个袖子不太对劲想处理一下", "讲真这也太让人无语了吧", "有没有那种冬天穿着不臃肿的",
    "我闺女下个月周岁买点啥合适", "之前说的那个后来怎么讲", "你们这东西靠不靠谱", "我想搞点实惠的",
)  # fmt: skip
AIMS = {"first tier": (None, 150), "model tier": (2500, 4500)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike bench turn", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--model", action="store_true", help="also the turns that the embedded model decides")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), options.rounds, options.model)
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        Console().print(_table(report))
    return 0


def measure(folder: Path, rounds: int, with_model: bool) -> dict[str, dict[str, float]]:
    """Milliseconds by tier."""
    settings = Settings(data_dir=folder)
    if not with_model:
        settings = settings.model_copy(update={"llm": LlmSettings(kind="off")})
    service = Service(settings)
    migrate(service.database)
    as_of = local(Clock().now()).date()
    seed(service.database, folder, size="tiny", seed=1, as_of=as_of, progress=lambda *_: None)
    ingest(PACKAGE_ROOT / "knowledge" / "demo", service.settings.index_config)
    service.router.rank("你好")
    service.retriever.warm()
    try:
        for words in PLAIN:
            _turn(service, words, uuid4().hex)
        first = [t for _ in range(rounds) for t in _dialogue(service, PLAIN)]
        report = {"first tier": _figures(first)}
        if with_model:
            service.start_model(wait=True)
            service.llm.preload()
            _turn(service, HARD[0], uuid4().hex)
            report["model tier"] = _figures([_turn(service, words, uuid4().hex) for words in HARD for _ in range(2)])
        return report
    finally:
        service.close()


def _dialogue(service: Service, lines: Sequence[str]) -> list[float]:
    sender = uuid4().hex
    return [_turn(service, words, sender) for words in lines]


def _turn(service: Service, words: str, sender: str) -> float:
    inbound = Inbound(Identity("web", "bench", sender), uuid4().hex, words, service.clock.now())
    started = time.perf_counter()
    accepted = service.shopper_messages.accept(inbound, member_id="M0000001")
    service.shopper_messages.serve_next(only=accepted.conversation_id)
    return (time.perf_counter() - started) * 1000


def _figures(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"turns": len(ordered), "p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(p95, 1)}


def _table(report: dict[str, dict[str, float]]) -> Table:
    table = Table("tier", "turns", "p50 ms", "aim", "p95 ms", "aim ", title="One turn, from accepting to committing")
    for tier, f in report.items():
        p50, p95 = AIMS[tier]
        table.add_row(
            tier,
            str(int(f["turns"])),
            f"{f['p50_ms']:.0f}",
            f"≤ {p50}" if p50 else "—",
            f"{f['p95_ms']:.0f}",
            f"≤ {p95}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
