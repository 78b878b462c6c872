"""Are free answers to survey questions read rightly? Beside the embedded model alone.

`zhike eval survey [--set plain|other_words] [--split fit|test|all] [--assisted] [--model] [--sample N] [--misses] [--json]`.
Enters: `eval/data/survey_*.yaml`, split by the words themselves. Leaves, by kind of question: answers, read rightly, read
wrongly with confidence (a value where another is right), asked again needlessly. `--assisted` lets the model read what
rules and meanings leave open; `--model` asks the model alone, constrained to the same values.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.bootstrap import Service
from assistant.config import PACKAGE_ROOT, Settings
from assistant.surveys.by_model import WISHES, ModelReader
from assistant.surveys.files import Question, read_surveys
from assistant.surveys.reading import Reading, read

DATA = PACKAGE_ROOT / "eval" / "data"
SETS = {"plain": "survey_answers.yaml", "other_words": "survey_other_words.yaml"}
AIM = 0.97
Reader = Callable[[Question, str], Reading]


@dataclass(frozen=True)
class Item:
    question: Question
    text: str
    gold: Any

    @property
    def split(self) -> str:
        return "test" if sha256(f"{self.question.id}|{self.text}".encode()).digest()[0] % 2 else "fit"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="zhike eval survey", description=__doc__)
    parser.add_argument("--split", choices=["fit", "test", "all"], default="test")
    parser.add_argument("--set", choices=list(SETS), default="plain", help="as most people answer, or in other words")
    parser.add_argument("--model", action="store_true", help="the configured model alone, on the same answers")
    parser.add_argument("--assisted", action="store_true", help="ours with the model for what rules leave open")
    parser.add_argument("--sample", type=int, default=0, help="so many of the answers only, the same every time")
    parser.add_argument("--misses", action="store_true", help="list what was read wrongly (fit only)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    chosen = [i for i in items(options.set) if options.split in (i.split, "all")]
    if options.sample:
        chosen = sorted(chosen, key=lambda i: sha256(f"{i.text}|{i.question.id}".encode()).digest())[: options.sample]
    service = Service(Settings())
    if options.assisted:
        service.start_model(wait=True)
    sense = service.survey_sense

    def ours(question: Question, text: str) -> Reading:
        return read(question, text, sense=sense)

    ours(chosen[0].question, "好")  # loads the vectors
    report = {"ours": measure(chosen, ours)}
    if options.model:
        report["model alone"] = _model_alone(chosen)
    if options.json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        Console().print(_table(report, len(chosen), options.split))
    service.close()
    if options.misses:
        for item in chosen:
            if item.split == "fit" and not right(item, found := ours(item.question, item.text)):
                sys.stdout.write(f"{item.question.kind}\t{item.text}\t{item.gold}\t{found.value or found.wish}\n")
    return 0


def items(which: str = "plain") -> list[Item]:
    surveys = read_surveys()
    return [
        Item(surveys[group["survey"]].by_id[group["question"]], str(text), gold)
        for group in yaml.safe_load((DATA / SETS[which]).read_text(encoding="utf-8"))
        for text, gold in group["answers"]
    ]


def right(item: Item, found: Reading) -> bool:
    gold = item.gold
    if item.question.kind in ("text", "photo") and isinstance(gold, list):
        return any(right(replace(item, gold=one), found) for one in gold)
    if gold == "unclear":
        return found.unclear
    if gold in WISHES:
        return bool(found.wish == gold)
    if gold == "text":
        return isinstance(found.value, str) and bool(found.value)
    if item.question.kind in ("single", "multi"):
        return found.value is not None and _chosen(found) == set(gold)
    if item.question.kind == "matrix":
        return bool(found.value == gold)
    return found.value in (gold if isinstance(gold, list) else [gold])


def _chosen(found: Reading) -> set[str]:
    return (
        {found.value} if isinstance(found.value, str) else set(found.value) if isinstance(found.value, tuple) else set()
    )


def measure(chosen: Sequence[Item], reader: Reader) -> dict[str, dict[str, float]]:
    """By kind and in all: answers, right, confidently wrong, needlessly asked again (shares), ms an answer."""
    counts: dict[str, Counter[str]] = {}
    started = time.perf_counter()
    for item in chosen:
        found = reader(item.question, item.text)
        for kind in (item.question.kind, "all"):
            count = counts.setdefault(kind, Counter())
            count["n"] += 1
            good = right(item, found)
            count["right"] += good
            count["wrong"] += not good and not found.unclear
            count["asked"] += not good and found.unclear
    ms = (time.perf_counter() - started) * 1000 / max(1, len(chosen))
    return {
        kind: {"n": c["n"], **{k: round(c[k] / c["n"], 4) for k in ("right", "wrong", "asked")}, "ms": round(ms, 2)}
        for kind, c in counts.items()
    }


def _model_alone(chosen: Sequence[Item]) -> dict[str, dict[str, float]]:
    service = Service(Settings())
    service.start_model(wait=True)
    alone = ModelReader(service.llm, within_s=30)
    steps = iter(track(chosen, "model", console=Console(stderr=True)))

    def stepped(question: Question, text: str) -> Reading:
        next(steps)
        return alone.read(question, text)

    found = measure(chosen, stepped)
    service.close()
    return found


def _table(report: dict[str, dict[str, dict[str, float]]], count: int, split: str) -> Table:
    table = Table(title=f"Free answers to survey questions ({split}, {count})")
    for column in ("", "kind", "answers", "right", "wrong", "asked again", "ms"):
        table.add_column(column, justify="left" if column in ("", "kind") else "right")
    for name, kinds in report.items():
        for kind, f in kinds.items():
            table.add_row(
                name, kind, f"{f['n']:.0f}", f"{f['right']:.1%}", f"{f['wrong']:.1%}", f"{f['asked']:.1%}", str(f["ms"])
            )
    table.caption = f"aim: right ≥ {AIM:.0%}"
    return table


if __name__ == "__main__":
    raise SystemExit(main())
