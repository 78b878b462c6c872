"""The index on disk: numbered generations, each complete, one of them current.

In: all chunks and the list of their documents. Out: the next generation. Called by `ingest`;
`snapshot` reads what is written here.

    index_dir/
      CURRENT.json             which generation answers; replaced in one step, last of all
      lock                     held while an ingest runs
      gen-000007/              chunks, documents, BM25 and, unless Chroma is a server, the vectors

A reader sees the old generation or the new one, never half of either. A run that is killed leaves a folder
that nothing points to; the next run throws it away. The generation before stays for readers that use it now.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vectorstore import chroma
from vectorstore.chunk import Chunk, Kind
from vectorstore.config import IndexConfig
from vectorstore.embed import Embedder, Vectors
from vectorstore.errors import IndexBusy, StorageFull
from vectorstore.lexical import LexicalIndex
from vectorstore.snapshot import FORMAT, KINDS, MEAN, Current, Known, Progress, read_current

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection


@contextmanager
def writing(config: IndexConfig) -> Iterator[None]:
    """Hold the index for writing. The system lets go when the process dies. Raises `IndexBusy`."""
    with full_disk_is_clear():
        config.index_dir.mkdir(parents=True, exist_ok=True)
        lock = (config.index_dir / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexBusy(f"another ingest is writing to {config.index_dir}") from error
        with full_disk_is_clear():
            yield


@contextmanager
def full_disk_is_clear() -> Iterator[None]:
    """Turn every way in which a full disk shows itself into `StorageFull`."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (OSError, ChromaError) as error:
        full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
        if full or re.search(r"disk is full|no space left|disk I/O error", str(error), re.I):
            raise StorageFull("the disk is full; the index that was there keeps answering") from error
        raise


def publish(
    config: IndexConfig,
    embedder: Embedder,
    chunks: Sequence[Chunk],
    documents: Mapping[str, Known],
    progress: Progress,
) -> Current:
    """Write the next generation and make it current. Call inside `writing`."""
    before = read_current(config)
    current = Current(
        generation=before.generation + 1 if before else 1,
        model=embedder.name,
        index_id=before.index_id if before else uuid.uuid4().hex[:8],
    )
    folder = config.index_dir / current.folder
    _drop_unreferenced(config, keep={before.folder} if before else set())
    folder.mkdir(parents=True)
    try:
        _write_records(folder, chunks, documents)
        _write_lexical(folder, chunks, progress)
        _write_vectors(config, current, before, embedder, chunks, progress)
        _write_cohort(config, folder, before, embedder)
        _point_to(config, current)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _drop_unreferenced(config, keep={current.folder, *({before.folder} if before else ())})
    return current


def _write_records(folder: Path, chunks: Sequence[Chunk], documents: Mapping[str, Known]) -> None:
    with (folder / "chunks.jsonl").open("w", encoding="utf-8") as out:
        for chunk in chunks:
            out.write(json.dumps(chunk.to_json(), ensure_ascii=False) + "\n")
    plain = {path: asdict(known) for path, known in documents.items()}
    (folder / "documents.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")


def _write_lexical(folder: Path, chunks: Sequence[Chunk], progress: Progress) -> None:
    progress("words", 0, 1)
    asks = [(at, ask) for at, chunk in enumerate(chunks) if chunk.kind == "faq" for ask in chunk.asks()]
    texts = ["\n".join((*chunk.title_path, *chunk.asks(), chunk.text)) for chunk in chunks]
    for name, rows in (("texts", texts), ("asks", [ask for _, ask in asks])):
        (folder / name).mkdir()
        LexicalIndex.build(rows).save(folder / name)
    np.save(folder / "ask_owner.npy", np.array([at for at, _ in asks], dtype=np.int64))
    progress("words", 1, 1)


def _write_vectors(
    config: IndexConfig,
    current: Current,
    before: Current | None,
    embedder: Embedder,
    chunks: Sequence[Chunk],
    progress: Progress,
) -> None:
    """Vectors of texts that the generation before had are copied, the others computed."""
    from chromadb.errors import ChromaError

    client = chroma.connect(config.index_dir / current.folder / "chroma", config.chroma_url)
    old: Mapping[Kind, Collection] = {}
    old_client: ClientAPI | None = None
    if before is not None and before.model == current.model and before.format == FORMAT:
        try:
            old_client = chroma.connect(config.index_dir / before.folder / "chroma", config.chroma_url)
            old = {kind: old_client.get_collection(before.collection(kind), embedding_function=None) for kind in KINDS}
        except (ChromaError, ValueError):
            old = {}  # the old vectors are gone; compute all of them
    try:
        for kind in KINDS:
            rows = [(entry, text) for chunk in chunks if chunk.kind == kind for entry, text in _entries(chunk)]
            _write_kind(client, current.collection(kind), kind, rows, old.get(kind), embedder, progress)
    finally:
        chroma.disconnect(client)
        if old_client is not None:
            chroma.disconnect(old_client)


