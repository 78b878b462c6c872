"""Reads a text: `Tagger.tag(text)`; many at once: `Tagger.tag_many(texts)`, which is quicker for the linear heads.

Enters: any text. Leaves: `Tags`, whose spans are exact slices of it. Called on arrival (due work), by `zhike tag` and
`zhike retag`, by the mart and the evaluation. Rules read first; linear heads, where weights are there, correct what
rules only guess; the doubtful are embedded, where an engine is handed in; a language model, where one is handed in,
judges what is doubtful still, within its budget.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.feedback import weights as stored
from assistant.feedback.english import glossed
from assistant.feedback.facts import aspect_numbers, sentiment_numbers
from assistant.feedback.find import Unit, aspects_of, units_of
from assistant.feedback.labels import SENTIMENTS, Sentiment, Tags, Tier
from assistant.feedback.lexicon import Lexicon, lexicon
from assistant.feedback.linear import Facts, Floats
from assistant.feedback.rules import Reading, Rules, whole
from assistant.feedback.signals import Signals
from assistant.feedback.taxonomy import Tree, TreeFile
from assistant.feedback.text import MAX_CHARS, readable
from assistant.feedback.weights import Weights

ASPECTS = Path(__file__).parent / "aspects.yaml"
NEUTRAL = 0.15  # a score of the rules nearer to zero than this says nothing
DOUBT = 0.72  # a sentiment less sure than this is doubtful
ELSEWHERE = 0.75  # how sure it is that talk of something else says nothing of us
EMBEDDED_CHARS = 300
LONG_TRUST = 0.9  # the heads that ship learnt from short texts; of long ones the rules know more
Embed = Callable[[Sequence[str]], Floats]


class Judge(Protocol):
    """Decides the doubtful: a language model behind a budget. None: it would not or could not."""

    def judge(self, text: str, tags: Tags) -> Tags | None: ...


@dataclass(frozen=True)
class _Read:
    """One text half read."""

    text: str
    plain: str
    readings: list[Reading]


class Tagger:
    """One instance serves all threads. `embed`: unit vectors (n, d) of queries, for the doubtful."""

    def __init__(
        self,
        tree: Callable[[], Tree],
        words: Lexicon | None = None,
        *,
        weights: Weights | None = None,
        embed: Embed | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._tree = tree
        self._words = words or lexicon()
        self._signals = Signals(self._words)
        self._rules = Rules(tree(), self._words)
        self._weights = weights
        self._embed = embed
        self._judge = judge

    @classmethod
    def shipped(
        cls,
        *,
        aspects: Path = ASPECTS,
        added: Path | None = None,
        path: Path | None = None,
        embed: Embed | None = None,
        judge: Judge | None = None,
    ) -> "Tagger":
        """With the tree of a file (and of added leaves), the weights of `path` (none: ours). Raises ConfigError."""
        return cls(TreeFile(aspects, added).get, weights=stored.load(path or stored.SHIPPED), embed=embed, judge=judge)

    def tag(self, text: str) -> Tags:
        """Read one text."""
        return self.tag_many([text])[0]

    def tag_many(self, texts: Sequence[str]) -> list[Tags]:
        """Read texts together."""
        if not texts:
            return []
        rules = self._current()
        read = []
        for text in texts:
            plain = glossed(readable(text[:MAX_CHARS]))
            read.append(_Read(text, plain, rules.read(plain)))
        made = self._by_heads(read, rules.tree) if self._weights else [self._by_rules(r, rules.tree) for r in read]
        if self._judge is None:
            return made
        return [(t.confidence < DOUBT and self._judge.judge(r.text, t)) or t for r, t in zip(read, made, strict=True)]

    @property
    def tree(self) -> Tree:
        """The tree in use."""
        return self._tree()

    @property
    def version(self) -> str:
        """Twelve hex digits that change with the tree, the weights, and whether the doubtful are embedded."""
        body = json.dumps(
            [
                {g: [leaf.model_dump() for leaf in leaves] for g, leaves in self.tree.groups.items()},
                self._weights.note if self._weights else None,
                self._embed is not None,
            ],
            ensure_ascii=False,
            sort_keys=True,
        )
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    def rules(self) -> Rules:
        """The word lists in use; the training reads by the same."""
        return self._current()

    def _current(self) -> Rules:
        tree = self._tree()
        if tree.version != self._rules.tree.version:
            self._rules = Rules(tree, self._words)
        return self._rules

    def _by_rules(self, read: _Read, tree: Tree) -> Tags:
        score = whole(read.readings)
        sentiment = sentiment_of(score)
        sure = 0.5 + abs(score) / 2 if sentiment != "neu" else 0.5
        units = [Unit(0, len(read.plain), read.plain, read.readings)]
        return self._finish(read, tree, sentiment, score, sure, "rules", units, None, None)

    def _by_heads(self, read: list[_Read], tree: Tree) -> list[Tags]:
        weights = self._weights
        assert weights is not None
        facts = Facts([r.plain for r in read], sentiment_numbers([r.readings for r in read]))
        odds = self._judged(facts, weights)
        odds, vectors = self._look_closer(read, facts, odds, weights)
        units = [units_of(r.plain, r.readings) for r in read]
        flat = [u for many in units for u in many]
        alone = np.array([len(many) == 1 for many in units for _ in many])
        rows = np.repeat(np.arange(len(read)), [len(many) for many in units])
        unit_odds = odds[rows] if alone.all() else np.where(alone[:, None], odds[rows], self._odds(flat, weights))
        odds = _with_parts(odds, unit_odds, rows)
        if weights.trust:
            long = np.array([len(many) > 1 for many in units], dtype=np.float32)[:, None]
            odds = _leaned(odds, facts.numbers[:, [0]], LONG_TRUST * long)
        close = None if vectors is None or not alone.all() else vectors[rows]
        numbers = aspect_numbers([u.readings for u in flat], weights.leaves)
        found = weights.aspects.probabilities(Facts([u.text for u in flat], numbers, close))
        made, at = [], 0
        for number, one in enumerate(read):
            here = slice(at, at + len(units[number]))
            at = here.stop
            made.append(self._one(one, tree, odds[number], units[number], unit_odds[here], found[here]))
        return made

    def _odds(self, units: list[Unit], weights: Weights) -> Floats:
        facts = Facts([u.text for u in units], sentiment_numbers([u.readings for u in units]))
        return self._judged(facts, weights)

    @staticmethod
    def _judged(facts: Facts, weights: Weights) -> Floats:
        """Shares of neg, neu, pos: the heads, and so far as they are trusted the rules."""
        odds = _shares(weights.sentiment.probabilities(facts))
        return _leaned(odds, facts.numbers[:, [0]], np.float32(weights.trust))

    def _look_closer(
        self, read: list[_Read], facts: Facts, odds: Floats, weights: Weights
    ) -> tuple[Floats, Floats | None]:
        """Embed the doubtful and ask again. The vectors come back where every text has one."""
        if self._embed is None or weights.sentiment.deep is None:
            return odds, None
        rows = np.flatnonzero(odds.max(axis=1) < DOUBT)
        if not len(rows):
            return odds, None
        vectors = self._embed([read[i].plain[:EMBEDDED_CHARS] for i in rows])
        part = facts.only(rows)
        odds = odds.copy()
        odds[rows] = self._judged(Facts(part.texts, part.numbers, vectors), weights)
        return odds, vectors if len(rows) == len(read) else None

    def _one(
        self, read: _Read, tree: Tree, odds: Floats, units: list[Unit], unit_odds: Floats, found: Floats | None
    ) -> Tags:
        if any(r.elsewhere for r in read.readings) and not any(r.found or r.value for r in read.readings):
            return self._finish(read, tree, "neu", 0.0, ELSEWHERE, "rules", units, unit_odds, None)
        sentiment = SENTIMENTS[int(odds.argmax())]
        score = float(odds[2] - odds[0])
        return self._finish(read, tree, sentiment, score, float(odds.max()), "linear", units, unit_odds, found)

    def _finish(
        self, read: _Read, tree: Tree, sentiment: Sentiment, score: float, sure: float, tier: Tier,
        units: list[Unit], unit_odds: Floats | None, found: Floats | None,
    ) -> Tags:  # fmt: skip
        shown = self._signals.read(read.plain, sentiment, score)
        if shown.junk:
            return Tags("neu", 0.0, shown.junk.confidence, "rules", junk=shown.junk)
        leaves = self._weights.leaves if self._weights and found is not None else ()
        threshold = self._weights.threshold if self._weights else 0.5
        aspects = aspects_of(read.text, units, tree, unit_odds, found, leaves, threshold)
        tags = Tags(sentiment, score, sure, tier, aspects=tuple(aspects))
        return replace(tags, emotions=shown.emotions, intent=shown.intent, urgency=shown.urgency, risks=shown.risks)


def sentiment_of(score: float) -> Sentiment:
    """The class of a score of the rules."""
    return "pos" if score > NEUTRAL else "neg" if score < -NEUTRAL else "neu"


def _shares(odds: Floats) -> Floats:
    """Each class against the rest → shares of one."""
    found: Floats = odds / np.maximum(odds.sum(axis=1, keepdims=True), 1e-6)
    return found


def _leaned(odds: Floats, score: Floats, trust: Floats | np.float32) -> Floats:
    """Drawn towards the verdict of the rules, the more the plainer it is. `score`: (n, 1) in [-1, 1]."""
    rules = np.hstack([np.maximum(-score, 0), 1 - np.abs(score), np.maximum(score, 0)])
    share = trust * np.abs(score)
    found: Floats = (1 - share) * odds + share * rules
    return found


def _with_parts(odds: Floats, parts: Floats, rows: NDArray[np.intp]) -> Floats:
    """A long text is also the mean of its parts: the heads learnt from short ones."""
    counts = np.bincount(rows, minlength=len(odds))[:, None]
    means = np.zeros_like(odds)
    np.add.at(means, rows, parts)
    found: Floats = np.where(counts > 1, (odds + means / np.maximum(counts, 1)) / 2, odds)
    return found
