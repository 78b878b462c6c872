"""How long does a question take? Engine alone, and question to answer, by rules and with the model.

`zhike bench chatbi [--size tiny|demo|large] [--rounds N] [--model] [--json]`. Enters: nothing, it makes the world and its
mart in the data folder where they are missing (large: many minutes). Leaves: median and p95 in milliseconds, without
kept results, with `--model` also those of questions whose metric the rules do not know and the model picks, and how long seeding and refreshing took when they were done. Measure on an otherwise idle machine.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assistant import logs
from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import Settings
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles
from assistant.merchant.world.accounts import demo_accounts
from eval.chatbi import NOW, TIMES, prepare

QUESTIONS = (
    "上月销售额", "上月各区域销售额同比", "近30天每家门店的NPS", "上月销售额前10的门店", "销售额前10的门店里NPS低于30的", "上月各品类销售额占比",
    "今年每个月的订单数", "近90天退货率高于4%的品类", "近三个月各区域每周销售额", "上月复购率", "各会员等级的会员人均消费", "近30天各时段订单数",
    "西南近三个月缺货率按周趋势", "为什么五角场店近30天NPS下降了", "近30天差评都在说什么", "活动提升率", "近30天各责任部门的解决时长",
    "各门店缺货率和NPS有关系吗", "今年以来的客单价", "去年全年销售额", "近30天退回来的货占多大比例", "今年以来老顾客回头买的有多少",
)  # fmt: skip
WORDED = (  # metrics are described, and what was learnt of wordings is but half sure: the model is asked
    "近30天客人夸了多少次", "上周各门店开出去几张小票", "近7天进来十个人能有几个买单", "上月哪家店顾客最愿意把咱介绍给朋友",
    "上周哪家店被惹毛的客人比例最高", "顾客结一次账平均付几块，按城市看", "近30天多少人问着问着要真人", "上月发出去的券用了多少",
    "上月进店的人掏钱的多吗",
)  # fmt: skip
AIM_MS = 300
AIM_MODEL_MS = 2500


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="zhike bench chatbi", description=__doc__)
    parser.add_argument("--size", choices=("tiny", "demo", "large"), default="demo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", action="store_true", help="also with the configured model")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    report = measure(Settings(), options.size, options.rounds, with_model=options.model)
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        table = Table(
            title=f"ChatBI，{options.size}（目标：问到答的中位数，仅规则不超过 {AIM_MS} 毫秒，用到模型时不超过 {AIM_MODEL_MS} 毫秒）"
        )
        for name in report:
            table.add_column(name)
        table.add_row(*(str(v) for v in report.values()))
        Console().print(table)
    return 0


def measure(settings: Settings, size: str, rounds: int, *, with_model: bool = False) -> dict[str, Any]:
    """Milliseconds; `seed_s` and `refresh_s` in seconds. The first question pays for opening the mart and listing values; it is given apart."""
    root = settings.data_dir / "eval" / ("chatbi" if size == "demo" else f"chatbi-{size}")
    folder = prepare(root, size)
    service = Service(settings, clock=FixedClock(NOW))
    service.wordings.prepare()
    questions = OpsQuestions(MartFiles(folder), FixedClock(NOW), wordings=service.wordings)
    account = demo_accounts()["analyst"]
    first = questions.ask(account, QUESTIONS[0]).ms["total"]
    engine, whole = [], []
    for _ in range(rounds):
        for text in QUESTIONS:
            questions.engine.forget()
            answer = questions.ask(account, text)
            engine.append(answer.ms.get("engine", 0.0))
            whole.append(answer.ms["total"])
    questions.close()
    service.close()
    modelled = _with_model(settings, folder) if with_model else {}
    return {
        "size": size,
        "questions": len(whole),
        "first_ms": round(first, 1),
        "engine_p50_ms": round(statistics.median(engine), 1),
        "engine_p95_ms": round(_p95(engine), 1),
        "answer_p50_ms": round(statistics.median(whole), 1),
        "answer_p95_ms": round(_p95(whole), 1),
        **modelled,
        **(json.loads((root / TIMES).read_text()) if (root / TIMES).exists() else {}),
    }


def _with_model(settings: Settings, folder: Path) -> dict[str, Any]:
    """Questions that the model is asked about, once each: the embedded one keeps what it was asked before."""
    service = Service(settings, clock=FixedClock(NOW))
    try:
        service.start_model(wait=True)
        service.llm.preload()
        questions = OpsQuestions(MartFiles(folder), FixedClock(NOW), llm=service.llm, wordings=service.wordings)
        account = demo_accounts()["analyst"]
        service.wordings.prepare()
        questions.ask(account, QUESTIONS[0])
        answers = [questions.ask(account, text) for text in WORDED]
        questions.close()
    finally:
        service.close()
    times = [a.ms["total"] for a in answers if a.model_calls]
    return {
        "model_questions": len(times),
        "model_p50_ms": round(statistics.median(times), 1) if times else None,
        "model_p95_ms": round(_p95(times), 1) if times else None,
    }


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


if __name__ == "__main__":
    sys.exit(main())
