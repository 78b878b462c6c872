"""Cuts a question into what is known: times, metrics, values, dimensions, cues, noise, and what remains unread.

Longest match wins; at equal length a time before a metric before a value before a dimension before a cue.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language import cues
from assistant.chatbi.language.cues import Cue
from assistant.chatbi.language.outcome import Reader
from assistant.chatbi.language.times import Clocks, Time
from assistant.chatbi.language.values import Value, words

TokenKind = Literal["time", "metric", "ambiguous", "value", "dimension", "cue", "noise", "unread"]
_PRIORITY: dict[TokenKind, int] = {
    "time": 0, "metric": 1, "value": 2, "dimension": 3, "cue": 4, "ambiguous": 5, "noise": 6, "unread": 7,
}  # fmt: skip
_PUNCTUATION = re.compile(r"[\s，。！？、；：,.!?;:()（）“”\"'《》【】\[\]…—\-~·/+&=*#@|\\]+")


@dataclass(frozen=True)
class Token:
    """A piece of the text. `also`: values that the same words could mean beside the metric."""

    start: int
    end: int
    kind: TokenKind
    text: str
    metric: str = ""
    metrics: tuple[str, ...] = ()
    dimension: str = ""
    values: tuple[Value, ...] = ()
    time: Time | None = None
    cue: Cue | None = None
    typo_of: str = ""
    wide: str = ""  # of an unread piece: with the small words beside it, which may be parts of a name


def clean(text: str) -> str:
    """One line, full-width forms made plain, no control characters."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in plain)).strip()


@cache
def _names(catalogue_id: int, catalogue_box: "_Box") -> dict[str, dict[str, Any]]:
    catalogue = catalogue_box.catalogue
    metric = {w.lower(): n for n, m in catalogue.metrics.items() for w in (m.name, *m.synonyms)}
    dimension = {w.lower(): n for n, d in catalogue.dimensions.items() for w in (d.name, *d.synonyms)}
    ambiguous = {w.lower(): tuple(v) for w, v in words()["ambiguous"].items() if w.lower() not in metric}
    noise = dict.fromkeys(words()["noise"].split(), True)
    return {"metric": metric, "dimension": dimension, "ambiguous": ambiguous, "noise": noise}


class _Box:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return id(self.catalogue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box) and other.catalogue is self.catalogue


def names(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Words by kind → what they stand for, lower-cased."""
    return _names(id(catalogue), _Box(catalogue))


def tokens(text: str, reader: Reader) -> list[Token]:
    """All pieces, left to right, without punctuation."""
    found = [*_known(text, reader)]
    named = [t for t in found if t.kind == "value"]
    found = [  # of “女会员占比” 女会员 is a name, and what begins inside it is no word
        t for t in found if t.kind != "ambiguous" or not any(v.start < t.start < v.end for v in named)
    ]
    found.sort(key=lambda t: (t.kind == "noise", -(t.end - t.start), _PRIORITY[t.kind], t.start))
    taken = [False] * len(text)
    kept: list[Token] = []
    for token in found:
        if any(taken[token.start : token.end]):
            continue
        taken[token.start : token.end] = [True] * (token.end - token.start)
        kept.append(token)
    kept += _unread(text, taken)
    kept.sort(key=lambda t: t.start)
    return _widened(text, kept)


def _widened(text: str, kept: list[Token]) -> list[Token]:
    """Unread pieces with the single characters around them: 徐家会 is 徐 and two small words that mean nothing here.

    Pieces that belong together become one; the small words are then part of it.
    """
    done: list[Token] = []
    i = 0
    while i < len(kept):
        j = i
        while j < len(kept) and _loose(kept[j]) and (j == i or kept[j].start == kept[j - 1].end):
            j += 1
        run = kept[i:j]
        unread = [t for t in run if t.kind == "unread"]
        if not unread:
            done += run or [kept[i]]
            i = max(j, i + 1)
            continue
        first, last = unread[0].start, unread[-1].end
        done += [t for t in run if t.end <= first]
        done.append(Token(first, last, "unread", text[first:last], wide=text[run[0].start : run[-1].end]))
        done += [t for t in run if t.start >= last]
        i = j
    return done


def _loose(token: Token) -> bool:
    return token.kind == "unread" or (token.kind in ("noise", "dimension") and token.end - token.start == 1)


def _known(text: str, reader: Reader) -> Iterator[Token]:
    low = text.lower()
    for time in Clocks(reader.today, reader.calendar).find(text):
        yield Token(time.start, time.end, "time", text[time.start : time.end], time=time)
    by_span = {(a, b): tuple(v) for a, b, v in reader.index.find(text)}
    known = names(reader.catalogue)
    for kind in ("metric", "dimension", "ambiguous", "noise"):
        for start, end, word in _occurrences(low, known[kind]):
            meaning = known[kind][word]
            if kind == "metric":
                yield Token(start, end, "metric", text[start:end], metric=meaning, values=by_span.pop((start, end), ()))
            elif kind == "ambiguous":
                if (start, end) not in by_span:
                    yield Token(start, end, "ambiguous", text[start:end], metrics=meaning)
            elif kind == "dimension":
                yield Token(start, end, "dimension", text[start:end], dimension=meaning)
            else:
                yield Token(start, end, "noise", text[start:end])
    for (start, end), values in by_span.items():
        yield Token(start, end, "value", text[start:end], values=values)
    for cue in cues.find(text):
        yield Token(cue.start, cue.end, "cue", text[cue.start : cue.end], cue=cue)


def _occurrences(low: str, vocabulary: dict[str, Any]) -> Iterator[tuple[int, int, str]]:
    longest = max(map(len, vocabulary), default=0)
    for start in range(len(low)):
        for end in range(min(len(low), start + longest), start, -1):
            if low[start:end] in vocabulary and not _inside_word(low, start, end):
                yield start, end, low[start:end]


def _inside_word(low: str, start: int, end: int) -> bool:
    """A Latin word must stand alone: “ces” is not in “process”."""
    if not low[start:end].isascii():
        return False
    before, after = low[start - 1 : start], low[end : end + 1]
    return (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum())


def _unread(text: str, taken: list[bool]) -> Iterator[Token]:
    start = None
    for i in range(len(text) + 1):
        free = i < len(text) and not taken[i] and not _PUNCTUATION.fullmatch(text[i])
        if free and start is None:
            start = i
        elif not free and start is not None:
            yield Token(start, i, "unread", text[start:i])
            start = None
