"""Brings the two ways of searching together into one order.

In: an open generation, a query with its vector, and which chunks may answer. Out: `Ranked` candidates, best first.
Called by `retrieve`. Meaning and words are added, not ranked against each other: the cosines of
this family of models lie within a tenth of each other, so a word score between 0 and 1 counts with a weight of
the same size. The weights were chosen on the public development sets of `eval/retrieval.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from vectorstore import chroma
from vectorstore.chunk import Kind
from vectorstore.embed import Vectors
from vectorstore.lexical import QueryMatch, Scores
from vectorstore.snapshot import KINDS, MEAN, Snapshot

NEAREST = 60  # entries asked of Chroma for each kind
BY_WORDS = 20  # candidates that come in by their words alone
ENOUGH = 20  # with fewer usable neighbours Chroma is asked again, filtered


@dataclass(frozen=True)
class Weights:
    """How much each witness counts."""

    faq_mean: float = 0.4  # of an FAQ's cosine: the mean of its wordings; the rest: the nearest wording
    asks: float = 0.16
    faq_texts: float = 0.08
    passage_texts: float = 0.16
    faq_start: float = 0.0  # question meets question at higher cosines than question meets passage


WEIGHTS = Weights()


@dataclass(frozen=True)
class Asked:
    """A query, and what may answer it: `eligible` has shape (chunks,)."""

    text: str
    vector: Vectors
    store_ids: frozenset[str] | None
    on: date
    eligible: NDArray[np.bool_]


@dataclass(frozen=True)
class Candidate:
    """A chunk with its evidence. `cosine` is comparable between kinds; `words` lies between 0 and about 1."""

    position: int
    score: float
    cosine: float
    words: float


@dataclass(frozen=True)
class Ranked:
    """Candidates, best first; how the query's words meet the whole knowledge; what was asked."""

    candidates: tuple[Candidate, ...]
    match: QueryMatch
    asked: Asked


@dataclass
class _Near:
    """The best cosines of one chunk."""

    wording: float = -1.0
    mean: float = -1.0


@dataclass
class _Dense:
    near: dict[int, _Near] = field(default_factory=dict)
    floor: float = 0.0


def rank(snapshot: Snapshot, asked: Asked, weights: Weights = WEIGHTS) -> Ranked:
    """All candidates by fused score."""
    match = snapshot.texts.match(asked.text)
    texts = match.scores
    asks = _per_chunk(snapshot, snapshot.asks.match(asked.text).scores) if snapshot.asks.count else texts * 0
    dense = {kind: _dense(snapshot, kind, asked) for kind in KINDS}
    positions = {at for found in dense.values() for at in found.near}
    for scores in (texts, asks):
        best = np.argsort(-np.where(asked.eligible, scores, 0.0), kind="stable")[:BY_WORDS]
        positions |= {int(at) for at in best if asked.eligible[at] and scores[at] > 0}
    found = [_candidate(snapshot, at, dense, texts, asks, weights) for at in positions]
    return Ranked(tuple(sorted(found, key=lambda one: (-one.score, one.position))), match, asked)


def _per_chunk(snapshot: Snapshot, scores: Scores) -> Scores:
    """The best wording of every FAQ entry, shape (chunks,)."""
    best = np.zeros(len(snapshot.chunks), dtype=np.float32)
    np.maximum.at(best, snapshot.ask_owner, scores)
    return best


def _dense(snapshot: Snapshot, kind: Kind, asked: Asked) -> _Dense:
    """Neighbours by meaning; asks Chroma with a filter only where most neighbours may not answer."""
    size = snapshot.sizes[kind]
    if not size:
        return _Dense()
    found = _collect(snapshot, kind, asked, min(NEAREST, size), filtered=False)
    if len(found.near) < ENOUGH and size > NEAREST:
        found = _collect(snapshot, kind, asked, min(NEAREST, size), filtered=True)
    return found


def _collect(snapshot: Snapshot, kind: Kind, asked: Asked, n: int, *, filtered: bool) -> _Dense:
    where = chroma.allowed(asked.store_ids, asked.on) if filtered else None
    found = _Dense(floor=1.0)
    for hit in chroma.nearest(snapshot.collections[kind], asked.vector, n, where):
        chunk_id, _, part = hit.entry_id.rpartition("#")
        at = snapshot.position[chunk_id]
        found.floor = min(found.floor, hit.cosine)
        if not asked.eligible[at]:
            continue
        near = found.near.setdefault(at, _Near())
        if part == MEAN:
            near.mean = hit.cosine
        else:
            near.wording = max(near.wording, hit.cosine)
    return found


def _candidate(
    snapshot: Snapshot,
    at: int,
    dense: Mapping[Kind, _Dense],
    texts: Scores,
    asks: Scores,
    weights: Weights,
) -> Candidate:
    kind = snapshot.chunks[at].kind
    near = dense[kind].near.get(at, _Near())
    floor = dense[kind].floor
    nearest = max(near.wording, floor)
    if kind == "passage":
        words = float(texts[at])
        return Candidate(at, nearest + weights.passage_texts * words, nearest, words)
    cosine = (1 - weights.faq_mean) * nearest + weights.faq_mean * max(near.mean, floor) + weights.faq_start
    score = cosine + weights.asks * float(asks[at]) + weights.faq_texts * float(texts[at])
    return Candidate(at, score, cosine, float(max(asks[at], texts[at])))
