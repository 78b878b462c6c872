"""Takes a file or a folder into the index.

In: a path and the index's settings. Out: an `IngestReport`. Called by the command line and the demo's set-up.
Only what changed is read and embedded again; files that are gone from below the path leave the index. A file
that cannot be read is reported and, where an earlier version of it is known, that version keeps answering.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vectorstore.chunk import Chunk, chunk_document
from vectorstore.config import IndexConfig
from vectorstore.documents import MAX_BYTES, Document, is_meta, meta_files, read_document, readers
from vectorstore.embed import Embedder, embedder
from vectorstore.errors import Unreadable
from vectorstore.index import publish, writing
from vectorstore.snapshot import FORMAT, Current, Known, Progress, load_records, read_current


@dataclass(frozen=True)
class IngestReport:
    """What became of every file. Paths are relative to the ingested root; `chunks` counts the whole index."""

    taken: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, str], ...]
    chunks: int
    generation: int


@dataclass
class _Tally:
    taken: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def _silent(_stage: str, _done: int, _of: int) -> None:
    return None


def ingest(
    path: Path,
    config: IndexConfig,
    *,
    progress: Progress = _silent,
    stores: Sequence[str] = (),
    embed: Embedder | None = None,
) -> IngestReport:
    """Bring the index in line with what is at `path`.

    `stores` is the scope of files that name none (empty: group-wide). `progress` is told a stage (`read`,
    `words`, `vectors`, `index`), how much is done and of how much. Raises `FileNotFoundError` where `path`
    neither exists nor is known to the index, `IndexBusy`, `StorageFull`.
    """
    path = path.resolve()
    root = path if path.is_dir() else path.parent
    engine = embed or embedder(config.embedding_model)
    with writing(config):
        current = read_current(config)
        chunks, documents = _kept(config, current)
        if not path.exists() and not _below(path, documents):
            raise FileNotFoundError(path)
        tally = _Tally()
        _follow(path, root, config, tuple(stores), documents, chunks, tally, progress)
        stale = current is None or current.model != engine.name or current.format != FORMAT
        if tally.taken or tally.removed or stale:
            rows = [chunk for known in documents.values() for chunk in (chunks[i] for i in known.chunk_ids)]
            current = publish(config, engine, rows, documents, progress)
    return IngestReport(
        taken=tuple(tally.taken),
        unchanged=tuple(tally.unchanged),
        removed=tuple(tally.removed),
        refused=tuple(tally.refused),
        warnings=tuple(tally.warnings),
        chunks=sum(len(known.chunk_ids) for known in documents.values()),
        generation=current.generation if current else 0,
    )


def _kept(config: IndexConfig, current: Current | None) -> tuple[dict[str, Chunk], dict[str, Known]]:
    """What the index knows already; nothing where its form is another or its folder is gone."""
    if current is None or current.format != FORMAT:
        return {}, {}
    try:
        chunks, documents = load_records(config.index_dir / current.folder)
    except FileNotFoundError:
        return {}, {}
    return {chunk.chunk_id: chunk for chunk in chunks}, documents


def _below(path: Path, documents: Iterable[str]) -> list[str]:
    return [key for key in documents if Path(key) == path or path in Path(key).parents]


def _follow(
    path: Path,
    root: Path,
    config: IndexConfig,
    stores: tuple[str, ...],
    documents: dict[str, Known],
    chunks: dict[str, Chunk],
    tally: _Tally,
    progress: Progress,
) -> None:
    """Walk the files; `documents` and `chunks` are brought up to date in place."""
    files = list(_files(path))
    for done, file in enumerate(files):
        progress("read", done, len(files))
        _take(file, root, config, stores, documents, chunks, tally)
    progress("read", len(files), len(files))
    seen = {str(file) for file in files}
    for key in _below(path, documents):
        if key not in seen:
            tally.removed.append(documents.pop(key).source)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")) if path.is_dir() else ():
        hidden = any(part.startswith((".", "~$")) for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and not is_meta(file):
            yield file


def _take(
    file: Path,
    root: Path,
    config: IndexConfig,
    stores: tuple[str, ...],
    documents: dict[str, Known],
    chunks: dict[str, Chunk],
    tally: _Tally,
) -> None:
    source = file.relative_to(root).as_posix()
    known = documents.get(str(file))
    digest = _digest(file, config, stores)
    if known is not None and known.digest == digest:
        tally.unchanged.append(source)
        return
    try:
        document = read_document(file, source=known.source if known else source, stores=stores)
        made = _apart(file, chunk_document(document, config.chunk_chars), chunks, known)
    except Unreadable as error:
        still = "；仍沿用上一版内容" if known else ""
        tally.refused.append((source, error.reason + still))
        return
    chunks |= {chunk.chunk_id: chunk for chunk in made}
    documents[str(file)] = Known(digest, document.source, tuple(chunk.chunk_id for chunk in made))
    tally.taken.append(source)
    tally.warnings += _warnings(source, document, made)


def _apart(file: Path, made: Sequence[Chunk], chunks: dict[str, Chunk], known: Known | None) -> list[Chunk]:
    """Give a chunk another id where a like-named file below another root already uses it."""
    from dataclasses import replace

    own = set(known.chunk_ids) if known else set()
    mark = hashlib.sha256(str(file.parent).encode("utf-8", "replace")).hexdigest()[:6]
    taken = {chunk_id for chunk_id in chunks if chunk_id not in own}
    return [replace(chunk, chunk_id=f"{chunk.chunk_id}-{mark}") if chunk.chunk_id in taken else chunk for chunk in made]


def _warnings(source: str, document: Document, made: Sequence[Chunk]) -> list[tuple[str, str]]:
    found = [(source, note) for note in document.notes]
    for chunk in made:
        if chunk.suspect:
            where = chunk.question or "｜".join(chunk.title_path)
            found.append((source, f"疑似对模型下指令的文字，不会用来回答顾客：{where[:40]}"))
    return found


def _digest(file: Path, config: IndexConfig, stores: tuple[str, ...]) -> str:
    """Changes when the file, what describes it or the way it is read changes."""
    digest = hashlib.sha256(f"{FORMAT}|{config.chunk_chars}|{','.join(stores)}".encode())
    for part in (file, *meta_files(file)):
        digest.update(b"|")
        if part.is_file() and part.suffix.lower() in {*readers(), ".yaml"} and part.stat().st_size <= MAX_BYTES:
            digest.update(part.read_bytes())
    return digest.hexdigest()
