"""Sentiment on the public sets: our tagger as it ships, our heads trained on the set, and their peers.

Enters: a set's folder (skipped where absent). Leaves: one row of figures a method. Called by `eval.feedback`.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.feedback.facts import sentiment_numbers
from assistant.feedback.linear import Facts, Floats, fit
from assistant.feedback.score import macro_f1
from assistant.feedback.tagger import EMBEDDED_CHARS, Embed, Tagger
from assistant.feedback.text import readable
from eval.feedback_model import ModelPeer

SETS = ("online_shopping_10_cats", "waimai_10k", "chnsenticorp_htl", "eprstmt")
TWO = ("neg", "pos")
SAMPLE = 300
# what a text of each class is like, for the embedding model without training
SHOT = {"neg": "这是一条差评，顾客很不满意", "neu": "这是一条中性的评价，说不上好坏", "pos": "这是一条好评，顾客很满意"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Texts with neg, neu or pos."""

    texts: list[str]
    labels: list[str]


def read(folder: Path, part: str) -> Rows:
    """A part of a two-class set."""
    lines = (folder / f"{folder.name}.{part}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return Rows([r["text"] for r in rows], [TWO[int(r["label"])] for r in rows])


def measure(
    folder: Path, shipped: Tagger, embed: Embed | None, zero_shot: Embed | None, model: ModelPeer | None = None
) -> list[Json]:
    """All methods on one set."""
    train, dev = read(folder, "train"), read(folder, "dev")
    ours = {"知客，随附权重": two(shipped, dev.texts), "知客，用本集训练": trained(train, dev.texts, shipped, embed)}
    found = [row(name, dev, said) for name, said in ours.items()]
    found.append(row("字 TF-IDF 线性，用本集训练", dev, tfidf(train, dev.texts)))
    found.append(row("SnowNLP", dev, snownlp(dev.texts, TWO)))
    if zero_shot is not None:
        part = sample(dev)
        found.append(row(f"向量零样本（抽 {len(part.texts)}）", part, nearest(part.texts, zero_shot, TWO)))
    if model is not None:
        found += beside_model(model, dev, TWO, ours)
    return found


def two(tagger: Tagger, texts: Sequence[str]) -> list[str]:
    """A text that is neither counts by the sign of its score."""
    return ["pos" if tags.score > 0 else "neg" for tags in tagger.tag_many(texts)]


def beside_model(model: ModelPeer, rows: Rows, classes: Sequence[str], ours: Mapping[str, Sequence[str]]) -> list[Json]:
    """The language model and what ours said of the same sample."""
    picks = model.picks(len(rows.texts))
    part = Rows([rows.texts[i] for i in picks], [rows.labels[i] for i in picks])
    found = [row(f"语言模型零样本（抽 {len(picks)}）", part, model(part.texts, classes))]
    return found + [row(f"{name}（同一抽样）", part, [said[i] for i in picks]) for name, said in ours.items()]


def sample(rows: Rows) -> Rows:
    picks = random.Random(0).sample(range(len(rows.texts)), min(SAMPLE, len(rows.texts)))
    return Rows([rows.texts[i] for i in picks], [rows.labels[i] for i in picks])


def row(name: str, gold: Rows, said: Sequence[str]) -> Json:
    right = sum(g == s for g, s in zip(gold.labels, said, strict=True))
    return {
        "method": name,
        "macro_f1": round(macro_f1(gold.labels, said, sorted(set(gold.labels))), 4),
        "accuracy": round(right / len(said), 4),
    }


def trained(train: Rows, texts: Sequence[str], tagger: Tagger, embed: Embed | None) -> list[str]:
    """Our heads over our rules' numbers, trained on the set."""
    labels = np.array([[label == "pos"] for label in train.labels])
    heads = fit(_facts(train.texts, tagger, embed), labels, ("pos",))
    odds = heads.probabilities(_facts(texts, tagger, embed))[:, 0]
    return ["pos" if p > 0.5 else "neg" for p in odds]


def _facts(texts: Sequence[str], tagger: Tagger, embed: Embed | None) -> Facts:
    rules = tagger.rules()
    plain = [readable(text) for text in texts]
    vectors: Floats | None = embed([p[:EMBEDDED_CHARS] for p in plain]) if embed else None
    return Facts(plain, sentiment_numbers([rules.read(p) for p in plain]), vectors)


def tfidf(train: Rows, texts: Sequence[str]) -> list[str]:
    """The usual baseline: character 1- to 3-grams and a logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = LogisticRegression(C=10.0, max_iter=400).fit(words.fit_transform(train.texts), train.labels)
    said: NDArray[np.str_] = model.predict(words.transform(texts))
    return [str(s) for s in said]


def snownlp(texts: Sequence[str], classes: Sequence[str]) -> list[str]:
    """SnowNLP as it comes. With three classes its middle fifth is neutral."""
    from snownlp import SnowNLP

    def one(text: str) -> str:
        try:
            p = float(SnowNLP(text).sentiments)
        except (ZeroDivisionError, ValueError, KeyError):
            p = 0.5
        if "neu" in classes and 0.4 <= p <= 0.6:
            return "neu"
        return "pos" if p > 0.5 else "neg"

    return [one(text) for text in texts]


def nearest(texts: Sequence[str], embed: Callable[[Sequence[str]], Floats], classes: Sequence[str]) -> list[str]:
    """The class whose description lies nearest."""
    wanted = embed([SHOT[c] for c in classes])
    near = embed([readable(t)[:EMBEDDED_CHARS] for t in texts]) @ wanted.T
    near = near - near.mean(axis=0)  # E5's cosines lie close together, each description with a level of its own
    return [classes[int(i)] for i in near.argmax(axis=1)]
