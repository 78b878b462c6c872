"""What the tree does not hold yet: clauses that name no leaf, put together, named, with growth and examples.

Enters: said texts with their moments and what was found in them, and an embedding engine. Leaves: `Topic`s, the fastest
growing first, each a proposal for a new leaf. Called by the chore that keeps them, and by `zhike feedback topics`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assistant.feedback.lexicon import lexicon
from assistant.feedback.linear import Floats
from assistant.feedback.rules import Rules
from assistant.feedback.taxonomy import Tree
from assistant.feedback.text import readable

LEAST_CHARS, MOST_CHARS = 5, 60
MOST_CLAUSES = 3_000  # embedded at once: about a minute
NEAR = 0.35  # distance within a topic, after centring
_GRAMS = (2, 3, 4)
_EMPTY = frozenset("的了是我你他她它们这那在有和也都就很还又吧啊呢吗嘛哦呀么着过给把被让跟对不没一个")


@dataclass(frozen=True)
class Heard:
    """A text with the moment it was said. `spans`: (start, end) of what the tree names in it; `key`: the caller's own."""

    text: str
    at: datetime
    spans: tuple[tuple[int, int], ...] = ()
    sentiment: str = "neu"
    key: int = 0


@dataclass(frozen=True)
class Topic:
    """`growth`: how many times as often after `middle` as before (1 is level). `members`: (key, start, length)."""

    name: str
    words: tuple[str, ...]
    count: int
    earlier: int
    later: int
    growth: float
    negative: float
    examples: tuple[str, ...]
    members: tuple[tuple[int, int, int], ...] = ()
    middle: datetime | None = None


def emerging(
    tree: Tree, heard: Sequence[Heard], embed: Callable[[Sequence[str]], Floats], *, least: int = 4
) -> list[Topic]:
    """Topics of at least `least` clauses."""
    clauses = _unnamed(tree, heard)[:MOST_CLAUSES]
    if len(clauses) < least:
        return []
    vectors = embed([text for text, _, _ in clauses])
    groups = _grouped(vectors)
    middle = sorted(one.at for _, one, _ in clauses)[len(clauses) // 2]
    everywhere = Counter(g for text, _, _ in clauses for g in _grams(text))
    found = []
    for group in groups:
        if len({clauses[i][1].text for i in group}) < least:
            continue
        found.append(_topic([clauses[i] for i in group], vectors[group], everywhere, len(clauses), middle))
    return sorted(found, key=lambda t: (-t.growth * t.count**0.5, t.name))


Clause = tuple[str, Heard, int]  # words, the text they stand in, where


def _unnamed(tree: Tree, heard: Sequence[Heard]) -> list[Clause]:
    rules = Rules(tree, lexicon())
    found = []
    for one in heard:
        for reading in rules.read(readable(one.text)):
            start, end = reading.clause.start, reading.clause.end
            named = bool(reading.found) or any(s < end and e > start for s, e in one.spans)
            if not named and LEAST_CHARS <= end - start <= MOST_CHARS:
                found.append((reading.clause.text, one, start))
    return found


def _grouped(vectors: Floats) -> list[list[int]]:
    """Clauses that lie together. E5's cosines are all high: what is common to all is taken out first."""
    from sklearn.cluster import AgglomerativeClustering

    centred = vectors - vectors.mean(axis=0)
    centred = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    distance: NDArray[np.float32] = np.clip(1 - centred @ centred.T, 0, 2)
    model = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - NEAR
    )
    labels = model.fit_predict(distance)
    groups: dict[int, list[int]] = {}
    for number, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(number)
    return sorted(groups.values(), key=len, reverse=True)


def _topic(clauses: list[Clause], vectors: Floats, everywhere: Counter[str], total: int, middle: datetime) -> Topic:
    words = _words(clauses, everywhere, total)
    later = sum(one.at >= middle for _, one, _ in clauses)
    earlier = len(clauses) - later
    centre = vectors.mean(axis=0)
    order = np.argsort(-(vectors @ centre))
    examples = tuple(dict.fromkeys(clauses[int(i)][0] for i in order))[:5]
    return Topic(
        name=words[0] if words else examples[0][:12],
        words=words[:6],
        count=len(clauses),
        earlier=earlier,
        later=later,
        growth=round((later + 1) / (earlier + 1), 2),
        negative=round(sum(one.sentiment == "neg" for _, one, _ in clauses) / len(clauses), 2),
        examples=examples,
        members=tuple((clauses[int(i)][1].key, clauses[int(i)][2], len(clauses[int(i)][0])) for i in order),
        middle=middle,
    )


def _words(clauses: list[Clause], everywhere: Counter[str], total: int) -> tuple[str, ...]:
    """What stands here oftener than elsewhere, longer before shorter, no word inside another."""
    here = Counter(g for text, _, _ in clauses for g in _grams(text))
    size = len(clauses)
    scored = {
        gram: n / size * np.log((total + 1) / (everywhere[gram] - n + 1)) * len(gram) ** 0.5
        for gram, n in here.items()
        if n >= max(2, size * 0.3)
    }
    found: list[str] = []
    for gram in sorted(scored, key=lambda g: (-scored[g], -len(g), g)):
        if not any(gram in other or other in gram for other in found):
            found.append(gram)
    return tuple(found)


def _grams(text: str) -> set[str]:
    found = set()
    for size in _GRAMS:
        for at in range(len(text) - size + 1):
            gram = text[at : at + size]
            if gram[0] not in _EMPTY and gram[-1] not in _EMPTY and gram.strip() == gram and not gram.isdigit():
                found.add(gram)
    return found
