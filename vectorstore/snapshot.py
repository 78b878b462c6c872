"""One generation of the index, open for searching.

In: an `index_dir` whose `CURRENT.json` names a generation. Out: a `Snapshot`. Written by `index`, read by
`retrieve` and, for what is known already, by `ingest`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore import chroma
from vectorstore.chunk import Chunk, Kind
from vectorstore.config import IndexConfig
from vectorstore.embed import Vectors
from vectorstore.errors import IndexBroken, IndexMissing
from vectorstore.lexical import LexicalIndex

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

FORMAT = 2
KINDS: tuple[Kind, ...] = ("faq", "passage")
MEAN = "mean"
_EVER = date.max.toordinal()
_MASKS = 256
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Current:
    """What `CURRENT.json` says."""

    generation: int
    model: str
    index_id: str
    format: int = FORMAT

    @property
    def folder(self) -> str:
        return f"gen-{self.generation:06d}"

    def collection(self, kind: Kind) -> str:
        model = re.sub(r"[^A-Za-z0-9]+", "-", self.model).strip("-")[-40:] or "model"
        return f"zhike-{self.index_id}-{self.generation:06d}-{kind}-{model}"


@dataclass(frozen=True)
class Known:
    """A document in the index: the fingerprint of what it was read from, and its chunks."""

    digest: str
    source: str
    chunk_ids: tuple[str, ...]


@dataclass
class Snapshot:
    """One generation, open for searching. Read-only; any thread may use it."""

    current: Current
    chunks: tuple[Chunk, ...]
    documents: Mapping[str, Known]
    texts: LexicalIndex
    asks: LexicalIndex
    ask_owner: NDArray[np.int64]
    cohort: Vectors
    client: ClientAPI
    collections: Mapping[Kind, Collection]
    sizes: Mapping[Kind, int]
    position: Mapping[str, int] = field(init=False)
    _holds: NDArray[np.int64] = field(init=False)
    _by_store: Mapping[str, NDArray[np.int64]] = field(init=False)
    _masks: dict[tuple[frozenset[str] | None, date], NDArray[np.bool_]] = field(init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.position = {chunk.chunk_id: at for at, chunk in enumerate(self.chunks)}
        days = [
            (0, -1) if chunk.suspect else (_ordinal(chunk.valid_from, 0), _ordinal(chunk.valid_until, _EVER))
            for chunk in self.chunks
        ]
        self._holds = np.array(days, dtype=np.int64).reshape(-1, 2)
        by_store: dict[str, list[int]] = {}
        for at, chunk in enumerate(self.chunks):
            for store in chunk.stores or (chroma.GROUP,):
                by_store.setdefault(store, []).append(at)
        self._by_store = {store: np.array(rows, dtype=np.int64) for store, rows in by_store.items()}
        self._masks = {}

    def eligible(self, stores: frozenset[str] | None, on: date) -> NDArray[np.bool_]:
        """Which chunks may answer: not suspect, valid on that day, and of the group or of one of the stores.

        Shape (chunks,). Stores None: of any store.
        """
        with self._turn:
            mask = self._masks.get((stores, on))
            if mask is None:
                day = on.toordinal()
                mask = (self._holds[:, 0] <= day) & (day <= self._holds[:, 1])
                if stores is not None:
                    ours = np.zeros(len(self.chunks), dtype=np.bool_)
                    for store in (chroma.GROUP, *stores):
                        ours[self._by_store.get(store, [])] = True
                    mask &= ours
                if len(self._masks) >= _MASKS:
                    self._masks.clear()
                self._masks[stores, on] = mask
            return mask

    def close(self) -> None:
        chroma.disconnect(self.client)


def _ordinal(day: date | None, missing: int) -> int:
    return missing if day is None else day.toordinal()


def read_current(config: IndexConfig) -> Current | None:
    """The current generation, or None where nothing was ingested."""
    try:
        plain = json.loads((config.index_dir / "CURRENT.json").read_text())
        return Current(**plain)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise IndexBroken(f"{config.index_dir / 'CURRENT.json'} cannot be read: ingest again") from error


def open_snapshot(config: IndexConfig) -> Snapshot:
    """Open the current generation. Raises `IndexMissing`, `IndexBroken`."""
    for _ in range(3):  # two ingests may pass between the pointer and the folder
        current = read_current(config)
        if current is None:
            raise IndexMissing(f"nothing has been ingested into {config.index_dir}")
        if current.format != FORMAT:
            raise IndexBroken("the index was written by another version: ingest again")
        try:
            return _open(config, current)
        except FileNotFoundError:
            continue
    raise IndexBroken(f"the current generation is not in {config.index_dir}: ingest again")


def _open(config: IndexConfig, current: Current) -> Snapshot:
    from chromadb.errors import NotFoundError

    folder = config.index_dir / current.folder
    chunks, documents = load_records(folder)
    client = chroma.connect(folder / "chroma", config.chroma_url)
    try:
        collections = {kind: client.get_collection(current.collection(kind), embedding_function=None) for kind in KINDS}
    except NotFoundError as error:
        chroma.disconnect(client)
        raise IndexBroken(f"the vectors of generation {current.generation} are gone: ingest again") from error
    return Snapshot(
        current=current,
        chunks=chunks,
        documents=documents,
        texts=LexicalIndex.load(folder / "texts"),
        asks=LexicalIndex.load(folder / "asks"),
        ask_owner=np.load(folder / "ask_owner.npy"),
        cohort=np.load(folder / "cohort.npy"),
        client=client,
        collections=collections,
        sizes={kind: collection.count() for kind, collection in collections.items()},
    )


def load_records(folder: Path) -> tuple[tuple[Chunk, ...], dict[str, Known]]:
    """The chunks and documents of a generation. Raises `FileNotFoundError`."""
    with (folder / "chunks.jsonl").open(encoding="utf-8") as lines:
        chunks = tuple(Chunk.from_json(json.loads(line)) for line in lines)
    plain = json.loads((folder / "documents.json").read_text(encoding="utf-8"))
    documents = {path: Known(one["digest"], one["source"], tuple(one["chunk_ids"])) for path, one in plain.items()}
    return chunks, documents
