"""How well is what was said understood? Sentiment and aspects on public sets and on our own retail set, beside peers.

`zhike eval feedback [--set NAME] [--embed] [--zero-shot] [--model N] [--json]`. Enters: `../shared/data` (each set is skipped,
and said so, where it is absent) and our own labelled comments, of which the test half is measured. Leaves: a table a
set. “as it ships” is the tagger with its weights, trained on our own sentences only; “trained on the set” is the same
pipeline with heads trained on the set's train part for this measurement, and thrown away. `--embed` adds embeddings
(minutes for the first time, then kept in the data folder). `--model N` asks the language model about N texts of each
set, and ours about the same; of the sets of aspects about a quarter as many reviews, clause by clause.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from assistant.config import PACKAGE_ROOT, Settings
from assistant.feedback.examples import Example, retail
from assistant.feedback.score import score
from assistant.feedback.tagger import Embed, Tagger
from assistant.feedback.taxonomy import load
from eval import feedback_aspects, feedback_sentiment
from eval.embeddings import CachedEmbedder
from eval.feedback_model import ModelPeer, model_peer
from eval.feedback_sentiment import Rows, beside_model, nearest, row, snownlp, tfidf
from vectorstore.embed import embedder

DATA = PACKAGE_ROOT.parent / "shared" / "data"
OWN = "retail"
SETS = (OWN, *feedback_sentiment.SETS, *feedback_aspects.SETS)
THREE = ("neg", "neu", "pos")
Json = dict[str, Any]


def run(
    settings: Settings, sets: Sequence[str] = SETS, *, embed: bool = False, zero_shot: bool = False,
    model: ModelPeer | None = None, data: Path = DATA, on: Callable[[str], None] = print,
) -> Json:  # fmt: skip
    """Figures by set. A set without data is `{"skipped": reason}`."""
    engine = CachedEmbedder(embedder(settings.retrieval.embedding_model), settings.data_dir / "eval")
    vectors: Embed | None = engine.queries if embed else None
    shots: Embed | None = engine.queries if zero_shot else None
    shipped = Tagger.shipped(aspects=settings.feedback.aspects, path=settings.feedback.weights)
    report: Json = {}
    for name in sets:
        started = time.perf_counter()
        if name == OWN:
            report[name] = {"rows": _own(settings, shipped, engine.queries, shots, model)}
        elif not (data / name).is_dir():
            report[name] = {"skipped": f"没有数据 {name}"}
            on(f"跳过 {name}：没有数据")
            continue
        elif name in feedback_sentiment.SETS:
            report[name] = {"rows": feedback_sentiment.measure(data / name, shipped, vectors, shots, model)}
        else:
            report[name] = {"rows": feedback_aspects.measure(data / name, vectors, model)}
        engine.save()
        report[name]["seconds"] = round(time.perf_counter() - started, 1)
        on(f"{name} 完成（{report[name]['seconds']} 秒）")
    return report


def _own(
    settings: Settings, shipped: Tagger, embed: Embed, zero_shot: Embed | None, model: ModelPeer | None
) -> list[Json]:
    """The test half of our own comments; peers are fitted on the other half."""
    tree = load(settings.feedback.aspects)
    rows = retail(tree)
    test, rest = [r for r in rows if r.part == "test"], [r for r in rows if r.part == "fit"]
    deep = Tagger.shipped(aspects=settings.feedback.aspects, path=settings.feedback.weights, embed=embed)
    found = [
        {"method": name, **{k: v for k, v in score(tagger, test).as_json().items() if k != "rows"}}
        for name, tagger in (("知客，线性", shipped), ("知客，加向量", deep), ("知客，只用词表", Tagger(lambda: tree)))
    ]
    for one in found:
        one["macro_f1"], one["accuracy"] = one.pop("sentiment_f1"), one.pop("sentiment_accuracy")
    gold, fit = _rows(test), _rows(rest)
    found.append(row("字 TF-IDF 线性，用另一半训练", gold, tfidf(fit, gold.texts)))
    found.append(row("SnowNLP", gold, snownlp(gold.texts, THREE)))
    if zero_shot is not None:
        found.append(row("向量零样本", gold, nearest(gold.texts, zero_shot, THREE)))
    if model is not None:
        ours = {
            name: [t.sentiment for t in tagger.tag_many(gold.texts)]
            for name, tagger in (("知客，线性", shipped), ("知客，加向量", deep))
        }
        found += beside_model(model, gold, THREE, ours)
    return found


def _rows(examples: Sequence[Example]) -> Rows:
    return Rows([e.text for e in examples], [e.sentiment for e in examples])


COLUMNS = {
    "macro_f1": "情感宏F1", "accuracy": "准确率", "mention_f1": "提及F1", "mention_f1_micro": "提及F1（微）",
    "aspect_sentiment_f1": "方面情感宏F1", "four_class_f1": "四类宏F1",
}  # fmt: skip


def show(report: Json, console: Console) -> None:
    """A table a set."""
    for name, found in report.items():
        if "skipped" in found:
            console.print(f"跳过 {name}：{found['skipped']}")
            continue
        keys = [k for k in COLUMNS if any(k in r for r in found["rows"])]
        table = Table(title=f"{name}（{found['seconds']} 秒）")
        for column in ("方法", *(COLUMNS[k] for k in keys)):
            table.add_column(column)
        for one in found["rows"]:
            table.add_row(one["method"], *(f"{one[k]:.4f}" if k in one else "" for k in keys))
        console.print(table)
        for one in found["rows"][:2]:
            if "by_kind" in one:
                kinds = "，".join(f"{k} {v:.2f}" for k, v in one["by_kind"].items())
                console.print(f"{one['method']}，按难例的情感准确率：{kinds}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="zhike eval feedback", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", action="append", choices=SETS, help="only this one; may be given more than once")
    parser.add_argument("--embed", action="store_true", help="with embeddings; minutes for the first time")
    parser.add_argument("--zero-shot", action="store_true", help="also the embedding model without training")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=int, default=0, metavar="N", help="also the language model, on N texts a set")
    options = parser.parse_args(arguments)
    note, settings = Console(stderr=True), Settings()
    with ExitStack() as open_:
        model = open_.enter_context(model_peer(settings, options.model)) if options.model > 0 else None
        report = run(
            settings, options.set or SETS, embed=options.embed, zero_shot=options.zero_shot, model=model,
            on=lambda t: note.print(t),
        )  # fmt: skip
        if model and model.lost:
            note.print(f"语言模型有 {model.lost} 次没有答上来")
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        show(report, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
