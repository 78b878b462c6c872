"""Finds the entries of word lists in a text: leftmost, longest, each place once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

GAP = 6
T = TypeVar("T")


@dataclass(frozen=True)
class Hit(Generic[T]):
    """An entry found at `start`; `values` are what was filed under it."""

    start: int
    end: int
    values: tuple[T, ...]


class Matcher(Generic[T]):
    """Built once of (entry, value) pairs. `*` in an entry stands for up to six characters."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        filed: dict[str, list[T]] = {}
        for entry, value in entries:
            values = filed.setdefault(entry.lower(), [])
            if value not in values:
                values.append(value)
        self._filed = {entry: tuple(values) for entry, values in filed.items() if "*" not in entry}
        lengths: dict[str, set[int]] = {}
        for entry in self._filed:
            lengths.setdefault(entry[0], set()).add(len(entry))
        self._lengths = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
        self._gapped = [
            (entry.split("*", 1)[0] or entry.rsplit("*", 1)[1], _pattern(entry), tuple(values))
            for entry, values in filed.items()
            if "*" in entry
        ]

    def find(self, text: str) -> list[Hit[T]]:
        """All hits in order, none overlapping."""
        gapped = self._with_gaps(text)
        hits: list[Hit[T]] = []
        filed, lengths, at, size = self._filed, self._lengths, 0, len(text)
        while at < size:
            hit = gapped.get(at) if gapped else None
            for length in lengths.get(text[at], ()):
                if hit is not None and length <= hit.end - at:
                    break
                values = filed.get(text[at : at + length])
                if values is not None:
                    hit = Hit(at, at + length, values)
                    break
            if hit is None:
                at += 1
            else:
                hits.append(hit)
                at = hit.end
        return hits

    def _with_gaps(self, text: str) -> dict[int, Hit[T]]:
        found: dict[int, Hit[T]] = {}
        for first, pattern, values in self._gapped:
            if first in text:
                for match in pattern.finditer(text):
                    there = found.get(match.start())
                    if there is None or there.end < match.end():
                        found[match.start()] = Hit(match.start(), match.end(), values)
        return found


def _pattern(entry: str) -> re.Pattern[str]:
    gap = f"[^，。！？,!?]{{0,{GAP}}}?"
    if entry.startswith("*"):
        return re.compile(
            r"[0-9一二两三四五六七八九十几多半]{1,3}多?个?" + gap.join(re.escape(p) for p in entry[1:].split("*"))
        )
    return re.compile(gap.join(re.escape(part) for part in entry.split("*")))
