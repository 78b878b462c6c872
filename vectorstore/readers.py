"""Readers of running text: Markdown, HTML, DOCX and PDF → sections of blocks.

In: the bytes of one file. Out: a `Body`, or `Unreadable`. Called by `documents.read_document`.
Tables become one line a row with the column heads repeated, so that a row reads on its own wherever it
is cut.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vectorstore.documents import Block, Body, Scope, Section, decode
from vectorstore.errors import Unreadable

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_UNZIPPED = 200 * 1024 * 1024


@dataclass
class Outline:
    """Collects blocks under headings while a reader walks through a file."""

    title: str = ""
    sections: list[Section] = field(default_factory=list)
    _path: list[tuple[int, str]] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)

    def heading(self, level: int, text: str) -> None:
        """Open a section. The first top-level heading is the title and does not stand in the path."""
        self._close()
        text = squeeze(text)
        if not text:
            return
        if level == 1 and not self.title:
            self.title = text
            self._path = []
            return
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))

    def block(self, text: str, *, table: bool = False, page: int | None = None) -> None:
        text = text.replace("\0", "").strip()
        if text:
            self._blocks.append(Block(text, "table" if table else "text", page))

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        for line in table_lines(rows):
            self.block(line, table=True)

    def body(self) -> Body:
        self._close()
        return Body(sections=tuple(self.sections), title=self.title)

    def _close(self) -> None:
        if self._blocks:
            self.sections.append(Section(tuple(text for _, text in self._path), tuple(self._blocks)))
            self._blocks = []


def squeeze(text: str) -> str:
    """One line, without runs of white space."""
    return re.sub(r"\s+", " ", text.replace("\0", "")).strip()


def table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """``head: cell；head: cell`` for each row under the first."""
    if not rows:
        return
    heads = [squeeze(cell) for cell in rows[0]]
    if len(rows) == 1:
        yield "；".join(head for head in heads if head)
    for row in rows[1:]:
        cells = [squeeze(cell) for cell in row]
        pairs = [
            f"{head}：{cell}" if head else cell
            for head, cell in zip(heads + [""] * len(cells), cells, strict=False)
            if cell
        ]
        if pairs:
            yield "；".join(pairs)


def read_markdown(raw: bytes, _scope: Scope) -> Body:
    """CommonMark with tables; inline markup is dropped, link texts stay."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(decode(raw))
    outline = Outline()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _closing(tokens, at)
        inner = tokens[at : end + 1]
        if token.type == "heading_open":
            outline.heading(int(token.tag[1:]), _inline(inner))
        elif token.type == "table_open":
            outline.rows(_markdown_rows(inner))
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            outline.block("\n".join(_items(inner)))
        elif token.type in {"fence", "code_block"}:
            outline.block(token.content)
        elif token.type == "html_block":
            outline.block(_html_text(token.content))
        else:
            outline.block(_inline(inner))
        at = end + 1
    return outline.body()


def _closing(tokens: Sequence[Token], at: int) -> int:
    if tokens[at].nesting != 1:
        return at
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _inline(tokens: Sequence[Token]) -> str:
    return "\n".join(_flat(token) for token in tokens if token.type == "inline")


