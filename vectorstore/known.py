"""Vectors of texts that come with the product, so that a first start need not compute them.

In: an engine and the file beside this module, one byte a number. Out: an `Embedder` that looks bulk queries up there
first. Used by `embed`; `zhike playbook vectors` writes the file anew: the playbook's examples, the wordings of
metrics and of the demo knowledge.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from vectorstore.embed import Embedder, Vectors

SHIPPED = Path(__file__).with_suffix(".npz")
BULK = 8  # fewer texts than this are computed: a single question is no text of ours, and need not wait for the file
_AT_ONCE = 128
_STEPS = 127  # of one byte; the cosine with the true vector is above .999


class KnownTexts:
    """An engine with a memory. Safe to call from several threads."""

    def __init__(self, engine: Embedder, path: Path = SHIPPED) -> None:
        self._engine = engine
        self._path = path
        self._turn = threading.Lock()
        self._rows: Mapping[int, Vectors] | None = None
        self.name = engine.name
        self.dim = engine.dim

    def queries(self, texts: Sequence[str]) -> Vectors:
        if len(texts) < BULK:
            return self._engine.queries(texts)
        known = self._known()
        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        fresh = dict(zip(missing, self._engine.queries(list(missing.values())), strict=True)) if missing else {}
        return np.stack([fresh[key] if key in fresh else known[key] for key in keys])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._engine.passages(texts)

    def _known(self) -> Mapping[int, Vectors]:
        with self._turn:
            if self._rows is None:
                self._rows = load(self._path, self.name)
            return self._rows


def load(path: Path, model: str) -> Mapping[int, Vectors]:
    """Vectors by the key of their text; none where the file is missing, broken or another model's."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            if str(file["model"]) != model:
                return {}
            rows = file["rows"].astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            return dict(zip(file["keys"].tolist(), rows, strict=True))
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return {}


def save(path: Path, engine: Embedder, texts: Sequence[str], progress: Callable[[int, int], None]) -> int:
    """Write the file; what it holds already is not computed again. Returns how many vectors it holds.

    `progress` hears of texts done and of how many. Texts are kept by a sum of theirs, not as words.
    """
    once = {_key(text): text for text in sorted(set(texts))}
    known = load(path, engine.name)
    missing = [key for key in once if key not in known]
    rows = {key: known[key] for key in once if key in known}
    for start in range(0, len(missing), _AT_ONCE):
        part = missing[start : start + _AT_ONCE]
        rows |= dict(zip(part, engine.queries([once[key] for key in part]), strict=True))
        progress(start + len(part), len(missing))
    whole = np.stack([rows[key] for key in once])
    steps = np.round(whole / np.abs(whole).max(axis=1, keepdims=True) * _STEPS).astype(np.int8)
    np.savez_compressed(path, model=np.array(engine.name), keys=np.array(list(once), dtype=np.uint64), rows=steps)
    return len(once)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
