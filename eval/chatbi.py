"""Are numbers right? Questions of our own with gold metric queries, both executed, results compared.

`zhike eval chatbi [--split fit|test|all] [--model] [--peers N] [--misses] [--json]`. Enters: `eval/data/chatbi.yaml`; makes the demo
world of the day that the questions stand on, once, in the data folder. Leaves: right, asked back, confidently wrong (a
number that is not the one asked for, or an answer where there should be none), and milliseconds. Fit families are for
looking at misses; test families are for the figure. `--peers N`: N questions of the test families also go to LangChain's SQL
agent and to Vanna, with the configured model on the same mart; all three are judged by the rows alone.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from assistant import logs
from assistant.bootstrap import Service
from assistant.chatbi.answer import Answer, plain
from assistant.chatbi.query import MetricQuery
from assistant.clock import FixedClock
from assistant.config import LlmSettings, Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.db.warehouse import Warehouse
from assistant.domain.account import Account
from assistant.errors import Refusal
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles, shape
from assistant.mart.refresh import Sources, refresh
from assistant.mart.versions import WarehouseVersions
from assistant.merchant.world.accounts import demo_accounts
from assistant.merchant.world.seed import seed
from eval.chatbi_data import Days, Item, families, query_of
from eval.chatbi_peers import CONTEXT_TOKENS, Embedding, LangChain, Peer, Vanna, agree, tables_of
from eval.postgres import throwaway_postgres

AS_OF = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TIMES = "prepared.json"
Judged = Literal["right", "asked", "wrong"]


@dataclass(frozen=True)
class Result:
    """How one question went. `ms` is from question to answer."""

    family: str
    split: str
    question: str
    judged: Judged
    got: str
    ms: float
    model_calls: int


def prepare(folder: Path, size: str = "demo", *, now: datetime = NOW, as_of: date = AS_OF) -> Path:
    """A seeded world with its mart in the folder, made where it is missing. Leaves the mart's folder.

    How many seconds that took is noted beside it, in `TIMES`.
    """
    mart = MartFiles(folder / "mart")
    version = mart.current()
    if version is None or version.shape != shape():
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(f"sqlite:///{folder / 'zhike.db'}")
        migrate(database)
        begun = time.perf_counter()
        seed(database, folder, size=size, seed=1, as_of=as_of, progress=lambda *_: None)
        seeded = time.perf_counter()
        refresh(Sources(database, folder / "feeds"), mart, now, full=True)
        times = {"seed_s": round(seeded - begun, 1), "refresh_s": round(time.perf_counter() - seeded, 1)}
        (folder / TIMES).write_text(json.dumps(times))
        database.close()
    return mart.folder


def run(questions: OpsQuestions, split: str) -> list[Result]:
    """Ask everything of a split."""
    found, periods = families()
    accounts = demo_accounts()
    results = []
    for family in found:
        if split not in (family.split, "all"):
            continue
        for number, item in enumerate(family.items):
            thread = f"{family.name}-{number}"
            for before in item.after:
                questions.ask(accounts[item.account], before, thread)
            begun = time.perf_counter()
            answer = questions.ask(accounts[item.account], item.q, thread)
            ms = (time.perf_counter() - begun) * 1000
            judged = judge(item, answer, questions, accounts[item.account], periods)
            results.append(Result(family.name, family.split, item.q, judged, _got(answer), ms, answer.model_calls))
    return results


def judge(item: Item, answer: Answer, questions: OpsQuestions, account: Account, periods: dict[str, Days]) -> Judged:
    """Right, asked (no number where there could be one), or confidently wrong."""
    answered = answer.status in ("answered", "empty")
    if answer.status == "clarify" and (item.ask or item.ask_ok):
        return "right"
    if item.refuse and answer.status == "refused":
        return "right" if answer.reason == item.refuse else "asked"
    if item.told is not None:
        wanted = questions.catalogue.metrics[item.told].definition if item.told else "您可以直接用一句话问数"
        return "right" if answer.status == "told" and wanted in answer.narrative else "wrong" if answered else "asked"
    if not answered or answer.query is None:
        return "asked"
    gold = [query_of(g, periods) for g in (item.gold, item.also_query) if g is not None]
    gold += [q for text in item.plain if (q := questions.ask(account, text).query) is not None]
    return "right" if any(_same(g, answer.query, questions, account) for g in gold) else "wrong"


def _same(gold: MetricQuery, got: MetricQuery, questions: OpsQuestions, account: Account) -> bool:
    """Equal results of equal metrics, in order where an order was asked for."""
    special = {"drivers", "words", "correlate", "tickets", "members", "place", "overview"}
    if gold.calculation != got.calculation and {gold.calculation, got.calculation} & special:
        return False
    if (
        gold.placed != got.placed
        or gold.metrics != got.metrics
        or set(gold.dimensions) != set(got.dimensions)
        or gold.grain != got.grain
    ):
        return False
    if bool(gold.comparison) != bool(got.comparison) or (gold.calculation == "share") != (got.calculation == "share"):
        return False
    try:
        one, other = (_rows(query, gold, questions, account) for query in (gold, got))
    except Refusal:
        return False
    if gold.order and gold.limit:
        return one == other
    return sorted(one, key=repr) == sorted(other, key=repr)


def _rows(query: MetricQuery, gold: MetricQuery, questions: OpsQuestions, account: Account) -> list[tuple[Any, ...]]:
    table = questions.analyst.table(query, questions.scope(account))
    wanted = [*gold.dimensions, *([gold.grain] if gold.grain else [])]
    for metric in gold.metrics:
        wanted += [metric] + ([f"{metric}_previous"] if gold.comparison else [])
        wanted += [f"{metric}_share"] if gold.calculation == "share" else []
    at = [table.columns.index(c) for c in wanted]
    return [tuple(round(v, 4) if isinstance(v := plain(row[i]), float) else v for i in at) for row in table.rows]


def _got(answer: Answer) -> str:
    if answer.query is None:
        return f"{answer.status}: {answer.narrative[:80]}"
    kept = answer.query.model_dump(mode="json", exclude_defaults=True)
    kept.pop("spans", None)
    return json.dumps(kept, ensure_ascii=False)


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """Shares in per cent."""
    count = len(results) or 1
    times = sorted(r.ms for r in results)
    share = {j: round(100 * sum(r.judged == j for r in results) / count, 1) for j in ("right", "asked", "wrong")}
    return {
        "questions": len(results),
        "families": len({r.family for r in results}),
        "right_percent": share["right"],
        "asked_percent": share["asked"],
        "confidently_wrong_percent": share["wrong"],
        "p50_ms": round(statistics.median(times), 1) if times else None,
        "p95_ms": round(times[int(len(times) * 0.95)], 1) if times else None,
        "model_calls": sum(r.model_calls for r in results),
    }


def beside_peers(service: Service, folder: Path, count: int) -> dict[str, Any]:
    """Ours and the peers on the same questions. Leaves: questions, and right by name."""
    found, periods = families()
    with ExitStack() as stack:
        url = stack.enter_context(throwaway_postgres())
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        mart = WarehouseVersions(scratch, Warehouse(url))
        store = Database(f"sqlite:///{folder.parent / 'zhike.db'}")
        stack.callback(store.close)
        refresh(Sources(store, folder.parent / "feeds"), mart, NOW)
        questions = OpsQuestions(mart, FixedClock(NOW), llm=service.llm, wordings=service.wordings)
        stack.callback(questions.close)
        stamp = questions.engine.mart().stamp
        vanna = Vanna(service.llm, Embedding(service.embedder), questions, tables_of(questions), scratch / "vanna")
        vanna.learn(found, periods)
        peers: list[Peer] = [LangChain(service.llm, url, f"mart_{stamp}", questions), vanna]
        items = [
            i for f in found if f.split == "test" for i in f.items if i.gold and not i.after and i.account == "analyst"
        ]
        chosen = Random(1).sample(items, min(count, len(items)))
        right: dict[str, int] = dict.fromkeys(["知客", *(p.name for p in peers)], 0)
        account = demo_accounts()["analyst"]
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task("同题对比", total=len(chosen))
            for item in chosen:
                gold = query_of(item.gold, periods) if item.gold else None
                assert gold is not None
                rows = _rows(gold, gold, questions, account)
                right["知客"] += agree(rows, list(questions.ask(account, item.q).rows))
                for peer in peers:
                    right[peer.name] += agree(rows, peer.rows(item.q))
                progress.advance(bar)
    return {"questions": len(chosen), **right}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="zhike eval chatbi", description=__doc__)
    parser.add_argument("--split", choices=("fit", "test", "all"), default="test")
    parser.add_argument("--model", action="store_true", help="with the configured model behind the rules")
    parser.add_argument("--peers", type=int, default=0, help="also so many questions with LangChain's agent and Vanna")
    parser.add_argument("--misses", action="store_true", help="list what was not right (fit families only)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    settings = Settings()
    if options.peers:
        wide = settings.llm.model_copy(update={"context_tokens": CONTEXT_TOKENS})
        settings = settings.model_copy(update={"llm": wide})
    elif not options.model:
        settings = settings.model_copy(update={"llm": LlmSettings(kind="off")})
    folder = prepare(settings.data_dir / "eval" / "chatbi")
    service = Service(settings, clock=FixedClock(NOW))
    try:
        if options.model or options.peers:
            service.start_model(wait=True)
            service.llm.preload()
        llm = service.llm if options.model else None
        questions = OpsQuestions(MartFiles(folder), FixedClock(NOW), llm=llm, wordings=service.wordings)
        results = run(questions, options.split)
        questions.close()
        peers = beside_peers(service, folder, options.peers) if options.peers else None
    finally:
        service.close()
    report = {"tier": "rules and model" if options.model else "rules", "split": options.split, **figures(results)}
    if peers:
        report["beside"] = peers
    if options.misses:
        report["misses"] = [
            vars(r) for r in results if r.judged != "right" and (r.split == "fit" or options.split == "all")
        ]
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        _show(report, Console())
    return 0


def _show(report: dict[str, Any], console: Console) -> None:
    misses, beside = report.pop("misses", []), report.pop("beside", {})
    table = Table(title="ChatBI：自有问题，执行结果对比")
    for name in report:
        table.add_column(name)
    table.add_row(*(str(v) for v in report.values()))
    console.print(table)
    if beside:
        console.print(
            f"同一模型、同一数据，{beside.pop('questions')}题中答对："
            + "，".join(f"{n} {v}" for n, v in beside.items())
        )
    for miss in misses:
        console.print(f"{miss['judged']} [{miss['family']}] {miss['question']} → {miss['got']}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
