"""What the tree does not hold yet: clauses that name no leaf, put together, named, with growth and examples.

Enters: said texts with their moments and what was found in them, and an embedding engine. Leaves: `Topic`s, the fastest
growing first, each a proposal for a new leaf. Called by the chore that keeps them, and by `zhike feedback topics`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

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
MOST_WORDS, MOST_NAME = 3, 8  # words and characters of a name
_THINGS = ("n", "j", "eng", "vn", "an")  # kinds of speech that name a thing
_MEANS = (*_THINGS, "v", "a", "i", "l", "b", "s", "x")
_WITH_A_THING = 3.0


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
    everywhere = Counter(phrase for text, _, _ in clauses for phrase in _phrases(text))
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
    """What stands here oftener than elsewhere, with a thing in it before without one, no word inside another."""
    here = Counter(phrase for text, _, _ in clauses for phrase in _phrases(text))
    size = len(clauses)
    scored = {
        phrase: n / size * np.log((total + 1) / (everywhere[phrase] - n + 1)) * len(phrase) ** 0.5 * _weight(phrase)
        for phrase, n in here.items()
        if n >= max(2, size * 0.3)
    }
    found: list[str] = []
    for phrase in sorted(scored, key=lambda g: (-scored[g], -len(g), g)):
        if not any(phrase in other or other in phrase for other in found):
            found.append(phrase)
    return tuple(found)


def _weight(phrase: str) -> float:
    return _WITH_A_THING if any(kind.startswith(_THINGS) for _, kind in _cut(phrase)) else 1.0


def _phrases(text: str) -> set[str]:
    """Runs of whole words that begin and end with one of two characters at least that means something by itself."""
    words = _cut(text)
    found = set()
    for at in range(len(words)):
        for end in range(at + 1, min(len(words), at + MOST_WORDS) + 1):
            phrase = "".join(word for word, _ in words[at:end])
            whole = all(len(word) > 1 and kind.startswith(_MEANS) for word, kind in (words[at], words[end - 1]))
            if whole and 2 <= len(phrase) <= MOST_NAME and phrase.strip() == phrase and not phrase.isdigit():
                found.add(phrase)
    return found


@cache
def _cutter() -> Any:
    import jieba
    from jieba import posseg

    jieba.setLogLevel(logging.ERROR)
    return posseg.POSTokenizer(jieba.Tokenizer())


@lru_cache(maxsize=20_000)
def _cut(text: str) -> tuple[tuple[str, str], ...]:
    """Words with their kinds of speech."""
    return tuple((pair.word, pair.flag) for pair in _cutter().cut(text))
