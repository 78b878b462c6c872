"""Vectors of example utterances, kept by text, so that a changed playbook costs only its new lines.

Those of the playbook as it comes are shipped beside this file: a first start reads nothing. `zhike playbook vectors`
makes that file anew.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]  # done, of
SHIPPED = Path(__file__).with_suffix(".npz")
_AT_ONCE = 128
_STEPS = 127  # of a number of a shipped vector, which is one byte; their cosine with the true ones is above .999


class Embedder(Protocol):
    """What is needed of `vectorstore.embed`."""

    @property
    def name(self) -> str: ...

    def queries(self, texts: Sequence[str]) -> Floats:
        """One row of length one per text."""
        ...


class KeptVectors:
    """`queries` like the embedder's, for texts that are asked for again and again. One thread at a time."""

    def __init__(self, embedder: Embedder, folder: Path, shipped: Path = SHIPPED) -> None:
        self._embedder = embedder
        name = hashlib.sha256(embedder.name.encode()).hexdigest()[:12]
        self._path = folder / f"examples-{name}.npz"
        self._shipped = shipped

    def queries(self, texts: Sequence[str], progress: Progress = lambda done, of: None) -> Floats:
        keys = [_key(text) for text in texts]
        shipped, known = load(self._shipped, self._embedder.name), self._load()
        missing = list({k: t for k, t in zip(keys, texts, strict=True) if not (k in shipped or k in known)}.items())
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            rows = self._embedder.queries([text for _, text in part])
            rows = rows.astype(np.float16).astype(np.float32)  # as they will be read from the file
            known |= {key: row for (key, _), row in zip(part, rows, strict=True)}
            progress(start + len(part), len(missing))
        if missing:
            self._save({key: known[key] for key in dict.fromkeys(keys) if key not in shipped})
        return np.stack([shipped[key] if key in shipped else known[key] for key in keys])

    def _load(self) -> dict[int, Floats]:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                if file["keys"].dtype != np.uint64:
                    return {}
                return dict(zip(file["keys"].tolist(), file["rows"].astype(np.float32), strict=True))
        except (
            OSError,
            EOFError,
            ValueError,
            KeyError,
            BadZipFile,
        ):  # none yet, or half of one from a disk that ran full
            return {}

    def _save(self, known: Mapping[int, Floats]) -> None:
        """Only what is still used stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".new.npz")
        rows = np.stack(list(known.values())).astype(np.float16)
        np.savez(aside, keys=np.array(list(known), dtype=np.uint64), rows=rows)
        aside.replace(self._path)


def load(path: Path, model: str) -> Mapping[int, Floats]:
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


def save(path: Path, embedder: Embedder, texts: Sequence[str], progress: Progress = lambda done, of: None) -> int:
    """Write the file that is shipped, a byte a number. Returns how many vectors it holds."""
    once = {_key(text): text for text in sorted(set(texts))}
    rows: list[Floats] = []
    for start in range(0, len(once), _AT_ONCE):
        rows.append(embedder.queries(list(once.values())[start : start + _AT_ONCE]))
        progress(min(start + _AT_ONCE, len(once)), len(once))
    whole = np.concatenate(rows)
    steps = np.round(whole / np.abs(whole).max(axis=1, keepdims=True) * _STEPS).astype(np.int8)
    np.savez_compressed(path, model=np.array(embedder.name), keys=np.array(list(once), dtype=np.uint64), rows=steps)
    return len(once)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
