"""Keeps vectors between runs, so that measuring again takes seconds.

In: an embedder and a folder. Out: an `Embedder` that computes each text once. Called by the retrieval runners.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vectorstore.embed import Embedder, Vectors


class CachedEmbedder:
    """An embedder with a memory on disk. Call `save` when done."""

    def __init__(self, engine: Embedder, folder: Path) -> None:
        self._engine = engine
        self._folder = folder / "".join(c if c.isalnum() else "-" for c in engine.name)
        self._known = {role: self._load(role) for role in ("query", "passage")}
        self._fresh: set[str] = set()

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def dim(self) -> int:
        return self._engine.dim

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._get("query", texts, self._engine.queries)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._get("passage", texts, self._engine.passages)

    def save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for role in self._fresh:
            known = self._known[role]
            np.savez(self._folder / f"{role}.npz", keys=np.array(list(known)), vectors=np.array(list(known.values())))
        self._fresh.clear()

    def _load(self, role: str) -> dict[str, Vectors]:
        path = self._folder / f"{role}.npz"
        if not path.exists():
            return {}
        with np.load(path) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def _get(self, role: str, texts: Sequence[str], compute: Callable[[Sequence[str]], Vectors]) -> Vectors:
        known = self._known[role]
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            known |= dict(zip(missing, compute(list(missing.values())), strict=True))
            self._fresh.add(role)
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dim)
