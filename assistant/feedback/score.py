"""Figures of a tagger on labelled texts: `score(tagger, rows)`. Called by the training and the evaluation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.feedback.examples import Example
from assistant.feedback.labels import SENTIMENTS, Tags


class Reader(Protocol):
    """What tags texts."""

    def tag_many(self, texts: Sequence[str]) -> list[Tags]: ...


@dataclass(frozen=True)
class Figures:
    """Macro-F1 of sentiment, micro-F1 of aspect mentions, macro-F1 of (aspect, sentiment) over the sentiments."""

    rows: int
    sentiment_f1: float
    sentiment_accuracy: float
    mention_f1: float
    mention_precision: float
    mention_recall: float
    aspect_sentiment_f1: float
    by_kind: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in self.__dict__.items()}


def macro_f1(gold: Sequence[str], said: Sequence[str], classes: Sequence[str]) -> float:
    """Mean over the classes that stand in the gold."""
    found = []
    for name in classes:
        hits = sum(g == s == name for g, s in zip(gold, said, strict=True))
        total = sum(g == name for g in gold) + sum(s == name for s in said)
        if name in gold:
            found.append(2 * hits / total if total else 0.0)
    return sum(found) / len(found) if found else 0.0


def score(tagger: Reader, rows: Sequence[Example]) -> Figures:
    """Tag and compare."""
    tags = tagger.tag_many([row.text for row in rows])
    gold, said = [row.sentiment for row in rows], [t.sentiment for t in tags]
    hits = wrong = missed = 0
    per: dict[str, list[int]] = {s: [0, 0] for s in SENTIMENTS}
    kinds: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row, tag in zip(rows, tags, strict=True):
        there = {a.leaf: a.sentiment for a in tag.aspects}
        hits += len(there.keys() & row.aspects.keys())
        wrong += len(there.keys() - row.aspects.keys())
        missed += len(row.aspects.keys() - there.keys())
        for sentiment in SENTIMENTS:
            want = {k for k, v in row.aspects.items() if v == sentiment}
            have = {k for k, v in there.items() if v == sentiment}
            per[sentiment][0] += len(want & have)
            per[sentiment][1] += len(want) + len(have)
        kinds[row.kind] += 1
        right[row.kind] += row.sentiment == tag.sentiment
    return Figures(
        len(rows),
        macro_f1(gold, said, SENTIMENTS),
        sum(g == s for g, s in zip(gold, said, strict=True)) / max(1, len(rows)),
        2 * hits / max(1, 2 * hits + wrong + missed),
        hits / max(1, hits + wrong),
        hits / max(1, hits + missed),
        sum(2 * h / n if n else 0.0 for h, n in per.values()) / len(SENTIMENTS),
        {k: round(right[k] / n, 3) for k, n in kinds.items()},
    )
