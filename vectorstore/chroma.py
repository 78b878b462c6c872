"""The vectors, in Chroma: the only module that talks to it.

In: entries (id, vector, scope). Out: nearest entries. Called by `index`. A collection is written once
and never changed afterwards: a second process does not see changes to a collection that it has open, but it
always sees a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import numpy as np

from vectorstore.chunk import Chunk
from vectorstore.embed import Vectors
from vectorstore.errors import IndexBroken

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

GROUP = "*"
_BATCH = 1000
_EVER = 99_999_999
_clients = threading.Lock()  # Chroma shares what it opens in a folder, and does not guard opening against closing


@dataclass(frozen=True)
class Entry:
    """One vector of a chunk. FAQ entries have one for each wording and one for their mean."""

    entry_id: str
    chunk: Chunk


@dataclass(frozen=True)
class Near:
    """An entry found, with its cosine."""

    entry_id: str
    cosine: float


def connect(folder: Path, url: str) -> ClientAPI:
    """A client on a folder, or on a server where `url` is given. Telemetry is off. Ended by `disconnect`."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not url:
        with _clients:
            return chromadb.PersistentClient(path=str(folder), settings=settings)
    parts = urlparse(url)
    ssl = parts.scheme == "https"
    return chromadb.HttpClient(
        host=parts.hostname or "localhost",
        port=parts.port or (443 if ssl else 8000),
        ssl=ssl,
        settings=settings,
    )


def disconnect(client: ClientAPI) -> None:
    """Let go of a client; others on the same folder go on."""
    with _clients:
        client.close()  # type: ignore[attr-defined]


def create(
    client: ClientAPI,
    name: str,
    entries: Sequence[Entry],
    vectors: Vectors,
    progress: Callable[[int, int], None],
) -> Collection:
    """Write a collection; whatever a killed run left under that name is dropped first."""
    if name in {collection.name for collection in client.list_collections()}:
        client.delete_collection(name)
    collection = client.create_collection(
        name,
        configuration={"hnsw": {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}},
        embedding_function=None,
    )
    for at in range(0, len(entries), _BATCH):
        batch = entries[at : at + _BATCH]
        collection.add(
            ids=[entry.entry_id for entry in batch],
            embeddings=vectors[at : at + _BATCH],
            metadatas=[_metadata(entry.chunk) for entry in batch],
        )
        progress(min(at + _BATCH, len(entries)), len(entries))
    return collection


def stored(collection: Collection, ids: Sequence[str]) -> dict[str, Vectors]:
    """The vectors of those of `ids` that the collection has."""
    found: dict[str, Vectors] = {}
    for at in range(0, len(ids), _BATCH):
        page = collection.get(ids=list(ids[at : at + _BATCH]), include=["embeddings"])
        if page["embeddings"] is not None:
            found |= {
                entry_id: np.asarray(vector, dtype=np.float32)
                for entry_id, vector in zip(page["ids"], page["embeddings"], strict=True)
            }
    return found


def nearest(collection: Collection, vector: Vectors, n: int, where: dict[str, Any] | None) -> list[Near]:
    """The `n` nearest entries of a unit vector of shape (dim,), best first. Raises `IndexBroken`."""
    from chromadb.errors import ChromaError

    asked: list[Sequence[float]] = [vector.tolist()]
    try:
        page = collection.query(query_embeddings=asked, n_results=n, where=where, include=["distances"])
    except (ChromaError, AttributeError) as error:  # a client that was closed meanwhile has lost its bindings
        raise IndexBroken(f"{collection.name} cannot be searched: {error}") from error
    distances = page["distances"]
    if distances is None:
        return []
    return [Near(i, 1.0 - float(d)) for i, d in zip(page["ids"][0], distances[0], strict=True)]


def allowed(store_ids: frozenset[str] | None, on: date) -> dict[str, Any]:
    """A filter for entries that hold on that day for these stores (None: wherever they hold)."""
    day = _number(on, 0)
    rules: list[dict[str, Any]] = [
        {"suspect": False},
        {"from": {"$lte": day}},
        {"until": {"$gte": day}},
    ]
    if store_ids is not None:
        holds: list[dict[str, Any]] = [{"stores": {"$contains": store}} for store in (GROUP, *sorted(store_ids))]
        rules.append({"$or": holds} if len(holds) > 1 else holds[0])
    return {"$and": rules}


def _metadata(chunk: Chunk) -> dict[str, Any]:
    return {
        "stores": list(chunk.stores) or [GROUP],
        "from": _number(chunk.valid_from, 0),
        "until": _number(chunk.valid_until, _EVER),
        "suspect": chunk.suspect,
    }


def _number(day: date | None, missing: int) -> int:
    return missing if day is None else day.year * 10_000 + day.month * 100 + day.day
