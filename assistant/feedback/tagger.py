"""Reads a text: `Tagger.tag(text)`; many at once: `Tagger.tag_many(texts)`, which is quicker for the linear models.

Enters: any text. Leaves: `Tags`, whose spans are exact slices of it. Called on arrival (due work), by `zhike tag` and
`zhike retag`, by the mart and the evaluation. Rules read first; the linear models, where weights are there, correct
what rules only guess; a language model, where one is handed in, judges the doubtful within its budget.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from assistant.feedback.labels import AspectTag, Sentiment, Tags
from assistant.feedback.lexicon import Lexicon, lexicon
from assistant.feedback.rules import Found, Reading, Rules, whole
from assistant.feedback.signals import Signals
from assistant.feedback.taxonomy import Tree
from assistant.feedback.text import MAX_CHARS, readable

ASPECTS = Path(__file__).parent / "aspects.yaml"
NEUTRAL = 0.15  # a score nearer to zero than this says nothing


class Judge(Protocol):
    """Decides the doubtful: a language model behind a budget. None: it would not or could not."""

    def judge(self, text: str, tags: Tags) -> Tags | None: ...


class Tagger:
    """One instance serves all threads."""

    def __init__(self, tree: Callable[[], Tree], words: Lexicon | None = None, judge: Judge | None = None) -> None:
        self._tree = tree
        self._words = words or lexicon()
        self._signals = Signals(self._words)
        self._rules = Rules(tree(), self._words)
        self._judge = judge

    def tag(self, text: str) -> Tags:
        """Read one text."""
        return self.tag_many([text])[0]

    def tag_many(self, texts: Sequence[str]) -> list[Tags]:
        """Read texts together."""
        rules = self._current()
        found = []
        for text in texts:
            plain = readable(text[:MAX_CHARS])
            found.append(self._finish(text, plain, rules.read(plain)))
        return found

    def _current(self) -> Rules:
        tree = self._tree()
        if tree.version != self._rules.tree.version:
            self._rules = Rules(tree, self._words)
        return self._rules

    def _finish(self, text: str, plain: str, readings: list[Reading]) -> Tags:
        score = whole(readings)
        sentiment = sentiment_of(score)
        shown = self._signals.read(plain, sentiment, score)
        if shown.junk:
            sentiment, score, readings = "neu", 0.0, []
        tags = Tags(
            sentiment,
            score,
            0.5 + abs(score) / 2 if sentiment != "neu" else 0.5,
            "rules",
            shown.emotions,
            tuple(_aspects(text, readings, self._rules.tree.group_of())),
            shown.intent,
            shown.urgency,
            shown.risks,
            shown.junk,
        )
        return (self._judge and self._judge.judge(text, tags)) or tags


def sentiment_of(score: float) -> Sentiment:
    """The class of a score in [-1, 1]."""
    return "pos" if score > NEUTRAL else "neg" if score < -NEUTRAL else "neu"


def _aspects(text: str, readings: list[Reading], groups: dict[str, str]) -> list[AspectTag]:
    """Each leaf once, where it is said most plainly; a bare mention takes the feeling of its clause."""
    best: dict[str, tuple[float, AspectTag]] = {}
    for number, reading in enumerate(readings):
        after = readings[number + 1] if number + 1 < len(readings) else None
        for found in reading.found:
            value, clause = _value(found, reading, after)
            sentiment: Sentiment = "pos" if value > 0.4 else "neg" if value < -0.4 else "neu"
            confidence = 0.45 if sentiment == "neu" else min(0.95, 0.55 + 0.08 * abs(value) + 0.1 * found.strong)
            start, end = clause
            tag = AspectTag(
                found.leaf.id,
                found.leaf.name,
                groups[found.leaf.id],
                sentiment,
                text[start:end],
                start,
                confidence,
                "rules",
            )
            rank = confidence + (0.05 if sentiment == "neg" else 0)
            if found.leaf.id not in best or rank > best[found.leaf.id][0]:
                best[found.leaf.id] = (rank, tag)
    return sorted((tag for _, tag in best.values()), key=lambda tag: tag.start)


def _value(found: Found, reading: Reading, after: Reading | None) -> tuple[float, tuple[int, int]]:
    """Which way a leaf points, and its range: its own words, its clause, or the next clause that names no leaf."""
    here = (reading.clause.start, reading.clause.end)
    if found.value:
        value = found.value * (0.25 if reading.unreal and found.value > 0 else 1.0)
        return value, here
    if reading.value:
        return reading.value, here
    if after is not None and not after.found and after.value and after.clause.start - reading.clause.end <= 2:
        return after.value, (reading.clause.start, after.clause.end)
    return 0.0, here
