"""Whose rule goes first, where a store has a rule of its own.

In: candidates by score. Out: the same in the order in which they are shown. Called by `retrieve`.
With the store known, its own rule stands before the group's on the same matter, however exactly the group's FAQ is
worded like the question. Not known, the group's rule stands before any store's.
"""

from __future__ import annotations

from collections.abc import Sequence

from vectorstore.chunk import Chunk
from vectorstore.fuse import Candidate, Ranked
from vectorstore.lexical import content_words
from vectorstore.snapshot import Snapshot

OWN_WINDOW = 0.05  # how far a store's passage may lie behind the group's best of its kind
GROUP_WINDOW = 0.05  # how far the group's passage may lie behind a store's
SHARED_WORD = 0.01  # what each word counts that a store's passage has in common with the group's best
COMMON = 0.1  # a word that more than this share of the group's passages has does not name a matter …
FEW = 10  # … unless so few have it


def in_order(found: Sequence[Candidate], ranked: Ranked, snapshot: Snapshot) -> list[Candidate]:
    """The candidates in the order of rules."""
    own = [one for one in found if snapshot.chunks[one.position].stores]
    if not own or len(own) == len(found):
        return list(found)
    if ranked.asked.store_ids is None:
        first = _group_first(found, snapshot)
    else:
        first = _own_first(found, own, ranked, snapshot)
    moved = {one.position for one in first}
    return [*first, *(one for one in found if one.position not in moved)]


def _group_first(found: Sequence[Candidate], snapshot: Snapshot) -> list[Candidate]:
    close = [one for one in found if one.score >= found[0].score - GROUP_WINDOW]
    return [one for one in close if not snapshot.chunks[one.position].stores]


def _own_first(
    found: Sequence[Candidate], own: Sequence[Candidate], ranked: Ranked, snapshot: Snapshot
) -> list[Candidate]:
    """The store's passages on the matter of the group's best."""
    chunks = snapshot.chunks
    group = [one for one in found if not chunks[one.position].stores]
    matter = _matter(chunks[group[0].position], ranked, snapshot)
    best: dict[str, float] = {}
    for one in group:
        best.setdefault(chunks[one.position].kind, one.score)
    shared: dict[int, int] = {}
    for one in own:
        if one.score >= best.get(chunks[one.position].kind, group[0].score) - OWN_WINDOW:
            shared[one.position] = len(matter & _matter(chunks[one.position], ranked, snapshot))
    first = [one for one in own if shared.get(one.position)]
    return sorted(first, key=lambda one: -one.score - SHARED_WORD * shared[one.position])


def _matter(chunk: Chunk, ranked: Ranked, snapshot: Snapshot) -> set[str]:
    """The words in headings and questions that say what a passage is about."""
    heads = (*chunk.title_path[1:], chunk.question, *chunk.similar) if chunk.question else chunk.title_path
    group = snapshot.eligible(frozenset(), ranked.asked.on)
    most = max(FEW, COMMON * group.sum())
    return {
        word
        for head in heads
        for word in content_words(head)
        if len(word) > 1 and group[snapshot.texts.holders(word)].sum() <= most
    }
