"""What a document is, and how a file becomes one.

In: a path below an ingested root. Out: a `Document` (sections of blocks, or FAQ entries, with store scope and
validity) or `Unreadable` with a reason for the operator. Called by `ingest`.

Scope and validity come, weakest first, from a folder-level `_meta.yaml`, a sidecar `NAME.meta.yaml` and, in
Markdown, the front matter. Rows of an FAQ table may override them again. `asked` there notes how people ask for what
stands under a heading (or for an FAQ entry), one wording a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml

from vectorstore.errors import Unreadable

MAX_BYTES = 20 * 1024 * 1024
FOLDER_META = "_meta.yaml"
SIDECAR = ".meta.yaml"


@dataclass(frozen=True)
class Scope:
    """Where and when a text holds. No stores: group-wide. The days are inclusive and local to the shop."""

    stores: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph, list or table row that reads on its own. `page` counts from 1 where there are pages."""

    text: str
    kind: Literal["text", "table"] = "text"
    page: int | None = None


@dataclass(frozen=True)
class Section:
    """What stands under one heading. `path` are the headings from the top, without the document's title."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class FaqEntry:
    """One question with its answer and the other ways in which people ask it."""

    question: str
    answer: str
    similar: tuple[str, ...] = ()
    category: str = ""
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True)
class Document:
    """A file that was read. `source` is its path below the root, as shown to people."""

    source: str
    title: str
    sections: tuple[Section, ...] = ()
    faqs: tuple[FaqEntry, ...] = ()
    scope: Scope = field(default_factory=Scope)
    source_url: str = ""
    notes: tuple[str, ...] = ()
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # heading or FAQ question → wordings


@dataclass(frozen=True)
class Body:
    """What a reader of one format found."""

    sections: tuple[Section, ...] = ()
    faqs: tuple[FaqEntry, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = ()


Reader = Callable[[bytes, Scope], Body]


def readers() -> Mapping[str, Reader]:
    """File suffix → reader. Imported on demand, since the parsers are heavy."""
    from vectorstore import readers as text
    from vectorstore import tables

    return {
        ".md": text.read_markdown,
        ".markdown": text.read_markdown,
        ".txt": text.read_markdown,
        ".html": text.read_html,
        ".htm": text.read_html,
        ".docx": text.read_docx,
        ".pdf": text.read_pdf,
        ".xlsx": tables.read_xlsx,
        ".csv": tables.read_csv,
    }


def is_meta(path: Path) -> bool:
    """Whether the file describes other files rather than being a document."""
    return path.name == FOLDER_META or path.name.endswith(SIDECAR)


def meta_files(path: Path) -> tuple[Path, ...]:
    """The files beside `path` that can change its scope, existing or not, weakest first."""
    return path.parent / FOLDER_META, path.with_name(path.name + SIDECAR), path.with_name(path.stem + SIDECAR)


def read_document(path: Path, *, source: str, stores: tuple[str, ...] = ()) -> Document:
    """Read one file. `stores` is the scope of files that name none. Raises `Unreadable`."""
    reader = readers().get(path.suffix.lower())
    if reader is None:
        raise Unreadable(f"不支持的文件类型：{path.suffix or '无扩展名'}")
    raw = _bytes(path)
    meta: dict[str, Any] = {}
    for extra in meta_files(path):
        if extra.is_file():
            meta |= parse_meta(decode(_bytes(extra)), where=extra.name)
    if path.suffix.lower() in {".md", ".markdown", ".txt"}:
        front, text = split_front_matter(decode(raw))
        meta |= front
        raw = text.encode()
    scope = scope_of(meta)
    if not scope.stores and stores:
        scope = replace(scope, stores=stores)
    body = reader(raw, scope)
    if not body.faqs and not any(block.text for section in body.sections for block in section.blocks):
        raise Unreadable("文件里没有可用的文字")
    title = str(meta.get("title") or body.title or path.stem).strip()
    asked = _asked(meta.get("asked"))
    known = {title, *(section.path[-1] for section in body.sections if section.path), *(q.question for q in body.faqs)}
    lost = tuple(f"找不到标题“{heading[:40]}”，它的问法没有用上" for heading in asked if heading not in known)
    return Document(
        source=source,
        title=title,
        sections=body.sections,
        faqs=body.faqs,
        scope=scope,
        source_url=str(meta.get("source_url") or ""),
        notes=(*body.notes, *lost),
        asked=asked,
    )


def _asked(value: Any) -> dict[str, tuple[str, ...]]:
    """Heading → wordings, from a mapping to lists or to texts of one wording a line."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable("asked 应当是“标题: 问法”的形式")
    found = {}
    for heading, lines in value.items():
        rows = lines if isinstance(lines, list) else str(lines or "").splitlines()
        found[str(heading).strip()] = tuple(dict.fromkeys(line for row in rows if (line := str(row).strip())))
    return found


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(f"文件太大（{size // 1_048_576} MB），上限 {MAX_BYTES // 1_048_576} MB")
        if size == 0:
            raise Unreadable("文件是空的")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"无法读取文件：{error.strerror}") from error


def decode(raw: bytes) -> str:
    """Text of UTF-8 (with or without BOM) or GB18030 bytes. Raises `Unreadable` for anything else."""
    if b"\0" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("内容不是文本，或编码无法识别")
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("编码无法识别，请存成 UTF-8 或 GB18030")


_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML between leading `---` lines, and the text after it."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    return parse_meta(found.group(1), where="文件头"), text[found.end() :]


def parse_meta(text: str, *, where: str) -> dict[str, Any]:
    """A YAML mapping of title, stores, valid_from, valid_until, source_url, asked. Raises `Unreadable`."""
    try:
        meta = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"{where}不是合法的 YAML") from error
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        raise Unreadable(f"{where}应当是“键: 值”的形式")
    return {str(key): value for key, value in meta.items() if value is not None}


def scope_of(meta: Mapping[str, Any], fallback: Scope | None = None) -> Scope:
    """The scope that the fields name; missing fields are taken from `fallback`."""
    base = fallback or Scope()
    scope = Scope(
        stores=store_ids(meta.get("stores")) or base.stores,
        valid_from=as_day(meta.get("valid_from")) or base.valid_from,
        valid_until=as_day(meta.get("valid_until")) or base.valid_until,
    )
    if scope.valid_from and scope.valid_until and scope.valid_from > scope.valid_until:
        raise Unreadable(f"生效日 {scope.valid_from} 晚于失效日 {scope.valid_until}")
    return scope


def store_ids(value: Any) -> tuple[str, ...]:
    """Store ids from a YAML list or a cell such as ``S001|S002`` or ``S001、S002``."""
    if value is None:
        return ()
    items = value if isinstance(value, (list, tuple)) else re.split(r"[|｜,，、;；\s]+", str(value))
    ids = (str(item).strip().upper() for item in items)
    return tuple(dict.fromkeys(item for item in ids if item and item not in {"ALL", "全部", "通用", "*"}))


def as_day(value: Any) -> date | None:
    """A day from a YAML date, a spreadsheet cell or text such as 2026-11-01, 2026/11/1 or 2026年11月1日."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parts = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?", str(value).strip()
    )
    try:
        if parts:
            return date(*(int(part) for part in parts.groups()))
    except ValueError:
        pass
    raise Unreadable(f"看不懂的日期：{str(value)[:20]}")
