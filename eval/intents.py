"""The router's learner on a public set of buyers' intents: 118 labels, noisy on purpose, beside TF-IDF in the same run.

Enters: `../shared/data/cic_ecommerce_intents` (skipped, and said so, where it is absent) and the embedding model of the
settings. Leaves: one dictionary, a table on request. Called by `zhike eval intents`, or by hand:
``python -m eval.intents``. Nothing of the data is kept but its vectors, in the data folder.

Labels are noisy in both parts. Training rows whose label is outside the top three of a cross-validated model are
dropped. Accuracy is given on all of dev, and on its clean part: rows whose label is among the top three of the same
model trained on all of train. The clean part favours TF-IDF, which chose it.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from assistant.config import PACKAGE_ROOT, Settings
from vectorstore.embed import Embedder, embedder
from vectorstore.learner import WEIGHT, Learner

Json = dict[str, Any]
Labels = NDArray[np.str_]
Flags = NDArray[np.bool_]
DATA = PACKAGE_ROOT.parent / "shared" / "data" / "cic_ecommerce_intents"
LISTED = {"基线（TF-IDF，去噪后）": (0.857, 0.782), "人": (0.874, None)}
TOP = 3
MARGIN = 0.3  # inverse regularisation of the linear machine that judges labels


@dataclass(frozen=True)
class Part:
    """Texts with labels."""

    texts: list[str]
    labels: Labels

    def only(self, keep: Flags) -> "Part":
        """The rows to keep."""
        return Part([t for t, k in zip(self.texts, keep, strict=True) if k], self.labels[keep])


Model = Callable[[Part, Sequence[str]], Labels]


def run(settings: Settings, *, data: Path = DATA, on: Callable[[str], None] = print) -> Json:
    """Train and measure. `{"skipped": reason}` where the data is absent."""
    if not data.exists():
        return {"skipped": f"没有数据 {data.name}"}
    train, dev = _read(data / f"{data.name}.train.jsonl"), _read(data / f"{data.name}.dev.jsonl")
    keep, clean = _plausible(train, dev)
    kept = train.only(keep)
    on(
        f"训练 {len(train.texts)} 行，去噪后 {len(kept.texts)} 行；dev {len(dev.texts)} 行，其中干净 {int(clean.sum())} 行"
    )
    vectors = _Vectors(embedder(settings.retrieval.embedding_model), settings.data_dir / "eval")
    models: dict[str, Model] = {
        "TF-IDF 线性": _tfidf,
        "路由器学习器": lambda a, b: _learner(vectors, a, b),
        "同样特征，逻辑回归": lambda a, b: _logistic(vectors, a, b),
    }
    rows = []
    for name, model in models.items():
        started = time.perf_counter()
        predicted = model(kept, dev.texts)
        seconds = round(time.perf_counter() - started, 1)
        rows.append({"model": name, **_figures(dev, predicted, clean), "seconds": seconds})
        on(f"{name} 完成（{seconds} 秒）")
    listed = [{"model": name, "accuracy": a, "macro_f1": f} for name, (a, f) in LISTED.items()]
    return {
        "train": len(kept.texts),
        "dev": len(dev.texts),
        "dev_clean": int(clean.sum()),
        "rows": rows,
        "listed": listed,
    }


def _read(path: Path) -> Part:
    rows: list[Json] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return Part([r["text"] for r in rows], np.array([r["label"] for r in rows]))


def _plausible(train: Part, dev: Part) -> tuple[Flags, Flags]:
    """Rows of train and of dev whose label a linear model can believe."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.svm import LinearSVC

    words = _words().fit(train.texts)
    features = words.transform(train.texts)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(LinearSVC(C=MARGIN), features, train.labels, cv=folds, method="decision_function")
    judge = LinearSVC(C=MARGIN).fit(features, train.labels)
    return (
        _among_top(scores, judge.classes_, train.labels),
        _among_top(judge.decision_function(words.transform(dev.texts)), judge.classes_, dev.labels),
    )


def _among_top(scores: NDArray[np.float64], names: Labels, labels: Labels) -> Flags:
    best = names[np.argsort(-scores, axis=1)[:, :TOP]]
    found: Flags = (best == labels[:, None]).any(axis=1)
    return found


def _words() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)


def _tfidf(train: Part, texts: Sequence[str]) -> Labels:
    from sklearn.svm import LinearSVC

    words = _words().fit(train.texts)
    predicted: Labels = (
        LinearSVC(C=MARGIN).fit(words.transform(train.texts), train.labels).predict(words.transform(texts))
    )
    return predicted


class _Vectors:
    """Embeddings, kept in a file by their texts' fingerprint: they take minutes."""

    def __init__(self, engine: Embedder, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        digest = hashlib.sha256("\n".join([self._engine.name, *texts]).encode()).hexdigest()[:16]
        path = self._folder / f"vectors-{digest}.npy"
        if path.exists():
            known: NDArray[np.float32] = np.load(path)
            return known
        made = self._engine.queries(texts)
        self._folder.mkdir(parents=True, exist_ok=True)
        np.save(path, made)
        return made


def _learner(vectors: _Vectors, train: Part, texts: Sequence[str]) -> Labels:
    learner = Learner(vectors).fit(train.texts, list(train.labels))
    predicted: Labels = np.array(learner.labels)[learner.probabilities(texts).argmax(axis=1)]
    return predicted


def _logistic(vectors: _Vectors, train: Part, texts: Sequence[str]) -> Labels:
    """The learner's features with a logistic loss over all labels at once."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    words = _words().fit(train.texts)

    def features(rows: Sequence[str]) -> Any:
        dense = vectors(rows)
        centred = (dense - dense.mean(axis=1, keepdims=True)) * WEIGHT
        return hstack([csr_matrix(centred), words.transform(rows) * WEIGHT]).tocsr()

    predicted: Labels = (
        LogisticRegression(C=12.0, max_iter=400).fit(features(train.texts), train.labels).predict(features(texts))
    )
    return predicted


def _figures(dev: Part, predicted: Labels, clean: Flags) -> Json:
    from sklearn.metrics import accuracy_score, f1_score

    def both(part: Part, guesses: Labels) -> tuple[float, float]:
        macro = f1_score(part.labels, guesses, average="macro", zero_division=0)
        return round(float(accuracy_score(part.labels, guesses)), 4), round(float(macro), 4)

    accuracy, macro = both(dev, predicted)
    clean_accuracy, clean_macro = both(dev.only(clean), predicted[clean])
    return {
        "accuracy_all": accuracy,
        "macro_f1_all": macro,
        "accuracy_clean": clean_accuracy,
        "macro_f1_clean": clean_macro,
    }


def show(report: Json, console: Console) -> None:
    """Print the table, or why there is none."""
    if "skipped" in report:
        console.print(f"跳过意图评测：{report['skipped']}")
        return
    table = Table(title=f"公开意图集（118类，去噪后训练 {report['train']} 行）")
    for column in ("模型", "准确率 dev 全部", "宏F1 全部", "准确率 dev 干净", "宏F1 干净", "秒"):
        table.add_column(column)
    for row in report["rows"]:
        figures = [row[k] for k in ("accuracy_all", "macro_f1_all", "accuracy_clean", "macro_f1_clean", "seconds")]
        table.add_row(row["model"], *(str(f) for f in figures))
    for row in report["listed"]:
        table.add_row(f"{row['model']}，公开给出", "", "", str(row["accuracy"]), str(row["macro_f1"] or "—"), "")
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = run(Settings(), on=lambda text: Console(stderr=True).print(text))
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        show(report, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
