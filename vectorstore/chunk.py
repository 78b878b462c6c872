"""Cuts a document into pieces that can be found and quoted on their own.

In: a `Document`. Out: `Chunk`s in reading order. Called by `ingest`. A chunk never spans two headings;
inside a section whole blocks are packed up to `limit` characters, long ones are cut between lines, then
sentences. No visible character is lost or doubled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal

from vectorstore.documents import Block, Document, FaqEntry, Scope
from vectorstore.suspect import is_suspect

Kind = Literal["faq", "passage"]


@dataclass(frozen=True)
class Chunk:
    """One retrievable piece. For an FAQ entry `text` is the answer; `page` counts from 1.

    `asked`: how people ask for it, as its owner has noted. A section with such wordings is there twice: as a passage,
    found by what it says, and as an entry without a question of its own, found by how it is asked for.
    """

    chunk_id: str
    kind: Kind
    text: str
    title_path: tuple[str, ...]
    source: str
    page: int | None = None
    question: str = ""
    similar: tuple[str, ...] = ()
    category: str = ""
    stores: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    source_url: str = ""
    suspect: bool = False
    asked: tuple[str, ...] = ()

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    def headed(self) -> str:
        """The text as the passage encoder sees it: headings first."""
        return f"{'｜'.join(self.title_path)}\n{self.text}"

    def asks(self) -> tuple[str, ...]:
        """All wordings of the question of an entry."""
        return tuple(filter(None, (self.question, *self.similar, *self.asked)))

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        for key in ("valid_from", "valid_until"):
            plain[key] = plain[key].isoformat() if plain[key] else None
        return plain

    @staticmethod
    def from_json(plain: dict[str, Any]) -> Chunk:
        day = date.fromisoformat
        return Chunk(
            **{
                **plain,
                "title_path": tuple(plain["title_path"]),
                "similar": tuple(plain["similar"]),
                "asked": tuple(plain["asked"]),
                "stores": tuple(plain["stores"]),
                "valid_from": day(plain["valid_from"]) if plain["valid_from"] else None,
                "valid_until": day(plain["valid_until"]) if plain["valid_until"] else None,
            }
        )


def chunk_document(document: Document, limit: int) -> tuple[Chunk, ...]:
    """All chunks of a document, none longer than `limit` characters (FAQ answers stay whole)."""
    if limit < 20:
        raise ValueError("chunk_chars must be at least 20")
    passages = list(_passages(document, limit))
    chunks = [*passages, *_asked_for(document, passages), *(_faq(document, entry) for entry in document.faqs)]
    return tuple(_numbered(_flagged(chunks)))


def _passages(document: Document, limit: int) -> Iterator[Chunk]:
    for section in document.sections:
        for text, page in _pack(section.blocks, limit):
            yield _made(
                document,
                document.scope,
                kind="passage",
                text=text,
                title_path=(document.title, *section.path),
                page=page,
            )


def _asked_for(document: Document, passages: Sequence[Chunk]) -> Iterator[Chunk]:
    """The first passage of each section with wordings, once more, as what these ask for."""
    left = dict(document.asked)
    for passage in passages:
        asked = left.pop(passage.title_path[-1], ())
        if asked:
            yield replace(passage, kind="faq", asked=asked)


def _faq(document: Document, entry: FaqEntry) -> Chunk:
    path = (document.title, entry.category) if entry.category else (document.title,)
    return _made(
        document,
        entry.scope,
        kind="faq",
        text=entry.answer,
        title_path=path,
        question=entry.question,
        similar=entry.similar,
        asked=document.asked.get(entry.question, ()),
        category=entry.category,
    )


def _made(document: Document, scope: Scope, **fields: Any) -> Chunk:
    return Chunk(
        chunk_id="",
        source=document.source,
        source_url=document.source_url,
        stores=scope.stores,
        valid_from=scope.valid_from,
        valid_until=scope.valid_until,
        **fields,
    )


def _pack(blocks: Sequence[Block], limit: int) -> Iterator[tuple[str, int | None]]:
    """Texts of at most `limit` characters with the page on which each begins."""
    text, page = "", None
    for block in blocks:
        for piece in _split(block.text, limit):
            if text and len(text) + 1 + len(piece) > limit:
                yield text, page
                text = ""
            if not text:
                page = block.page
            text = f"{text}\n{piece}" if text else piece
    if text:
        yield text, page


_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])(?=.)|(?<=[.])(?=\s)")
_CLAUSE_END = re.compile(r"(?<=[，,、：:])(?=.)|(?<=\s)(?=\S)")


def _split(text: str, limit: int) -> list[str]:
    """Cut where it hurts least: between lines, sentences, clauses, and only then anywhere."""
    if len(text) <= limit:
        return [text]
    for parts in (text.split("\n"), _SENTENCE_END.split(text), _CLAUSE_END.split(text)):
        parts = [part.strip() for part in parts if part.strip()]
        if len(parts) > 1:
            return _join([piece for part in parts for piece in _split(part, limit)], limit)
    return [text[at : at + limit].strip() for at in range(0, len(text), limit)]


def _join(pieces: Sequence[str], limit: int) -> list[str]:
    """Put neighbours back together while they fit."""
    joined: list[str] = []
    for piece in filter(None, pieces):
        if joined and len(joined[-1]) + 1 + len(piece) <= limit:
            joined[-1] = f"{joined[-1]}\n{piece}"
        else:
            joined.append(piece)
    return joined


def _flagged(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Mark what speaks to a model, also where a cut runs through the middle of it."""
    said = ["\n".join((*chunk.title_path, *chunk.asks(), chunk.text)) for chunk in chunks]
    bad = {index for index, text in enumerate(said) if is_suspect(text)}
    for index in range(1, len(chunks)):
        seam = chunks[index - 1].text[-60:] + chunks[index].text[:60]
        if is_suspect(seam):
            bad |= {index - 1, index}
    return [replace(chunk, suspect=index in bad) for index, chunk in enumerate(chunks)]


def _numbered(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """Ids that depend on nothing but content and place: the same file always gives the same ids."""
    seen: dict[str, int] = {}
    for chunk in chunks:
        parts = (chunk.kind, chunk.source, *chunk.title_path, chunk.question, chunk.text)
        digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        again = f"-{seen[digest]}" if seen[digest] > 1 else ""
        yield replace(chunk, chunk_id=digest + again)
