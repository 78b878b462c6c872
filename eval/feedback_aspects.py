"""Aspects on the public restaurant sets: our rules with a tree for restaurants, our heads trained on the set, peers.

Enters: a set's folder (skipped where absent). Leaves: one row of figures a method: F1 of mentions (mean over aspects
and micro), mean over aspects of the macro-F1 over the four classes none, neg, neu, pos. Called by `eval.feedback`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.config import PACKAGE_ROOT
from assistant.feedback.facts import aspect_numbers, feelings
from assistant.feedback.find import aspects_of, units_of
from assistant.feedback.labels import SENTIMENTS
from assistant.feedback.lexicon import lexicon
from assistant.feedback.linear import Facts, Floats, Heads, Strengths, fit
from assistant.feedback.rules import Reading, Rules
from assistant.feedback.tagger import EMBEDDED_CHARS, Embed
from assistant.feedback.taxonomy import Tree, load
from assistant.feedback.text import readable
from eval.feedback_model import ModelPeer

SETS = ("aic2018_aspect", "asap_sample")
DINING = PACKAGE_ROOT / "eval" / "data" / "feedback" / "dining.yaml"
NONE = -2
VALUES = {"neg": -1, "neu": 0, "pos": 1}
FOLDS = 3
PLAIN = 0.03  # a difference of F1 that is more than chance
SHARES = (0.0, 0.2, 0.35, 0.5)
Ints = NDArray[np.int64]
Json = dict[str, Any]


@dataclass(frozen=True)
class Reviews:
    """Texts with a value an aspect: -2 none, -1, 0, 1."""

    texts: list[str]
    values: Ints


def measure(folder: Path, embed: Embed | None, model: ModelPeer | None = None) -> list[Json]:
    """All methods on one set."""
    tree = load(DINING)
    first = json.loads((folder / f"{folder.name}.train.jsonl").read_text(encoding="utf-8").split("\n", 1)[0])
    tree = Tree({g: tuple(x for x in leaves if x.id in first) for g, leaves in tree.groups.items()}, tree.version)
    leaves = [leaf.id for leaf in tree.leaves]
    train, dev = read(folder, "train", leaves), read(folder, "dev", leaves)
    rules = Rules(tree, lexicon())
    ours = _Trained(tree, rules, leaves, embed)
    ours.fit(train)
    listed, trained = by_rules(tree, rules, leaves, dev.texts), ours.values(dev.texts)
    found = [
        row("知客，只用词表（餐饮方面树）", dev.values, listed),
        row("知客，用本集训练", dev.values, trained),
        row("整条评论字 TF-IDF 线性，用本集训练", dev.values, tfidf(train, dev.texts)),
        row("分句加关键词，极性按 SnowNLP", dev.values, keywords(rules, leaves, dev.texts, snow)),
    ]
    if model is not None:
        # a review has a handful of clauses that name something, and each is a call
        picks = model.picks(len(dev.texts))[: max(1, model.size // 4)]
        texts, gold = [dev.texts[i] for i in picks], dev.values[picks]
        said = keywords(rules, leaves, texts, lambda clause: VALUES[model([clause], SENTIMENTS)[0]])
        found.append(row(f"分句加关键词，极性按语言模型（抽 {len(picks)}）", gold, said))
        found.append(row("知客，只用词表（同一抽样）", gold, listed[picks]))
        found.append(row("知客，用本集训练（同一抽样）", gold, trained[picks]))
    return found


def read(folder: Path, part: str, leaves: Sequence[str]) -> Reviews:
    lines = (folder / f"{folder.name}.{part}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return Reviews([r["text"] for r in rows], np.array([[int(r[leaf]) for leaf in leaves] for r in rows]))


def row(name: str, gold: Ints, said: Ints) -> Json:
    """Figures of one method."""
    named, told = gold != NONE, said != NONE
    hits = (named & told).sum(axis=0)
    both = named.sum(axis=0) + told.sum(axis=0)
    four = _four(gold, said)
    polar = [_f1(gold == c, said == c) for c in (-1, 0, 1)]
    return {
        "method": name,
        "mention_f1": round(float(np.mean(2 * hits / np.maximum(both, 1))), 4),
        "mention_f1_micro": round(float(2 * hits.sum() / max(1, both.sum())), 4),
        "four_class_f1": round(float(np.mean(four)), 4),
        "aspect_sentiment_f1": round(float(np.mean(polar)), 4),
    }


def _four(gold: Ints, said: Ints) -> NDArray[np.float64]:
    """Macro-F1 over the classes that an aspect has, by aspect."""
    found = []
    for column in range(gold.shape[1]):
        classes = sorted(set(gold[:, column].tolist()))
        f1 = [_f1(gold[:, column] == c, said[:, column] == c) for c in classes]
        found.append(sum(f1) / len(f1))
    return np.array(found)


def _f1(gold: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    total = int(gold.sum() + said.sum())
    return 2 * int((gold & said).sum()) / total if total else 0.0


def by_rules(tree: Tree, rules: Rules, leaves: Sequence[str], texts: Sequence[str]) -> Ints:
    """The tagger without any weights."""
    said = np.full((len(texts), len(leaves)), NONE)
    for number, text in enumerate(texts):
        plain = readable(text)
        for tag in aspects_of(text, units_of(plain, rules.read(plain)), tree, None, None, (), 0.5):
            if tag.leaf in leaves:
                said[number, leaves.index(tag.leaf)] = SENTIMENTS.index(tag.sentiment) - 1
    return said


class _Trained:
    """Our heads: mentions over the whole review, polarity over the clauses that name the aspect; of an aspect that the
    rules alone read better on rows that the heads have not seen, the rules."""

    def __init__(self, tree: Tree, rules: Rules, leaves: Sequence[str], embed: Embed | None) -> None:
        self._tree, self._rules, self._leaves, self._embed = tree, rules, leaves, embed

    def fit(self, train: Reviews) -> None:
        readings = self._read(train.texts)
        facts = self._whole(train.texts, readings)
        named = train.values != NONE
        self._mentions = self._fit_mentions(facts, named)
        odds = self._out_of_fold(facts, named)
        self._share = max(SHARES, key=lambda share: _mean_f1(_blend(odds, facts, share), named))
        blended = _blend(odds, facts, self._share)
        self._levels = _levels(blended, named)
        every = np.arange(len(named))
        self._polarity = self._fit_polarity(train, readings, every)
        seen = np.full(named.shape, NONE)
        for part in range(FOLDS):
            inside, outside = np.flatnonzero(every % FOLDS != part), np.flatnonzero(every % FOLDS == part)
            head = self._fit_polarity(train, readings, inside)
            seen[outside] = self._said([readings[i] for i in outside], blended[outside], head)
        self._trusted = _better(train.values, seen, by_rules(self._tree, self._rules, self._leaves, train.texts))

    def values(self, texts: Sequence[str]) -> Ints:
        readings = self._read(texts)
        facts = self._whole(texts, readings)
        odds = _blend(self._mentions.probabilities(facts), facts, self._share)
        said = self._said(readings, odds, self._polarity)
        listed = by_rules(self._tree, self._rules, self._leaves, texts)
        return np.where(self._trusted[None, :], said, listed)

    def _said(self, readings: list[list[Reading]], odds: Floats, polarity: Heads) -> Ints:
        said = np.full(odds.shape, NONE)
        rows = [(i, j) for i, j in zip(*np.nonzero(odds > self._levels), strict=True)]
        if rows:
            feeling = polarity.probabilities(self._parts(readings, rows)).argmax(axis=1) - 1
            for (i, j), value in zip(rows, feeling, strict=True):
                said[i, j] = value
        return said

    def _fit_mentions(self, facts: Facts, named: NDArray[np.bool_]) -> Heads:
        return fit(facts, named, self._leaves, strengths=Strengths(10, 10, 0.03, 0.003), balanced=True)

    def _fit_polarity(self, train: Reviews, readings: list[list[Reading]], inside: NDArray[np.intp]) -> Heads:
        kept = set(inside.tolist())
        rows = [(i, j) for i, j in zip(*np.nonzero(train.values != NONE), strict=True) if i in kept]
        labels = np.array([[train.values[i, j] == c for c in (-1, 0, 1)] for i, j in rows])
        return fit(self._parts(readings, rows), labels, SENTIMENTS, strengths=Strengths(5, 5, 0.3, 0.01), balanced=True)

    def _out_of_fold(self, facts: Facts, named: NDArray[np.bool_]) -> Floats:
        """What heads say of rows that they have not seen: the levels are chosen by it."""
        odds = np.zeros(named.shape, dtype=np.float32)
        fold = np.arange(len(named)) % FOLDS
        for part in range(FOLDS):
            inside, outside = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
            heads = self._fit_mentions(facts.only(inside), named[inside])
            odds[outside] = heads.probabilities(facts.only(outside))
        return odds

    def _read(self, texts: Sequence[str]) -> list[list[Reading]]:
        return [self._rules.read(readable(text)) for text in texts]

    def _whole(self, texts: Sequence[str], readings: list[list[Reading]]) -> Facts:
        plain = [readable(text) for text in texts]
        vectors = self._embed([p[:EMBEDDED_CHARS] for p in plain]) if self._embed else None
        return Facts(plain, aspect_numbers(readings, self._leaves), vectors)

    def _parts(self, readings: list[list[Reading]], rows: Sequence[tuple[int, int]]) -> Facts:
        """The clauses that name an aspect, with how they and the whole feel."""
        texts, numbers = [], []
        for i, j in rows:
            leaf = self._leaves[j]
            mine = [r for r in readings[i] if any(f.leaf.id == leaf for f in r.found)]
            own = [f.value or r.value for r in mine for f in r.found if f.leaf.id == leaf]
            texts.append(f"{leaf} " + "，".join(r.clause.text for r in mine or readings[i][:6]))
            kind = [float(j == k) for k in range(len(self._leaves))]
            values = [float(bool(mine)), float(np.tanh(sum(own) / 3)), float(np.tanh(min(own, default=0.0)))]
            numbers.append([*values, *feelings(mine), *feelings(readings[i]), *kind])
        return Facts(texts, np.array(numbers, dtype=np.float32))


def _better(gold: Ints, heads: Ints, rules: Ints) -> NDArray[np.bool_]:
    """Whether the heads are to be trusted, by aspect. Where an aspect's own figures hardly differ, all of them decide."""
    by_heads, by_lists = _four(gold, heads), _four(gold, rules)
    pooled = float(np.mean(by_heads)) >= float(np.mean(by_lists))
    gain = by_heads - by_lists
    return np.where(np.abs(gain) > PLAIN, gain > 0, pooled)


