"""How well the knowledge finds, and how well it keeps silent.

In: settings. Out: a dict of figures and a table. `python -m eval.retrieval [--full] [--fit] [--json]`.

The demo knowledge is asked the labelled questions of `data/retrieval.jsonl` (recall@1, recall@5, share of answerable
questions that are answered, share of others that are refused); the public sets give recall beside other engines.
Vectors are kept in the data folder, so that only the first run is slow.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assistant.config import PACKAGE_ROOT, Settings
from eval import retrieval_fit, retrieval_public, sources
from eval.embeddings import CachedEmbedder
from vectorstore.confidence import FEATURES, Calibration, calibration, features
from vectorstore.config import IndexConfig
from vectorstore.embed import embedder
from vectorstore.ingest import ingest
from vectorstore.retrieve import Passage, Retriever

QUESTIONS = Path(__file__).parent / "data" / "retrieval.jsonl"
KNOWLEDGE = PACKAGE_ROOT / "knowledge" / "demo"
PUBLIC = PACKAGE_ROOT.parent / "shared" / "data"
TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Question:
    """What a shopper asked. `gold`: beginnings of sources, or of FAQ questions after `#`; empty: no answer."""

    query: str
    store: str | None
    part: str
    gold: tuple[str, ...]

    @property
    def stores(self) -> frozenset[str] | None:
        return frozenset({self.store}) if self.store else None

    def is_answered_by(self, source: str, question: str) -> bool:
        return sources.answers(self.gold, source, question)


def questions(path: Path = QUESTIONS) -> list[Question]:
    """The labelled questions."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [Question(one["query"], one["store"], one["part"], tuple(one["gold"])) for one in lines]


def run(settings: Settings, *, fit: bool = False, full: bool = False, public: Path = PUBLIC) -> dict[str, Any]:
    """All figures. `fit` first writes the calibration anew; `full` asks every question of the public sets."""
    work = settings.data_dir / "eval"
    engine = CachedEmbedder(embedder(settings.retrieval.embedding_model), work / "embeddings")
    config = IndexConfig(work / "demo", settings.retrieval.embedding_model, settings.retrieval.chunk_chars)
    ingest(KNOWLEDGE, config, embed=engine)
    asked = questions()
    judge = _fit(config, engine, asked) if fit else calibration(engine.name)
    retriever = Retriever(config, embed=engine, judge=judge)
    report: dict[str, Any] = {"model": engine.name, "demo": {}, "public": {}, "skipped": []}
    for part in ("fit", "test"):
        report["demo"][part] = _demo(retriever, [one for one in asked if one.part == part])
    report["demo"]["ms"] = _milliseconds(config, [one for one in asked if one.part == "test"])
    retriever.close()
    engine.save()
    for name in retrieval_public.SETS:
        if not (public / name).is_dir():
            report["skipped"].append(name)
            continue
        loaded = retrieval_public.load(public, name, None if full else retrieval_public.QUERIES)
        report["public"][name] = retrieval_public.measure(loaded, engine, work / "public")
    return report


def _demo(retriever: Retriever, asked: Sequence[Question]) -> dict[str, float]:
    found = [(one, retriever.retrieve(one.query, store_ids=one.stores, on=TODAY)) for one in asked]
    answerable = [(one, got) for one, got in found if one.gold]
    others = [got for one, got in found if not one.gold]

    def hit(one: Question, passages: Sequence[Passage]) -> bool:
        return any(one.is_answered_by(passage.source, passage.question) for passage in passages)

    return {
        "answerable": len(answerable),
        "unanswerable": len(others),
        "recall@1": sum(hit(one, got.passages[:1]) for one, got in answerable) / len(answerable),
        "recall@5": sum(hit(one, got.passages[:5]) for one, got in answerable) / len(answerable),
        "answered": sum(got.confident and hit(one, got.passages[:1]) for one, got in answerable) / len(answerable),
        "offered": sum(got.likely and not got.confident and hit(one, got.passages[:1]) for one, got in answerable)
        / len(answerable),
        "refused": sum(not got.confident for got in others) / len(others),
        "wrong": sum(got.confident and not hit(one, got.passages[:1]) for one, got in found) / len(found),
    }


def _milliseconds(config: IndexConfig, asked: Sequence[Question]) -> float:
    """The median time of a query with the real engine, warm."""
    retriever = Retriever(config)
    retriever.warm()
    took = []
    for one in asked:
        begun = time.perf_counter()
        retriever.retrieve(one.query, store_ids=one.stores, on=TODAY)
        took.append(time.perf_counter() - begun)
    retriever.close()
    return round(sorted(took)[len(took) // 2] * 1000, 1)


def _fit(config: IndexConfig, engine: CachedEmbedder, asked: Sequence[Question]) -> Calibration:
    """Fit on the `fit` part, and write the result into the package."""
    asked = [one for one in asked if one.part == "fit"]
    blank = Calibration({}, {}, {}, start=0.0, threshold=0.5)

    def recall_at(start: float) -> float:
        retriever = Retriever(config, embed=engine, judge=replace(blank, faq_start=start))
        return _demo(retriever, asked)["recall@1"]

    start = retrieval_fit.best_faq_start(recall_at)
    retriever = Retriever(config, embed=engine, judge=replace(blank, faq_start=start))
    snapshot = retriever.snapshot()
    ranked = [retriever.rank(one.query, snapshot, store_ids=one.stores, on=TODAY) for one in asked]
    rows = [features(one, snapshot) for one in ranked]
    firsts = [snapshot.chunks[one.candidates[0].position] for one in ranked]
    right = [one.is_answered_by(first.source, first.question) for one, first in zip(asked, firsts, strict=True)]
    fitted = replace(retrieval_fit.fit(rows, right, FEATURES), faq_start=start)
    model_free = retrieval_fit.fit(rows, right, retrieval_fit.MODEL_FREE)
    retrieval_fit.save(engine.name, fitted, model_free)
    return fitted


def tables(report: dict[str, Any]) -> list[Table]:
    """The figures as people read them."""
    shares = ("recall@1", "recall@5", "answered", "offered", "refused", "wrong")
    demo = Table("part", "answerable", "unanswerable", *shares, title="demo")
    for part in ("fit", "test"):
        row = report["demo"][part]
        counts = (str(row["answerable"]), str(row["unanswerable"]))
        demo.add_row(part, *counts, *(f"{row[name]:.3f}" for name in shares))
    demo.caption = f"{report['demo']['ms']} ms a query (median)"
    public = Table("set", "engine", "recall@1", "recall@5", title="public sets")
    for name, engines in report["public"].items():
        for engine, row in engines.items():
            public.add_row(name, engine, f"{row['recall@1']:.3f}", f"{row['recall@5']:.3f}")
    for name in report["skipped"]:
        public.add_row(name, "skipped: no data", "", "")
    return [demo, public]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure retrieval and abstention."""
    parser = argparse.ArgumentParser(prog="zhike eval retrieval", description=__doc__)
    parser.add_argument("--full", action="store_true", help="ask every question of the public sets")
    parser.add_argument("--fit", action="store_true", help="fit the abstention anew and write calibration.json")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = run(Settings(), fit=options.fit, full=options.full)
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
        return 0
    for table in tables(report):
        Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