def _flat(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type != "html_inline":
            parts.append(child.content)
    return "".join(parts)


def _items(tokens: Sequence[Token]) -> Iterator[str]:
    ordered: list[int] = []
    mark = ""
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            ordered.append(0 if token.type.startswith("ordered") else -1)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            ordered.pop()
        elif token.type == "list_item_open":
            if ordered[-1] >= 0:
                ordered[-1] += 1
            mark = f"{ordered[-1]}. " if ordered[-1] > 0 else "- "
        elif token.type == "inline":
            yield mark + _flat(token)
            mark = "  "


def _markdown_rows(tokens: Sequence[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(_flat(token))
    return rows


def _html_text(markup: str) -> str:
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():  # bs4 warns when a text looks like a file name or an address
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(markup, "html.parser")
    for hidden in soup(["script", "style", "template"]):
        hidden.decompose()
    return soup.get_text(" ", strip=True)


_BLOCKS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "dl", "table", "blockquote", "pre"]
_BOXES = [*_BLOCKS, "div", "section", "article", "main"]


def read_html(raw: bytes, _scope: Scope) -> Body:
    """The visible text of a page, without navigation, scripts and footers."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(decode(raw), "html.parser")
    title = squeeze(soup.title.get_text()) if soup.title else ""
    for hidden in soup(["script", "style", "template", "nav", "header", "footer", "aside", "noscript", "head"]):
        hidden.decompose()
    outline = Outline()
    for tag in soup.find_all(_BOXES):
        if tag.find_parent(_BLOCKS) is not None:
            continue  # its ancestor has said it
        if tag.name[0] == "h" and tag.name[1:].isdigit():
            outline.heading(int(tag.name[1]), tag.get_text())
        elif tag.name == "table":
            outline.rows([[cell.get_text(" ") for cell in row(["th", "td"])] for row in tag("tr") if row(["th", "td"])])
        elif tag.name in {"ul", "ol"}:
            outline.block("\n".join(f"- {squeeze(item.get_text(' '))}" for item in tag("li")))
        elif tag.name in _BLOCKS or tag.find(_BOXES) is None:
            outline.block(squeeze(tag.get_text()))
    if not outline.sections and not outline._blocks:
        outline.block(squeeze(soup.get_text(" ")))
    body = outline.body()
    return Body(sections=body.sections, title=body.title or title)


def check_zip(raw: bytes, kind: str) -> None:
    """Refuse what is no zip or would unpack to something huge."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
            if sum(entry.file_size for entry in bundle.infolist()) > MAX_UNZIPPED:
                raise Unreadable(f"{kind} 文件解压后过大")
    except zipfile.BadZipFile as error:
        reason = "可能已加密，请去掉密码" if raw.startswith(b"\xd0\xcf\x11\xe0") else "文件已损坏"
        raise Unreadable(f"{kind} 无法打开：{reason}") from error


def read_docx(raw: bytes, _scope: Scope) -> Body:
    """Word: paragraphs and tables in reading order, headings by style."""
    import docx
    from docx.opc.exceptions import OpcError
    from docx.table import Table
    from lxml.etree import XMLSyntaxError

    check_zip(raw, "DOCX")
    outline = Outline()
    try:
        for part in docx.Document(io.BytesIO(raw)).iter_inner_content():
            if isinstance(part, Table):
                outline.rows([[cell.text for cell in row.cells] for row in part.rows])
                continue
            style = (part.style.name or "") if part.style is not None else ""
            level = re.fullmatch(r"(?:Heading|标题) ?(\d)", style)
            if style == "Title":
                outline.heading(1, part.text)
            elif level:
                outline.heading(int(level.group(1)) + (1 if outline.title else 0), part.text)
            else:
                outline.block(("- " if style.startswith("List") else "") + part.text.strip())
    except (
        OpcError,
        XMLSyntaxError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        AttributeError,
        TypeError,
    ) as error:
        raise Unreadable("DOCX 无法打开：文件已损坏") from error
    return outline.body()


_PDF_NUMBER = r"第?[一二三四五六七八九十]+[、.．章节条]|\d{1,2}(?:\.\d{1,2})*[、.．\s]"
_PDF_HEADING = re.compile(rf"(?:{_PDF_NUMBER})\s*\S.{{0,24}}")


def read_pdf(raw: bytes, _scope: Scope) -> Body:
    """The text layer page by page; numbered short lines are taken for headings."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    outline = Outline()
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("PDF 已加密，请去掉密码后再上传")
        for number, page in enumerate(reader.pages, start=1):
            _pdf_page(outline, page.extract_text(), number)
        info = reader.metadata
        title = squeeze(str(info.title)) if info and info.title and str(info.title) != "untitled" else ""
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
    ) as error:
        raise Unreadable("PDF 无法打开：文件已损坏") from error
    sections = _without_title(outline.body().sections, title)
    if not sections:
        raise Unreadable("PDF 里没有文字（可能是扫描件）")
    return Body(sections=sections, title=title)


def _without_title(sections: tuple[Section, ...], title: str) -> tuple[Section, ...]:
    """Drop the title where the first page repeats it."""
    if sections and not sections[0].path and sections[0].blocks[0].text == title:
        rest = sections[0].blocks[1:]
        return ((Section((), rest),) if rest else ()) + sections[1:]
    return sections


def _pdf_page(outline: Outline, text: str, page: int) -> None:
    paragraph = ""
    for line in (squeeze(line) for line in text.splitlines()):
        ends = not line or bool(re.search(r"[。！？!?；;：:]$", line))
        if line and _PDF_HEADING.fullmatch(line) and not ends:
            outline.block(paragraph, page=page)
            paragraph = ""
            outline.heading(2, line)
            continue
        gap = " " if re.search(r"[A-Za-z0-9,.]$", paragraph) and re.match(r"[A-Za-z0-9]", line) else ""
        paragraph += gap + line
        if ends:
            outline.block(paragraph, page=page)
            paragraph = ""
    outline.block(paragraph, page=page)