def _write_cohort(config: IndexConfig, folder: Path, before: Current | None, embedder: Embedder) -> None:
    """Embed the questions that no shop answers; `confidence` measures a query against them."""
    old = config.index_dir / before.folder / "cohort.npy" if before else None
    if old is not None and before is not None and before.model == embedder.name and old.exists():
        shutil.copyfile(old, folder / "cohort.npy")
        return
    text = resources.files("vectorstore").joinpath("cohort.txt").read_text(encoding="utf-8")
    np.save(folder / "cohort.npy", embedder.queries([line for line in text.splitlines() if line]))


def _entries(chunk: Chunk) -> Iterator[tuple[chroma.Entry, str]]:
    """What is embedded of a chunk; the id tells the text, so that an unchanged text keeps its vector."""
    for text in dict.fromkeys(chunk.asks() if chunk.kind == "faq" else (chunk.headed(),)):
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
        yield chroma.Entry(f"{chunk.chunk_id}#{digest}", chunk), text


def _write_kind(
    client: ClientAPI,
    name: str,
    kind: Kind,
    rows: Sequence[tuple[chroma.Entry, str]],
    old: Collection | None,
    embedder: Embedder,
    progress: Progress,
) -> None:
    have = chroma.stored(old, [entry.entry_id for entry, _ in rows]) if old is not None else {}
    missing = [(entry, text) for entry, text in rows if entry.entry_id not in have]
    for at in range(0, len(missing), 64):
        progress("vectors", at, len(missing))
        batch = missing[at : at + 64]
        texts = [text for _, text in batch]
        vectors = embedder.queries(texts) if kind == "faq" else embedder.passages(texts)
        have |= {entry.entry_id: vector for (entry, _), vector in zip(batch, vectors, strict=True)}
    entries = [entry for entry, _ in rows]
    matrix = np.array([have[entry.entry_id] for entry in entries], dtype=np.float32).reshape(-1, embedder.dim)
    if kind == "faq":
        entries, matrix = _with_means(entries, matrix)
    chroma.create(client, name, entries, matrix, lambda done, of: progress("index", done, of))


def _with_means(entries: Sequence[chroma.Entry], matrix: Vectors) -> tuple[list[chroma.Entry], Vectors]:
    """Add for every FAQ entry the direction in which all its wordings point together."""
    owners: dict[str, list[int]] = {}
    for at, entry in enumerate(entries):
        owners.setdefault(entry.chunk.chunk_id, []).append(at)
    means = [
        (chroma.Entry(f"{chunk_id}#{MEAN}", entries[rows[0]].chunk), matrix[rows].mean(axis=0))
        for chunk_id, rows in owners.items()
    ]
    if not means:
        return list(entries), matrix
    added = np.array([vector / max(float(np.linalg.norm(vector)), 1e-12) for _, vector in means])
    return [*entries, *(entry for entry, _ in means)], np.concatenate([matrix, added.astype(np.float32)])


def _point_to(config: IndexConfig, current: Current) -> None:
    """The one step in which readers change over."""
    fresh = config.index_dir / "CURRENT.json.new"
    plain: dict[str, Any] = asdict(current)
    with fresh.open("w") as out:
        out.write(json.dumps(plain))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(config.index_dir / "CURRENT.json")


def _drop_unreferenced(config: IndexConfig, keep: set[str]) -> None:
    """Remove folders, and collections on a server, that no reader can be using."""
    for folder in config.index_dir.glob("gen-*"):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
    current = read_current(config)
    if not config.chroma_url or current is None:
        return
    client = chroma.connect(config.index_dir, config.chroma_url)
    prefix = f"zhike-{current.index_id}-"
    kept = {f"{prefix}{name.removeprefix('gen-')}" for name in keep}
    for collection in client.list_collections():
        if collection.name.startswith(prefix) and collection.name[: len(prefix) + 6] not in kept:
            client.delete_collection(collection.name)
    chroma.disconnect(client)
