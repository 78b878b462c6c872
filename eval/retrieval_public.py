"""Recall on public question sets, beside words alone, meaning alone and LangChain's stock retriever.

In: a folder with the public data, an embedder. Out: recall@1 and recall@5 for each set and engine. Called by
`eval.retrieval`. Our own engine is measured whole: Chroma, fusion and all, through `Retriever.retrieve`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from eval.embeddings import CachedEmbedder
from vectorstore.chunk import Chunk
from vectorstore.config import IndexConfig
from vectorstore.index import publish, writing
from vectorstore.lexical import LexicalIndex
from vectorstore.retrieve import Retriever
from vectorstore.snapshot import Known, read_current

SETS = ("bq_faq_retrieval", "lcqmc_faq_retrieval", "cmrc_passage_retrieval")
QUERIES = 300
TOP = 5


@dataclass(frozen=True)
class PublicSet:
    """Units to find (each with one or more wordings, or one passage) and queries with the unit that answers."""

    name: str
    units: dict[str, tuple[str, ...]]
    is_faq: bool
    queries: tuple[str, ...]
    gold: tuple[str, ...]

    def rows(self) -> tuple[list[str], list[str]]:
        """All texts, and beside each the unit that it belongs to."""
        pairs = [(text, unit) for unit, texts in self.units.items() for text in texts]
        return [text for text, _ in pairs], [unit for _, unit in pairs]


Search = Callable[[str], Sequence[str]]


def load(data: Path, name: str, limit: int | None) -> PublicSet:
    """Read one set; `limit` takes the first queries only."""
    kb, dev = (_lines(data / name / f"{name}.{part}.jsonl") for part in ("kb", "dev"))
    is_faq = "question" in kb[0]
    units = {one["id"]: (one["question"], *one["similar"]) if is_faq else (one["text"],) for one in kb}
    dev = dev[:limit]
    return PublicSet(name, units, is_faq, tuple(one["query"] for one in dev), tuple(one["gold"] for one in dev))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def measure(public: PublicSet, embedder: CachedEmbedder, work: Path) -> dict[str, dict[str, float]]:
    """Engine → recall@1 and recall@5."""
    engines = {
        "zhike": _zhike(public, embedder, work / public.name),
        "words": _words(public),
        "meaning": _meaning(public, embedder),
        "langchain": _langchain(public, embedder),
    }
    found = {name: _recall(public, search) for name, search in engines.items()}
    embedder.save()
    return found


def _recall(public: PublicSet, search: Search) -> dict[str, float]:
    first = five = 0
    for query, gold in zip(public.queries, public.gold, strict=True):
        best = search(query)
        first += gold in best[:1]
        five += gold in best[:TOP]
    return {"recall@1": first / len(public.gold), "recall@5": five / len(public.gold)}


def _unique(units: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(units))


def _zhike(public: PublicSet, embedder: CachedEmbedder, folder: Path) -> Search:
    texts, _ = public.rows()
    mark = hashlib.sha256("\n".join(texts).encode("utf-8", "replace")).hexdigest()
    config = IndexConfig(index_dir=folder, embedding_model=embedder.name)
    if read_current(config) is None or not (folder / mark).exists():
        shutil.rmtree(folder, ignore_errors=True)
        chunks = [_chunk(public, unit, texts) for unit, texts in public.units.items()]
        with writing(config):
            known = {public.name: Known(mark, public.name, tuple(public.units))}
            publish(config, embedder, chunks, known, lambda *_: None)
        (folder / mark).touch()
    retriever = Retriever(config, embed=embedder)

    def search(query: str) -> Sequence[str]:
        found = retriever.retrieve(query, store_ids=None, on=date(2026, 1, 1), k=TOP)
        return [passage.chunk_id for passage in found.passages]

    return search


def _chunk(public: PublicSet, unit: str, texts: tuple[str, ...]) -> Chunk:
    if public.is_faq:
        return Chunk(unit, "faq", "", ("",), public.name, question=texts[0], similar=texts[1:])
    return Chunk(unit, "passage", texts[0], ("",), public.name)


def _words(public: PublicSet) -> Search:
    texts, owners = public.rows()
    index = LexicalIndex.build(texts)

    def search(query: str) -> Sequence[str]:
        return _unique(owners[at] for at in np.argsort(-index.match(query).scores, kind="stable")[:200])

    return search


def _meaning(public: PublicSet, embedder: CachedEmbedder) -> Search:
    texts, owners = public.rows()
    matrix = embedder.queries(texts) if public.is_faq else embedder.passages(texts)

    def search(query: str) -> Sequence[str]:
        cosines = matrix @ embedder.queries([query])[0]
        return _unique(owners[at] for at in np.argsort(-cosines, kind="stable")[:200])

    return search


class _LangChainEmbeddings(Embeddings):
    """The same vectors in the form that LangChain asks for."""

    def __init__(self, embedder: CachedEmbedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return list(self._embedder.passages(texts))  # rows of an array, for speed

    def embed_query(self, text: str) -> list[float]:
        found: list[float] = self._embedder.queries([text])[0].tolist()
        return found


def _langchain(public: PublicSet, embedder: CachedEmbedder) -> Search:
    texts, owners = public.rows()
    store = InMemoryVectorStore(_LangChainEmbeddings(embedder))
    store.add_texts(texts, metadatas=[{"unit": unit} for unit in owners])
    retriever = store.as_retriever(search_kwargs={"k": TOP})

    def search(query: str) -> Sequence[str]:
        return _unique(document.metadata["unit"] for document in retriever.invoke(query))

    return search
