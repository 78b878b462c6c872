"""Vectors of example utterances, kept on disk by text, so that a changed playbook costs only its new lines."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from vectorstore.learner import Embedder, Floats

Progress = Callable[[int, int], None]  # done, of
_AT_ONCE = 128


class KeptVectors:
    """`queries` like the embedder's, for texts that are asked for again and again. One thread at a time."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        name = hashlib.sha256(embedder.name.encode()).hexdigest()[:12]
        self._path = folder / f"examples-{name}.npz"

    def queries(self, texts: Sequence[str], progress: Progress = lambda done, of: None) -> Floats:
        keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        known = self._load()
        missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in known}.items())
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            rows = self._embedder.queries([text for _, text in part])
            rows = rows.astype(np.float16).astype(np.float32)  # as they will be read from the file
            known |= {key: row for (key, _), row in zip(part, rows, strict=True)}
            progress(start + len(part), len(missing))
        if missing:
            self._save({key: known[key] for key in dict.fromkeys(keys)})
        return np.stack([known[key] for key in keys])

    def _load(self) -> dict[str, Floats]:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                return dict(zip(file["keys"].tolist(), file["rows"].astype(np.float32), strict=True))
        except (
            OSError,
            EOFError,
            ValueError,
            KeyError,
            BadZipFile,
        ):  # none yet, or half of one from a disk that ran full
            return {}

    def _save(self, known: dict[str, Floats]) -> None:
        """Only what is still used stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".new.npz")
        np.savez(aside, keys=np.array(list(known)), rows=np.stack(list(known.values())).astype(np.float16))
        aside.replace(self._path)