def _blend(odds: Floats, facts: Facts, share: float) -> Floats:
    """The heads' odds, and for a share whether the rules found the aspect: few rows teach the heads little."""
    found: Floats = (1 - share) * odds + share * facts.numbers[:, : odds.shape[1]]
    return found


def _mean_f1(odds: Floats, named: NDArray[np.bool_]) -> float:
    levels = _levels(odds, named)
    return float(np.mean([_f1(named[:, c], odds[:, c] > levels[c]) for c in range(named.shape[1])]))


def _levels(odds: Floats, named: NDArray[np.bool_]) -> Floats:
    """The level of each aspect at which its F1 is best, drawn towards the middle where it is rare."""
    found = []
    for column in range(odds.shape[1]):
        tries = np.linspace(0.15, 0.75, 25)
        f1 = [_f1(named[:, column], odds[:, column] > level) for level in tries]
        best = float(tries[int(np.argmax(f1))])
        share = min(1.0, named[:, column].sum() / 20)
        found.append(share * best + (1 - share) * 0.45)
    return np.array(found, dtype=np.float32)


def tfidf(train: Reviews, texts: Sequence[str]) -> Ints:
    """The usual baseline: one four-class model an aspect over the whole review."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    seen, asked = words.fit_transform(train.texts), words.transform(texts)
    said = np.full((len(texts), train.values.shape[1]), NONE)
    for column in range(train.values.shape[1]):
        labels = train.values[:, column]
        if len(set(labels.tolist())) > 1:
            model = LogisticRegression(C=10.0, max_iter=400, class_weight="balanced").fit(seen, labels)
            said[:, column] = model.predict(asked)
        else:
            said[:, column] = labels[0]
    return said


def keywords(rules: Rules, leaves: Sequence[str], texts: Sequence[str], feels: Callable[[str], int]) -> Ints:
    """Clause split and keyword lists; how a clause feels is said by somebody else."""
    said = np.full((len(texts), len(leaves)), NONE)
    for number, text in enumerate(texts):
        for reading in rules.read(readable(text)):
            named = {f.leaf.id for f in reading.found} & set(leaves)
            if named:
                value = feels(reading.clause.text)
                for leaf in named:
                    said[number, leaves.index(leaf)] = value
    return said


def snow(clause: str) -> int:
    """SnowNLP's word on a clause."""
    from snownlp import SnowNLP

    p = float(SnowNLP(clause).sentiments)
    return 1 if p > 0.6 else -1 if p < 0.4 else 0
