"""The one public call of the knowledge: a question in, passages that may answer it out.

In: a question, the stores that it is about (or None), the day. Out: a `Retrieval`. Called by the knowledge
tool, the desk and the command line. Safe to share between threads; notices a newer generation on its next query.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol

import numpy as np

from vectorstore.chunk import Chunk, Kind
from vectorstore.confidence import Calibration, asks_about_the_past, calibration, features
from vectorstore.config import IndexConfig
from vectorstore.embed import Embedder, Vectors, embedder
from vectorstore.errors import IndexBroken, IndexMissing
from vectorstore.fuse import Asked, Candidate, Ranked, Weights, rank
from vectorstore.precedence import in_order
from vectorstore.snapshot import Snapshot, open_snapshot

MAX_QUERY_CHARS = 400
RERANKED = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passage:
    """A passage that was found. `text` is the answer where `kind` is `faq`; `page` counts from 1."""

    chunk_id: str
    kind: Kind
    text: str
    title_path: tuple[str, ...]
    source: str
    source_url: str
    page: int | None
    question: str
    answer: str
    stores: tuple[str, ...]
    score: float

    @property
    def title(self) -> str:
        """The title of the document."""
        return self.title_path[0]


@dataclass(frozen=True)
class Retrieval:
    """Passages, best first. Only where `confident` may the first be taken for an answer; where it is `likely` one, it
    may be offered as the nearest. `confidence`: the probability that it answers.
    """

    passages: tuple[Passage, ...]
    confident: bool
    confidence: float
    likely: bool = False


class Reranker(Protocol):
    """Reads query and passage together and says how well they fit."""

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]: ...


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers, loaded on first use."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder

        self._model = CrossEncoder(name)
        self._turn = threading.Lock()

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        with self._turn:
            return [float(s) for s in self._model.predict([(query, text) for text in texts])]


class Retriever:
    """Answers queries from the current generation of the index."""

    def __init__(
        self,
        config: IndexConfig,
        *,
        embed: Embedder | None = None,
        rerank: Reranker | None = None,
        judge: Calibration | None = None,
    ) -> None:
        self._config = config
        self._given_embedder = embed
        self._rerank = rerank
        self._judge = judge or calibration(config.embedding_model)
        self._turn = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._retired: Snapshot | None = None
        self._seen: tuple[int, int] | None = None
        self._vector = lru_cache(maxsize=512)(self._embed)

    def retrieve(self, query: str, *, store_ids: frozenset[str] | None, on: date, k: int = 5) -> Retrieval:
        """The `k` best passages that hold on that day.

        `store_ids` None: the store is not known, all passages may answer and those of the group come first.
        Empty: only the group's. Raises `IndexMissing` before the first ingest and `IndexBroken`.
        """
        text = query.replace("\0", " ").strip()[:MAX_QUERY_CHARS]
        snapshot, ranked = self._ranked(text, store_ids, on)
        if not ranked.candidates:
            return Retrieval((), confident=False, confidence=0.0)
        sure = self._judge.probability(features(ranked, snapshot))
        if asks_about_the_past(ranked, snapshot):
            sure = 0.0
        ordered = in_order(self._reranked(text, ranked.candidates, snapshot), ranked, snapshot)
        passages = tuple(_passage(snapshot.chunks[one.position], one.score) for one in _once(ordered, snapshot)[:k])
        return Retrieval(passages, sure >= self._judge.threshold, sure, likely=sure >= self._judge.offer)

    def _ranked(self, text: str, store_ids: frozenset[str] | None, on: date) -> tuple[Snapshot, Ranked]:
        """Candidates and the generation that they are of. Where ingests that follow each other closely take away the
        files of a generation that is being asked, the newer one is."""
        while True:
            snapshot = self._current()
            try:
                return snapshot, self.rank(text, snapshot, store_ids=store_ids, on=on)
            except IndexBroken:
                if self._current() is snapshot:
                    raise

    def rank(self, text: str, snapshot: Snapshot, *, store_ids: frozenset[str] | None, on: date) -> Ranked:
        """The candidates before store rules, for evaluation and calibration."""
        eligible = snapshot.eligible(store_ids, on)
        asked = Asked(text, self._vector(text), store_ids, on, eligible)
        if not text or not eligible.any():
            return Ranked((), snapshot.texts.match(""), asked)
        return rank(snapshot, asked, Weights(faq_start=self._judge.faq_start))

    def warm(self) -> None:
        """Load everything that the first query would have to wait for."""
        self.rank("营业时间", self._current(), store_ids=None, on=date(2000, 1, 1))

    def snapshot(self) -> Snapshot:
        """The generation that answers now."""
        return self._current()

    def close(self) -> None:
        """Let go of the index; a later query opens it again."""
        with self._turn:
            for one in (self._snapshot, self._retired):
                if one is not None:
                    one.close()
            self._snapshot = self._retired = self._seen = None

    def _embed(self, text: str) -> Vectors:
        engine = self._given_embedder or embedder(self._config.embedding_model)
        vector: Vectors = engine.queries([text])[0]
        return vector

    def _current(self) -> Snapshot:
        seen = self._stamp()
        with self._turn:
            if self._snapshot is None or seen != self._seen:
                self._open(seen)
            if self._snapshot is None:
                raise IndexMissing(f"nothing has been ingested into {self._config.index_dir}")
            return self._snapshot

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = (self._config.index_dir / "CURRENT.json").stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_ino

    def _open(self, seen: tuple[int, int] | None) -> None:
        """Change over to the newer generation; the one before may still be in use by another thread."""
        try:
            fresh = open_snapshot(self._config)
            if fresh.current.model != self._config.embedding_model and self._given_embedder is None:
                fresh.close()
                raise IndexBroken(f"the index was made with {fresh.current.model}: ingest again")
        except (IndexBroken, IndexMissing):
            if self._snapshot is None:
                raise
            _log.warning("the newer generation of the index cannot be opened; the one before keeps answering")
            self._seen = seen
            return
        if self._retired is not None:
            self._retired.close()
        self._retired, self._snapshot, self._seen = self._snapshot, fresh, seen

    def _reranked(self, query: str, found: Sequence[Candidate], snapshot: Snapshot) -> Sequence[Candidate]:
        """Let the cross-encoder, where there is one, put the best in order; the scores stay on their scale."""
        rerank = self._rerank or _cross_encoder(self._config.cross_encoder)
        if rerank is None:
            return found
        best = found[:RERANKED]
        said = [
            "\n".join((*chunk.title_path, chunk.question, chunk.text))
            for chunk in (snapshot.chunks[one.position] for one in best)
        ]
        order = np.argsort(-np.asarray(rerank.scores(query, said)), kind="stable")
        scores = [one.score for one in best]
        return [replace(best[at], score=score) for at, score in zip(order, scores, strict=True)] + list(
            found[RERANKED:]
        )


def _once(ordered: Sequence[Candidate], snapshot: Snapshot) -> list[Candidate]:
    """Each text once: a section is there as a passage and under its wordings."""
    first: dict[tuple[str, str], Candidate] = {}
    for one in ordered:
        chunk = snapshot.chunks[one.position]
        first.setdefault((chunk.source, chunk.text), one)
    return list(first.values())


@lru_cache(maxsize=2)
def _cross_encoder(name: str) -> Reranker | None:
    return CrossEncoderReranker(name) if name else None


def _passage(chunk: Chunk, score: float) -> Passage:
    return Passage(
        chunk_id=chunk.chunk_id,
        kind=chunk.kind,
        text=chunk.text,
        title_path=chunk.title_path,
        source=chunk.source,
        source_url=chunk.source_url,
        page=chunk.page,
        question=chunk.question,
        answer=chunk.text if chunk.kind == "faq" else "",
        stores=chunk.stores,
        score=round(score, 4),
    )
