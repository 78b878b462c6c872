"""Trains the heads of a tagger on our own sentences and on corrections, and says whether the result is better.

Enters: the tree, examples (`examples.retail`, `generate`), corrections. Leaves: `Trained`: new weights and figures of
old and new on held-out rows. Nothing is replaced here; `zhike feedback train` does that where the new ones are better.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from assistant.feedback.examples import Example, retail
from assistant.feedback.facts import aspect_numbers, sentiment_numbers
from assistant.feedback.generate import GENERATED, generate
from assistant.feedback.labels import SENTIMENTS
from assistant.feedback.lexicon import lexicon
from assistant.feedback.linear import Facts, Strengths, fit
from assistant.feedback.rules import Rules
from assistant.feedback.score import Figures, score
from assistant.feedback.tagger import Embed, Tagger
from assistant.feedback.taxonomy import Tree
from assistant.feedback.text import readable
from assistant.feedback.weights import Weights

MADE_WEIGHT = 0.3  # of a sentence made from the tree, beside one that was written
THRESHOLD = 0.5
TRUST = 0.35
SENTIMENT = Strengths(words=3, ratios=3, dense=0.3, deep=0.02)
ASPECT = Strengths(words=5, ratios=5, dense=0.1, deep=0.02)


@dataclass(frozen=True)
class Trained:
    """New weights beside the old ones, on the same held-out rows. `better`: neither figure fell, one rose."""

    weights: Weights
    old: Figures | None
    new: Figures

    @property
    def better(self) -> bool:
        if self.old is None:
            return True
        before, after = self.old, self.new
        return (
            after.sentiment_f1 + after.mention_f1 > before.sentiment_f1 + before.mention_f1
            and after.sentiment_f1 >= before.sentiment_f1 - 0.01
            and after.mention_f1 >= before.mention_f1 - 0.01
        )


def make(
    tree: Tree, rows: Sequence[Example], embed: Embed | None, on: Callable[[str], None] = lambda _: None
) -> Weights:
    """Weights of these rows. The same for the same rows and engine."""
    rules = Rules(tree, lexicon())
    plain = [readable(row.text) for row in rows]
    readings = [rules.read(text) for text in plain]
    on(f"{len(rows)} 句，读取向量" if embed else f"{len(rows)} 句")
    vectors = embed(plain) if embed else None
    weight = np.array([MADE_WEIGHT if row.kind in GENERATED else 1.0 for row in rows], dtype=np.float32)
    leaves = [leaf.id for leaf in tree.leaves]
    feelings = np.array([[row.sentiment == s for s in SENTIMENTS] for row in rows])
    named = np.array([[leaf in row.aspects for leaf in leaves] for row in rows])
    on("训练情感")
    sentiment = fit(
        Facts(plain, sentiment_numbers(readings), vectors), feelings, SENTIMENTS, weight=weight, strengths=SENTIMENT,
        balanced=True,
    )  # fmt: skip
    on("训练方面")
    aspects = fit(
        Facts(plain, aspect_numbers(readings, leaves), vectors), named, leaves, weight=weight, strengths=ASPECT,
        balanced=True,
    )  # fmt: skip
    digest = hashlib.sha256("\n".join(f"{r.text}|{r.sentiment}|{sorted(r.aspects.items())}" for r in rows).encode())
    note = {"rows": len(rows), "data": digest.hexdigest()[:12], "embedded": embed is not None}
    return Weights(sentiment, aspects, tuple(leaves), THRESHOLD, TRUST, note)


def train(
    tree: Tree, corrections: Sequence[Example], old: Weights | None, embed: Embed | None,
    *, today: date, on: Callable[[str], None] = lambda _: None,
) -> Trained:  # fmt: skip
    """Train on our sentences and the corrections; every fourth correction and our test half are held out."""
    own = retail(tree)
    kept = [c for n, c in enumerate(corrections) if n % 4 != 3]
    held = [*(e for e in own if e.part == "test"), *(c for n, c in enumerate(corrections) if n % 4 == 3)]
    rows = [*(e for e in own if e.part == "fit"), *kept, *generate(tree, without={e.text for e in held})]
    weights = make(tree, rows, embed, on)
    weights.note.update(corrections=len(corrections), trained_on=today.isoformat())
    on("比较新旧")
    new = score(Tagger(lambda: tree, weights=weights, embed=embed), held)
    before = score(Tagger(lambda: tree, weights=old, embed=embed), held) if old else None
    weights.note.update(new.as_json())
    return Trained(weights, before, new)
