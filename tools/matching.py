"""Finds what a shopper names (a product, a store, a place) in what they typed: aliases, typos, pinyin, short names.

`NameIndex` holds names of one family. `scan` finds them inside a sentence, `resolve` reads a whole string as a name.
Exact substrings win; then the same sound (homophone typos: 徐家会 → 徐家汇; pinyin: xujiahui); then a near spelling.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

_LATIN = re.compile(r"[a-z]{4,}")
_MIN_SOUND = 3  # syllables that a homophone must share; two are too often an accident
_MIN_FUZZY = 84.0
_PLURAL = 4  # letters from which a Latin name may stand in the plural


@dataclass(frozen=True)
class Hit:
    """A name found in a sentence. `start` and `end` are character offsets; `score` is 1 for an exact name."""

    key: str
    name: str
    start: int
    end: int
    score: float


@lru_cache(maxsize=1024)
def sound(text: str) -> tuple[str, ...]:
    """The syllables of a text without tones; anything that is not Chinese stands for itself, character by character."""
    return tuple(s for s in lazy_pinyin(text, style=Style.NORMAL, errors=_one_by_one) if s)


def _one_by_one(text: str) -> Any:
    return list(text)


@dataclass(frozen=True)
class _Name:
    key: str
    text: str
    syllables: tuple[str, ...]


class NameIndex:
    """Names of one family: (key, name) pairs. Several names may share a key, several keys a name."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        unique = {(key, _fold(name)) for key, name in names if len(name) > 1}  # one character is an accident
        self._names = sorted(
            (_Name(key, name, sound(name)) for key, name in unique), key=lambda n: (-len(n.text), n.text, n.key)
        )
        self._by_sound: dict[tuple[str, ...], list[_Name]] = {}
        for name in self._names:
            self._by_sound.setdefault(name.syllables, []).append(name)
        self._by_start: dict[str, list[_Name]] = {}
        for name in self._names:
            self._by_start.setdefault(name.text[:2], []).append(name)
        self._spelled = [
            ("".join(n.syllables), n) for n in self._names if len(n.syllables) > 1 and not n.text.isascii()
        ]
        self._lengths = sorted({len(s) for s in self._by_sound if len(s) >= _MIN_SOUND}, reverse=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, longest first."""
        return tuple(n.text for n in self._names)

    def scan(self, text: str) -> list[Hit]:
        """Names in a sentence, longest first, none inside another; a shared name gives a hit per key."""
        folded = _fold(text)
        hits = self._exact(folded)
        free = _blank(folded, hits)
        hits += self._homophones(free)
        hits += self._latin(_blank(folded, hits))
        return sorted(hits, key=lambda h: (h.start, -h.end))

    def _exact(self, text: str) -> list[Hit]:
        found = [
            (name, start)
            for start in range(len(text) - 1)
            for name in self._by_start.get(text[start : start + 2], ())
            if text.startswith(name.text, start)
        ]
        hits: list[Hit] = []
        taken: set[tuple[int, int]] = set()
        for name, start in sorted(found, key=lambda pair: -len(pair[0].text)):
            span = (start, start + len(name.text))
            inside = any(s <= span[0] and span[1] <= e and (s, e) != span for s, e in taken)
            if not inside and _is_word(text, span):
                taken.add(span)
                hits.append(Hit(name.key, name.text, *span, 1.0))
        return hits

    def _homophones(self, text: str) -> list[Hit]:
        syllables = sound(text)
        if len(syllables) != len(text):  # positions would not line up
            return []
        hits: list[Hit] = []
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                span = (start, start + length)
                if " " in text[slice(*span)] or text[slice(*span)].isascii() or _covered(span, hits):
                    continue
                hits += [Hit(n.key, n.text, *span, 0.9) for n in self._by_sound.get(syllables[slice(*span)], [])]
        return hits

    def _latin(self, text: str) -> list[Hit]:
        hits: list[Hit] = []
        for found in _LATIN.finditer(text.replace("'", "")):
            word = found.group()
            best: list[tuple[float, _Name]] = []
            for spelled, name in self._spelled:
                score = (
                    100.0 if spelled == word or (len(spelled) >= 6 and spelled in word) else fuzz.ratio(spelled, word)
                )
                if score >= 88:
                    best.append((score, name))
            top = max((s for s, _ in best), default=0.0)
            hits += [Hit(n.key, n.text, *found.span(), s / 100 * 0.9) for s, n in best if s >= top - 0.01]
        return hits

    def resolve(self, text: str) -> list[Hit]:
        """Keys that a whole string may mean, best first; by near spelling where nothing stands in it literally."""
        if hits := self.scan(text):
            longest = max(h.end - h.start for h in hits)
            return [h for h in hits if h.end - h.start == longest]
        folded = _fold(text)
        if len(folded) < 2:
            return []
        scored = [
            (fuzz.WRatio(folded, n.text) if len(n.text) > 2 else fuzz.ratio(folded, n.text), n) for n in self._names
        ]
        top = max((s for s, _ in scored), default=0.0)
        if top < _MIN_FUZZY:
            return []
        return list(
            {n.key: Hit(n.key, n.text, 0, len(text), s / 100 * 0.8) for s, n in scored if s >= top - 0.01}.values()
        )


def _fold(text: str) -> str:
    return text.lower().replace("·", "").strip()


def _is_word(text: str, span: tuple[int, int]) -> bool:
    """A Latin name must not be a part of a longer Latin word."""
    start, end = span
    if not text[start:end].isascii():
        return True
    before = text[start - 1 : start]
    after = text[end : end + 1] if end - start < _PLURAL else text[end:].removeprefix("s")[:1]  # jackets
    return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())


def _covered(span: tuple[int, int], hits: list[Hit]) -> bool:
    return any(h.start < span[1] and span[0] < h.end and (h.start, h.end) != span for h in hits)


def _blank(text: str, hits: list[Hit]) -> str:
    characters = list(text)
    for hit in hits:
        characters[hit.start : hit.end] = " " * (hit.end - hit.start)
    return "".join(characters)
